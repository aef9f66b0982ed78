"""Background tasks: one that dies is seen, and started again."""

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


class Faulty:
    """A loop that fails in these ways, one after the other, and then goes on until it is cancelled."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.runs = 0
        self.waits: list[float] = []
        self.goes_on = asyncio.Event()
        self.now = 0.0

    def task(self, name: str) -> BackgroundTask:
        return BackgroundTask(name, self.run, clock=lambda: self.now, jitter=lambda: 0.0, sleep=self.sleep)

    async def run(self) -> None:
        self.runs += 1
        if self._errors:
            raise self._errors.pop(0)
        self.goes_on.set()
        await asyncio.Event().wait()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def counted(name: str, error: str) -> float:
    return REGISTRY.get_sample_value("mysms_task_failures_total", {"task": name, "error": error}) or 0


async def test_a_task_that_dies_is_logged_counted_told_and_started_again(caplog: pytest.LogCaptureFixture) -> None:
    faulty = Faulty(RuntimeError("at work"), UNAUTHORISED)
    task = faulty.task("faulty")
    assert task.problem == "The faulty is not running."
    with caplog.at_level(logging.INFO):
        async with running([task]):
            await asyncio.wait_for(faulty.goes_on.wait(), 5)
            assert faulty.runs == 3
            assert counted("faulty", "permanent") == 2
            logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
            assert [type(error) for error in logged] == [RuntimeError, OperationFailure]
            assert task.problem == "The faulty keeps failing (OperationFailure 13) and is being restarted."
            faulty.now += 20
            assert task.problem is None
    assert task.problem == "The faulty is not running."


async def test_a_task_that_keeps_dying_is_tried_ever_more_rarely_and_fills_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faulty = Faulty(*[UNAUTHORISED] * 40)
    async with running([faulty.task("stubborn")]):
        await asyncio.wait_for(faulty.goes_on.wait(), 5)
    assert faulty.waits[:6] == [0.5, 1, 2, 4, 7.5, 7.5]
    assert counted("stubborn", "permanent") == 40
    assert len(caplog.records) == 6


async def test_an_absent_database_is_told_calmly_and_by_the_task_only_once_it_lasts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    problems: list[str | None] = []

    async def run() -> None:
        problems.append(task.problem)
        await faulty.run()

    faulty = Faulty(*[UNREACHABLE] * 5)
    task = BackgroundTask("patient", run, clock=lambda: faulty.now, jitter=lambda: 0.0, sleep=faulty.sleep)
    async with running([task]):
        await asyncio.wait_for(faulty.goes_on.wait(), 5)
    lasts = "The patient keeps failing (AutoReconnect) and is being restarted."
    assert problems == [None, None, None, None, lasts, lasts]
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)] * 3
    assert counted("patient", "transient") == 5


async def test_another_error_is_news(caplog: pytest.LogCaptureFixture) -> None:
    faulty = Faulty(UNREACHABLE, UNREACHABLE, UNREACHABLE, UNAUTHORISED)
    async with running([faulty.task("unlucky")]):
        await asyncio.wait_for(faulty.goes_on.wait(), 5)
    assert faulty.waits == [0.5, 1, 2, 0.5]
    assert caplog.records[-1].levelname == "ERROR"


async def test_a_cancellation_that_the_driver_swallows_ends_the_task_all_the_same() -> None:
    waiting = asyncio.Event()

    async def swallow() -> None:
        try:
            waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise UNREACHABLE from None

    async with running([BackgroundTask("deaf", swallow)]):
        await asyncio.wait_for(waiting.wait(), 5)


async def test_a_failure_that_nobody_awaits_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("unseen")

    task = asyncio.create_task(fail(), name="one-off")
    task.add_done_callback(note_failure)
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert counted("one-off", "permanent") == 1
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [task.exception()]


async def test_periodic_work_is_done_at_once_and_again_until_it_fails() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(len(done))
        if len(done) == 3:
            raise UNREACHABLE

    with pytest.raises(AutoReconnect):
        await asyncio.wait_for(every(0.001, work), 5)
    assert done == [0, 1, 2]


@pytest.mark.parametrize(("jitter", "expected"), [(0.0, [1, 2, 4, 5, 5]), (0.5, [1.5, 3, 6, 7.5, 7.5])])
def test_waits_double_up_to_a_limit_and_are_spread(jitter: float, expected: Sequence[float]) -> None:
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
def test_what_may_pass_by_itself_is_told_from_what_will_be_refused_again(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient


def test_an_error_is_described_without_its_words() -> None:
    assert describe(UNAUTHORISED) == "OperationFailure 13"
    assert describe(UNREACHABLE) == "AutoReconnect"
