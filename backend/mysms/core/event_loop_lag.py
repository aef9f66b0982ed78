"""How late the event loop is: time that some code holds it, in which nobody is answered."""

import asyncio
import time

from mysms.core.metrics import EVENT_LOOP_LAG

_INTERVAL_SECONDS = 0.5


async def monitor_event_loop_lag() -> None:
    """Measures until it is cancelled."""
    while True:
        due = time.monotonic() + _INTERVAL_SECONDS
        await asyncio.sleep(_INTERVAL_SECONDS)
        EVENT_LOOP_LAG.observe(max(0.0, time.monotonic() - due))
