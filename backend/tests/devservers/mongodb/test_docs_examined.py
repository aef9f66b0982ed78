"""The number of documents that a query examines must not depend on the size of the collection."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient, UpdateOne
from pymongo.collection import Collection

from devservers.mongodb.documents import Document

MANY = 100_000
NEWEST = [("at", -1), ("_id", -1)]


@pytest.fixture(scope="module")
def things(own_client: MongoClient[Document]) -> Iterator[Collection[Document]]:
    """A collection with a hundred documents per user."""
    things = own_client.examined.things
    things.create_index([("user", 1), ("at", -1), ("_id", -1)])
    things.create_index("email", unique=True)
    things.create_index("tags")
    things.create_index([("user", 1), ("words", 1), ("at", -1), ("_id", -1)])
    yield things
    own_client.drop_database("examined")


def fill(things: Collection[Document], start: int, stop: int) -> None:
    for first in range(start, stop, 5000):
        things.insert_many(
            {
                "_id": n,
                "user": n // 100,
                "at": n % 100,
                "email": f"{n}@x",
                "tags": [n, -n - 1],
                "words": ["all", f"all {n % 10}", f"only {n}", *(f"odd {i}" for i in range(3) if n % 2)],
                "parity": n % 2,
            }
            for n in range(first, min(first + 5000, stop))
        )


def docs_examined(things: Collection[Document]) -> int:
    count: int = things.database.command("serverStatus")["metrics"]["queryExecutor"]["scannedObjects"]
    return count


OPERATIONS: dict[str, tuple[int, Any]] = {
    "an index that exists": (0, lambda things: things.create_index("tags")),
    "by _id": (1, lambda things: things.find_one({"_id": 77})),
    "by some _ids": (3, lambda things: list(things.find({"_id": {"$in": [5, 77, 900]}}))),
    "by a unique field": (1, lambda things: things.find_one({"email": "77@x"})),
    "by an element of an array": (1, lambda things: things.find_one({"tags": -78})),
    "not there": (0, lambda things: things.find_one({"email": "nobody"})),
    "a page in order": (50, lambda t: list(t.find({"user": 7}).sort([("at", -1), ("_id", -1)]).limit(50))),
    "the other way round": (50, lambda t: list(t.find({"user": 7}).sort([("at", 1), ("_id", 1)]).limit(50))),
    "a range": (9, lambda things: list(things.find({"user": 7, "at": {"$gt": 90}}))),
    "both sides": (3, lambda things: list(things.find({"user": 7, "at": {"$gte": 90, "$lt": 93}}))),
    "a range of _ids": (10, lambda things: list(things.find({"_id": {"$lt": 10}}))),
    "some ranges of _ids": (
        12,
        lambda t: list(
            t.find({"$or": [{"_id": {"$lt": 5}}, {"_id": {"$gte": 3, "$lt": 10}}, {"_id": {"$in": [77, 78]}}]})
        ),
    ),
    "the first by _id": (1, lambda things: things.find_one({}, sort=[("_id", 1)])),
    "a count": (0, lambda things: things.count_documents({"user": 7})),
    "a count with a limit": (0, lambda things: things.count_documents({"user": 7}, limit=10)),
    "a count over a range": (0, lambda things: things.count_documents({"user": 7, "at": {"$gt": 50}})),
    "a count of elements": (0, lambda things: things.count_documents({"user": 7, "words": "all"})),
    "a limited count by another field": (10, lambda t: t.count_documents({"user": 7, "parity": {"$gte": 0}}, limit=10)),
    "the least": (1, lambda things: things.find_one({"user": 7}, sort=[("at", 1)])),
    "the greatest": (1, lambda things: things.find_one({"user": 7}, sort=[("at", -1)])),
    "elements in order": (20, lambda t: list(t.find({"user": 7, "words": "all"}).sort(NEWEST).limit(20))),
    "the rarest of all words": (
        1,
        lambda t: list(t.find({"user": 7, "words": {"$all": ["all", "all 7", "only 777"]}}).sort(NEWEST).limit(20)),
    ),
    "a beginning": (
        10,
        lambda t: list(t.find({"user": 7, "words": {"$elemMatch": {"$gte": "only 75", "$lt": "only 76"}}})),
    ),
    "some with a beginning that many words of half of them have": (
        4,
        lambda t: list(t.find({"user": 7, "words": {"$elemMatch": {"$gte": "odd", "$lt": "ode"}}}).limit(4)),
    ),
    "the narrower side of a range": (1, lambda t: list(t.find({"user": 7, "words": {"$gte": "only 799", "$lt": "x"}}))),
    "a pipeline": (10, lambda t: list(t.aggregate([{"$match": {"user": 7}}, {"$sort": {"at": -1}}, {"$limit": 10}]))),
    "a count of all": (0, lambda things: things.estimated_document_count()),
    "an update": (1, lambda things: things.update_one({"_id": 77}, {"$inc": {"n": 1}})),
    "a bulk": (2, lambda t: t.bulk_write([UpdateOne({"_id": n}, {"$inc": {"n": 1}}) for n in (3, 4)])),
    "a claim": (1, lambda t: t.find_one_and_update({"user": 3}, {"$inc": {"n": 1}}, sort=[("at", -1)])),
    "an upsert that finds": (1, lambda t: t.update_one({"email": "1@x"}, {"$inc": {"n": 1}}, upsert=True)),
    "a delete": (0, lambda things: things.delete_one({"_id": -1})),
}


def test_what_a_field_is_missing_in_is_listed_without_the_others(own_client: MongoClient[Document]) -> None:
    things = own_client.examined_null.things
    things.create_index([("user", 1), ("deleted", 1), ("at", -1), ("_id", -1)])
    things.insert_many({"_id": n, "user": 7, "at": n, **({"deleted": 1} if n > 100 else {})} for n in range(1_100))
    for order in (NEWEST, [("at", 1), ("_id", 1)]):
        before = docs_examined(things)
        assert len(list(things.find({"user": 7, "deleted": None, "at": {"$gte": 0}}).sort(order).limit(50))) == 50
        assert docs_examined(things) - before == 50
    own_client.drop_database("examined_null")


def test_indexed_operations_examine_few_documents(things: Collection[Document]) -> None:
    fill(things, 0, 1000)
    for stop in (1000, MANY):
        fill(things, things.estimated_document_count(), stop)
        for name, (expected, operate) in OPERATIONS.items():
            before = docs_examined(things)
            operate(things)
            assert docs_examined(things) - before == expected, f"{name}, among {stop}"
    before = docs_examined(things)
    assert things.find_one({"nothing": 1}) is None
    assert docs_examined(things) - before == MANY, "a collection scan examines all documents"
