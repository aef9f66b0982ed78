"""Measures event loop lag: the time for which some code blocks the loop, and with it all requests."""

import asyncio
import time

from mysms.core.metrics import EVENT_LOOP_LAG

_INTERVAL_SECONDS = 0.5


async def monitor_event_loop_lag() -> None:
    """Measures the lag twice a second until cancelled."""
    while True:
        due = time.monotonic() + _INTERVAL_SECONDS
        await asyncio.sleep(_INTERVAL_SECONDS)
        EVENT_LOOP_LAG.observe(max(0.0, time.monotonic() - due))
