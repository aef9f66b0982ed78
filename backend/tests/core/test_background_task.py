"""Background tasks: a failed task is reported and restarted."""

import asyncio
import logging
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY
from pymongo.errors import AutoReconnect, ExecutionTimeout, NotPrimaryError, OperationFailure, WTimeoutError

from mysms.core.background_task import BackgroundTask, every, note_failure, running
from mysms.core.backoff import Backoff
from mysms.core.database import describe, is_transient

UNAUTHORISED = OperationFailure("not authorised to see +14155550100", 13)
UNREACHABLE = AutoReconnect("mongodb.example:27017: connection closed")


class FailingLoop:
    """A loop that raises these errors in turn, and then runs until it is cancelled."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.runs = 0
        self.waits: list[float] = []
        self.is_running = asyncio.Event()
        self.now = 0.0

    def task(self, name: str) -> BackgroundTask:
        return BackgroundTask(name, self.run, clock=lambda: self.now, jitter=lambda: 0.0, sleep=self.sleep)

    async def run(self) -> None:
        self.runs += 1
        if self._errors:
            raise self._errors.pop(0)
        self.is_running.set()
        await asyncio.Event().wait()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def failure_count(name: str, error: str) -> float:
    return REGISTRY.get_sample_value("mysms_task_failures_total", {"task": name, "error": error}) or 0


async def test_a_failed_task_is_logged_counted_reported_and_restarted(caplog: pytest.LogCaptureFixture) -> None:
    faulty = FailingLoop(RuntimeError("at work"), UNAUTHORISED)
    task = faulty.task("faulty")
    assert task.problem == "The faulty is not running."
    with caplog.at_level(logging.INFO):
        async with running([task]):
            await asyncio.wait_for(faulty.is_running.wait(), 5)
            assert faulty.runs == 3
            assert failure_count("faulty", "permanent") == 2
            logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
            assert [type(error) for error in logged] == [RuntimeError, OperationFailure]
            assert task.problem == "The faulty keeps failing (OperationFailure 13) and is being restarted."
            faulty.now += 20
            assert task.problem is None
    assert task.problem == "The faulty is not running."


async def test_a_task_that_keeps_failing_is_restarted_with_backoff_and_logged_sparsely(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faulty = FailingLoop(*[UNAUTHORISED] * 40)
    async with running([faulty.task("stubborn")]):
        await asyncio.wait_for(faulty.is_running.wait(), 5)
    assert faulty.waits[:6] == [0.5, 1, 2, 4, 7.5, 7.5]
    assert failure_count("stubborn", "permanent") == 40
    assert len(caplog.records) == 6


async def test_a_database_outage_is_logged_without_traceback_and_reported_if_it_lasts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    problems: list[str | None] = []

    async def run() -> None:
        problems.append(task.problem)
        await faulty.run()

    faulty = FailingLoop(*[UNREACHABLE] * 5)
    task = BackgroundTask("patient", run, clock=lambda: faulty.now, jitter=lambda: 0.0, sleep=faulty.sleep)
    async with running([task]):
        await asyncio.wait_for(faulty.is_running.wait(), 5)
    lasts = "The patient keeps failing (AutoReconnect) and is being restarted."
    assert problems == [None, None, None, None, lasts, lasts]
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)] * 3
    assert failure_count("patient", "transient") == 5


async def test_a_different_error_is_logged_at_once(caplog: pytest.LogCaptureFixture) -> None:
    faulty = FailingLoop(UNREACHABLE, UNREACHABLE, UNREACHABLE, UNAUTHORISED)
    async with running([faulty.task("unlucky")]):
        await asyncio.wait_for(faulty.is_running.wait(), 5)
    assert faulty.waits == [0.5, 1, 2, 0.5]
    assert caplog.records[-1].levelname == "ERROR"


async def test_a_cancellation_swallowed_by_the_driver_still_ends_the_task() -> None:
    waiting = asyncio.Event()

    async def swallow() -> None:
        try:
            waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise UNREACHABLE from None

    async with running([BackgroundTask("deaf", swallow)]):
        await asyncio.wait_for(waiting.wait(), 5)


async def test_the_failure_of_an_unawaited_task_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("unseen")

    task = asyncio.create_task(fail(), name="one-off")
    task.add_done_callback(note_failure)
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert failure_count("one-off", "permanent") == 1
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [task.exception()]


async def test_periodic_work_starts_at_once_and_repeats_until_it_fails() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(len(done))
        if len(done) == 3:
            raise UNREACHABLE

    with pytest.raises(AutoReconnect):
        await asyncio.wait_for(every(0.001, work), 5)
    assert done == [0, 1, 2]


@pytest.mark.parametrize(("jitter", "expected"), [(0.0, [1, 2, 4, 5, 5]), (0.5, [1.5, 3, 6, 7.5, 7.5])])
def test_waits_double_up_to_a_limit_with_jitter(jitter: float, expected: Sequence[float]) -> None:
    backoff = Backoff(2, 10, lambda: jitter)
    assert [backoff.next_wait() for _ in range(5)] == expected
    backoff.reset()
    assert backoff.next_wait() == expected[0]


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (UNREACHABLE, True),
        (NotPrimaryError("stepped down"), True),
        (ExecutionTimeout("operation exceeded time limit", 50), True),
        (WTimeoutError("waiting for replication timed out", 64), True),
        (OperationFailure("Write conflict", 112), True),
        (UNAUTHORISED, False),
        (OperationFailure("Document failed validation", 121), False),
        (ValueError("a text"), False),
    ],
    ids=lambda value: str(value) if isinstance(value, bool) else describe(value),
)
def test_transient_errors_are_distinguished_from_permanent_ones(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient


def test_an_error_is_described_without_its_message() -> None:
    assert describe(UNAUTHORISED) == "OperationFailure 13"
    assert describe(UNREACHABLE) == "AutoReconnect"
