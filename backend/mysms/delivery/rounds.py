"""Loops that do some work again and again, and that fail more slowly than they work."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mysms.carrier.base import CarrierUnavailableError
from mysms.core.database import DatabaseError
from mysms.core.heartbeat import Heartbeat
from mysms.delivery.cancellation import was_cancelled

ROUND_SECONDS = 1.0
LONGEST_ROUND_SECONDS = 60.0

Jitter = Callable[[], float]
"""A number in [0, 1), another one each time."""

_Answer = TypeVar("_Answer")

_log = logging.getLogger(__name__)


class Rounds:
    """Does the same work round after round. After one that failed, the pause doubles, and varies by `jitter`."""

    def __init__(self, work: Callable[[], Awaitable[None]], heart: Heartbeat, jitter: Jitter = random.random) -> None:
        self._work = work
        self.heart = heart
        self._jitter = jitter

    async def run(self) -> None:
        """Runs until cancelled. What one round raises is logged, and ends that round alone."""
        failures = 0
        while not was_cancelled():
            self.heart.beat()
            try:
                await self._work()
            except DatabaseError as error:
                failures += 1
                _log.warning("The database does not answer (%s): the %s tries again.", type(error).__name__, self._name)
            except CarrierUnavailableError as error:
                failures += 1
                _log.warning("Twilio could not be asked, the %s tries again: %s", self._name, error)
            except Exception:  # noqa: BLE001  # one message that cannot be read must not end the care for all others
                failures += 1
                _log.exception("A round of the %s failed; going on.", self._name)
            else:
                failures = 0
            await asyncio.sleep(self._pause(failures))

    @property
    def _name(self) -> str:
        return self.heart.name

    def _pause(self, failures: int) -> float:
        if failures == 0:
            return ROUND_SECONDS
        longest: float = min(ROUND_SECONDS * 2 ** min(failures, 16), LONGEST_ROUND_SECONDS)
        return longest * (0.5 + 0.5 * self._jitter())


class Questioner:
    """Asks the carrier in a thread of its own, one question at a time, and beats at each answer."""

    def __init__(self, heart: Heartbeat) -> None:
        self._heart = heart
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=heart.name)

    async def ask(self, question: Callable[..., _Answer], *arguments: object) -> _Answer:
        answer = await asyncio.get_running_loop().run_in_executor(self._thread, lambda: question(*arguments))
        self._heart.beat()
        return answer

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
