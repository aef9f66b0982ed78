"""Turns: a long command runs in portions, and other commands run in between.

Commands are coroutines. They do not await each other or the event loop: the server resumes each one until its turn is
over, and again in a later iteration of its loop.
"""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

# In units of work: a document that is examined, written, sorted or encoded. About a millisecond.
_WORK_PER_TURN: Final = 50


class Turn:
    """Counts the work of the command that is running."""

    def __init__(self, work: int = _WORK_PER_TURN) -> None:
        self._work = self._left = work

    def begin(self) -> None:
        """Start a new turn."""
        self._left = self._work

    def is_over(self, work: int = 1) -> bool:
        """Count this work. If the result is true, the command should give way."""
        self._left -= work
        return self._left < 0


@coroutine
def give_way() -> Generator[None, None, None]:
    """Let other commands run. They may change any collection."""
    yield


def finish(command: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end without giving way."""
    while True:
        try:
            command.send(None)
        except StopIteration as stop:
            result: Result = stop.value
            return result
