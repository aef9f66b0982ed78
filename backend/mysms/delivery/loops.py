"""The life of the loops: how they begin, and how they end without leaving anything undone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from mysms.delivery.dispatcher import Dispatcher
from mysms.delivery.rounds import Questioner, Rounds
from mysms.delivery.sender import Sender

_LAST_CLAIM_SECONDS = 2.0


@dataclass(frozen=True)
class Loops:
    """What one process does about messages by itself."""

    dispatcher: Dispatcher
    sender: Sender
    rounds: Sequence[Rounds]
    questioners: Sequence[Questioner]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the loops; at the end, what has begun is finished, and nothing else is begun."""
        loops = [
            asyncio.create_task(self.dispatcher.heart.watch(self.dispatcher.run())),
            *(asyncio.create_task(rounds.heart.watch(rounds.run())) for rounds in self.rounds),
        ]
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
            for questioner in self.questioners:
                questioner.close()
