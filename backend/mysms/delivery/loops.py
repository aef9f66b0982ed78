"""The life of the loops: how they begin, and how they end without leaving anything undone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from mysms.core.background import BackgroundTask
from mysms.delivery.dispatcher import Dispatcher
from mysms.delivery.rounds import Questioner, Rounds
from mysms.delivery.sender import Sender

_LAST_CLAIM_SECONDS = 2.0


class Loops:
    """What one process does about messages by itself."""

    def __init__(
        self, dispatcher: Dispatcher, sender: Sender, rounds: Sequence[Rounds], questioners: Sequence[Questioner]
    ) -> None:
        self.dispatcher = dispatcher
        self.sender = sender
        self._questioners = questioners
        loops: list[Dispatcher | Rounds] = [dispatcher, *rounds]
        self.tasks = [BackgroundTask(loop.heart.name, loop.run, heart=loop.heart) for loop in loops]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the loops; at the end, what has begun is finished, and nothing else is begun."""
        loops = [asyncio.create_task(task.run(), name=task.name) for task in self.tasks]
        try:
            yield
        finally:
            self.dispatcher.stop()
            self.sender.stop()
            # A claim that is being made now is not left behind: others would have to find out what became of it.
            await asyncio.wait(loops[:1], timeout=_LAST_CLAIM_SECONDS)
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self.dispatcher.finish()
            self.sender.close()
            for questioner in self._questioners:
                questioner.close()
