"""Gauges of the outbox. Their cost does not depend on the number of messages."""

from datetime import datetime

from mysms.core.database import Database, DatabaseError, timeout
from mysms.core.metrics import OLDEST_PENDING_AGE_SECONDS, PENDING, UNCONFIRMED
from mysms.core.timestamps import Clock
from mysms.messages.status import OutboxState
from mysms.outbox.sender_identity import SenderIdentity

_COUNT_LIMIT = 1000
_TIMEOUT_SECONDS = 2.0
_UNKNOWN = float("nan")


class OutboxMetrics:
    """The gauges of one sender's messages, whatever process sends them."""

    def __init__(self, database: Database, identity: SenderIdentity, clock: Clock) -> None:
        self._messages = database["messages"]
        self._identity = identity
        self._clock = clock

    async def measure(self) -> None:
        """Sets the gauges, to NaN if the database does not respond."""
        try:
            with timeout(_TIMEOUT_SECONDS):
                # Those due longest come first, so the oldest is among those that are read.
                pending = await self._stored_at(OutboxState.PENDING)
                unconfirmed = await self._stored_at(OutboxState.UNCONFIRMED)
        except DatabaseError:
            for gauge in (PENDING, OLDEST_PENDING_AGE_SECONDS, UNCONFIRMED):
                gauge.set(_UNKNOWN)
        else:
            now = self._clock()
            PENDING.set(len(pending))
            OLDEST_PENDING_AGE_SECONDS.set((now - min(pending, default=now)).total_seconds())
            UNCONFIRMED.set(len(unconfirmed))

    async def _stored_at(self, state: OutboxState) -> list[datetime]:
        rows = self._messages.find(
            {"outbound.sender_key": self._identity.key, "outbound.state": state},
            {"created_at": 1},
            sort=[("outbound.next_attempt_at", 1)],
            limit=_COUNT_LIMIT,
        )
        return [row["created_at"] for row in await rows.to_list()]
