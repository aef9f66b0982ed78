"""Erasing what deleted accounts have written, without forgetting what may be at the provider."""

from datetime import UTC, datetime, timedelta

from bson import ObjectId

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.messages import conversations
from mysms.messages.status import IN_FLIGHT, TERMINAL, OutboxState
from mysms.outbox.locks import ContentLocks

_ERASE_WITHIN = timedelta(hours=24)
"""How long a deleted account's message may be in doubt; nobody looks back so far for another one with the same text."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Erasure:
    """Erases messages, whatever line they are of."""

    def __init__(self, database: Database, locks: ContentLocks, clock: Clock) -> None:
        self._messages = database["messages"]
        self._locks = locks
        self._clock = clock

    async def erase(self, user_id: ObjectId) -> None:
        """Erases what a person has written, first what might still be sent. May be repeated.

        What may be at the carrier at this moment is not sent again, and is erased once it is known what became of it:
        until then, the same text of somebody else has to be told from it. Who owns a SID stays known, by number.
        """
        theirs = {"user_id": user_id}
        kept = {"dispatch": {"$in": list(IN_FLIGHT)}}
        while await self._messages.find_one({**theirs, "erase_at": None}, {"_id": 1}) is not None:
            # Once more if an attempt has ended or begun in between.
            await self._messages.delete_many({**theirs, "dispatch": OutboxState.PENDING})
            await self._messages.update_many(
                {**theirs, **kept}, {"$set": {"withdrawn": True, "erase_at": self._clock() + _ERASE_WITHIN}}
            )
            await self._messages.delete_many({**theirs, "dispatch": {"$in": list(TERMINAL)}})
        await conversations.erase(user_id)
        await self._locks.release_stale()

    async def erase_abandoned(self, limit: int) -> None:
        """Erases what deleted accounts have left at the provider, as far as that is decided, or has been in doubt long.

        Of any line: nobody else does it.
        """
        over = [{"dispatch": {"$in": list(TERMINAL)}}, {"erase_at": {"$lte": self._clock()}}]
        abandoned = self._messages.find({"erase_at": {"$gt": _EVER}, "$or": over}, {"text_key": 1}, limit=limit)
        for row in await abandoned.to_list():
            await self._messages.delete_one({"_id": row["_id"]})
            await self._locks.release(row["text_key"], row["_id"])
