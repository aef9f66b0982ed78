"""Follows the log of changes, and passes on what all processes have changed."""

import time
from typing import Protocol

from mysms.changes.log import ChangeLog, Entry
from mysms.core.heartbeat import MonotonicClock

READ_EVERY_SECONDS = 0.7
"""With the time of a read, others learn of a change within a second."""
CURRENT_WITHIN_SECONDS = 3.0
"""After this long without a successful read, memory may lack changes that the database has."""


class ChangeListener(Protocol):
    """Something in memory that entries of the log bring up to date."""

    def apply(self, entry: Entry) -> None:
        """Takes in an entry. Entries may come again, and those of this process come before older ones of others."""

    def reset(self) -> None:
        """Forgets everything, because entries may have been missed."""


class ChangeFeed:
    """The log as this process follows it. Nothing is known before the first `read`."""

    def __init__(self, log: ChangeLog, monotonic: MonotonicClock = time.monotonic) -> None:
        self._log = log
        self._monotonic = monotonic
        self._listeners: list[ChangeListener] = []
        self._position: int | None = None
        self.followed_since = 0
        """The entry from which on this process knows all entries."""
        self._current_at = float("-inf")

    def add_listener(self, listener: ChangeListener) -> None:
        self._listeners.append(listener)

    @property
    def is_current(self) -> bool:
        """Whether all changes are known that were published more than a few seconds ago."""
        return self._monotonic() - self._current_at < CURRENT_WITHIN_SECONDS

    @property
    def position(self) -> int:
        """The last entry that has been read, 0 before the first `read`."""
        return self._position or 0

    async def read(self) -> None:
        """Applies all new entries."""
        began_at = self._monotonic()
        while self._position is None or await self._read_some(self._position):
            if self._position is None:
                await self._start_over()
        self._current_at = began_at

    def apply(self, entry: Entry) -> None:
        """Applies an entry that this process has appended, so that it counts at once."""
        for listener in self._listeners:
            listener.apply(entry)

    async def _read_some(self, position: int) -> bool:
        """Applies the next entries; returns whether there were any."""
        # Includes the last known entry, to notice that the log does not continue it: it was restored or has expired.
        entries = await self._log.read_from(position)
        if not entries or [entry.number for entry in entries] != list(range(position, position + len(entries))):
            await self._start_over()
            return True
        for entry in entries[1:]:
            self.apply(entry)
        self._position = entries[-1].number
        return len(entries) > 1

    async def _start_over(self) -> None:
        self._position = self.followed_since = await self._log.find_last()
        for listener in self._listeners:
            listener.reset()
