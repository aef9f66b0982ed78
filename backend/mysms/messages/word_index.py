"""The background task that stores the words of messages of earlier versions, by which a search finds them."""

import asyncio

from mysms.changes.upgrade import UpgradePeriod
from mysms.core.background_task import every
from mysms.messages import repository

ROUND_SECONDS = 2.0
"""A process of an earlier version may store more of them at any time."""
_PAUSE_SECONDS = 0.02
"""Between batches, so that requests are not held up."""
_BATCH = 100


class WordIndex:
    """Finds the messages that earlier versions store, also after a rollback, and tells the upgrade period of them."""

    def __init__(self, upgrade: UpgradePeriod) -> None:
        self._upgrade = upgrade

    async def run(self) -> None:
        """Runs until cancelled. Any number of processes may do this at once."""
        await every(ROUND_SECONDS, self.add_missing_words)

    async def add_missing_words(self) -> None:
        """Stores the words of all messages without them, batch by batch."""
        # Another process may have found them first.
        await self._upgrade.load()
        may_have_more = True
        while may_have_more:
            rows = await repository.list_without_words(_BATCH)
            if not all(row.get("is_totalled") for row in rows):
                # First: with their words, they are not found again.
                await self._upgrade.begin_again()
            if rows:
                await repository.add_words(rows)
            may_have_more = len(rows) == _BATCH
            await asyncio.sleep(_PAUSE_SECONDS)
