"""The loop that takes old texts out of messages that are done with, where the operator wants that."""

from datetime import timedelta

from mysms.core.background_task import every
from mysms.core.timestamps import Clock
from mysms.messages import repository

ROUND_SECONDS = 60.0
_BATCH = 200
"""How many messages one update takes on: nobody waits for long behind it."""


class Retention:
    """Keeps texts for so long and no longer. Number, status and timeline stay, and so do idempotency keys."""

    def __init__(self, kept_for: timedelta, clock: Clock) -> None:
        self._kept_for = kept_for
        self._clock = clock

    async def run(self) -> None:
        """Runs until cancelled; any number of processes may."""
        await every(ROUND_SECONDS, self.remove_old_texts)

    async def remove_old_texts(self) -> None:
        """All that are due now, batch by batch."""
        now = self._clock()
        while await repository.redact(now - self._kept_for, now, limit=_BATCH) == _BATCH:
            pass
