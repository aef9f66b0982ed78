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
class UserVersion:
    """What tells the present messages of a user from earlier ones."""

    value: tuple[object, ...]
    is_current: bool
    """Whether memory knows everything that has changed for the user."""


@dataclass(frozen=True)
class Changes:
    """The change feed of one process."""

    documents: ChangedDocuments
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
        return cls(documents, log, feed, revisions, publisher, UpgradePeriod(database, documents, clock))

    async def version_of(self, user_id: ObjectId, asked_at: float) -> UserVersion:
        """Returns the version of a user's messages, from memory if their revision is known.

        Messages that are read after it are at least as new. `asked_at` is when they were asked for, by the clock of the
        feed.
        """
        # Before the revision, which is then of this epoch or a later one. An upgrade that began again saw changes
        # without a mark.
        context = self.feed.epoch, self.upgrade.ends_at
        revision = await self.revisions.of(user_id)
        value: tuple[object, ...] = (*context, revision)
        if revision is None:
            # Equals no other version.
            value = (ObjectId(),)
        elif not self.upgrade.is_over:
            # A process of the version before the change feed marks nothing.
            value = *context, revision, await self.documents.find_last_update(user_id)
        is_current = self.feed.is_current_for(asked_at) and self.revisions.is_settled(user_id)
        return UserVersion(value, is_current)
