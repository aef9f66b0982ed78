"""The stored queue of mails, in the collection `mails`.

An entry holds the facts from which its mail is written when it is sent: never a text, and never a secret of a mail.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument

from mysms.core.batches import delete_in_batches
from mysms.core.database import Database
from mysms.core.metrics import MAILS
from mysms.core.timestamps import Clock

LEASE = timedelta(seconds=90)
"""How long a process may take to send a mail, before another one sends it. Longer than `smtp.TIMEOUT_SECONDS`."""


@dataclass(frozen=True)
class QueuedMail:
    """An entry of the queue, as it was claimed."""

    id: ObjectId
    kind: str
    facts: Mapping[str, Any]
    attempt: int
    """The number of this attempt; the first one is 1."""
    queued_at: datetime


class MailQueue:
    """Holds mails until the mail server has accepted them: at least once, in any number of processes.

    A claim is one update that moves the entry's next attempt behind the lease. So if the process ends meanwhile, the
    entry is due again, and the mail may be sent twice.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._mails = database["mails"]
        self._clock = clock
        self._on_add: Callable[[], None] | None = None

    def on_add(self, wake: Callable[[], None]) -> None:
        """Sets the function that is called after this process has added a mail."""
        self._on_add = wake

    async def create_indexes(self) -> None:
        """Creates the indexes; safe for several processes at once."""
        await self._mails.create_index([("next_attempt_at", ASCENDING)], name="due")
        await self._mails.create_index([("expires_at", ASCENDING)], name="expires_at")
        await self._mails.create_index([("kind", ASCENDING), ("expires_at", ASCENDING)], name="kind")
        await self._mails.create_index([("facts.account_id", ASCENDING)], name="account")

    async def add(self, kind: str, facts: Mapping[str, Any], *, valid_for: timedelta) -> None:
        """Stores a mail, which is given up if it could not be sent within `valid_for`."""
        now = self._clock()
        await self._mails.insert_one(
            {
                "kind": kind,
                "facts": dict(facts),
                "attempts": 0,
                "queued_at": now,
                "next_attempt_at": now,
                "expires_at": now + valid_for,
                "schema_version": 1,
            }
        )
        if self._on_add is not None:
            self._on_add()

    async def has_waiting(self, kind: str, count: int) -> bool:
        """Whether this many mails of a kind wait to be sent."""
        waiting = {"kind": kind, "expires_at": {"$gt": self._clock()}}
        return await self._mails.find_one(waiting, {"_id": 1}, skip=count - 1) is not None

    async def claim(self, kinds: Collection[str]) -> QueuedMail | None:
        """Returns the mail that has been due for the longest time, to be sent within `LEASE`; None if none is due.

        Mails of other kinds wait for a process of the version that has queued them.
        """
        now = self._clock()
        row = await self._mails.find_one_and_update(
            {"next_attempt_at": {"$lte": now}, "expires_at": {"$gt": now}, "kind": {"$in": list(kinds)}},
            {"$set": {"next_attempt_at": now + LEASE}, "$inc": {"attempts": 1}},
            sort=[("next_attempt_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        if row is None:
            return None
        return QueuedMail(row["_id"], row["kind"], row["facts"], row["attempts"], row["queued_at"])

    async def remove(self, mail: QueuedMail) -> None:
        """Removes a mail that needs no further attempt."""
        await self._mails.delete_one({"_id": mail.id})

    async def retry(self, mail: QueuedMail, wait: timedelta) -> None:
        """Plans the next attempt, unless another process has claimed the mail meanwhile."""
        await self._mails.update_one(
            {"_id": mail.id, "attempts": mail.attempt}, {"$set": {"next_attempt_at": self._clock() + wait}}
        )

    async def forget(self, account_id: ObjectId) -> None:
        """Removes the notices to an account. Mails with a reset link name an email only, and expire."""
        await self._mails.delete_many({"facts.account_id": account_id})

    async def delete_expired(self) -> None:
        """Removes all mails that are given up. Any number of processes may do this at once."""
        deleted = await delete_in_batches(self._mails, {"expires_at": {"$lte": self._clock()}})
        MAILS.labels("expired").inc(deleted)
