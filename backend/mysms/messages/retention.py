"""The background task that removes the texts of old messages, if CONTENT_RETENTION_DAYS is set."""

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.changes.upgrade import UpgradePeriod
from mysms.core.background_task import every
from mysms.core.timestamps import Clock
from mysms.messages import repository

ROUND_SECONDS = 60.0
BATCH = 200
"""How many messages one update changes, which keeps each update short."""

_CLOCKS_DIFFER_BY = timedelta(hours=1)
"""By no more than this, between processes of different versions."""


class Retention:
    """Removes message texts and media after `kept_for`. Numbers, statuses, timelines and idempotency keys stay.

    `release` is told which attachments the messages had.
    """

    def __init__(
        self,
        kept_for: timedelta,
        publisher: ChangePublisher,
        upgrade: UpgradePeriod,
        clock: Clock,
        release: Callable[[Collection[ObjectId]], Awaitable[None]],
    ) -> None:
        self._kept_for = kept_for
        self._publisher = publisher
        self._upgrade = upgrade
        self._clock = clock
        self._release = release
        self._words_removed_since = datetime.fromtimestamp(0, UTC)
        self._words_removed_after: datetime | None = None
        """The end of the upgrade after which no words are left."""

    async def run(self) -> None:
        """Runs until cancelled. Any number of processes may do this at once."""
        await every(ROUND_SECONDS, self.remove_old_texts)

    async def remove_old_texts(self) -> None:
        """Removes all texts that are due, batch by batch."""
        await self._remove_left_words()
        while await self._remove_batch() == BATCH:
            pass

    async def _remove_left_words(self) -> None:
        # Each look reads what was removed lately, which may be much. It leaves no words itself.
        now, ends_at, is_over = self._clock(), self._upgrade.ends_at, self._upgrade.is_over
        if self._words_removed_after == ends_at:
            return
        await repository.remove_left_words(self._words_removed_since)
        self._words_removed_since = now - _CLOCKS_DIFFER_BY
        if is_over:
            self._words_removed_after = ends_at

    async def _remove_batch(self) -> int:
        """Returns the number of texts that were due."""
        # Of each batch: clients ask for changes since those that they know, and would miss an earlier time.
        now = self._clock()
        redacted = await repository.redact(now - self._kept_for, now, limit=BATCH)
        for change in await repository.find_unpublished(redacted.message_ids):
            self._publisher.publish(change)
        await self._release(redacted.attachment_ids)
        return len(redacted.message_ids)
