"""Builds and wires the change feed of a process."""

from dataclasses import dataclass
from typing import Self

from bson import ObjectId

from mysms.changes.documents import ChangedDocuments
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
    def of(cls, database: Database, clock: Clock) -> Self:
        documents = ChangedDocuments(database)
        log = ChangeLog(database, documents, clock)
        feed = ChangeFeed(log)
        revisions = Revisions(documents.find_revision)
        feed.add_listener(revisions)
        publisher = ChangePublisher(log, feed, revisions, documents)
        return cls(log, feed, revisions, publisher, UpgradePeriod(database, documents, clock))

    async def current_revision(self, user_id: ObjectId) -> int | None:
        """Returns the revision of a user; None while memory may not know everything that has changed for the user."""
        if self.upgrade.is_over and self.feed.is_current and self.revisions.is_settled(user_id):
            return await self.revisions.of(user_id)
        return None
