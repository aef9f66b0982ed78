"""Which messages the carrier is to be asked about now, by which process, and when again."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.delivery.line import Line
from mysms.delivery.records import StatusCheck, Undecided
from mysms.delivery.schedule import next_check, next_look
from mysms.messages.status import Dispatch

_HELD_FOR = timedelta(seconds=15)


class Questions:
    """What is to be asked about one line's messages. Each question that is due is given to one process."""

    def __init__(
        self, database: Database, line: Line, clock: Clock, *, reconcile_after: timedelta, hears_callbacks: bool
    ) -> None:
        self._messages = database["messages"]
        self._line = line
        self._clock = clock
        self._reconcile_after = reconcile_after
        self._hears_callbacks = hears_callbacks

    async def claim_looks(self, limit: int) -> list[Undecided]:
        """The unconfirmed messages that are to be looked for now; each is given to one process."""
        claimed = await self._claim_due(
            Dispatch.UNCONFIRMED, limit, lambda now, looks: next_look(now, looks, self._reconcile_after), counted=1
        )
        return [Undecided.of(row) for row, _ in claimed]

    async def claim_status_checks(self, limit: int) -> list[StatusCheck]:
        """The messages whose status is to be asked for now; each is given to one process.

        A question counts only once it is answered (`end_check`): if the carrier is silent, or the process ends, the
        message is soon due again.
        """
        claimed = await self._claim_due(Dispatch.SETTLED, limit, lambda now, _: now + _HELD_FOR, counted=0)
        return [StatusCheck(row["_id"], row["twilio_sid"], row["checks"], until) for row, until in claimed]

    async def ask_soon(self, message_id: ObjectId) -> None:
        """Brings the next question for a status forward, if there is to be one."""
        await self._messages.update_one(
            {"_id": message_id, "dispatch": Dispatch.SETTLED, "check_at": {"$ne": None}},
            {"$set": {"check_at": next_check(self._clock(), 0, hears_callbacks=False)}},
        )

    async def end_check(self, check: StatusCheck, *, is_last: bool) -> None:
        """The carrier has answered. The next question comes at its time, unless something has asked for one before."""
        asked = check.checks + 1
        following = next_check(self._clock(), asked, hears_callbacks=self._hears_callbacks)
        await self._messages.update_one(
            {"_id": check.message_id, "check_at": check.held_until},
            {"$set": {"check_at": None if is_last else following, "checks": asked}},
        )

    async def _claim_due(
        self, dispatch: Dispatch, limit: int, schedule: Callable[[datetime, int], datetime], *, counted: int
    ) -> list[tuple[Mapping[str, Any], datetime]]:
        """Moves what is due to its next time, and counts that; whoever moved it has it."""
        now = self._clock()
        due = self._messages.find(
            {"line": self._line.key, "dispatch": dispatch, "check_at": {"$lte": now}},
            sort=[("check_at", ASCENDING)],
            limit=limit,
        )
        claimed: list[tuple[Mapping[str, Any], datetime]] = []
        for row in await due.to_list():
            following = schedule(now, row["checks"] + 1)
            moved = await self._messages.update_one(
                {"_id": row["_id"], "check_at": row["check_at"]},
                {"$set": {"check_at": following}, "$inc": {"checks": counted}},
            )
            if moved.modified_count:
                claimed.append((row, following))
        return claimed
