"""Waiting for something that happens by itself, with a deadline instead of a sleep."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.03


async def eventually(
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, within: float = 10.0, what: str = "it"
) -> T:
    """What `look` sees as soon as it is `wanted`. Fails with what was seen last once `within` seconds are over."""
    deadline = time.monotonic() + within
    while True:
        seen = await look()
        if wanted(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"Within {within} s, {what} did not happen. Seen last: {seen!r}")
        await asyncio.sleep(_PAUSE_SECONDS)
