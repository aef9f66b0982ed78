"""A query with an index returns the same documents as a collection scan."""

from typing import Any

from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from devservers.mongodb.collection import Change, Collection, Statistics
from devservers.mongodb.documents import Document, encode
from devservers.mongodb.errors import CommandError
from devservers.mongodb.indexes import IndexSpec
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import key
from devservers.mongodb.sorting import Sort, sort_documents

PATHS = ["a", "b", "a.b", "a.c", "b.c"]
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, 1.0, 2, -1.5, float("nan"), "", "a", "\x00", "a\x00", b"x", ObjectId("0" * 24)]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("bc"), inner, max_size=2),
    max_leaves=4,
)
DOCUMENTS = st.lists(st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2), min_size=1, max_size=12)
LOW, HIGH = ["$gt", "$gte"], ["$lt", "$lte"]
RANGES = st.dictionaries(st.sampled_from(LOW + HIGH), VALUES, min_size=1, max_size=2)
CONDITIONS = st.one_of(
    VALUES,
    RANGES,
    st.lists(VALUES, max_size=3).map(lambda values: {"$in": values}),
    VALUES.map(lambda value: {"$ne": value}),
    st.booleans().map(lambda wanted: {"$exists": wanted}),
    RANGES.map(lambda operators: {"$not": operators}),
    RANGES.map(lambda operators: {"$elemMatch": operators}),
)
SIMPLE = st.dictionaries(st.sampled_from(PATHS), CONDITIONS, min_size=1, max_size=3)
QUERIES = SIMPLE | st.lists(SIMPLE, min_size=1, max_size=2).flatmap(
    lambda clauses: st.sampled_from(["$and", "$or", "$nor"]).map(lambda name: {name: clauses})
)
SORTS = st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from([1, -1])), max_size=2, unique_by=lambda s: s[0])
FIELDS = st.lists(
    st.tuples(st.sampled_from(PATHS), st.sampled_from([1, -1])), min_size=1, max_size=3, unique_by=lambda s: s[0]
)


def ids_of(documents: list[Document]) -> list[Any]:
    return [document["_id"] for document in documents]


# Dense data: few distinct values, so that bounds, ties and arrays coincide often.
FEW = st.integers(0, 3)
PAIRS = st.lists(FEW, min_size=2, max_size=2, unique=True)
DENSE_DOCUMENTS = st.lists(
    st.fixed_dictionaries({"a": FEW, "b": FEW}) | st.fixed_dictionaries({"a": PAIRS | st.just("x"), "b": FEW}),
    min_size=3,
    max_size=8,
)
LOWER, UPPER = (st.dictionaries(st.sampled_from(names), FEW, min_size=1, max_size=1) for names in (LOW, HIGH))
DENSE_RANGES = LOWER | UPPER | st.tuples(LOWER, UPPER).map(lambda sides: {**sides[0], **sides[1]})
DENSE_CONDITIONS = DENSE_RANGES | FEW | st.lists(FEW, max_size=2).map(lambda values: {"$in": values})
DENSE_QUERIES = st.fixed_dictionaries({"a": DENSE_CONDITIONS}, optional={"b": DENSE_CONDITIONS})
DENSE_FIELDS = st.permutations(["a", "b"]).flatmap(
    lambda paths: st.tuples(*(st.tuples(st.just(path), st.sampled_from([1, -1])) for path in paths)).map(list)
)


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS, st.lists(FIELDS, max_size=3), QUERIES, SORTS, st.integers(0, 3), st.integers(0, 3), st.data())
def test_an_index_changes_no_result(
    documents: list[Document],
    indexes: list[Sort],
    spec: Document,
    sort: Sort,
    skip: int,
    limit: int,
    data: st.DataObject,
) -> None:
    collection = filled(documents, indexes)
    for number in data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=3, unique=True)):
        change(collection, number, data.draw(st.none() | st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2)))
    require_scan_results(collection, spec, sort, skip, limit)
    for name in collection.indexes:
        rebuilt = collection.build_index(collection.indexes[name].spec)
        assert rebuilt.entries == collection.indexes[name].entries
        assert rebuilt.is_multikey == collection.indexes[name].is_multikey


@settings(max_examples=600, deadline=None)
@given(DENSE_DOCUMENTS, DENSE_FIELDS, DENSE_QUERIES, DENSE_FIELDS | st.just([]), st.integers(0, 3))
def test_bounds_orders_and_arrays(
    documents: list[Document], index: Sort, spec: Document, sort: Sort, limit: int
) -> None:
    require_scan_results(filled(documents, [index]), spec, sort, 0, limit)


def require_scan_results(collection: Collection, spec: Document, sort: Sort, skip: int, limit: int) -> None:
    query = Filter(spec)
    scanned = [document for document in collection.documents.values() if query.matches(document)]
    assert sorted(ids_of(collection.find(query, []))) == sorted(ids_of(scanned))
    for total in ([*sort, ("_id", 1)], [*sort, ("_id", -1)]):
        expected = sort_documents(scanned, total)[skip : skip + limit if limit else None]
        assert ids_of(collection.find(query, total, skip, limit)) == ids_of(expected)


def filled(documents: list[Document], indexes: list[Sort]) -> Collection:
    collection = Collection("test.things", Statistics())
    collection.load({}, [IndexSpec(str(n), tuple(fields)) for n, fields in enumerate(indexes)])
    for number, fields in enumerate(documents):
        insert(collection, {"_id": number, **fields})
    return collection


def insert(collection: Collection, document: Document) -> None:
    try:
        collection.apply([Change(key(document["_id"]), None, document, encode(document))])
    except CommandError as refused:
        assert refused.code.name == "CannotIndexParallelArrays"  # noqa: PT017


def change(collection: Collection, number: int, fields: Document | None) -> None:
    before = collection.documents.get(key(number))
    if before is None:
        return
    try:
        collection.apply([Change(key(number), before, None if fields is None else {"_id": number, **fields})])
    except CommandError as refused:
        assert refused.code.name == "CannotIndexParallelArrays"  # noqa: PT017
