"""Tasks that run beside the answering of requests, for as long as the process lives."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from mysms.core.backoff import Backoff, Jitter, jitter
from mysms.core.cancellation import is_cancelling
from mysms.core.database import describe, is_transient
from mysms.core.heartbeat import Heartbeat, MonotonicClock
from mysms.core.metrics import TASK_FAILURES

_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 15.0
_LONG_FAILURES = 4
"""How many transient errors in a row are worth telling /ready, also where the database answers a ping."""
_PROVEN_SECONDS = 20.0
"""A task that has run for so long since it failed has recovered. Longer than any wait before it is started again."""

_log = logging.getLogger(__name__)


class BackgroundTask:
    """A loop that is started again, after a backoff, whenever it fails. One that returns has been told to end.

    A failure is logged with its exception, counted in `mysms_task_failures_total`, and told by `problem` until the loop
    has run for a while without another one. A transient error of the database is logged calmly, and is a problem once
    it has lasted: before, it is for the database's own check to tell.
    """

    def __init__(
        self,
        name: str,
        loop: Callable[[], Awaitable[None]],
        *,
        heartbeat: Heartbeat | None = None,
        clock: MonotonicClock = time.monotonic,
        jitter: Jitter = jitter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._loop = loop
        self._heartbeat = heartbeat
        self._clock = clock
        self._sleep = sleep
        self._backoff = Backoff(_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, jitter)
        self._is_running = False
        self._is_failing = False
        self._failed_at = 0.0
        self._failure = ""

    async def run(self) -> None:
        """Runs the loop until it returns or is cancelled."""
        self._is_running = True
        try:
            while not is_cancelling():
                if self._heartbeat is not None:
                    self._heartbeat.beat()
                started_at = self._clock()
                try:
                    await self._loop()
                except Exception as error:  # noqa: BLE001  # whatever it is, it must neither go unseen nor end the task
                    if describe(error) != self._failure or self._clock() - started_at >= _PROVEN_SECONDS:
                        self._backoff.reset()
                    wait = self._backoff.next_wait()
                    self._note(error)
                else:
                    return
                if not is_cancelling():
                    await self._sleep(wait)
        finally:
            self._is_running = False

    @property
    def problem(self) -> str | None:
        """What is wrong with the task, if anything is."""
        if not self._is_running:
            return f"The {self.name} does not run."
        if self._is_failing and self._clock() - self._failed_at < _PROVEN_SECONDS:
            return f"The {self.name} fails ({self._failure}) and is started again."
        return self._heartbeat.problem if self._heartbeat is not None else None

    def _note(self, error: Exception) -> None:
        may_pass = is_transient(error)
        TASK_FAILURES.labels(self.name, "transient" if may_pass else "permanent").inc()
        self._failure = describe(error)
        self._failed_at = self._clock()
        self._is_failing = not may_pass or self._backoff.failures >= _LONG_FAILURES
        if not self._backoff.is_worth_a_line:
            return
        if may_pass:
            _log.warning("The database does not answer the %s (%s).", self.name, self._failure)
        else:
            _log.error("The %s failed, and is started again.", self.name, exc_info=error)


@contextlib.asynccontextmanager
async def running(tasks: Iterable[BackgroundTask]) -> AsyncIterator[None]:
    """Runs the tasks while the context is open."""
    started = [asyncio.create_task(task.run(), name=task.name) for task in tasks]
    try:
        yield
    finally:
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Does the work at once, and again so many seconds after it was done, until it raises or this is cancelled."""
    while True:
        await work()
        if is_cancelling():
            return
        await asyncio.sleep(seconds)


def note_failure(task: asyncio.Task[None]) -> None:
    """For `add_done_callback` of a task that nobody awaits: logs and counts the exception that it ended with."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        TASK_FAILURES.labels(task.get_name(), "transient" if is_transient(error) else "permanent").inc()
        _log.error("A task failed: %s.", task.get_name(), exc_info=error)
