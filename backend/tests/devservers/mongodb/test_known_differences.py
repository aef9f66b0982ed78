"""Known differences between mongomock and MongoDB: this server must behave like MongoDB."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64, ObjectId
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, WriteError

from devservers.mongodb.documents import Document

IN_BSON_ORDER: list[Any] = [
    None,
    -1,
    1.5,
    Int64(2),
    "",
    "a",
    {},
    {"a": 1},
    [],
    [1],
    b"",
    ObjectId("0" * 24),
    False,
    True,
    datetime(2026, 1, 1, tzinfo=UTC),
]


@pytest.mark.parametrize("second", [{"u": None}, {}])
def test_two_nulls_collide_under_a_unique_index(database: Database[Document], second: Document) -> None:
    database.things.create_index("u", unique=True)
    database.things.insert_one({"_id": 1, "u": None})
    with pytest.raises(DuplicateKeyError):
        database.things.insert_one({"_id": 2, **second})
    database.things.insert_one({"_id": 3, "u": 1})
    with pytest.raises(DuplicateKeyError):
        database.things.update_one({"_id": 3}, {"$unset": {"u": ""}})
    assert database.things.find_one({"_id": 3}) == {"_id": 3, "u": 1}


@pytest.mark.parametrize("low", range(len(IN_BSON_ORDER) - 1))
def test_max_and_min_follow_bson_order(database: Database[Document], low: int) -> None:
    less, more = IN_BSON_ORDER[low], IN_BSON_ORDER[low + 1]
    database.things.insert_one({"_id": 1, "up": less, "down": more, "stays_up": more, "stays_down": less})
    update = {"$max": {"up": more, "stays_up": less}, "$min": {"down": less, "stays_down": more}}
    database.things.update_one({"_id": 1}, update)
    expected = {"_id": 1, "up": more, "down": less, "stays_up": more, "stays_down": less}
    assert database.things.find_one() == expected


def test_two_operators_on_one_path_conflict(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "a": 1})
    for update in ({"$inc": {"a": 1}, "$max": {"a": 9}}, {"$set": {"a.b": 1}, "$unset": {"a": ""}}):
        with pytest.raises(WriteError) as refused:
            database.things.update_one({"_id": 1}, update)
        assert refused.value.code == 40
    database.things.update_one({"_id": 1}, {"$set": {"ab": 1}, "$inc": {"a": 1}})


def test_a_failing_update_changes_nothing(database: Database[Document]) -> None:
    database.things.insert_many([{"_id": 1, "n": 1}, {"_id": 2, "n": "x"}])
    before = list(database.things.find())
    with pytest.raises(WriteError):
        database.things.update_one({"_id": 2}, {"$set": {"a": 1}, "$inc": {"n": 1}})
    with pytest.raises(WriteError):
        database.things.update_one({"_id": 9, "n": "x"}, {"$set": {"a": 1}, "$inc": {"n": 1}}, upsert=True)
    assert list(database.things.find()) == before


def test_an_update_of_many_that_fails_halfway_changes_none(database: Database[Document]) -> None:
    database.things.create_index("u", unique=True)
    database.things.insert_many({"_id": n, "u": n} for n in range(4))
    before = list(database.things.find())
    for update in ({"$set": {"u": 9}}, {"$set": {"_id": 0}}):
        with pytest.raises(WriteError):
            database.things.update_many({}, update)
    assert list(database.things.find()) == before
    assert [list(database.things.find({"u": n})) for n in range(4)] == [[document] for document in before]
    assert database.things.find_one({"u": 9}) is None


def test_a_failing_update_does_not_change_an_array(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "list": [1], "n": "x"})
    with pytest.raises(WriteError):
        database.things.update_one({}, {"$push": {"list": 2}, "$inc": {"n": 1}})
    assert database.things.find_one() == {"_id": 1, "list": [1], "n": "x"}


def test_one_and_true_differ(database: Database[Document]) -> None:
    database.things.create_index("u", unique=True)
    values = (1, True, 0, False)
    database.things.insert_many({"_id": value, "u": value} for value in values)
    for value in values:
        for query in ({"_id": value}, {"u": value}, {"u": {"$in": [value]}}, {"u": {"$gte": value, "$lte": value}}):
            [found] = database.things.find(query)
            assert type(found["_id"]) is type(value)
    with pytest.raises(DuplicateKeyError):
        database.things.insert_one({"u": 1.0})
    assert database.things.update_one({"_id": 0}, {"$set": {"v": 1}}).modified_count == 1
    assert database.things.update_one({"_id": 0}, {"$set": {"v": True}}).modified_count == 1
    database.lists.insert_one({"_id": 1, "v": [1]})
    database.lists.update_one({}, {"$addToSet": {"v": True}})
    database.lists.update_one({}, {"$pull": {"v": 1}})
    assert str(database.lists.find_one()) == "{'_id': 1, 'v': [True]}"


def test_embedded_documents_compare_with_the_order_of_their_keys(database: Database[Document]) -> None:
    database.things.create_index("u", unique=True)
    database.things.insert_many([{"_id": 1, "u": {"a": 1, "b": 2}}, {"_id": 2, "u": {"b": 2, "a": 1}}])
    assert [d["_id"] for d in database.things.find({"u": {"b": 2, "a": 1}})] == [2]
    assert [d["_id"] for d in database.things.find({"u": {"$in": [{"a": 1.0, "b": 2}]}})] == [1]
    assert [d["_id"] for d in database.things.find({"u": {"$ne": {"a": 1, "b": 2}}})] == [2]
    with pytest.raises(DuplicateKeyError):
        database.things.insert_one({"u": {"a": Int64(1), "b": 2.0}})
    assert database.things.update_one({"_id": 1}, {"$set": {"u": {"b": 2, "a": 0}}}).modified_count == 1


def test_multikey_unique_indexes_collide(database: Database[Document]) -> None:
    database.things.create_index("u", unique=True)
    database.things.insert_one({"_id": 1, "u": [1, 2, 2]})
    for taken in (2, [2], [3, 1]):
        with pytest.raises(DuplicateKeyError):
            database.things.insert_one({"_id": 2, "u": taken})
    database.things.insert_one({"_id": 2, "u": [3, 4]})
    with pytest.raises(DuplicateKeyError):
        database.things.update_one({"_id": 2}, {"$push": {"u": 1}})
    database.things.update_one({"_id": 1}, {"$pull": {"u": 1}})
    database.things.update_one({"_id": 2}, {"$push": {"u": 1}})
    assert database.things.find_one({"u": 1}) == {"_id": 2, "u": [3, 4, 1]}


def test_unique_indexes_cover_arrays_of_documents(database: Database[Document]) -> None:
    database.things.create_index("items.code", unique=True)
    database.things.insert_one({"items": [{"code": 1}, {"code": 2}]})
    with pytest.raises(DuplicateKeyError):
        database.things.insert_one({"items": [{"code": 3}, {"code": 2}]})


def test_an_object_id_does_not_equal_its_string(database: Database[Document]) -> None:
    identifier = ObjectId()
    database.things.insert_one({"_id": 1, "ids": [str(identifier)], "one": str(identifier)})
    assert database.things.find_one({"ids": identifier}) is None
    assert database.things.find_one({"one": identifier}) is None


def test_missing_below_a_scalar_is_null(database: Database[Document]) -> None:
    database.things.insert_many([{"_id": 1, "a": 5}, {"_id": 2, "a": None}, {"_id": 3}, {"_id": 4, "a": []}])
    assert [d["_id"] for d in database.things.find({"a.b": None})] == [1, 2, 3]


def test_different_elements_may_satisfy_different_operators(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "a": [{"b": 1}, {"b": 9}]})
    assert database.things.find_one({"a.b": {"$gt": 5, "$ne": 3}}) is not None
    assert database.things.find_one({"a.b": {"$gt": 5, "$ne": 1}}) is None
    assert database.things.find_one({"a.b": {"$gt": 5, "$lt": 3}}) is not None
    assert database.things.find_one({"a": {"$elemMatch": {"b": {"$gt": 5, "$lt": 3}}}}) is None


def test_large_integers_are_not_rounded_to_doubles(database: Database[Document]) -> None:
    edge = 2**53
    database.things.insert_many([{"_id": Int64(edge)}, {"_id": Int64(edge + 1)}])
    assert [d["_id"] for d in database.things.find({"_id": float(edge)})] == [edge]
    assert [d["_id"] for d in database.things.find({"_id": {"$gt": float(edge)}})] == [edge + 1]


def test_nan_only_equals_itself(database: Database[Document]) -> None:
    nan = float("nan")
    database.things.insert_many([{"_id": 1, "v": nan}, {"_id": 2, "v": -1}])
    assert [d["_id"] for d in database.things.find({"v": nan})] == [1]
    assert [d["_id"] for d in database.things.find({"v": {"$lt": 0}})] == [2]
    assert [d["_id"] for d in database.things.find().sort("v")] == [1, 2]
