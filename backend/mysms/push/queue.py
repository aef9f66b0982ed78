"""The stored queue of pushes, in the collection `pushes`: one entry for each message and browser that is to be told."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument

from mysms.core.batches import delete_in_batches
from mysms.core.database import Database
from mysms.core.metrics import PUSHES
from mysms.core.timestamps import Clock

LEASE = timedelta(seconds=60)
"""How long a process may take to send a push, before another one sends it. Longer than `client.TIMEOUT_SECONDS`."""
VALID_FOR = timedelta(hours=4)
"""After this time nobody is told any more: they see it when they look."""


@dataclass(frozen=True)
class QueuedPush:
    """An entry of the queue, as it was claimed. It holds no text."""

    id: ObjectId
    session_id: ObjectId
    message_id: ObjectId
    attempt: int
    """The number of this attempt; the first one is 1."""
    expires_at: datetime


class PushQueue:
    """Holds pushes until the push service has accepted them: at least once, in any number of processes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._pushes = database["pushes"]
        self._clock = clock
        self._on_add: Callable[[], None] | None = None

    def on_add(self, wake: Callable[[], None]) -> None:
        """Sets the function that is called after this process has added a push."""
        self._on_add = wake

    async def create_indexes(self) -> None:
        """Creates the indexes; safe for several processes at once."""
        await self._pushes.create_index([("next_attempt_at", ASCENDING)], name="due")
        await self._pushes.create_index([("expires_at", ASCENDING)], name="expires_at")
        await self._pushes.create_index([("session_id", ASCENDING)], name="session")
        await self._pushes.create_index([("user_id", ASCENDING)], name="user")

    async def add(self, user_id: ObjectId, message_id: ObjectId, session_ids: Collection[ObjectId]) -> None:
        """Stores a push of the user's message to the browser of each of the user's sessions."""
        now = self._clock()
        await self._pushes.insert_many(
            [
                {
                    "user_id": user_id,
                    "session_id": session_id,
                    "message_id": message_id,
                    "attempts": 0,
                    "next_attempt_at": now,
                    "expires_at": now + VALID_FOR,
                    "schema_version": 1,
                }
                for session_id in session_ids
            ]
        )
        if self._on_add is not None:
            self._on_add()

    async def claim(self) -> QueuedPush | None:
        """Returns the push that has been due for the longest time, to be sent within `LEASE`; None if none is due."""
        now = self._clock()
        row = await self._pushes.find_one_and_update(
            {"next_attempt_at": {"$lte": now}, "expires_at": {"$gt": now}},
            {"$set": {"next_attempt_at": now + LEASE}, "$inc": {"attempts": 1}},
            sort=[("next_attempt_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        if row is None:
            return None
        return QueuedPush(row["_id"], row["session_id"], row["message_id"], row["attempts"], row["expires_at"])

    async def remove(self, push: QueuedPush) -> None:
        """Removes a push that needs no further attempt."""
        await self._pushes.delete_one({"_id": push.id})

    async def forget(self, session_id: ObjectId) -> None:
        """Removes all pushes to the browser of a session."""
        await self._pushes.delete_many({"session_id": session_id})

    async def erase(self, user_id: ObjectId) -> None:
        """Removes all pushes to the browsers of a user. May be repeated."""
        await self._pushes.delete_many({"user_id": user_id})

    async def retry(self, push: QueuedPush, wait: timedelta) -> None:
        """Plans the next attempt, unless another process has claimed the push meanwhile.

        What else waits for the browser waits as long: its push service does not answer.
        """
        then = self._clock() + wait
        await self._pushes.update_one({"_id": push.id, "attempts": push.attempt}, {"$set": {"next_attempt_at": then}})
        await self._pushes.update_many(
            {"session_id": push.session_id, "_id": {"$ne": push.id}, "next_attempt_at": {"$lt": then}},
            {"$set": {"next_attempt_at": then}, "$max": {"attempts": push.attempt}},
        )

    async def delete_expired(self) -> None:
        """Removes all pushes that are given up. Any number of processes may do this at once."""
        deleted = await delete_in_batches(self._pushes, {"expires_at": {"$lte": self._clock()}})
        PUSHES.labels("expired").inc(deleted)
