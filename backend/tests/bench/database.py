"""What an operation of the database costs, asked for by one client over its connection."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bson import ObjectId
from pymongo import ASCENDING, IndexModel, MongoClient, ReturnDocument

from tests.bench.processes import processor_seconds
from tests.bench.servers import Bench
from tests.support.api_user import Json

_DOCUMENTS = 10_000
_OWNERS = 100
_TIMES = 500


@dataclass(frozen=True)
class Cost:
    """Microseconds of one operation."""

    elapsed: float
    processor: float | None
    """Of the embedded database; None for another."""


def measure_operations(bench: Bench) -> dict[str, Cost]:
    """Uses a collection of its own, with 10,000 documents and two indexes beside that of `_id`."""
    with MongoClient[Json](bench.api.mongodb_uri) as client:
        collection = client.get_default_database()["bench"]
        collection.create_indexes(
            [IndexModel([("owner", ASCENDING), ("number", ASCENDING)]), IndexModel([("state", ASCENDING)])]
        )
        documents = [_document(number) for number in range(_DOCUMENTS)]
        collection.insert_many(documents)

        def find(number: int) -> object:
            return collection.find_one({"_id": documents[number]["_id"]})

        def find_page(number: int) -> object:
            return list(collection.find({"owner": number % _OWNERS}).sort("number", -1).limit(50))

        def find_and_update(number: int) -> object:
            return collection.find_one_and_update(
                {"_id": documents[number]["_id"], "state": "open"},
                {"$set": {"text": "changed"}, "$inc": {"changes": 1}},
                return_document=ReturnDocument.AFTER,
            )

        operations: dict[str, Callable[[int], object]] = {
            "find by _id": find,
            "find 50 by an index, sorted": find_page,
            "insert": lambda number: collection.insert_one(_document(_DOCUMENTS + number)),
            "find_and_update": find_and_update,
            "count over an index": lambda number: collection.count_documents({"owner": number % _OWNERS}),
        }
        try:
            return {name: _cost(bench, operation) for name, operation in operations.items()}
        finally:
            collection.drop()


def _document(number: int) -> Json:
    own = {"owner": number % _OWNERS, "number": number, "state": "open", "changes": 0}
    return {"_id": ObjectId(), **own, "text": "Something that somebody wrote " * 5}


def _cost(bench: Bench, operation: Callable[[int], object]) -> Cost:
    pid = bench.database_pid
    used, began_at = processor_seconds(pid) if pid is not None else 0.0, time.monotonic()
    for number in range(_TIMES):
        operation(number)
    elapsed = time.monotonic() - began_at
    processor = processor_seconds(pid) - used if pid is not None else None
    return Cost(elapsed / _TIMES * 1e6, processor / _TIMES * 1e6 if processor is not None else None)
