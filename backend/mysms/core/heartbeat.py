"""Whether a loop still goes round."""

import time
from collections.abc import Callable

MonotonicClock = Callable[[], float]
"""Seconds since some moment; never set back."""


class Heartbeat:
    """A loop beats at every turn; after `stale_after_seconds` without a beat, something holds it."""

    def __init__(self, name: str, stale_after_seconds: float, clock: MonotonicClock = time.monotonic) -> None:
        self.name = name
        self._stale_after_seconds = stale_after_seconds
        self._clock = clock
        self._beaten_at = clock()

    def beat(self) -> None:
        self._beaten_at = self._clock()

    @property
    def problem(self) -> str | None:
        """Says that the loop is stuck, if it is."""
        silent = self._clock() - self._beaten_at
        return f"The {self.name} has been stuck for {silent:.0f} s." if silent > self._stale_after_seconds else None
