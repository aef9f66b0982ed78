"""Follows the log of changes, and passes on what all processes have changed."""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

from mysms.changes.log import READ_AT_ONCE, ChangeLog, Entry
from mysms.core import database
from mysms.core.database import DatabaseUnreachableError
from mysms.core.heartbeat import MonotonicClock

READ_EVERY_SECONDS = 0.7
"""With the time of a read, others learn of a change within a second."""
CURRENT_WITHIN_SECONDS = 3.0
"""After this long without a successful read, memory may lack changes that the database has."""
_WAIT_SECONDS = 5.0
"""Clients give up a request after 15 seconds."""
_READ_WITHIN_SECONDS = 10.0
"""Longer than a slow database takes, so that the reader gets on, and not as long as one that never answers."""


class ChangeListener(Protocol):
    """Something in memory that entries of the log bring up to date."""

    def apply(self, entry: Entry) -> None:
        """Takes in an entry. Entries may come again, and those of this process come before older ones of others."""

    def reset(self) -> None:
        """Forgets everything, because entries may have been missed."""


class ChangeFeed:
    """The log as this process follows it. Nothing is known before the first `read`."""

    def __init__(
        self, log: ChangeLog, monotonic: MonotonicClock = time.monotonic, *, wait_seconds: float = _WAIT_SECONDS
    ) -> None:
        self._log = log
        self._monotonic = monotonic
        self._wait_seconds = wait_seconds
        self._reading: asyncio.Task[None] | None = None
        self._listeners: list[ChangeListener] = []
        self._position: Entry | None = None
        self.followed_since = 0
        """The entry from which on this process knows all entries."""
        self.epoch: str | None = None
        """Of the log: what clients know from another one does not count, since its numbers may be given again."""
        self._current_at = float("-inf")

    def add_listener(self, listener: ChangeListener) -> None:
        self._listeners.append(listener)

    def now(self) -> float:
        """Returns the time of the clock that `is_current_for` goes by."""
        return self._monotonic()

    @property
    def is_current(self) -> bool:
        """Whether all changes are known that were published more than a few seconds ago."""
        return self.is_current_for(self.now())

    def is_current_for(self, asked_at: float) -> bool:
        """Whether all changes are known that were published more than a few seconds before `asked_at`.

        For a request that is what counts, however long it had to wait: a busy process must not read from the database
        what memory knows well enough, which would keep it busy.
        """
        return asked_at - self._current_at < CURRENT_WITHIN_SECONDS

    @property
    def position(self) -> int:
        """The last entry that has been read, 0 before the first `read`."""
        return self._position.number if self._position else 0

    async def read(self) -> None:
        """Applies all new entries."""
        await self._begin_reading()

    async def read_up_to(self, number: int) -> None:
        """Reads the log unless this entry has been read. It may not exist."""
        if self.position < number and self._reading is not None and not self._reading.done():
            # It may have begun before the entry was appended.
            await asyncio.shield(self._reading)
        if self.position < number:
            await asyncio.shield(self._begin_reading())

    async def wait_until_current(self, asked_at: float) -> None:
        """Reads the log unless `is_current_for(asked_at)`. Raises DatabaseUnreachableError after some seconds.

        Many requests that come in after an interruption wait for one read. If each read what it wants from the database
        instead, they would keep it busy, and so keep the log from being read.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                while not self.is_current_for(asked_at):
                    # Who gives up must not end the read for the others.
                    await asyncio.shield(self._begin_reading())
        except TimeoutError:
            raise DatabaseUnreachableError("The log of changes cannot be read.") from None

    def apply(self, entry: Entry) -> None:
        """Applies an entry that this process has appended, so that it counts at once."""
        for listener in self._listeners:
            listener.apply(entry)

    def _begin_reading(self) -> asyncio.Task[None]:
        """Returns the read that is under way, or begins one."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all())
        return self._reading

    async def _read_all(self) -> None:
        with database.timeout(_READ_WITHIN_SECONDS):
            may_have_more = True
            while may_have_more:
                # What others append while this reads is for the next time, or this might never end.
                began_at = self._monotonic()
                if self._position is None:
                    await self._start_over()
                else:
                    may_have_more = await self._read_some(self._position)
        self._current_at = began_at

    async def _read_some(self, position: Entry) -> bool:
        """Applies the next entries; returns whether there may be more of those that existed when it began."""
        # Includes the last known entry, to notice that the log does not continue it: it was restored or has expired.
        entries = await self._log.read_from(position.number)
        if not entries or not entries[0].is_same(position) or not _are_consecutive(entries):
            await self._start_over()
            return True
        for entry in entries[1:]:
            if entry.begins_epoch:
                self.epoch = entry.nonce
            self.apply(entry)
        self._position = entries[-1]
        return len(entries) == READ_AT_ONCE

    async def _start_over(self) -> None:
        # Whether the log was restored since somebody followed it cannot be seen.
        self._position = await self._log.begin_epoch()
        self.epoch = self._position.nonce
        self.followed_since = self._position.number
        for listener in self._listeners:
            listener.reset()


def _are_consecutive(entries: Sequence[Entry]) -> bool:
    first = entries[0].number
    return [entry.number for entry in entries] == list(range(first, first + len(entries)))
