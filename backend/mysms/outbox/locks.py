"""Locks that keep identical messages from being in flight at once, so that the provider's list is unambiguous."""

import time
from datetime import timedelta

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.heartbeat import MonotonicClock
from mysms.messages.status import TERMINAL


class ContentLocks:
    """Each lock has at most one holder: a message, from before it is claimed until it has an outcome.

    A message that is claimed when it is stored does not exist yet when it gets the lock. So a lock whose message is
    missing is only released once this process has seen that for the length of a lease, on its own monotonic clock:
    after that, its attempt cannot begin any more.
    """

    def __init__(self, database: Database, lease: timedelta, monotonic: MonotonicClock = time.monotonic) -> None:
        self._locks = database["content_locks"]
        self._messages = database["messages"]
        self._lease_seconds = lease.total_seconds()
        self._monotonic = monotonic
        self._missing_since: dict[tuple[str, ObjectId], float] = {}

    async def take(self, dedup_key: str, message_id: ObjectId, attempt: int) -> bool:
        """Locks the text for a message, also if its holder has an outcome; returns False if another one is in flight.

        A late call for an earlier attempt does not take the lock from a later attempt of the same message.
        """
        holder = await self.lock(dedup_key, message_id, attempt)
        if holder is None:
            return True
        return await self.release_if_over(dedup_key, holder) and await self.lock(dedup_key, message_id, attempt) is None

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

    async def release_if_over(self, dedup_key: str, holder: ObjectId) -> bool:
        """Releases the lock of a message that is in a terminal state, or was never stored; returns whether it did.

        The process of the holder has ended before it did that, or the message was erased.
        """
        row = await self._messages.find_one({"_id": holder}, {"outbound.state": 1})
        if not (self._is_abandoned(dedup_key, holder) if row is None else row["outbound"]["state"] in TERMINAL):
            return False
        # A terminal state is never left, so this cannot race.
        await self.release(dedup_key, holder)
        return True

    async def release_stale(self) -> None:
        """Releases all locks that their processes left behind.

        A leftover lock would let somebody confirm a guessed text by its hash.
        """
        # There are never many locks.
        rows = await self._locks.find({}).to_list()
        locks = [(str(row["_id"]), ObjectId(row["message_id"])) for row in rows]
        for lock in locks:
            await self.release_if_over(*lock)
        self._missing_since = {lock: self._missing_since[lock] for lock in locks if lock in self._missing_since}

    def _is_abandoned(self, dedup_key: str, holder: ObjectId) -> bool:
        """Whether the message of a lock has been missing for the length of a lease."""
        now = self._monotonic()
        return now - self._missing_since.setdefault((dedup_key, holder), now) >= self._lease_seconds
