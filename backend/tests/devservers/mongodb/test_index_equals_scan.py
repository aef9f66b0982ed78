"""A query with an index returns the same documents as a collection scan."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from devservers.mongodb.collection import Change, Collection, Statistics
from devservers.mongodb.documents import Document, decode, encode
from devservers.mongodb.entries import Entries, Entry
from devservers.mongodb.errors import CommandError
from devservers.mongodb.indexes import IndexSpec
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import key
from devservers.mongodb.sorting import Sort, sort_documents
from devservers.mongodb.turns import Turn, finish

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
    st.lists(VALUES, max_size=3).map(lambda values: {"$all": values}),
)
SIMPLE = st.dictionaries(st.sampled_from(PATHS), CONDITIONS, min_size=1, max_size=3)
QUERIES = SIMPLE | st.lists(SIMPLE, min_size=1, max_size=2).flatmap(
    lambda clauses: st.sampled_from(["$and", "$or", "$nor"]).map(lambda name: {name: clauses})
)
SORTS = st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from([1, -1])), max_size=2, unique_by=lambda s: s[0])
FIELDS = st.lists(
    st.tuples(st.sampled_from(PATHS), st.sampled_from([1, -1])), min_size=1, max_size=3, unique_by=lambda s: s[0]
)


# New fields of documents, or None for their removal, by `_id`.
Changes = dict[int, Document | None]
CHANGES: st.SearchStrategy[Changes] = st.dictionaries(
    st.integers(0, 11), st.none() | st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2), max_size=3
)


def ids_of(documents: Iterable[Document]) -> list[Any]:
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
DENSE_CONDITIONS = st.one_of(
    DENSE_RANGES,
    FEW,
    st.lists(FEW, max_size=2).map(lambda values: {"$in": values}),
    st.tuples(st.lists(FEW, max_size=2), DENSE_RANGES).map(lambda both: {"$all": both[0], **both[1]}),
    DENSE_RANGES.map(lambda operators: {"$elemMatch": operators}),
)
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
    make_changes(collection, data.draw(CHANGES))
    require_scan_results(collection, spec, sort, skip, limit)
    for name, index in collection.indexes.items():
        if name != "_id_":
            [rebuilt] = collection.build_indexes([index.spec])
            assert list(rebuilt.entries) == list(index.entries)
            assert rebuilt.multikey == index.multikey


@settings(max_examples=600, deadline=None)
@given(DENSE_DOCUMENTS, DENSE_FIELDS, DENSE_QUERIES, DENSE_FIELDS | st.just([]), st.integers(0, 3))
def test_bounds_orders_and_arrays(
    documents: list[Document], index: Sort, spec: Document, sort: Sort, limit: int
) -> None:
    require_scan_results(filled(documents, [index]), spec, sort, 0, limit)


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS | DENSE_DOCUMENTS, st.lists(FIELDS, max_size=2), QUERIES, SORTS, st.integers(0, 3), CHANGES)
def test_changes_between_the_turns_of_a_query_do_not_change_its_result(
    documents: list[Document], indexes: list[Sort], spec: Document, sort: Sort, limit: int, changes: Changes
) -> None:
    collection = filled(documents, indexes, Turn(work=1))
    query, order = Filter(spec), [*sort, ("_id", 1)]
    expected = expected_ids(collection, query, order, 0, limit)
    running = collection.find(query, order, limit=limit)
    try:
        running.send(None)
    except StopIteration as end:
        found = end.value
    else:
        make_changes(collection, changes)
        insert(collection, {"_id": 100, "a": 1, "b": 1})
        found = finish(running)
    assert ids_of(map(decode, found)) == expected


def require_scan_results(collection: Collection, spec: Document, sort: Sort, skip: int, limit: int) -> None:
    query = Filter(spec)
    scanned = scan(collection, query)
    assert sorted(ids_of(map(decode, finish(collection.find(query, []))))) == sorted(ids_of(scanned))
    assert finish(collection.count(query, 0, 0)) == len(scanned)
    assert finish(collection.count(query, skip, limit)) == len(scanned[skip : skip + limit if limit else None])
    for total in ([*sort, ("_id", 1)], [*sort, ("_id", -1)]):
        found = finish(collection.find(query, total, skip, limit))
        assert ids_of(map(decode, found)) == expected_ids(collection, query, total, skip, limit)


def expected_ids(collection: Collection, query: Filter, sort: Sort, skip: int, limit: int) -> list[Any]:
    return ids_of(sort_documents(scan(collection, query), sort)[skip : skip + limit if limit else None])


def scan(collection: Collection, query: Filter) -> list[Document]:
    return [document for document in map(decode, collection.documents.values()) if query.matches(document)]


def filled(documents: list[Document], indexes: list[Sort], turn: Turn | None = None) -> Collection:
    collection = Collection("test.things", Statistics(), turn or Turn())
    collection.load({}, [IndexSpec(str(n), tuple(fields)) for n, fields in enumerate(indexes)])
    for number, fields in enumerate(documents):
        insert(collection, {"_id": number, **fields})
    return collection


def insert(collection: Collection, document: Document) -> None:
    apply(collection, Change(key(document["_id"]), None, document, encode(document)))


def make_changes(collection: Collection, changes: Changes) -> None:
    for number, fields in changes.items():
        before = collection.documents.get(key(number))
        if before is not None:
            after = None if fields is None else {"_id": number, **fields}
            data = b"" if after is None else encode(after)
            apply(collection, Change(key(number), decode(before), after, data))


def apply(collection: Collection, change: Change) -> None:
    try:
        collection.apply([change])
    except CommandError as refused:
        assert refused.code.name == "CannotIndexParallelArrays"  # noqa: PT017


KEYS = st.binary(max_size=2)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(KEYS, KEYS), unique=True), st.lists(st.tuples(KEYS, KEYS)), KEYS, st.data())
def test_chunks_of_entries_are_one_sorted_list(
    initial: list[Entry], toggled: list[Entry], low: bytes, data: st.DataObject
) -> None:
    entries, expected = Entries(initial, chunk=2), set(initial)
    snapshots: list[tuple[Entries, list[Entry]]] = []
    for entry in toggled:
        if data.draw(st.booleans()):
            snapshots.append((entries.snapshot(), sorted(expected)))
        (entries.remove if entry in expected else entries.add)(entry)
        expected ^= {entry}
    for snapshot, then in snapshots:
        assert list(snapshot) == then
        assert snapshot.at(range(len(then))) == then
    ordered = sorted(expected)
    assert list(entries) == ordered
    position = bisect_left(ordered, (low,))
    assert entries.position(low) == position
    assert entries.first(low, 3) == ordered[position : position + 3]
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(ordered)), st.integers(0, len(ordered)))))
    assert entries.at(range(start, stop)) == ordered[start:stop]
    assert entries.at(range(start, stop)[::-1]) == ordered[start:stop][::-1]
