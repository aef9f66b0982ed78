"""Fetches statuses that no callback has reported."""

from mysms.messages.status import is_final
from mysms.outbox.records import StatusCheck
from mysms.outbox.timeline import Timeline
from mysms.providers.base import Provider, ProviderMessage, ProviderUnavailableError
from mysms.reconciliation.polling import ProviderThread
from mysms.reconciliation.status_check_queue import StatusCheckQueue

_MOST_PER_ROUND = 100


class StatusChecks:
    """Makes the status checks of one sender's messages, those due longest first."""

    def __init__(
        self, timeline: Timeline, queue: StatusCheckQueue, provider: Provider, provider_thread: ProviderThread
    ) -> None:
        self._timeline = timeline
        self._queue = queue
        self._provider = provider
        self._provider_thread = provider_thread

    async def run_round(self) -> None:
        """Makes the due status checks. Raises ProviderUnavailableError at the first one without an answer."""
        for _ in range(_MOST_PER_ROUND):
            check = await self._queue.claim_status_check()
            if check is None:
                return
            row = await self._ask(check)
            if row is not None:
                await self._timeline.record_answer(check.message_id, row)
            # A message without a row was deleted at Twilio, so its status cannot change any more.
            await self._queue.end_check(check, is_last=row is None or is_final(row.status))

    async def _ask(self, check: StatusCheck) -> ProviderMessage | None:
        try:
            return await self._provider_thread.ask(self._provider.fetch, check.sid)
        except ProviderUnavailableError:
            await self._queue.postpone_check(check)
            raise
