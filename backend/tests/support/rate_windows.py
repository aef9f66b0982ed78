"""Rate limits count per clock minute and hour: a test that counts up to a limit must not cross the boundary."""

import asyncio
import time

_NEEDED_SECONDS = 20.0


async def wait_for_fresh_window(window_seconds: float) -> None:
    """Wait for the next window if too little of this one is left for a test."""
    left = window_seconds - time.time() % window_seconds
    if left < _NEEDED_SECONDS:
        await asyncio.sleep(left)
