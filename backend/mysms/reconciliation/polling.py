"""Periodic background tasks, which back off while Twilio does not respond."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mysms.core.backoff import Backoff, Jitter, jitter
from mysms.core.cancellation import is_cancelling
from mysms.core.heartbeat import Heartbeat
from mysms.providers.base import ProviderUnavailableError

ROUND_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0

_Answer = TypeVar("_Answer")

_log = logging.getLogger(__name__)


class PollingLoop:
    """Repeats some work at a fixed interval."""

    def __init__(self, work: Callable[[], Awaitable[None]], heartbeat: Heartbeat, jitter: Jitter = jitter) -> None:
        self._work = work
        self.heartbeat = heartbeat
        self._backoff = Backoff(2 * ROUND_SECONDS, _LONGEST_PAUSE_SECONDS, jitter)

    async def run(self) -> None:
        """Runs until cancelled. Raises the errors of a round except ProviderUnavailableError; may be called again."""
        while not is_cancelling():
            self.heartbeat.beat()
            pause = ROUND_SECONDS
            try:
                await self._work()
            except ProviderUnavailableError as error:
                pause = self._backoff.next_wait()
                if self._backoff.should_log:
                    _log.warning("The %s could not query Twilio and will retry: %s", self.heartbeat.name, error)
            else:
                self._backoff.reset()
            await asyncio.sleep(pause)


class ProviderThread:
    """Makes provider requests in a thread of its own, one at a time, with a heartbeat after each."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=heartbeat.name)

    async def ask(self, request: Callable[..., _Answer], *arguments: object) -> _Answer:
        """Makes a blocking request in the thread. Raises its errors."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: request(*arguments))
        finally:
            self._heartbeat.beat()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
