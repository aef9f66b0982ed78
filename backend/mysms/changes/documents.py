"""The documents whose changes the feed carries: the messages, conversations and contacts of all users."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from mysms.changes.change import KIND_OF, MARKED_FIELDS, UNPUBLISHED, Change, Kind
from mysms.core.database import Database


class ChangedDocuments:
    """What the feed reads and writes in these collections."""

    def __init__(self, database: Database) -> None:
        self._collections = {name: database[name] for name in KIND_OF}
        self._messages = database["messages"]

    async def find_revision(self, user_id: ObjectId, kind: Kind = "messages") -> int | None:
        """Returns the highest revision of a user's documents; 0 if there is none, None if one is marked as changed."""
        documents = [self._collections[name] for name, each in KIND_OF.items() if each == kind]
        found = await asyncio.gather(*(_find_revision(each, user_id) for each in documents))
        revisions = [revision for revision in found if revision is not None]
        return max(revisions) if len(revisions) == len(found) else None

    async def find_last_update(self, user_id: ObjectId) -> datetime | None:
        """Returns when one of a user's messages last changed; None if there is none."""
        found = await self._messages.find_one(
            {"user_id": user_id}, {"updated_at": 1}, sort=[("updated_at", DESCENDING)]
        )
        return None if found is None else found["updated_at"]

    async def find_highest_revision(self) -> int:
        """Returns the highest revision of all users' documents, 0 if there is none."""
        return max(await asyncio.gather(*(_find_highest(each, {}) for each in self._collections.values())))

    async def set_revision(self, changes: Iterable[Change], revision: int) -> None:
        """Gives documents a revision, except for those that have changed again."""
        updates: dict[str, list[UpdateOne]] = {}
        for change in changes:
            seen = {"_id": change.document_id, "revision": UNPUBLISHED, "change_count": change.number}
            updates.setdefault(change.collection, []).append(UpdateOne(seen, {"$set": {"revision": revision}}))
        for name, of_collection in updates.items():
            await self._collections[name].bulk_write(of_collection, ordered=False)

    async def list_unpublished(self, limit: int) -> list[Change]:
        """Returns up to `limit` changes of each collection, of all users, that are marked as unpublished."""
        return [
            Change.of(row, name)
            for name, documents in self._collections.items()
            for row in await documents.find({"revision": UNPUBLISHED}, MARKED_FIELDS, limit=limit).to_list()
        ]

    async def is_empty(self) -> bool:
        return await self._messages.find_one({}, {"_id": 1}) is None


async def _find_revision(documents: AsyncCollection[dict[str, Any]], user_id: ObjectId) -> int | None:
    # In this order: a mark that is not seen is gone, or not there yet and its log entry still to come.
    if await documents.find_one({"user_id": user_id, "revision": UNPUBLISHED}, {"_id": 1}) is not None:
        return None
    return await _find_highest(documents, {"user_id": user_id})


async def _find_highest(documents: AsyncCollection[dict[str, Any]], condition: dict[str, Any]) -> int:
    found = await documents.find_one(
        {**condition, "revision": {"$gt": 0}}, {"revision": 1}, sort=[("revision", DESCENDING)]
    )
    return 0 if found is None else int(found["revision"])
