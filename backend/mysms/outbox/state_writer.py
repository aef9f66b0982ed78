"""Writes the outbox state of stored messages. Nothing else does."""

from collections.abc import Mapping
from typing import Any

from bson import ObjectId

from mysms.changes.change import Change, change_one, find_and_update, marked
from mysms.changes.publisher import ChangePublisher
from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.messages import repository
from mysms.messages.models import Event, EventSource
from mysms.outbox.transitions import Guard, OutboxEvent, Seen, Transition, transitions_of


class StateWriter:
    """Applies the transition table.

    All updates are targeted: writing a whole document would overwrite a concurrent callback.
    """

    def __init__(self, database: Database, publisher: ChangePublisher, clock: Clock) -> None:
        self._publisher = publisher
        self._messages = database["messages"]
        self._clock = clock

    async def apply(
        self,
        event: OutboxEvent,
        message_id: ObjectId,
        seen: Seen,
        values: Mapping[str, object],
        source: EventSource = "send",
        *,
        entry: Event | None = None,
    ) -> Mapping[str, Any] | None:
        """Writes the transition of this event whose guards hold, with the values; returns None if none does.

        `source` is the source of the timeline entry; `entry` is the entry of a transition without one of its own.
        Returns the document as it is now.
        """
        now = self._clock()
        for transition in transitions_of(event):
            update: dict[str, Any] = {"$set": {**values, "outbound.state": transition.target}}
            if transition.is_visible:
                update["$set"]["updated_at"] = now
            if transition.status is not None:
                entry = Event.model_validate(
                    {
                        "key": f"{source}::{transition.status}:{seen.attempt}",
                        "at": now,
                        "source": source,
                        "status": transition.status,
                        "error_code": values.get("error_code"),
                        "error_message": values.get("error_message"),
                    }
                )
            if entry is not None:
                update["$push"] = {"events": repository.push_of(entry)}
            condition = {"_id": message_id, **_condition(transition, seen)}
            row = await find_and_update(self._messages, condition, marked(update) if transition.is_visible else update)
            if row is not None:
                if transition.is_visible:
                    self._publisher.publish(Change.of(row))
                return row
        return None

    async def change(self, condition: Mapping[str, object], update: Mapping[str, Mapping[str, Any]]) -> bool:
        """Changes what a user sees of a message that matches the condition, and publishes that; False if none does."""
        change = await change_one(self._messages, condition, update)
        if change is not None:
            self._publisher.publish(change)
        return change is not None


def _condition(transition: Transition, seen: Seen) -> dict[str, object]:
    """The states and guards of a transition, as a query."""
    condition: dict[str, object] = {"outbound.state": {"$in": sorted(transition.sources)}}
    for guard in transition.guards:
        condition |= _guard_condition(guard, seen)
    return condition


def _guard_condition(guard: Guard, seen: Seen) -> dict[str, object]:
    match guard:
        case Guard.SAME_ATTEMPT:
            return {"outbound.attempt": seen.attempt}
        case Guard.SAME_WORKER:
            return {"outbound.worker_id": seen.worker_id}
        case Guard.SAME_ABSENCE:
            return {"outbound.absent_since": seen.absent_since}
        case Guard.NO_SID:
            return {"twilio_sid": None}
        case Guard.CANCEL_REQUESTED:
            return {"outbound.cancel_requested": True}
        case Guard.CANCEL_NOT_REQUESTED:
            return {"outbound.cancel_requested": False}
