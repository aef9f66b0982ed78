"""Locks that keep identical messages from being in flight at once, so that the provider's list is unambiguous."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.heartbeat import MonotonicClock
from mysms.messages.status import TERMINAL


class ContentLocks:
    """Each lock has at most one holder: a message, from before it is claimed until it has an outcome.

    A message that is claimed in its insert does not exist yet when it gets the lock. So if the message of such a lock
    is missing, the lock is only released once this process has seen that for the length of a lease, on its own
    monotonic clock: after that, the attempt cannot begin any more. Any other missing message was erased.
    """

    def __init__(self, database: Database, lease: timedelta, monotonic: MonotonicClock = time.monotonic) -> None:
        self._locks = database["content_locks"]
        self._messages = database["messages"]
        self._lease_seconds = lease.total_seconds()
        self._monotonic = monotonic
        self._missing_since: dict[ObjectId, float] = {}

    async def take(self, dedup_key: str, message_id: ObjectId, attempt: int, *, is_before_insert: bool = False) -> bool:
        """Locks the text for a message, also if the holder has an outcome; returns False if another is in flight."""
        if await self.lock(dedup_key, message_id, attempt, is_before_insert=is_before_insert):
            return True
        row = await self._locks.find_one({"_id": dedup_key})
        if row is not None and not await self._release_if_over(row):
            return False
        return await self.lock(dedup_key, message_id, attempt, is_before_insert=is_before_insert)

    async def lock(self, dedup_key: str, message_id: ObjectId, attempt: int, *, is_before_insert: bool = False) -> bool:
        """Locks the text for a message; returns False if another one holds the lock.

        A late call for an earlier attempt does not take the lock from a later attempt of the same message.
        """
        try:
            await self._locks.find_one_and_update(
                {"_id": dedup_key, "message_id": message_id},
                {"$max": {"attempt": attempt}, "$setOnInsert": {"is_before_insert": is_before_insert}},
                upsert=True,
            )
        except DuplicateKeyError:
            return False
        return True

    async def unlock(self, dedup_key: str, message_id: ObjectId, attempt: int) -> None:
        """Releases the lock of one attempt; a later attempt's lock stays."""
        await self._locks.delete_one({"_id": dedup_key, "message_id": message_id, "attempt": attempt})

    async def release(self, dedup_key: str, message_id: ObjectId) -> None:
        """Releases the lock of a message, whatever the attempt."""
        await self._locks.delete_one({"_id": dedup_key, "message_id": message_id})

    async def release_if_over(self, dedup_key: str, message_id: ObjectId) -> None:
        """Releases the lock of a message that is in a terminal state, or was erased."""
        row = await self._locks.find_one({"_id": dedup_key, "message_id": message_id})
        if row is not None:
            await self._release_if_over(row)

    async def release_stale(self) -> None:
        """Releases all locks that their processes left behind.

        A leftover lock would let somebody confirm a guessed text by its hash.
        """
        # There are never many locks.
        rows = await self._locks.find({}).to_list()
        for row in rows:
            await self._release_if_over(row)
        holders = {row["message_id"] for row in rows}
        self._missing_since = {each: since for each, since in self._missing_since.items() if each in holders}

    async def _release_if_over(self, lock: Mapping[str, Any]) -> bool:
        """Releases a lock whose message is in a terminal state or is missing; returns whether it did."""
        message_id = ObjectId(lock["message_id"])
        row = await self._messages.find_one({"_id": message_id}, {"outbound.state": 1})
        if row is not None and row["outbound"]["state"] not in TERMINAL:
            return False
        if row is None and lock.get("is_before_insert") and not self._is_abandoned(message_id):
            return False
        # A terminal state is never left, so this cannot race.
        await self.release(str(lock["_id"]), message_id)
        return True

    def _is_abandoned(self, message_id: ObjectId) -> bool:
        """Whether a message has been missing for the length of a lease."""
        now = self._monotonic()
        return now - self._missing_since.setdefault(message_id, now) >= self._lease_seconds
