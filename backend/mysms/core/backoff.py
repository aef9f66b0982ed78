"""Exponential backoff with jitter."""

import random
from collections.abc import Callable

Jitter = Callable[[], float]
"""Returns a random number in [0, 1)."""

jitter: Jitter = random.SystemRandom().random


def backoff(failures: int, first: float, longest: float, jitter: float) -> float:
    """Returns the delay in seconds after this many failures, at least one."""
    delay: float = min(first * 2 ** min(failures - 1, 16), longest)
    return delay * (0.5 + 0.5 * jitter)


class Backoff:
    """Delays in seconds that double from `first` up to `longest`, each spread by jitter over its upper half."""

    def __init__(self, first: float, longest: float, jitter: Jitter = jitter) -> None:
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self.failures = 0

    def next_wait(self) -> float:
        """Counts a failure and returns the delay after it."""
        self.failures += 1
        return backoff(self.failures, self._first, self._longest, self._jitter())

    def reset(self) -> None:
        self.failures = 0

    @property
    def should_log(self) -> bool:
        """Whether to log this failure: the first, second, fourth, eighth and so on, to keep logs readable."""
        return self.failures & (self.failures - 1) == 0
