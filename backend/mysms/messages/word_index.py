"""The background task that stores the words of messages of earlier versions, by which a search finds them."""

import asyncio

from mysms.core.background_task import every
from mysms.messages import repository

ROUND_SECONDS = 2.0
"""A process of an earlier version may store more of them at any time."""
_PAUSE_SECONDS = 0.02
"""Between batches, so that requests are not held up."""
_BATCH = 100


async def run() -> None:
    """Runs until cancelled. Any number of processes may do this at once."""
    await every(ROUND_SECONDS, add_missing_words)


async def add_missing_words() -> None:
    """Stores the words of all messages without them, batch by batch."""
    found = _BATCH
    while found == _BATCH:
        found = await repository.add_missing_words(limit=_BATCH)
        await asyncio.sleep(_PAUSE_SECONDS)
