"""Works through many documents in bounded batches, which keeps each command short."""

from collections.abc import Mapping
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection

BATCH = 200


async def delete_in_batches(collection: AsyncCollection[dict[str, Any]], over: Mapping[str, Any]) -> int:
    """Deletes all documents that match `over`, which does not name `_id`; returns how many it has deleted.

    A document that does not match any more once its batch is deleted stays. Any number of processes may do this at
    once.
    """
    count = 0
    while True:
        found = await collection.find(over, {"_id": 1}, limit=BATCH).to_list()
        if found:
            deleted = await collection.delete_many({**over, "_id": {"$in": [row["_id"] for row in found]}})
            count += deleted.deleted_count
        if len(found) < BATCH:
            return count
