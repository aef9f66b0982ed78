"""Erases the messages of deleted accounts, but keeps those in flight until they have an outcome."""

from datetime import UTC, datetime, timedelta

from bson import ObjectId

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.messages import conversations
from mysms.messages.status import IN_FLIGHT, TERMINAL, OutboxState
from mysms.outbox.locks import ContentLocks

_ERASE_WITHIN = timedelta(hours=24)
"""The longest time for which an in-flight message of a deleted account is kept; longer than matching looks back."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Erasure:
    """Erases messages of all senders."""

    def __init__(self, database: Database, locks: ContentLocks, clock: Clock) -> None:
        self._messages = database["messages"]
        self._locks = locks
        self._clock = clock

    async def erase(self, user_id: ObjectId) -> None:
        """Erases a user's messages, pending ones first. May be repeated.

        Messages in flight are not sent again, and are erased once they have an outcome: until then, they must be told
        apart from identical texts of other users. The owners of SIDs are kept.
        """
        theirs = {"user_id": user_id}
        kept = {"outbound.state": {"$in": list(IN_FLIGHT)}}
        while await self._messages.find_one({**theirs, "erase_at": None}, {"_id": 1}) is not None:
            # Repeats if an attempt has started or ended in between.
            await self._messages.delete_many({**theirs, "outbound": None})
            await self._messages.delete_many({**theirs, "outbound.state": OutboxState.PENDING})
            await self._messages.update_many(
                {**theirs, **kept},
                {"$set": {"outbound.cancel_requested": True, "erase_at": self._clock() + _ERASE_WITHIN}},
            )
            await self._messages.delete_many({**theirs, "outbound.state": {"$in": list(TERMINAL)}})
        await conversations.erase(user_id)
        await self._locks.release_stale()

    async def erase_abandoned(self, limit: int) -> None:
        """Erases up to `limit` messages of deleted accounts that have an outcome, or have been kept long enough.

        Covers all senders, since no other process may run for a former sender.
        """
        over = [{"outbound.state": {"$in": list(TERMINAL)}}, {"erase_at": {"$lte": self._clock()}}]
        abandoned = self._messages.find(
            {"erase_at": {"$gt": _EVER}, "$or": over}, {"outbound.dedup_key": 1}, limit=limit
        )
        for row in await abandoned.to_list():
            await self._messages.delete_one({"_id": row["_id"]})
            await self._locks.release(row["outbound"]["dedup_key"], row["_id"])
