"""Whether a loop still goes round."""

import time
from collections.abc import Awaitable, Callable

MonotonicClock = Callable[[], float]
"""Seconds since some moment; never set back."""


class Heartbeat:
    """A loop beats at every turn; after `stale_after_seconds` without a beat, something holds it."""

    def __init__(self, name: str, stale_after_seconds: float, clock: MonotonicClock = time.monotonic) -> None:
        self.name = name
        self._stale_after_seconds = stale_after_seconds
        self._clock = clock
        self._beaten_at: float | None = None

    def beat(self) -> None:
        self._beaten_at = self._clock()

    async def watch(self, loop: Awaitable[None]) -> None:
        """Runs the loop; that it has ended, however it ended, is a problem."""
        self.beat()
        try:
            await loop
        finally:
            self._beaten_at = None

    @property
    def problem(self) -> str | None:
        """What is wrong with the loop, if anything is."""
        if self._beaten_at is None:
            return f"The {self.name} does not run."
        silent = self._clock() - self._beaten_at
        return f"The {self.name} has been stuck for {silent:.0f} s." if silent > self._stale_after_seconds else None
