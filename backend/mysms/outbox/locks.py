"""Keeps identical texts to one number apart, so that the carrier's list can tell which of them it holds."""

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.messages.status import TERMINAL


class ContentLocks:
    """At most one message holds the lock of a text: from before it is claimed until it is known what became of it."""

    def __init__(self, database: Database) -> None:
        self._inflight = database["inflight"]
        self._messages = database["messages"]

    async def lock(self, text_key: str, message_id: ObjectId, attempt: int) -> ObjectId | None:
        """None if the message now holds the lock (or did already), else the message that holds it.

        Whoever comes late with an earlier attempt does not take it from the later one.
        """
        try:
            await self._inflight.find_one_and_update(
                {"_id": text_key, "message_id": message_id}, {"$max": {"attempt": attempt}}, upsert=True
            )
        except DuplicateKeyError:
            holder = await self._inflight.find_one({"_id": text_key})
            return ObjectId(holder["message_id"]) if holder is not None else message_id
        return None

    async def unlock(self, text_key: str, message_id: ObjectId, attempt: int) -> None:
        """Ends what one attempt holds; a later attempt's lock stays."""
        await self._inflight.delete_one({"_id": text_key, "message_id": message_id, "attempt": attempt})

    async def release(self, text_key: str, message_id: ObjectId) -> None:
        """Ends what any attempt of a message holds."""
        await self._inflight.delete_one({"_id": text_key, "message_id": message_id})

    async def release_if_terminal(self, text_key: str, holder: ObjectId) -> None:
        """Ends the lock of a message that is finished or erased, which its process could not end any more."""
        if await self._messages.find_one({"_id": holder, "dispatch": {"$nin": list(TERMINAL)}}, {"_id": 1}) is None:
            # What is finished stays so: this cannot race.
            await self.release(text_key, holder)

    async def release_stale(self) -> None:
        """Ends the locks that nobody else would: they tell, to who guesses it, what was written to whom."""
        # Never many.
        for row in await self._inflight.find({}).to_list():
            await self.release_if_terminal(str(row["_id"]), ObjectId(row["message_id"]))
