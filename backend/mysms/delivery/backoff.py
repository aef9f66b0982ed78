"""How long to wait before the next attempt. Pure: chance is passed in."""

from datetime import timedelta

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 300.0
QUEUE_FULL_SECONDS = 900.0
"""A sender's queue at Twilio is hours long when it is full."""

QUEUE_FULL_CODE = 21611


def backoff(attempt: int, code: int | None, chance: float) -> timedelta:
    """The wait after this many attempts: doubling, capped, spread by `chance` in [0, 1) over its upper half."""
    if code == QUEUE_FULL_CODE:
        longest = QUEUE_FULL_SECONDS
    else:
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(attempt - 1, 16))
    return timedelta(seconds=longest * (0.5 + 0.5 * chance))
