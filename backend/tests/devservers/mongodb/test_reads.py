"""Queries, against any MongoDB-compatible server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Int64, ObjectId, Regex
from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import CursorNotFound, OperationFailure

from devservers.mongodb.documents import Document

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def matching(database: Database[Document], query: Document) -> list[Any]:
    return sorted(document["_id"] for document in database.things.find(query))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"v": 1}, [1, 4]),
        ({"v": 1.0}, [1, 4]),
        ({"v": Int64(1)}, [1, 4]),
        ({"v": True}, [5]),
        ({"v": None}, [6, 7]),
        ({"v": {"$exists": True}}, [1, 2, 3, 4, 5, 6, 8, 9]),
        ({"v": {"$exists": False}}, [7]),
        ({"v": {"$ne": 1}}, [2, 3, 5, 6, 7, 8, 9]),
        ({"v": {"$ne": None}}, [1, 2, 3, 4, 5, 8, 9]),
        ({"v": {"$in": [2, "x", None]}}, [2, 3, 4, 6, 7]),
        ({"v": {"$in": []}}, []),
        ({"v": {"$in": [True]}}, [5]),
        ({"v": {"$nin": [1, None]}}, [2, 3, 5, 8, 9]),
        ({"v": {"$gt": 1}}, [2, 4]),
        ({"v": {"$gte": 1}}, [1, 2, 4]),
        ({"v": {"$lt": 2}}, [1, 4]),
        ({"v": {"$lte": "x"}}, [3]),
        ({"v": {"$gte": None}}, [6, 7]),
        ({"v": {"$gt": None}}, []),
        ({"v": {"$gt": False}}, [5]),
        ({"v": {"$gt": 1, "$lt": 2}}, [4]),
        ({"v": [1, 2]}, [4]),
        ({"v": [2, 1]}, []),
        ({"v": {"a": 1, "b": 2}}, [8]),
        ({"v": {"b": 2, "a": 1}}, []),
        ({"v": {"$not": {"$gt": 1}}}, [1, 3, 5, 6, 7, 8, 9]),
        ({"v": {"$size": 2}}, [4, 9]),
        ({"v": {"$all": [1, 2]}}, [4]),
        ({"v": {"$elemMatch": {"$gt": 1, "$lt": 2}}}, []),
        ({"v": {"$elemMatch": {"$gt": 0, "$lt": 2}}}, [4]),
        ({"v": {"$elemMatch": {"a": 3}}}, [9]),
        ({"v": {"$elemMatch": {"$or": [{"a": 3}, {"a": 7}]}}}, [9]),
        ({"v": {"$elemMatch": {"$not": {"$lt": 2}, "$ne": 1}}}, [4, 9]),
        ({"v": {"$regex": "^X$", "$options": "i"}}, [3]),
        ({"v": Regex("^x")}, [3]),
        ({"v": {"$in": [Regex("^x"), 2]}}, [2, 3, 4]),
        ({"v": {"$not": Regex("^x")}}, [1, 2, 4, 5, 6, 7, 8, 9]),
        ({"v.a": 1}, [8]),
        ({"v.a": {"$gt": 2}}, [9]),
        ({"v.a": None}, [1, 2, 3, 5, 6, 7]),
        ({"v.a": {"$exists": False}}, [1, 2, 3, 4, 5, 6, 7]),
        ({"v.a": {"$ne": 3}}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"v.1": 2}, [4]),
        ({"v.0.a": 3}, [9]),
        ({"$or": [{"v": 2}, {"v": "x"}]}, [2, 3, 4]),
        ({"$nor": [{"v": {"$exists": True}}]}, [7]),
        ({"$and": [{"v": {"$gt": 0}}, {"v": {"$lt": 2}}]}, [1, 4]),
        ({"$or": [{}]}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"v": 1, "$comment": "why"}, [1, 4]),
    ],
)
def test_filters(database: Database[Document], query: Document, expected: list[int]) -> None:
    values = [1, 2, "x", [1, 2], True, None, ..., {"a": 1, "b": 2}, [{"a": 3}, {"a": 4}]]
    database.things.insert_many(
        [{"_id": n} if value is ... else {"_id": n, "v": value} for n, value in enumerate(values, 1)]
    )
    assert matching(database, query) == expected
    database.things.create_index("v")
    assert matching(database, query) == expected
    assert database.things.count_documents(query) == len(expected)


@pytest.mark.parametrize(
    ("pattern", "options", "expected"),
    [
        ("HELLO", "i", [1, 2]),
        ("HELLO", "", [2]),
        ("o\\ y", "i", [2]),
        ("ÜSS", "i", [3]),
        ("\\.\\*", "i", [4]),
        ("\\(so\\)\\?", "i", [5]),
        ("back\\\\slash", "i", [6]),
        ("\\^", "i", []),
        ("two\\\nlines", "i", [7]),
        ("🎉", "i", [8]),
        ("", "", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_regular_expressions(database: Database[Document], pattern: str, options: str, expected: list[int]) -> None:
    """Escaped patterns, as search uses them: they match strings only, also in arrays and within $or."""
    texts = [
        "hello there",
        "HELLO you",
        "Grüsse",
        "a .* b",
        "is it (so)?",
        "back\\slash",
        "two\nlines",
        "🎉",
        ["x", "y"],
    ]
    others = [None, 7, True, {"a": "hello"}]
    things = [{"_id": n, "v": v, "u": n % 2} for n, v in enumerate([*texts, *others], 1)]
    database.things.insert_many([*things, {"_id": 99, "u": 1}])
    condition = {"$regex": pattern, "$options": options}
    for index in (None, [("u", 1), ("v", 1)]):
        if index:
            database.things.create_index(index)
        assert matching(database, {"v": condition}) == expected
        assert matching(database, {"u": 1, "v": condition}) == [n for n in expected if n % 2]
        either = {"$or": [{"v": condition}, {"_id": {"$gt": 98}}]}
        assert matching(database, either) == [*expected, 99]
        assert matching(database, {"$and": [either], "$or": [{"u": 1}, {"_id": 2}]}) == [
            n for n in [*expected, 99] if n % 2 or n == 2
        ]
        assert database.things.count_documents({"v": condition}) == len(expected)


def test_ranges_over_dates_and_object_ids_follow_time(database: Database[Document]) -> None:
    moments = [DAY + timedelta(milliseconds=n) for n in range(5)]
    database.things.insert_many(
        [{"_id": ObjectId.from_datetime(m + timedelta(days=n)), "at": m} for n, m in enumerate(moments)]
    )
    for index in (None, "at"):
        if index:
            database.things.create_index(index)
        found = database.things.find({"at": {"$gt": moments[1], "$lte": moments[3]}}).sort("at", DESCENDING)
        assert [document["at"] for document in found] == [moments[3], moments[2]]
    since = ObjectId.from_datetime(DAY + timedelta(days=3))
    assert database.things.count_documents({"_id": {"$gte": since}}) == 2


def test_dates_keep_milliseconds_and_come_back_in_utc(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "at": DAY.replace(microsecond=123_999)})
    assert database.things.find_one({"at": DAY.replace(microsecond=123_000)}) == {
        "_id": 1,
        "at": DAY.replace(microsecond=123_000),
    }


def test_values_keep_their_types_and_order(database: Database[Document]) -> None:
    document: Document = {
        "_id": {"b": 1, "a": 2},
        "int": 1,
        "long": Int64(1),
        "double": 1.0,
        "bool": True,
        "null": None,
        "binary": b"\x00\x01",
        "nested": {"z": [1, {"y": "ü\x00"}], "a": []},
    }
    database.things.insert_one(document)
    [found] = database.things.find({"_id": {"b": 1, "a": 2}})
    assert found == document
    assert list(found) == list(document)
    assert list(found["nested"]) == ["z", "a"]
    assert [type(found[name]) for name in ("int", "long", "double", "bool")] == [int, Int64, float, bool]
    assert database.things.find_one({"_id": {"a": 2, "b": 1}}) is None


def test_sort_puts_all_types_in_bson_order(database: Database[Document]) -> None:
    values: list[Any] = [[], None, -1, 2.5, Int64(3), "a", "b", {"a": 1}, b"x", ObjectId(), False, True, DAY]
    database.things.insert_many({"_id": n, "v": value} for n, value in reversed(list(enumerate(values))))
    assert [d["_id"] for d in database.things.find().sort("v")] == list(range(len(values)))
    assert [d["_id"] for d in database.things.find().sort("v", -1)] == list(reversed(range(len(values))))


def test_sort_uses_the_least_or_greatest_element_of_an_array(database: Database[Document]) -> None:
    database.things.insert_many([{"_id": 1, "v": [5, 1]}, {"_id": 2, "v": 3}, {"_id": 3}])
    assert [d["_id"] for d in database.things.find().sort("v", 1)] == [3, 1, 2]
    assert [d["_id"] for d in database.things.find().sort("v", -1)] == [1, 2, 3]


def test_compound_sort_with_skip_and_limit(database: Database[Document]) -> None:
    database.things.insert_many([{"_id": n, "user": n % 2, "at": n // 4} for n in range(12)])
    expected = sorted((n for n in range(12) if n % 2), key=lambda n: (-(n // 4), -n))[1:4]
    for _ in range(2):
        found = database.things.find({"user": 1}).sort([("at", DESCENDING), ("_id", DESCENDING)]).skip(1).limit(3)
        assert [document["_id"] for document in found] == expected
        database.things.create_index([("user", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)])


@pytest.mark.parametrize(
    ("projection", "expected"),
    [
        ({"a": 1}, {"_id": 1, "a": 1}),
        ({"a": 1, "_id": 0}, {"a": 1}),
        ({"_id": 1}, {"_id": 1}),
        ({"_id": 0, "c": 0, "d": 0}, {"a": 1, "b": {"x": 1, "y": 2}}),
        ({"b.x": 1}, {"_id": 1, "b": {"x": 1}}),
        ({"b.x": 0, "c": False, "d": 0}, {"_id": 1, "a": 1, "b": {"y": 2}}),
        ({"d.z": 1}, {"_id": 1, "d": [{"z": 1}, {}]}),
        ({"a.x": 1}, {"_id": 1}),
        (["a", "nothing"], {"_id": 1, "a": 1}),
    ],
)
def test_projections(database: Database[Document], projection: Any, expected: Document) -> None:
    database.things.insert_one({"_id": 1, "a": 1, "b": {"x": 1, "y": 2}, "c": [1], "d": [{"z": 1}, {"w": 2}, 3]})
    assert database.things.find_one({}, projection) == expected


def test_a_cursor_returns_every_document_once(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n} for n in range(1000))
    assert [d["_id"] for d in database.things.find()] == list(range(1000))
    assert [d["_id"] for d in database.things.find().batch_size(7)] == list(range(1000))
    assert [d["_id"] for d in database.things.find().batch_size(7).limit(20)] == list(range(20))
    assert [d["_id"] for d in database.things.find().limit(-3)] == [0, 1, 2]


def test_a_cursor_is_a_snapshot(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n, "v": 0} for n in range(10))
    with database.things.find().sort("_id").batch_size(2) as cursor:
        next(cursor)
        database.things.delete_many({"_id": {"$lt": 2}})
        assert len(list(cursor)) == 9


def test_a_killed_cursor_is_gone(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n} for n in range(10))
    opened = database.command({"find": "things", "batchSize": 2})
    identifier = opened["cursor"]["id"]
    killed = database.command({"killCursors": "things", "cursors": [identifier, Int64(99)]})
    assert killed["cursorsKilled"] == [identifier]
    assert killed["cursorsNotFound"] == [99]
    with pytest.raises(CursorNotFound):
        database.command({"getMore": identifier, "collection": "things"})


def test_an_empty_first_batch_keeps_the_cursor_open(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1})
    opened = database.command({"find": "things", "batchSize": 0})
    assert opened["cursor"]["firstBatch"] == []
    more = database.command({"getMore": opened["cursor"]["id"], "collection": "things"})
    assert more["cursor"] == {"nextBatch": [{"_id": 1}], "id": 0, "ns": database.things.full_name}


def test_a_batch_is_limited_to_the_maximum_document_size(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n, "text": "x" * 5_000_000} for n in range(5))
    assert len(database.command({"find": "things"})["cursor"]["firstBatch"]) == 3
    assert [len(d["text"]) for d in database.things.find()] == [5_000_000] * 5


def test_counting(database: Database[Document]) -> None:
    assert database.things.count_documents({}) == 0
    database.things.insert_many({"_id": n, "even": n % 2 == 0} for n in range(10))
    assert database.things.count_documents({}) == 10
    assert database.things.count_documents({"even": True}) == 5
    assert database.things.count_documents({"even": True}, skip=1, limit=3) == 3
    assert database.things.estimated_document_count() == 10
    assert database.command({"count": "things", "query": {"even": False}, "skip": 4})["n"] == 1


def test_distinct_includes_array_elements(database: Database[Document]) -> None:
    database.things.insert_many([{"v": [3, 1]}, {"v": 1.0}, {"v": "x"}, {}, {"v": None}])
    assert database.things.distinct("v") == [None, 1, 3, "x"]
    assert database.things.distinct("v", {"v": 3}) == [1, 3]


def test_aggregation_pipelines(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n, "v": n % 3} for n in range(9))
    stages: list[Document] = [
        {"$match": {"v": {"$gt": 0}}},
        {"$sort": {"v": -1, "_id": 1}},
        {"$skip": 1},
        {"$limit": 3},
    ]
    assert [d["_id"] for d in database.things.aggregate(stages)] == [5, 8, 1]
    assert list(database.things.aggregate([*stages, {"$project": {"v": 1, "_id": 0}}])) == [
        {"v": 2},
        {"v": 2},
        {"v": 1},
    ]
    assert list(database.things.aggregate([*stages, {"$count": "many"}])) == [{"many": 3}]
    assert list(database.things.aggregate([{"$group": {"_id": None, "n": {"$sum": 1}}}])) == [{"_id": None, "n": 9}]


@pytest.mark.parametrize("query", [{"$and": []}, {"v": {"$foo": 1}}, {"$foo": 1}, {"v": {"$in": 1}}, {"$or": [1]}])
def test_invalid_filters_are_rejected_even_without_documents(database: Database[Document], query: Document) -> None:
    with pytest.raises(OperationFailure) as refused:
        database.things.find_one(query)
    assert refused.value.code == 2
