"""The steps of a message that more than one part of the outbox takes, and how they are written down.

Every transition names the attempt that it saw, so a process that was late changes nothing. All of them go to the raw
collection: writing a whole document would lose a racing callback.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bson import ObjectId

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.delivery.schedule import next_look
from mysms.delivery.text_locks import TextLocks
from mysms.messages import repository
from mysms.messages.models import Event, EventSource
from mysms.messages.status import Dispatch

DECIDED = {"owner": None, "unknown_since": None, "absent_since": None, "check_at": None}
"""What is no more to be said of a message once it is known that the carrier does not have it."""


class Transitions:
    """Ends what waits, and puts in doubt what is being sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._messages = database["messages"]
        self._locks = TextLocks(database)
        self._clock = clock

    async def end_pending(
        self,
        message_id: ObjectId,
        text_key: str,
        seen: Mapping[str, object],
        values: Mapping[str, object],
        event: Event,
    ) -> bool:
        """Ends a message that waits; False if it is not as it was `seen`, or does not wait."""
        ended = await self._messages.update_one(
            {"_id": message_id, "dispatch": Dispatch.PENDING, **seen}, update_of(values, event)
        )
        if ended.matched_count:
            await self._locks.break_lock(text_key, message_id)
        return bool(ended.matched_count)

    async def leave_unconfirmed(
        self,
        message_id: ObjectId,
        attempt: int,
        seen: Mapping[str, object],
        source: EventSource,
        reconcile_after: timedelta,
    ) -> None:
        """The attempt has ended, or its owner is gone, and the carrier may have the message or not."""
        now = self._clock()
        values = {
            "dispatch": Dispatch.UNCONFIRMED,
            "owner": None,
            "unknown_since": now,
            "absent_since": None,
            "check_at": next_look(now, 0, now + reconcile_after),
            "checks": 0,
            "updated_at": now,
        }
        await self._messages.update_one(
            {"_id": message_id, "attempt": attempt, "dispatch": Dispatch.CLAIMED, **seen},
            update_of(values, self.own_event(source, "unconfirmed", attempt)),
        )

    def own_event(
        self,
        source: EventSource,
        status: str,
        attempt: int,
        error_code: int | str | None = None,
        error_message: str | None = None,
    ) -> Event:
        """An event of the outbox's own axis: no SID, and once for each attempt."""
        return Event.model_validate(
            {
                "key": f"{source}::{status}:{attempt}",
                "at": self._clock(),
                "source": source,
                "status": status,
                "error_code": error_code,
                "error_message": error_message,
            }
        )


def update_of(values: Mapping[str, object], event: Event | None) -> dict[str, Any]:
    """The update that writes these values, and adds the event to the timeline if there is one."""
    update: dict[str, Any] = {"$set": dict(values)}
    if event is not None:
        update["$push"] = {"events": repository.push_of(event)}
    return update
