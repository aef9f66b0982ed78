"""The queue of due status checks, for statuses that no callback has reported."""

from collections.abc import Mapping
from datetime import timedelta

from bson import ObjectId
from pymongo import ASCENDING

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.messages.status import OutboxState
from mysms.outbox.backoff import next_check, next_lookup_retry
from mysms.outbox.records import StatusCheck
from mysms.outbox.sender_identity import SenderIdentity


class StatusCheckQueue:
    """The status checks of one sender's messages. One process claims each, and holds it for `hold`.

    If the process ends, the check is due again after that. A check counts only once the provider has answered it;
    until then, it is repeated at growing intervals.
    """

    def __init__(
        self, database: Database, identity: SenderIdentity, clock: Clock, *, hold: timedelta, callbacks_enabled: bool
    ) -> None:
        self._messages = database["messages"]
        self._identity = identity
        self._clock = clock
        self._hold = hold
        self._callbacks_enabled = callbacks_enabled

    async def claim_status_check(self) -> StatusCheck | None:
        """Claims the check that has been due longest, if there is one."""
        now = self._clock()
        held_until = now + self._hold
        row = await self._messages.find_one_and_update(
            {
                "outbound.sender_key": self._identity.key,
                "outbound.state": OutboxState.ACCEPTED,
                "outbound.next_check_at": {"$lte": now},
            },
            {"$set": {"outbound.next_check_at": held_until}},
            sort=[("outbound.next_check_at", ASCENDING)],
        )
        if row is None:
            return None
        return StatusCheck(row["_id"], row["twilio_sid"], row["outbound"]["check_count"], row["created_at"], held_until)

    async def expedite_check(self, message_id: ObjectId) -> None:
        """Brings the next check of a message forward, if one is scheduled."""
        await self._messages.update_one(
            {"_id": message_id, "outbound.state": OutboxState.ACCEPTED, "outbound.next_check_at": {"$ne": None}},
            {"$set": {"outbound.next_check_at": next_check(self._clock(), 0, callbacks_enabled=False)}},
        )

    async def end_check(self, check: StatusCheck, *, is_last: bool) -> None:
        """Schedules the next check after an answer, unless contradicting statuses have already made one due."""
        count = check.checks + 1
        following = next_check(self._clock(), count, callbacks_enabled=self._callbacks_enabled)
        await self._update(
            check, {"outbound.next_check_at": None if is_last else following, "outbound.check_count": count}
        )

    async def postpone_check(self, check: StatusCheck) -> None:
        """Schedules a repetition of a check without an answer."""
        await self._update(check, {"outbound.next_check_at": next_lookup_retry(self._clock(), check.created_at)})

    async def _update(self, check: StatusCheck, values: Mapping[str, object]) -> None:
        await self._messages.update_one(
            {"_id": check.message_id, "outbound.next_check_at": check.held_until}, {"$set": values}
        )
