"""Detects loops that are stuck."""

import time
from collections.abc import Callable

MonotonicClock = Callable[[], float]
"""Returns seconds since an arbitrary moment; never goes backwards."""


class Heartbeat:
    """A loop calls `beat` in every iteration; after `stale_after_seconds` without a call it counts as stuck."""

    def __init__(self, name: str, stale_after_seconds: float, clock: MonotonicClock = time.monotonic) -> None:
        self.name = name
        self._stale_after_seconds = stale_after_seconds
        self._clock = clock
        self._beaten_at = clock()

    def beat(self) -> None:
        self._beaten_at = self._clock()

    @property
    def problem(self) -> str | None:
        """Describes the loop as stuck; None if it is not."""
        silent = self._clock() - self._beaten_at
        return f"The {self.name} has been stuck for {silent:.0f} s." if silent > self._stale_after_seconds else None
