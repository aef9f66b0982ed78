"""Loops that do some work again and again, and ask Twilio more slowly while it does not answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mysms.carrier.base import CarrierUnavailableError
from mysms.core.backoff import Backoff, Chance, chance
from mysms.core.cancellation import was_cancelled
from mysms.core.heartbeat import Heartbeat

ROUND_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0

_Answer = TypeVar("_Answer")

_log = logging.getLogger(__name__)


class Rounds:
    """Does the same work round after round."""

    def __init__(self, work: Callable[[], Awaitable[None]], heart: Heartbeat, chance: Chance = chance) -> None:
        self._work = work
        self.heart = heart
        self._backoff = Backoff(2 * ROUND_SECONDS, _LONGEST_PAUSE_SECONDS, chance)

    async def run(self) -> None:
        """Runs until cancelled. Raises whatever a round raises but CarrierUnavailableError; it can be run again."""
        while not was_cancelled():
            self.heart.beat()
            pause = ROUND_SECONDS
            try:
                await self._work()
            except CarrierUnavailableError as error:
                pause = self._backoff.next_wait()
                if self._backoff.is_worth_a_line:
                    _log.warning("Twilio could not be asked, the %s tries again: %s", self.heart.name, error)
            else:
                self._backoff.reset()
            await asyncio.sleep(pause)


class Questioner:
    """Asks the carrier in a thread of its own, one question at a time, and beats after each, answered or not."""

    def __init__(self, heart: Heartbeat) -> None:
        self._heart = heart
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=heart.name)

    async def ask(self, question: Callable[..., _Answer], *arguments: object) -> _Answer:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: question(*arguments))
        finally:
            self._heart.beat()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
