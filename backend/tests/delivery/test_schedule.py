"""How long to wait."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from mysms.delivery.schedule import QUEUE_FULL_CODE, backoff, next_check, next_look

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(("attempt", "longest"), [(1, 2), (2, 4), (3, 8), (7, 128), (8, 256), (9, 300), (10_000, 300)])
def test_the_wait_before_an_attempt_doubles_up_to_five_minutes(attempt: int, longest: float) -> None:
    assert backoff(attempt, None, 0.0).total_seconds() == longest / 2
    assert backoff(attempt, None, 0.5).total_seconds() == longest * 3 / 4
    assert backoff(attempt, None, 0.999).total_seconds() < longest


def test_a_full_queue_gets_a_long_wait_from_the_first() -> None:
    for attempt in (1, 5, 1_000):
        assert 7 * MINUTES < backoff(attempt, QUEUE_FULL_CODE, 0.0) < backoff(attempt, QUEUE_FULL_CODE, 0.9)


def test_other_codes_wait_as_usual() -> None:
    assert backoff(1, 20429, 0.0) == backoff(1, None, 0.0)


@pytest.mark.parametrize(
    ("hears_callbacks", "after"),
    [
        (True, [60 * MINUTES, 360 * MINUTES, 24 * 60 * MINUTES, 72 * 60 * MINUTES]),
        (False, [timedelta(seconds=3), timedelta(seconds=10), timedelta(seconds=30), 2 * MINUTES]),
    ],
)
def test_statuses_are_asked_for_at_these_times_after_sending(hears_callbacks: bool, after: list[timedelta]) -> None:
    moments: list[timedelta] = []
    moment: datetime | None = NOW
    while moment is not None:
        moment = next_check(moment, len(moments), hears_callbacks=hears_callbacks)
        if moment is not None:
            moments.append(moment - NOW)
    assert moments[: len(after)] == after
    assert moments[-1] == timedelta(hours=72)
    assert all(earlier < later for earlier, later in pairwise(moments))


def test_looks_grow_apart_and_are_never_given_up() -> None:
    waits = [next_look(NOW, looks, 5 * MINUTES) - NOW for looks in range(100)]
    assert waits[0] == timedelta(seconds=3)
    assert waits == sorted(waits)
    assert waits[-1] == MINUTES


def test_looks_are_not_later_than_the_decision() -> None:
    assert next_look(NOW, 50, timedelta(seconds=2)) - NOW == timedelta(seconds=2)
