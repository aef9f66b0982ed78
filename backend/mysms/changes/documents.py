"""The documents whose changes the feed carries: the messages of all users."""

from collections.abc import Iterable
from datetime import datetime

from bson import ObjectId
from pymongo import DESCENDING, UpdateOne

from mysms.changes.change import UNPUBLISHED, Change
from mysms.core.database import Database


class ChangedDocuments:
    """What the feed reads and writes in the collection `messages`."""

    def __init__(self, database: Database) -> None:
        self._documents = database["messages"]

    async def find_revision(self, user_id: ObjectId) -> int | None:
        """Returns the highest revision of a user's documents; 0 if there is none, None if one is marked as changed."""
        # In this order: a mark that is not seen is gone, or not there yet and its log entry still to come.
        if await self._documents.find_one({"user_id": user_id, "revision": UNPUBLISHED}, {"_id": 1}) is not None:
            return None
        found = await self._documents.find_one(
            {"user_id": user_id, "revision": {"$gt": 0}}, {"revision": 1}, sort=[("revision", DESCENDING)]
        )
        return 0 if found is None else int(found["revision"])

    async def find_last_update(self, user_id: ObjectId) -> datetime | None:
        """Returns when one of a user's documents last changed; None if there is none."""
        found = await self._documents.find_one(
            {"user_id": user_id}, {"updated_at": 1}, sort=[("updated_at", DESCENDING)]
        )
        return None if found is None else found["updated_at"]

    async def find_highest_revision(self) -> int:
        """Returns the highest revision of all users' documents, 0 if there is none."""
        found = await self._documents.find_one(
            {"revision": {"$gt": 0}}, {"revision": 1}, sort=[("revision", DESCENDING)]
        )
        return 0 if found is None else int(found["revision"])

    async def set_revision(self, changes: Iterable[Change], revision: int) -> None:
        """Gives documents a revision, except for those that have changed again."""
        await self._documents.bulk_write(
            [
                UpdateOne(
                    {"_id": change.document_id, "revision": UNPUBLISHED, "change_count": change.number},
                    {"$set": {"revision": revision}},
                )
                for change in changes
            ],
            ordered=False,
        )

    async def is_empty(self) -> bool:
        return await self._documents.find_one({}, {"_id": 1}) is None
