"""How long to wait: before the next attempt, and before asking the carrier again. Pure: chance is passed in."""

from datetime import datetime, timedelta

FIRST_BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF_SECONDS = 300.0
QUEUE_FULL_BACKOFF_SECONDS = 900.0
"""A sender's queue at Twilio is hours long when it is full."""

QUEUE_FULL_CODE = 21611

_LOOKS = (
    timedelta(seconds=3),
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=20),
    timedelta(minutes=40),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=16),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""The waits before each look for an unconfirmed message: three days in all."""

_SHORTEST_RETRY = timedelta(seconds=5)
_ASKED_FOR_AT_MOST = timedelta(days=7)

_CHECKS_BESIDE_CALLBACKS = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
)
_CHECKS_WITHOUT_CALLBACKS = (
    timedelta(seconds=3),
    timedelta(seconds=10),
    timedelta(seconds=30),
    *_CHECKS_BESIDE_CALLBACKS,
)


def backoff(attempt: int, code: int | None, jitter: float) -> timedelta:
    """The wait after this many attempts: doubling, capped, spread by `jitter` in [0, 1) over its upper half."""
    if code == QUEUE_FULL_CODE:
        longest = QUEUE_FULL_BACKOFF_SECONDS
    else:
        longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(attempt - 1, 16))
    return timedelta(seconds=longest * (0.5 + 0.5 * jitter))


def next_check(now: datetime, checks: int, *, callbacks_enabled: bool) -> datetime | None:
    """When to ask for a status that is not final, after so many times; None for never again."""
    waits = _CHECKS_BESIDE_CALLBACKS if callbacks_enabled else _CHECKS_WITHOUT_CALLBACKS
    if checks >= len(waits):
        return None
    return now + waits[checks] - (waits[checks - 1] if checks else timedelta())


def next_reconcile_at(now: datetime, looks: int, provable_at: datetime) -> datetime | None:
    """When to look for an unconfirmed message at the provider, after so many looks; None for never again.

    From `provable_at` on a look may prove that the provider does not have it: one takes place then, however many there
    were before.
    """
    if looks >= len(_LOOKS):
        return provable_at if provable_at > now else None
    following = now + _LOOKS[looks]
    return min(following, provable_at) if provable_at > now else following


def next_try(now: datetime, asked_since: datetime) -> datetime | None:
    """When to ask again after no answer came, for what has been asked for since then; None for never again.

    The waits grow with that time, and end after a week: what is unanswered for so long stays so.
    """
    asked_for = now - asked_since
    return None if asked_for > _ASKED_FOR_AT_MOST else now + max(_SHORTEST_RETRY, asked_for / 10)


def paused_backoff(attempt: int, jitter: float) -> timedelta:
    """The wait of a message at which the carrier turned us away: others are tried before it, should it be its fault."""
    return timedelta(seconds=min(60 * 2 ** min(attempt - 1, 16), QUEUE_FULL_BACKOFF_SECONDS) * (0.5 + 0.5 * jitter))
