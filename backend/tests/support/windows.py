"""Limits hold for whole minutes and hours of the clock: a test that counts up to one must not meet the end of it."""

import asyncio
import time

_NEEDED_SECONDS = 20.0


async def well_within(window_seconds: float) -> None:
    """Waits for the next window, if this one has too little left for a test."""
    left = window_seconds - time.time() % window_seconds
    if left < _NEEDED_SECONDS:
        await asyncio.sleep(left)
