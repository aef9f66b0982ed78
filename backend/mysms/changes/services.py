"""Builds and wires the change feed of a process."""

from dataclasses import dataclass
from functools import partial
from typing import Self

from bson import ObjectId

from mysms.changes.documents import ChangedDocuments
from mysms.changes.feed import ChangeFeed
from mysms.changes.log import ChangeLog
from mysms.changes.publisher import ChangePublisher
from mysms.changes.revisions import Revisions
from mysms.changes.upgrade import UpgradePeriod
from mysms.changes.versions import UserVersion
from mysms.core.database import Database
from mysms.core.timestamps import Clock


@dataclass(frozen=True)
class Changes:
    """The change feed of one process."""

    documents: ChangedDocuments
    log: ChangeLog
    feed: ChangeFeed
    revisions: Revisions
    contact_revisions: Revisions
    publisher: ChangePublisher
    upgrade: UpgradePeriod

    @classmethod
    def of(cls, database: Database, clock: Clock) -> Self:
        documents = ChangedDocuments(database)
        log = ChangeLog(database, documents, clock)
        feed = ChangeFeed(log)
        revisions = Revisions(documents.find_revision)
        contact_revisions = Revisions(
            partial(documents.find_revision, kind="contacts"), concerned=lambda entry: entry.contacts
        )
        feed.add_listener(revisions)
        feed.add_listener(contact_revisions)
        publisher = ChangePublisher(log, feed, revisions, documents)
        upgrade = UpgradePeriod(database, documents, clock)
        return cls(documents, log, feed, revisions, contact_revisions, publisher, upgrade)

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
        return UserVersion(value, self._is_current(user_id, asked_at))

    async def version_of_contacts(self, user_id: ObjectId, asked_at: float) -> UserVersion:
        """Returns the version of a user's contacts, as `version_of` does for messages."""
        epoch = self.feed.epoch
        revision = await self.contact_revisions.of(user_id)
        value: tuple[object, ...] = (ObjectId(),) if revision is None else (epoch, revision)
        return UserVersion(value, self._is_current(user_id, asked_at))

    def _is_current(self, user_id: ObjectId, asked_at: float) -> bool:
        return self.feed.is_current_for(asked_at) and self.revisions.is_settled(user_id)
