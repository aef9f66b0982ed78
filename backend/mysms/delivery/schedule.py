"""How long to wait: before the next attempt, and before asking the carrier again. Pure: chance is passed in."""

from datetime import datetime, timedelta

FIRST_BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF_SECONDS = 300.0
QUEUE_FULL_BACKOFF_SECONDS = 900.0
"""A sender's queue at Twilio is hours long when it is full."""

QUEUE_FULL_CODE = 21611

_FIRST_LOOK_SECONDS = 3.0
_LONGEST_LOOK_SECONDS = 60.0

_CHECKS_BESIDE_CALLBACKS = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
)
_CHECKS_WITHOUT_CALLBACKS = (
    timedelta(seconds=3),
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    *_CHECKS_BESIDE_CALLBACKS,
)


def backoff(attempt: int, code: int | None, chance: float) -> timedelta:
    """The wait after this many attempts: doubling, capped, spread by `chance` in [0, 1) over its upper half."""
    if code == QUEUE_FULL_CODE:
        longest = QUEUE_FULL_BACKOFF_SECONDS
    else:
        longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(attempt - 1, 16))
    return timedelta(seconds=longest * (0.5 + 0.5 * chance))


def next_check(now: datetime, checks: int, *, hears_callbacks: bool) -> datetime | None:
    """When to ask for a status that is not final, after so many times; None for never again."""
    waits = _CHECKS_BESIDE_CALLBACKS if hears_callbacks else _CHECKS_WITHOUT_CALLBACKS
    if checks >= len(waits):
        return None
    return now + waits[checks] - (waits[checks - 1] if checks else timedelta())


def next_look(now: datetime, looks: int, reconcile_after: timedelta) -> datetime:
    """When to look for an unconfirmed message at the carrier, after so many looks: doubling, and never given up."""
    wait = min(_FIRST_LOOK_SECONDS * 2 ** min(looks, 16), _LONGEST_LOOK_SECONDS, reconcile_after.total_seconds())
    return now + timedelta(seconds=wait)
