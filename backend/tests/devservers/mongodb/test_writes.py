"""Writes, against any MongoDB-compatible server."""

from typing import Any

import pytest
from bson import Int64, ObjectId
from pymongo import DeleteMany, DeleteOne, InsertOne, MongoClient, ReplaceOne, ReturnDocument, UpdateMany, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WriteError
from pymongo.write_concern import WriteConcern

from devservers.mongodb.documents import Document


@pytest.mark.parametrize(
    ("before", "update", "after"),
    [
        ({}, {"$set": {"b": 1, "a": 2}}, {"a": 2, "b": 1}),
        ({"a": 1}, {"$set": {"a": {"x": 1}}}, {"a": {"x": 1}}),
        ({}, {"$set": {"a.b.c": 1}}, {"a": {"b": {"c": 1}}}),
        ({"a": [1, 2]}, {"$set": {"a.0": 5}}, {"a": [5, 2]}),
        ({"a": [1]}, {"$set": {"a.3": 5}}, {"a": [1, None, None, 5]}),
        ({"a": [{"b": 1}]}, {"$set": {"a.0.b": 2}}, {"a": [{"b": 2}]}),
        ({"a": 1, "b": 2}, {"$unset": {"a": ""}}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"$unset": {"a.b": ""}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"$unset": {"a.0": ""}}, {"a": [None, 2]}),
        ({"a": 1}, {"$unset": {"a.b": "", "x.y": ""}}, {"a": 1}),
        ({"a": 1}, {"$inc": {"a": 2, "b": -1}}, {"a": 3, "b": -1}),
        ({"a": 1}, {"$inc": {"a": 0.5}}, {"a": 1.5}),
        ({"a": {"b": 1}}, {"$inc": {"a.b": 1, "a.c": 1}}, {"a": {"b": 2, "c": 1}}),
        ({"a": 5}, {"$max": {"a": 3}}, {"a": 5}),
        ({"a": 5}, {"$max": {"a": 7, "b": 1}}, {"a": 7, "b": 1}),
        ({"a": 5}, {"$min": {"a": 3}}, {"a": 3}),
        ({"a": 5}, {"$setOnInsert": {"a": 3}}, {"a": 5}),
        ({}, {"$push": {"a": 1}}, {"a": [1]}),
        ({"a": [1]}, {"$push": {"a": [2, 3]}}, {"a": [1, [2, 3]]}),
        ({"a": [1]}, {"$push": {"a": {"$each": [2, 3]}}}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"$push": {"a": {"$each": [2, 3], "$slice": -2}}}, {"a": [2, 3]}),
        ({"a": [1]}, {"$push": {"a": {"$each": [2, 3], "$slice": 2}}}, {"a": [1, 2]}),
        ({"a": [1]}, {"$push": {"a": {"$each": [2], "$slice": 0}}}, {"a": []}),
        ({"a": [1, 2, 3]}, {"$push": {"a": {"$each": [], "$slice": -1}}}, {"a": [3]}),
        ({"a": [1]}, {"$push": {"a": {"$each": [2, 3], "$position": 0}}}, {"a": [2, 3, 1]}),
        ({}, {"$push": {"a.b": {"$each": [1]}}}, {"a": {"b": [1]}}),
        ({"a": [{"b": []}]}, {"$push": {"a.0.b": 1}}, {"a": [{"b": [1]}]}),
        ({"a": [1]}, {"$addToSet": {"a": 1.0}}, {"a": [1]}),
        ({"a": [1]}, {"$addToSet": {"a": {"$each": [2, 2, 1]}}}, {"a": [1, 2]}),
        ({}, {"$addToSet": {"a": {"x": 1}}}, {"a": [{"x": 1}]}),
        (
            {"a": [{"x": 1, "y": 2}]},
            {"$addToSet": {"a": {"y": 2, "x": 1}}},
            {"a": [{"x": 1, "y": 2}, {"y": 2, "x": 1}]},
        ),
        ({"a": [1, 2, 1]}, {"$pull": {"a": 1}}, {"a": [2]}),
        ({"a": [1, 5, 9]}, {"$pull": {"a": {"$gte": 5}}}, {"a": [1]}),
        ({"a": [1, 5, 9]}, {"$pull": {"a": {"$in": [1, 9]}}}, {"a": [5]}),
        ({"a": [{"x": 1, "y": 1}, {"x": 2}, 3]}, {"$pull": {"a": {"x": 1}}}, {"a": [{"x": 2}, 3]}),
        ({"a": [[1], [2]]}, {"$pull": {"a": [1]}}, {"a": [[2]]}),
        ({"a": 1}, {"$pull": {"b": 1}}, {"a": 1}),
    ],
)
def test_update_operators(database: Database[Document], before: Document, update: Document, after: Document) -> None:
    database.things.insert_one({"_id": 1, **before})
    changes = {"_id": 1, **before} != {"_id": 1, **after}
    result = database.things.update_one({"_id": 1}, update)
    assert (result.matched_count, result.modified_count) == (1, int(changes))
    assert str(database.things.find_one()) == str({"_id": 1, **after})


