"""The background task that removes the texts of old messages, if CONTENT_RETENTION_DAYS is set."""

from datetime import timedelta

from mysms.core.background_task import every
from mysms.core.timestamps import Clock
from mysms.messages import repository

ROUND_SECONDS = 60.0
_BATCH = 200
"""How many messages one update changes, which keeps each update short."""


class Retention:
    """Removes message texts after `kept_for`. Numbers, statuses, timelines and idempotency keys stay."""

    def __init__(self, kept_for: timedelta, clock: Clock) -> None:
        self._kept_for = kept_for
        self._clock = clock

    async def run(self) -> None:
        """Runs until cancelled. Any number of processes may do this at once."""
        await every(ROUND_SECONDS, self.remove_old_texts)

    async def remove_old_texts(self) -> None:
        """Removes all texts that are due, batch by batch."""
        now = self._clock()
        while await repository.redact(now - self._kept_for, now, limit=_BATCH) == _BATCH:
            pass
