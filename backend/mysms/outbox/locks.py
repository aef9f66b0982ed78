"""Locks that keep identical messages from being in flight at once, so that the provider's list is unambiguous."""

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.messages.status import TERMINAL


class ContentLocks:
    """Each lock has at most one holder: a message, from before it is claimed until it has an outcome."""

    def __init__(self, database: Database) -> None:
        self._locks = database["content_locks"]
        self._messages = database["messages"]

    async def lock(self, dedup_key: str, message_id: ObjectId, attempt: int) -> ObjectId | None:
        """Locks the text for a message; returns None if the message holds the lock now, else the holder.

        A late call for an earlier attempt does not take the lock from a later attempt of the same message.
        """
        try:
            await self._locks.find_one_and_update(
                {"_id": dedup_key, "message_id": message_id}, {"$max": {"attempt": attempt}}, upsert=True
            )
        except DuplicateKeyError:
            holder = await self._locks.find_one({"_id": dedup_key})
            return ObjectId(holder["message_id"]) if holder is not None else message_id
        return None

    async def unlock(self, dedup_key: str, message_id: ObjectId, attempt: int) -> None:
        """Releases the lock of one attempt; a later attempt's lock stays."""
        await self._locks.delete_one({"_id": dedup_key, "message_id": message_id, "attempt": attempt})

    async def release(self, dedup_key: str, message_id: ObjectId) -> None:
        """Releases the lock of a message, whatever the attempt."""
        await self._locks.delete_one({"_id": dedup_key, "message_id": message_id})

    async def release_if_terminal(self, dedup_key: str, holder: ObjectId) -> None:
        """Releases the lock of a message in a terminal state or erased, whose process ended before it did that."""
        if (
            await self._messages.find_one({"_id": holder, "outbound.state": {"$nin": list(TERMINAL)}}, {"_id": 1})
            is None
        ):
            # A terminal state is never left, so this cannot race.
            await self.release(dedup_key, holder)

    async def release_stale(self) -> None:
        """Releases all locks that their processes left behind.

        A leftover lock would let somebody confirm a guessed text by its hash.
        """
        # There are never many locks.
        for row in await self._locks.find({}).to_list():
            await self.release_if_terminal(str(row["_id"]), ObjectId(row["message_id"]))
