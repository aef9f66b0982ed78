"""Which messages the carrier is to be asked about now, by which process, and when again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.delivery.line import Line
from mysms.delivery.records import Look, StatusCheck, Undecided
from mysms.delivery.schedule import next_check, next_try
from mysms.messages.status import Dispatch


class Questions:
    """What is to be asked about one line's messages. Each question that is due is given to one process.

    It has the question for as long as `hold`, which is longer than an answer takes; a look that asks several times
    extends that. If the process ends, the message is due again after that. A question counts only once it is answered:
    without an answer it is asked again, less and less often.
    """

    def __init__(self, database: Database, line: Line, clock: Clock, *, hold: timedelta, hears_callbacks: bool) -> None:
        self._messages = database["messages"]
        self._line = line
        self._clock = clock
        self._hold = hold
        self._hears_callbacks = hears_callbacks

    async def claim_look(self) -> Look | None:
        """The unconfirmed message that has been due the longest to be looked for."""
        held_until = self._clock() + self._hold
        row = await self._claim_due(Dispatch.UNCONFIRMED, {"$set": {"check_at": held_until}})
        return None if row is None else Look(Undecided.of(row), row["checks"], held_until)

    async def extend_look(self, look: Look) -> bool:
        """Holds it for longer, before one more question; False if it is not this process's look any more."""
        held_until = self._clock() + self._hold
        if not await self._move_look(look, {"check_at": held_until}):
            return False
        look.held_until = held_until
        return True

    async def end_look(self, look: Look, absent_since: datetime | None, following: datetime | None) -> None:
        """Notes what was seen of a message that stays unconfirmed, and when to look again; None for never again."""
        await self._move_look(look, {"check_at": following, "checks": look.looks + 1, "absent_since": absent_since})

    async def postpone_look(self, look: Look) -> None:
        """The carrier has not answered."""
        since = look.message.unknown_since or look.message.first_claimed_at
        await self._move_look(look, {"check_at": next_try(self._clock(), since)})

    async def _move_look(self, look: Look, values: Mapping[str, object]) -> bool:
        moved = await self._messages.update_one(
            {
                "_id": look.message.message_id,
                "dispatch": Dispatch.UNCONFIRMED,
                "attempt": look.message.attempt,
                "check_at": look.held_until,
            },
            {"$set": values},
        )
        return bool(moved.matched_count)

    async def claim_status_check(self) -> StatusCheck | None:
        """The message that has been due the longest to be asked for its status."""
        held_until = self._clock() + self._hold
        row = await self._claim_due(Dispatch.SETTLED, {"$set": {"check_at": held_until}})
        if row is None:
            return None
        return StatusCheck(row["_id"], row["twilio_sid"], row["checks"], row["created_at"], held_until)

    async def expedite_check(self, message_id: ObjectId) -> None:
        """Brings the next question for a status forward, if there is to be one."""
        await self._messages.update_one(
            {"_id": message_id, "dispatch": Dispatch.SETTLED, "check_at": {"$ne": None}},
            {"$set": {"check_at": next_check(self._clock(), 0, hears_callbacks=False)}},
        )

    async def end_check(self, check: StatusCheck, *, is_last: bool) -> None:
        """The carrier has answered. The next question comes at its time, unless something has asked for one before."""
        asked = check.checks + 1
        following = next_check(self._clock(), asked, hears_callbacks=self._hears_callbacks)
        await self._move(check, {"check_at": None if is_last else following, "checks": asked})

    async def postpone_check(self, check: StatusCheck) -> None:
        """The carrier has not answered."""
        await self._move(check, {"check_at": next_try(self._clock(), check.created_at)})

    async def _move(self, check: StatusCheck, values: Mapping[str, object]) -> None:
        await self._messages.update_one({"_id": check.message_id, "check_at": check.held_until}, {"$set": values})

    async def _claim_due(self, dispatch: Dispatch, update: Mapping[str, object]) -> Mapping[str, Any] | None:
        """The row as it was before the update; whoever moved it has it."""
        return await self._messages.find_one_and_update(
            {"line": self._line.key, "dispatch": dispatch, "check_at": {"$lte": self._clock()}},
            update,
            sort=[("check_at", ASCENDING)],
        )
