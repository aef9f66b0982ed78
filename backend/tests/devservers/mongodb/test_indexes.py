"""Indexes, against any MongoDB-compatible server."""

from collections.abc import Callable

import pytest
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure

from devservers.mongodb.documents import Document


def test_indexes_are_created_listed_and_dropped(database: Database[Document]) -> None:
    things = database.things
    assert things.create_index([("user", ASCENDING), ("at", DESCENDING)]) == "user_1_at_-1"
    assert things.create_indexes([IndexModel("a", unique=True), IndexModel("b.c", name="mine")]) == ["a_1", "mine"]
    information = things.index_information()
    assert list(information) == ["_id_", "user_1_at_-1", "a_1", "mine"]
    assert information["a_1"]["unique"] is True
    assert list(information["user_1_at_-1"]["key"]) == [("user", 1), ("at", -1)]
    things.drop_index("mine")
    things.drop_index([("a", 1)])
    assert list(things.index_information()) == ["_id_", "user_1_at_-1"]
    things.drop_indexes()
    assert list(things.index_information()) == ["_id_"]


def test_creating_an_existing_index_has_no_effect(database: Database[Document]) -> None:
    for expected in (2, 2):
        reply = database.command("createIndexes", "things", indexes=[{"key": {"a": 1}, "name": "a_1", "unique": True}])
        assert reply["numIndexesAfter"] == expected


def test_duplicate_key_errors_contain_the_key(database: Database[Document]) -> None:
    database.things.create_index([("a", 1), ("b", -1)], unique=True)
    database.things.insert_many([{"a": "x", "b": 1}, {"a": "x", "b": 2}, {"a": "y", "b": 1}])
    with pytest.raises(DuplicateKeyError) as refused:
        database.things.insert_one({"a": "x", "b": 2})
    details = refused.value.details or {}
    assert details["keyPattern"] == {"a": 1, "b": -1}
    assert details["keyValue"] == {"a": "x", "b": 2}
    start = f'E11000 duplicate key error collection: {database.name}.things index: a_1_b_-1 dup key: {{ a: "x", b: 2 }}'
    assert str(details["errmsg"]).startswith(start)


@pytest.mark.parametrize(
    "write",
    [
        lambda things: things.update_one({"_id": 2}, {"$set": {"u": 1}}),
        lambda things: things.replace_one({"_id": 2}, {"u": 1}),
        lambda things: things.find_one_and_update({"_id": 2}, {"$inc": {"u": -1}}),
        lambda things: things.update_one({"_id": 3}, {"$set": {"u": 1}}, upsert=True),
    ],
)
def test_every_kind_of_write_respects_unique_indexes(
    database: Database[Document], write: Callable[[Collection[Document]], object]
) -> None:
    things = database.things
    things.create_index("u", unique=True)
    things.insert_many([{"_id": 1, "u": 1}, {"_id": 2, "u": 2}])
    with pytest.raises(DuplicateKeyError):
        write(things)
    assert list(things.find()) == [{"_id": 1, "u": 1}, {"_id": 2, "u": 2}]
    things.delete_one({"_id": 1})
    things.update_one({"_id": 2}, {"$set": {"u": 1}})


def test_a_unique_index_cannot_be_created_over_duplicates(database: Database[Document]) -> None:
    database.things.insert_many([{"u": 1}, {"u": 1.0}])
    with pytest.raises(DuplicateKeyError):
        database.things.create_index("u", unique=True)
    assert list(database.things.index_information()) == ["_id_"]


@pytest.mark.parametrize(
    ("index", "code"),
    [
        ({"key": {"b": 1}, "name": "a_1"}, 86),
        ({"key": {"a": 1}, "name": "a_1", "unique": True}, 86),
        ({"key": {"a": 1}, "name": "other"}, 85),
        ({"key": {}, "name": "b"}, 67),
    ],
)
def test_conflicting_indexes_are_rejected(database: Database[Document], index: Document, code: int) -> None:
    database.things.create_index("a")
    with pytest.raises(OperationFailure) as refused:
        database.command("createIndexes", "things", indexes=[index])
    assert refused.value.code == code


def test_unknown_indexes_cannot_be_dropped(database: Database[Document]) -> None:
    database.things.insert_one({})
    for name, code in (("nothing_1", 27), ("_id_", 72)):
        with pytest.raises(OperationFailure) as refused:
            database.things.drop_index(name)
        assert refused.value.code == code
    assert list(database.nothing.list_indexes()) == []


def test_parallel_arrays_are_rejected(database: Database[Document]) -> None:
    database.things.create_index([("a", 1), ("b", 1)])
    database.things.insert_one({"a": [1], "b": 1})
    with pytest.raises(OperationFailure) as refused:
        database.things.insert_one({"a": [1], "b": [1]})
    assert refused.value.code == 171


def test_collections_and_databases_are_created_and_dropped(database: Database[Document]) -> None:
    database.create_collection("made")
    database.written.insert_one({})
    assert sorted(database.list_collection_names()) == ["made", "written"]
    assert [c["name"] for c in database.list_collections(filter={"name": "made"})] == ["made"]
    assert database.name in database.client.list_database_names()
    with pytest.raises(OperationFailure) as refused:
        database.command("create", "made")
    assert refused.value.code == 48
    database.made.drop()
    database.made.drop()
    assert database.list_collection_names() == ["written"]
    database.client.drop_database(database.name)
    assert database.name not in database.client.list_database_names()
