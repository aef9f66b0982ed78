"""Builds and wires the change feed of a process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from bson import ObjectId

from mysms.changes.feed import ChangeFeed
from mysms.changes.log import ChangeLog
from mysms.changes.publisher import ChangePublisher
from mysms.changes.revisions import Revisions
from mysms.changes.upgrade import UpgradePeriod
from mysms.core.database import Database
from mysms.core.timestamps import Clock


@dataclass(frozen=True)
class Changes:
    """The change feed of one process."""

    log: ChangeLog
    feed: ChangeFeed
    revisions: Revisions
    publisher: ChangePublisher
    upgrade: UpgradePeriod

    @classmethod
    def of(cls, database: Database, load_revision: Callable[[ObjectId], Awaitable[int | None]], clock: Clock) -> Self:
        """Builds the feed of the changes in the collection `messages`. For `load_revision`, see `Revisions`."""
        log = ChangeLog(database, clock)
        feed = ChangeFeed(log)
        revisions = Revisions(load_revision)
        feed.add_listener(revisions)
        publisher = ChangePublisher(log, feed, revisions, database)
        return cls(log, feed, revisions, publisher, UpgradePeriod(database, clock))

    async def current_revision(self, user_id: ObjectId) -> int | None:
        """Returns the revision of a user; None while memory may not know everything that has changed for the user."""
        if self.upgrade.is_over and self.feed.is_current and self.revisions.is_settled(user_id):
            return await self.revisions.of(user_id)
        return None
