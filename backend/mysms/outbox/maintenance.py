"""Maintenance of the outbox without the provider: ends leases, expires and erases messages."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bson import ObjectId

from mysms.core.heartbeat import MonotonicClock
from mysms.core.logging import bound
from mysms.core.metrics import RECONCILED
from mysms.outbox.erasure import Erasure
from mysms.outbox.records import InFlightMessage
from mysms.outbox.store import OutboxStore

_BATCH = 100
"""How many messages of each kind a round processes, so that none starves the others."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Lease:
    """A worker's claim, as this process has observed it on its own monotonic clock."""

    worker_id: str | None
    attempt: int
    seen_since: float


class Maintenance:
    """Maintains the messages of one sender. Any number of processes may do this at once."""

    def __init__(
        self,
        outbox: OutboxStore,
        erasure: Erasure,
        *,
        lease: timedelta,
        monotonic: MonotonicClock = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._erasure = erasure
        self._lease_seconds = lease.total_seconds()
        self._monotonic = monotonic
        self._leases: dict[ObjectId, _Lease] = {}

    async def run_round(self) -> None:
        """Does the maintenance that is due now."""
        await self._outbox.expire_overdue(_BATCH)
        await self._erasure.erase_abandoned(_BATCH)
        await self._end_leases(await self._outbox.list_claimed(_BATCH))

    async def _end_leases(self, claimed: Sequence[InFlightMessage]) -> None:
        """Ends each lease whose claim this process has seen unchanged for the length of a lease, by its own clock."""
        now = self._monotonic()
        self._leases = {message.message_id: self._watch(message, now) for message in claimed}
        for message in claimed:
            if now - self._leases[message.message_id].seen_since >= self._lease_seconds:
                if not await self._outbox.end_lease(message):
                    continue
                RECONCILED.labels("lease_over").inc()
                with bound(**message.log_context):
                    _log.info("The lease has ended. The reconciler checks whether Twilio has the message.")

    def _watch(self, message: InFlightMessage, now: float) -> _Lease:
        known = self._leases.get(message.message_id)
        if known is not None and (known.worker_id, known.attempt) == (message.worker_id, message.attempt):
            return known
        return _Lease(message.worker_id, message.attempt, now)
