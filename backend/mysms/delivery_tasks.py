"""Starts and stops the background tasks of sending and reconciliation."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from mysms.core.background_task import BackgroundTask
from mysms.outbox.dispatcher import Dispatcher
from mysms.outbox.worker import Worker
from mysms.reconciliation.rounds import ProviderThread, Rounds

_LAST_CLAIM_SECONDS = 2.0


class DeliveryTasks:
    """The background tasks of one process that send messages and ask the provider about them."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        worker: Worker,
        rounds: Sequence[Rounds],
        provider_threads: Sequence[ProviderThread],
    ) -> None:
        self.dispatcher = dispatcher
        self.worker = worker
        self._provider_threads = provider_threads
        loops: list[Dispatcher | Rounds] = [dispatcher, *rounds]
        self.tasks = [BackgroundTask(loop.heartbeat.name, loop.run, heartbeat=loop.heartbeat) for loop in loops]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the tasks. At the end, attempts that have begun are finished, and no other begins."""
        loops = [asyncio.create_task(task.run(), name=task.name) for task in self.tasks]
        try:
            yield
        finally:
            self.dispatcher.stop()
            self.worker.stop()
            # A claim that is being made now is not left behind: others would have to find out what became of it.
            await asyncio.wait(loops[:1], timeout=_LAST_CLAIM_SECONDS)
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self.dispatcher.finish()
            self.worker.close()
            for thread in self._provider_threads:
                thread.close()