@pytest.mark.parametrize(
    ("before", "update", "code"),
    [
        ({"a": "x"}, {"$inc": {"a": 1}}, 14),
        ({"a": None}, {"$inc": {"a": 1}}, 14),
        ({"a": True}, {"$inc": {"a": 1}}, 14),
        ({"a": 1}, {"$inc": {"a": "x"}}, 14),
        ({"a": Int64(2**63 - 1)}, {"$inc": {"a": 1}}, 2),
        ({"a": 1}, {"$push": {"a": 1}}, 2),
        ({"a": 1}, {"$addToSet": {"a": 1}}, 2),
        ({"a": 1}, {"$pull": {"a": 1}}, 2),
        ({"a": 1}, {"$set": {"a.b": 1}}, 28),
        ({"a": None}, {"$set": {"a.b": 1}}, 28),
        ({"a": [1]}, {"$set": {"a.b": 1}}, 28),
        ({"a": 1}, {"$set": {"_id": 2}}, 66),
        ({"a": 1}, {"$unset": {"_id": ""}}, 66),
        ({}, {"$set": {"a": 1}, "$inc": {"a": 1}}, 40),
        ({}, {"$set": {"a": 1, "a.b": 1}}, 40),
        ({}, {"$set": {"a.b": 1}, "$push": {"a": 1}}, 40),
        ({}, {"$set": {"a.b": 1, "ab": 2}, "$unset": {"a.b.c": 1}}, 40),
        ({}, {"$nonsense": {"a": 1}}, 9),
        ({}, {"$set": 1}, 9),
        ({}, {"$set": {"": 1}}, 56),
        ({}, {"$set": {"a..b": 1}}, 56),
        ({}, {"$push": {"a": {"$each": 1}}}, 2),
    ],
)
def test_a_failing_update_changes_nothing(
    database: Database[Document], before: Document, update: Document, code: int
) -> None:
    database.things.insert_one({"_id": 1, **before})
    also = {"$set": {"z": 1}, **update} if "$set" not in update else update
    with pytest.raises(WriteError) as refused:
        database.things.update_one({"_id": 1}, also)
    assert refused.value.code == code
    assert database.things.find_one() == {"_id": 1, **before}


def test_update_many_counts_matched_and_modified(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n, "v": n % 2} for n in range(6))
    result = database.things.update_many({"_id": {"$lt": 4}}, {"$set": {"v": 1}})
    assert (result.matched_count, result.modified_count) == (4, 2)
    assert database.things.update_many({"_id": 99}, {"$set": {"v": 1}}).matched_count == 0


def test_inc_keeps_the_number_type(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "int": 1, "long": Int64(1), "edge": 2**31 - 1})
    database.things.update_one({}, {"$inc": {"int": 1, "long": 1, "edge": 1}})
    found = database.things.find_one() or {}
    assert found == {"_id": 1, "int": 2, "long": 2, "edge": 2**31}
    assert [type(found[name]) for name in ("int", "long", "edge")] == [int, Int64, Int64]


def test_changing_only_the_type_of_a_number_counts_as_modified(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "v": 1})
    assert database.things.update_one({}, {"$set": {"v": True}}).modified_count == 1
    assert database.things.update_one({}, {"$set": {"v": 1.0}}).modified_count == 1
    assert database.things.update_one({}, {"$set": {"v": 1.0}}).modified_count == 0


