"""Delays before the next attempt and before the next provider look-up. Pure: the jitter is passed in."""

from datetime import datetime, timedelta

from mysms.core.backoff import backoff as exponential_backoff

FIRST_BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF_SECONDS = 300.0
_FIRST_PAUSED_BACKOFF_SECONDS = 60.0
QUEUE_FULL_BACKOFF_SECONDS = 900.0
"""A full queue at Twilio holds several hours of messages."""

QUEUE_FULL_CODE = 21611

_LOOKUP_DELAYS = (
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
"""The delays before each look-up of an unconfirmed message: three days in total."""

_SHORTEST_RETRY = timedelta(seconds=5)
_RETRY_LOOKUPS_FOR = timedelta(days=7)

_CHECK_OFFSETS_WITH_CALLBACKS = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
)
_CHECK_OFFSETS_WITHOUT_CALLBACKS = (
    timedelta(seconds=3),
    timedelta(seconds=10),
    timedelta(seconds=30),
    *_CHECK_OFFSETS_WITH_CALLBACKS,
)
"""When statuses are checked, as times since the message was accepted; not the delays between the checks."""


def backoff(attempt: int, code: int | None, jitter: float) -> timedelta:
    """Returns the delay after an attempt."""
    if code == QUEUE_FULL_CODE:
        return _delay(1, QUEUE_FULL_BACKOFF_SECONDS, QUEUE_FULL_BACKOFF_SECONDS, jitter)
    return _delay(attempt, FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS, jitter)


def paused_backoff(attempt: int, jitter: float) -> timedelta:
    """Returns the delay of a message that caused a pause. Other messages are tried first, in case it was the cause."""
    return _delay(attempt, _FIRST_PAUSED_BACKOFF_SECONDS, QUEUE_FULL_BACKOFF_SECONDS, jitter)


def _delay(attempt: int, first: float, longest: float, jitter: float) -> timedelta:
    return timedelta(seconds=exponential_backoff(attempt, first, longest, jitter))


def next_check(now: datetime, checks: int, *, callbacks_enabled: bool) -> datetime | None:
    """Returns when to check a status that is not final again, after this many checks; None for never."""
    offsets = _CHECK_OFFSETS_WITH_CALLBACKS if callbacks_enabled else _CHECK_OFFSETS_WITHOUT_CALLBACKS
    if checks >= len(offsets):
        return None
    return now + offsets[checks] - (offsets[checks - 1] if checks else timedelta())


def next_reconcile_at(now: datetime, lookups: int, provable_at: datetime) -> datetime | None:
    """Returns when to look up an unconfirmed message again, after this many look-ups; None for never.

    From `provable_at` on, a look-up may prove that the provider does not have the message, so there is always one at
    that time.
    """
    if lookups >= len(_LOOKUP_DELAYS):
        return provable_at if provable_at > now else None
    following = now + _LOOKUP_DELAYS[lookups]
    return min(following, provable_at) if provable_at > now else following


def next_lookup_retry(now: datetime, due_since: datetime) -> datetime | None:
    """Returns when to repeat a look-up or status check that got no answer; None for never.

    It was first due at `due_since`. The delays grow with the time since then, and after a week there are no more.
    """
    due_for = now - due_since
    return None if due_for > _RETRY_LOOKUPS_FOR else now + max(_SHORTEST_RETRY, due_for / 10)
