"""The background task that removes the texts of old messages, if CONTENT_RETENTION_DAYS is set."""

from datetime import UTC, datetime, timedelta

from mysms.core.background_task import every
from mysms.core.timestamps import Clock
from mysms.messages import repository

ROUND_SECONDS = 60.0
_BATCH = 200
"""How many messages one update changes, which keeps each update short."""

_CLOCKS_DIFFER_BY = timedelta(hours=1)
"""By no more than this, between processes of different versions."""


class Retention:
    """Removes message texts after `kept_for`. Numbers, statuses, timelines and idempotency keys stay."""

    def __init__(self, kept_for: timedelta, clock: Clock) -> None:
        self._kept_for = kept_for
        self._clock = clock
        self._words_removed_since = datetime.fromtimestamp(0, UTC)

    async def run(self) -> None:
        """Runs until cancelled. Any number of processes may do this at once."""
        await every(ROUND_SECONDS, self.remove_old_texts)

    async def remove_old_texts(self) -> None:
        """Removes all texts that are due, batch by batch."""
        now = self._clock()
        await repository.remove_left_words(self._words_removed_since)
        self._words_removed_since = now - _CLOCKS_DIFFER_BY
        while await repository.redact(now - self._kept_for, now, limit=_BATCH) == _BATCH:
            pass