def test_upsert_starts_from_the_equalities_of_the_filter(database: Database[Document]) -> None:
    query: Document = {"_id": 7, "a.b": 1, "c": {"$gt": 5}, "$and": [{"d": {"$eq": 4}}], "e": {"$in": [1, 2]}}
    update = {"$set": {"x": 1}, "$setOnInsert": {"y": 2}, "$inc": {"n": 1}, "$push": {"l": 1}, "$max": {"m": 9}}
    result = database.things.update_one(query, update, upsert=True)
    assert (result.matched_count, result.upserted_id) == (0, 7)
    assert database.things.find_one() == {
        "_id": 7, "a": {"b": 1}, "d": 4, "l": [1], "m": 9, "n": 1, "x": 1, "y": 2,
    }  # fmt: skip
    again = database.things.update_one({"_id": 7}, update, upsert=True)
    assert (again.matched_count, again.modified_count, again.upserted_id) == (1, 1, None)


def test_upsert_generates_an_id(database: Database[Document]) -> None:
    result = database.things.update_one({"a": None}, {"$set": {"b": 1}}, upsert=True)
    assert isinstance(result.upserted_id, ObjectId)
    assert list(database.things.find_one() or {}) == ["_id", "a", "b"]


def test_upsert_rejects_two_values_for_one_path(database: Database[Document]) -> None:
    with pytest.raises(WriteError) as refused:
        database.things.update_one({"a": {"x": 1}, "a.y": 1}, {"$set": {"b": 1}}, upsert=True)
    assert refused.value.code == 54


def test_replace(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "a": 1, "b": 2})
    assert database.things.replace_one({"a": 1}, {"c": 3}).modified_count == 1
    assert database.things.replace_one({"_id": 1}, {"_id": 1, "c": 3}).modified_count == 0
    assert database.things.find_one() == {"_id": 1, "c": 3}
    with pytest.raises(WriteError) as refused:
        database.things.replace_one({"_id": 1}, {"_id": 2})
    assert refused.value.code == 66
    assert database.things.replace_one({"_id": 5, "x": 1}, {"y": 1}, upsert=True).upserted_id == 5
    assert database.things.find_one({"_id": 5}) == {"_id": 5, "y": 1}


@pytest.mark.parametrize("return_document", [ReturnDocument.BEFORE, ReturnDocument.AFTER])
def test_find_one_and_update(database: Database[Document], return_document: bool) -> None:
    database.things.insert_many({"_id": n, "v": -n, "w": 0} for n in range(3))
    found = database.things.find_one_and_update(
        {"v": {"$lte": 0}}, {"$inc": {"w": 1}}, projection={"w": 1}, sort=[("v", 1)], return_document=return_document
    )
    assert found == {"_id": 2, "w": int(return_document)}
    assert database.things.find_one_and_update({"v": 99}, {"$set": {"w": 1}}) is None


def test_find_one_and_update_upserting(database: Database[Document]) -> None:
    update = {"$set": {"v": 1}}
    assert database.things.find_one_and_update({"_id": 1}, update, upsert=True) is None
    after = database.things.find_one_and_update({"_id": 2}, update, upsert=True, return_document=ReturnDocument.AFTER)
    assert after == {"_id": 2, "v": 1}


def test_find_one_and_delete_and_replace(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n} for n in range(3))
    assert database.things.find_one_and_delete({}, sort=[("_id", -1)]) == {"_id": 2}
    assert database.things.find_one_and_delete({"_id": 9}) is None
    after = database.things.find_one_and_replace({"_id": 1}, {"v": 1}, return_document=ReturnDocument.AFTER)
    assert after == {"_id": 1, "v": 1}
    assert database.things.count_documents({}) == 2


def test_deletes(database: Database[Document]) -> None:
    database.things.insert_many({"_id": n} for n in range(5))
    assert database.things.delete_one({"_id": {"$gt": 0}}).deleted_count == 1
    assert database.things.delete_many({"_id": {"$gt": 2}}).deleted_count == 2
    assert [d["_id"] for d in database.things.find()] == [0, 2]
    assert database.nothing.delete_many({}).deleted_count == 0


