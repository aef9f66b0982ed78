"""The simulator's clock, injected so that tests can control time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from time import time


@dataclass(frozen=True)
class Clock:
    now: Callable[[], float] = time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def rfc2822(moment: float | None) -> str | None:
    """A Unix timestamp in Twilio's date format: RFC 2822, whole seconds, `+0000`."""
    return None if moment is None else format_datetime(datetime.fromtimestamp(int(moment), UTC))


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
