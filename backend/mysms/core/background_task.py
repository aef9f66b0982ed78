"""Background tasks that run for the lifetime of the process."""

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
_REPORT_AFTER_FAILURES = 4
"""After this many transient errors in a row, /ready reports a problem even if the database answers a ping."""
_RECOVERED_AFTER_SECONDS = 20.0
"""A task that has run this long since its last failure counts as recovered. Longer than the longest restart delay."""

_log = logging.getLogger(__name__)


class BackgroundTask:
    """A loop that is restarted, after a backoff, whenever it fails. A loop that returns has been told to stop.

    A failure is logged with its exception, counted in `mysms_task_failures_total`, and reported by `problem` until the
    loop has run for a while without another one. A transient database error is logged as a warning without a traceback,
    and becomes a problem only once it lasts: until then, the readiness check of the database reports it.
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
                except Exception as error:  # noqa: BLE001  # any error must be logged, and none may end the task
                    if describe(error) != self._failure or self._clock() - started_at >= _RECOVERED_AFTER_SECONDS:
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
        """Describes what is wrong with the task; None if nothing is."""
        if not self._is_running:
            return f"The {self.name} is not running."
        if self._is_failing and self._clock() - self._failed_at < _RECOVERED_AFTER_SECONDS:
            return f"The {self.name} keeps failing ({self._failure}) and is being restarted."
        return self._heartbeat.problem if self._heartbeat is not None else None

    def _note(self, error: Exception) -> None:
        transient = is_transient(error)
        TASK_FAILURES.labels(self.name, "transient" if transient else "permanent").inc()
        self._failure = describe(error)
        self._failed_at = self._clock()
        self._is_failing = not transient or self._backoff.failures >= _REPORT_AFTER_FAILURES
        if not self._backoff.should_log:
            return
        if transient:
            _log.warning("The %s could not reach the database (%s).", self.name, self._failure)
        else:
            _log.error("The %s failed and will be restarted.", self.name, exc_info=error)


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
    """Does the work now, and again `seconds` after each completion, until it raises or the task is cancelled."""
    while True:
        await work()
        if is_cancelling():
            return
        await asyncio.sleep(seconds)


def note_failure(task: asyncio.Task[None]) -> None:
    """Logs and counts the exception of a task that nothing awaits; for `Task.add_done_callback`."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        TASK_FAILURES.labels(task.get_name(), "transient" if is_transient(error) else "permanent").inc()
        _log.error("Task failed: %s.", task.get_name(), exc_info=error)