BULK: list[Any] = [
    InsertOne({"_id": 1}),
    InsertOne({"_id": 1}),
    UpdateOne({"_id": 1}, {"$set": {"v": 1}}),
    UpdateOne({"_id": 8}, {"$set": {"v": 1}}, upsert=True),
    UpdateMany({}, {"$inc": {"v": 1}}),
    UpdateOne({"_id": 1}, {"$set": {"v": 2}}),
    ReplaceOne({"_id": 9}, {"w": 1}, upsert=True),
    DeleteOne({"_id": 9}),
    DeleteMany({"v": 99}),
]


def test_an_ordered_bulk_stops_at_the_first_error(database: Database[Document]) -> None:
    with pytest.raises(BulkWriteError) as refused:
        database.things.bulk_write(BULK)
    details = refused.value.details
    assert (details["nInserted"], details["nMatched"], len(details["writeErrors"])) == (1, 0, 1)
    assert (details["writeErrors"][0]["index"], details["writeErrors"][0]["code"]) == (1, 11000)


def test_an_unordered_bulk_continues_after_errors(database: Database[Document]) -> None:
    with pytest.raises(BulkWriteError) as refused:
        database.things.bulk_write(BULK, ordered=False)
    details = refused.value.details
    assert details["nInserted"] == 1
    assert details["nUpserted"] == 2
    assert sorted(upserted["index"] for upserted in details["upserted"]) == [3, 6]
    assert [error["index"] for error in details["writeErrors"]] == [1]


def test_a_bulk_without_errors_counts_everything(database: Database[Document]) -> None:
    result = database.things.bulk_write([BULK[0], *BULK[2:]])
    assert (result.inserted_count, result.matched_count, result.modified_count) == (1, 4, 3)
    assert (result.deleted_count, result.upserted_count, result.upserted_ids) == (1, 2, {2: 8, 5: 9})


def test_an_unordered_insert_many_skips_only_duplicates(database: Database[Document]) -> None:
    with pytest.raises(BulkWriteError) as refused:
        database.things.insert_many([{"_id": n} for n in (1, 2, 1, 3, 2)], ordered=False)
    assert [error["index"] for error in refused.value.details["writeErrors"]] == [2, 4]
    assert [d["_id"] for d in database.things.find()] == [1, 2, 3]


def test_the_id_comes_first_and_can_have_almost_any_type(database: Database[Document]) -> None:
    database.command({"insert": "things", "documents": [{"a": 1, "_id": "x"}, {"a": 2}]})
    assert [list(d) for d in database.things.find()] == [["_id", "a"], ["_id", "a"]]
    for one, other in ((1, True), (0, False), ({"a": 1, "b": 1}, {"b": 1, "a": 1}), (None, "null")):
        database.ids.insert_many([{"_id": one}, {"_id": other}])
    for same in (1.0, Int64(1), None):
        with pytest.raises(DuplicateKeyError):
            database.ids.insert_one({"_id": same})
    with pytest.raises(WriteError) as refused:
        database.ids.insert_one({"_id": [1]})
    assert refused.value.code == 53


def test_unacknowledged_writes_are_applied(uri: str, database: Database[Document]) -> None:
    with MongoClient[Document](uri, maxPoolSize=1) as client:  # so the read follows the writes on one connection
        things = client[database.name].things
        things.with_options(write_concern=WriteConcern(w=0)).insert_many([{"_id": n} for n in range(3)])
        assert things.count_documents({}) == 3


@pytest.mark.parametrize("concern", [WriteConcern(w="majority", j=True), WriteConcern(w=1, wtimeout=1000)])
def test_write_concerns_of_a_single_node(database: Database[Document], concern: WriteConcern) -> None:
    assert database.get_collection("things", write_concern=concern).insert_one({"_id": 1}).acknowledged


def test_too_large_documents_are_rejected(database: Database[Document]) -> None:
    database.things.insert_one({"_id": 1, "text": "x" * 10_000_000})
    with pytest.raises(OperationFailure):
        database.things.update_one({}, {"$set": {"more": "x" * 10_000_000}})
    assert list(database.things.find_one() or {}) == ["_id", "text"]
