"""Claims due look-ups of unconfirmed messages, each for one process at a time."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from pymongo import ASCENDING

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.messages.status import IN_FLIGHT, OutboxState
from mysms.outbox.backoff import next_lookup_retry
from mysms.outbox.records import InFlightMessage, Lookup
from mysms.outbox.sender_identity import SenderIdentity


class ReconciliationStore:
    """The in-flight messages of one sender, and their look-ups.

    A process holds a look-up for `hold`, which is longer than a request to the provider takes; a look-up with several
    requests extends it. If the process ends, the message is due again after that. A look-up counts only once the
    provider has answered it; until then, it is repeated at growing intervals.
    """

    def __init__(self, database: Database, identity: SenderIdentity, clock: Clock, *, hold: timedelta) -> None:
        self._messages = database["messages"]
        self._identity = identity
        self._clock = clock
        self._hold = hold

    async def list_in_flight_to(self, numbers: Collection[str]) -> list[InFlightMessage]:
        """Returns all in-flight messages to these numbers."""
        rows = self._messages.find(
            {
                "outbound.sender_key": self._identity.key,
                "outbound.state": {"$in": list(IN_FLIGHT)},
                "recipient_number": {"$in": list(numbers)},
            }
        )
        return [InFlightMessage.of(row) for row in await rows.to_list()]

    async def claim_unconfirmed(self) -> Lookup | None:
        """Claims the look-up that has been due longest, if there is one."""
        now = self._clock()
        held_until = now + self._hold
        row = await self._messages.find_one_and_update(
            {
                "outbound.sender_key": self._identity.key,
                "outbound.state": OutboxState.UNCONFIRMED,
                "outbound.next_check_at": {"$lte": now},
            },
            {"$set": {"outbound.next_check_at": held_until}},
            sort=[("outbound.next_check_at", ASCENDING)],
        )
        return None if row is None else Lookup(InFlightMessage.of(row), row["outbound"]["check_count"], held_until)

    async def extend_lookup(self, lookup: Lookup) -> bool:
        """Extends the hold before another request; returns False if this process does not hold the look-up any more."""
        held_until = self._clock() + self._hold
        if not await self._update(lookup, {"outbound.next_check_at": held_until}):
            return False
        lookup.held_until = held_until
        return True

    async def end_lookup(self, lookup: Lookup, absent_since: datetime | None, following: datetime | None) -> None:
        """Records the result for a message that stays unconfirmed, and schedules the next look-up; None for none."""
        await self._update(
            lookup,
            {
                "outbound.next_check_at": following,
                "outbound.check_count": lookup.lookups + 1,
                "outbound.absent_since": absent_since,
            },
        )

    async def postpone_lookup(self, lookup: Lookup) -> None:
        """Schedules a repetition of a look-up without an answer."""
        since = lookup.message.unconfirmed_since or lookup.message.first_claimed_at
        await self._update(lookup, {"outbound.next_check_at": next_lookup_retry(self._clock(), since)})

    async def _update(self, lookup: Lookup, values: Mapping[str, object]) -> bool:
        updated = await self._messages.update_one(
            {
                "_id": lookup.message.message_id,
                "outbound.state": OutboxState.UNCONFIRMED,
                "outbound.attempt": lookup.message.attempt,
                "outbound.next_check_at": lookup.held_until,
            },
            {"$set": values},
        )
        return bool(updated.matched_count)
