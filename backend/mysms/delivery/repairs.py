"""What is done with messages that may be at the carrier: finding them, and acting on what was found out."""

from collections.abc import Collection
from datetime import timedelta

from pymongo import ASCENDING

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.delivery.line import Line
from mysms.delivery.records import Undecided
from mysms.delivery.text_locks import TextLocks
from mysms.delivery.transitions import DECIDED, Transitions, update_of
from mysms.messages.status import UNDECIDED, Dispatch


class Repairs:
    """The repairs of one line's messages. Any number of processes may make them at once."""

    def __init__(self, database: Database, line: Line, clock: Clock, *, reconcile_after: timedelta) -> None:
        self._messages = database["messages"]
        self._transitions = Transitions(database, clock)
        self._locks = TextLocks(database)
        self._line = line
        self._clock = clock
        self._reconcile_after = reconcile_after

    async def list_claimed(self, limit: int) -> list[Undecided]:
        """Messages of this line that some process is sending, those that have been so the longest first."""
        rows = self._messages.find(
            {"line": self._line.key, "dispatch": Dispatch.CLAIMED},
            sort=[("first_claimed_at", ASCENDING)],
            limit=limit,
        )
        return [Undecided.of(row) for row in await rows.to_list()]

    async def list_undecided_to(self, numbers: Collection[str]) -> list[Undecided]:
        """All messages of this line to these numbers that may be at the carrier."""
        rows = self._messages.find(
            {
                "line": self._line.key,
                "dispatch": {"$in": list(UNDECIDED)},
                "recipient_number": {"$in": list(numbers)},
            }
        )
        return [Undecided.of(row) for row in await rows.to_list()]

    async def end_lease(self, message: Undecided) -> None:
        """Takes a message from an owner that has not been heard of: the carrier may have it or not."""
        await self._transitions.leave_unconfirmed(
            message.message_id, message.attempt, {"owner": message.owner}, "reconciler", self._reconcile_after
        )

    async def requeue(self, message: Undecided) -> None:
        """The carrier does not have it: it is sent again, unless its author has withdrawn it."""
        now = self._clock()
        if message.withdrawn:
            values: dict[str, object] = {"dispatch": Dispatch.CANCELLED}
            event = self._transitions.own_event("reconciler", "canceled", message.attempt)
        else:
            values = {"dispatch": Dispatch.PENDING, "next_attempt_at": now}
            event = self._transitions.own_event("reconciler", "pending", message.attempt)
        # What was seen is part of the condition: withdrawing it at this moment must not be overlooked, nor another
        # process's look that has found something.
        requeued = await self._messages.update_one(
            {
                "_id": message.message_id,
                "attempt": message.attempt,
                "dispatch": Dispatch.UNCONFIRMED,
                "withdrawn": message.withdrawn,
                "absent_since": message.absent_since,
            },
            update_of({**values, **DECIDED, "updated_at": now}, event),
        )
        if requeued.matched_count:
            await self._locks.unlock(message.text_key, message.message_id, message.attempt)

    async def doubt_waiting(self, limit: int) -> int:
        """Makes messages unconfirmed that wait or are being sent; how many it took on, at most `limit`.

        For a database that is an older copy of itself: what waited when the copy was made may have been sent since.
        Each is then looked for at the carrier from when it was stored.
        """
        now = self._clock()
        waiting = await self._messages.find(
            {"line": self._line.key, "dispatch": {"$in": [Dispatch.PENDING, Dispatch.CLAIMED]}}, limit=limit
        ).to_list()
        for row in waiting:
            await self._locks.lock(row["text_key"], row["_id"], row["attempt"])
            values = {
                "dispatch": Dispatch.UNCONFIRMED,
                "owner": None,
                "first_claimed_at": row["first_claimed_at"] or row["created_at"],
                "unknown_since": now,
                "absent_since": None,
                "check_at": now,
                "checks": 0,
                "updated_at": now,
            }
            await self._messages.update_one(
                {"_id": row["_id"], "dispatch": row["dispatch"], "attempt": row["attempt"]},
                update_of(values, self._transitions.own_event("reconciler", "unconfirmed", row["attempt"])),
            )
        return len(waiting)
