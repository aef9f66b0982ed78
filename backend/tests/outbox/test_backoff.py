"""The waiting times before attempts and checks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from mysms.outbox.backoff import (
    QUEUE_FULL_CODE,
    backoff,
    next_check,
    next_lookup_retry,
    next_reconcile_at,
    paused_backoff,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(("attempt", "longest"), [(1, 2), (2, 4), (3, 8), (7, 128), (8, 256), (9, 300), (10_000, 300)])
def test_the_wait_before_an_attempt_doubles_up_to_five_minutes(attempt: int, longest: float) -> None:
    assert backoff(attempt, None, 0.0).total_seconds() == longest / 2
    assert backoff(attempt, None, 0.5).total_seconds() == longest * 3 / 4
    assert backoff(attempt, None, 0.999).total_seconds() < longest


def test_a_full_queue_waits_long_from_the_first_attempt() -> None:
    for attempt in (1, 5, 1_000):
        assert 7 * MINUTES < backoff(attempt, QUEUE_FULL_CODE, 0.0) < backoff(attempt, QUEUE_FULL_CODE, 0.9)


def test_other_codes_have_the_normal_backoff() -> None:
    assert backoff(1, 20429, 0.0) == backoff(1, None, 0.0)


@pytest.mark.parametrize(
    ("callbacks_enabled", "after"),
    [
        (True, [2 * MINUTES, 10 * MINUTES, 60 * MINUTES, 360 * MINUTES, 24 * 60 * MINUTES, 72 * 60 * MINUTES]),
        (False, [timedelta(seconds=3), timedelta(seconds=10), timedelta(seconds=30), 2 * MINUTES]),
    ],
)
def test_statuses_are_checked_at_these_times_after_sending(callbacks_enabled: bool, after: list[timedelta]) -> None:
    moments: list[timedelta] = []
    moment: datetime | None = NOW
    while moment is not None:
        moment = next_check(moment, len(moments), callbacks_enabled=callbacks_enabled)
        if moment is not None:
            moments.append(moment - NOW)
    assert moments[: len(after)] == after
    assert moments[-1] == timedelta(hours=72)
    assert all(earlier < later for earlier, later in pairwise(moments))


def test_list_checks_back_off_and_end() -> None:
    waits: list[timedelta] = []
    while (following := next_reconcile_at(NOW, len(waits), NOW)) is not None:
        waits.append(following - NOW)
    assert waits[0] == timedelta(seconds=3)
    assert waits == sorted(waits)
    assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=5)
    assert len(waits) < 20


def test_a_list_check_takes_place_as_soon_as_it_can_confirm_absence() -> None:
    assert next_reconcile_at(NOW, 12, NOW + 2 * MINUTES) == NOW + 2 * MINUTES
    assert next_reconcile_at(NOW, 0, NOW + 2 * MINUTES) == NOW + timedelta(seconds=3)
    assert next_reconcile_at(NOW, 100, NOW + 2 * MINUTES) == NOW + 2 * MINUTES, "whatever the number of earlier checks"


@pytest.mark.parametrize(
    ("age", "wait"), [(timedelta(), timedelta(seconds=5)), (10 * MINUTES, MINUTES), (5 * DAY, DAY / 2)]
)
def test_a_failed_look_up_is_repeated_with_backoff(age: timedelta, wait: timedelta) -> None:
    assert next_lookup_retry(NOW, NOW - age) == NOW + wait


def test_a_look_up_that_always_fails_ends() -> None:
    tries, moment = 0, NOW
    while (following := next_lookup_retry(moment, NOW)) is not None:
        tries, moment = tries + 1, following
    assert moment - NOW > 7 * DAY
    assert tries < 200


def test_the_wait_during_a_pause_grows() -> None:
    waits = [paused_backoff(attempt, 0.0) for attempt in range(1, 8)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(seconds=450))
