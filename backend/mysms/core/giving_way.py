"""Work in a thread that leaves the event loop its turn."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_TURN_SECONDS = 0.001
_PAUSE_SECONDS = 0.0002


def giving_way(items: Iterable[T]) -> Iterator[T]:
    """Yields the items, with pauses in which another thread goes on at once.

    Without them, it waits for the interpreter's lock for five milliseconds each time that it has waited for anything
    else, which a request does several times.
    """
    ends_at = time.monotonic() + _TURN_SECONDS
    for item in items:
        yield item
        if time.monotonic() >= ends_at:
            time.sleep(_PAUSE_SECONDS)
            ends_at = time.monotonic() + _TURN_SECONDS
