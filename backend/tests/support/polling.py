"""Polling with a deadline, instead of fixed sleeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_INTERVAL_SECONDS = 0.03


async def eventually(
    poll: Callable[[], Awaitable[T]], condition: Callable[[T], bool], *, within: float = 10.0, what: str = "it"
) -> T:
    """Poll until `condition` holds, and return the value. Fails with the last value after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = await poll()
        if condition(value):
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"Timeout after {within} s waiting for {what}. Last value: {value!r}")
        await asyncio.sleep(_INTERVAL_SECONDS)
