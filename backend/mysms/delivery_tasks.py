"""Starts and stops the background tasks of sending and reconciliation."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from mysms.core.background_task import BackgroundTask
from mysms.outbox.dispatcher import Dispatcher
from mysms.outbox.worker import Worker
from mysms.reconciliation.polling import PollingLoop, ProviderThread

_LAST_CLAIM_SECONDS = 2.0
_BEFORE_CANCELLING_SECONDS = 0.1
"""Without a database, all operations wait for a server in steps of half a second. One that is cancelled at the moment
when its step ends leaves the driver's lock locked, for which all others wait forever. The last attempt, or request, may
have ended at such a moment.
"""


class DeliveryTasks:
    """The background tasks of one process: sending, reconciliation, status checks, inbound catch-up and maintenance."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        worker: Worker,
        polling_loops: Sequence[PollingLoop],
        provider_threads: Sequence[ProviderThread],
    ) -> None:
        self.dispatcher = dispatcher
        self.worker = worker
        self._provider_threads = provider_threads
        loops: list[Dispatcher | PollingLoop] = [dispatcher, *polling_loops]
        self.tasks = [BackgroundTask(loop.heartbeat.name, loop.run, heartbeat=loop.heartbeat) for loop in loops]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the tasks while the context is open. On exit, finishes the attempts in progress and starts no others."""
        loops = [asyncio.create_task(task.run(), name=task.name) for task in self.tasks]
        try:
            yield
        finally:
            self.dispatcher.stop()
            self.worker.stop()
            # Lets a claim in progress complete: cut off, it would leave a claimed message that others must reconcile.
            await asyncio.wait(loops[:1], timeout=_LAST_CLAIM_SECONDS)
            # Before the loops are cancelled: without a database, that can block the driver's other operations.
            await self.dispatcher.finish()
            await asyncio.sleep(_BEFORE_CANCELLING_SECONDS)
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            self.worker.close()
            for thread in self._provider_threads:
                thread.close()
