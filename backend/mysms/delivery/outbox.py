"""The outbox: which message may be sent now, by whom, and what came of it.

Every transition names the attempt that it saw, so a process that was late changes nothing. Claims and settlements
go to the raw collection: writing a whole document would lose a racing callback.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from bson import ObjectId
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from mysms.carrier.base import Accepted, NotSent, Outcome, Paused, Refused, Unknown
from mysms.core.database import Database
from mysms.core.metrics import SECOND_SIDS
from mysms.core.timestamps import Clock
from mysms.delivery.line import Line
from mysms.delivery.schedule import backoff, next_check, next_look
from mysms.delivery.sids import SidOwners
from mysms.delivery.text_locks import TextLocks
from mysms.messages import repository
from mysms.messages.models import Event, EventSource, Message
from mysms.messages.status import ENDED_UNSENT, Dispatch

_CANDIDATES = 16
_BLOCKED_FOR = timedelta(seconds=2)
_HELD_FOR = timedelta(seconds=15)
_PAUSED_FOR = timedelta(seconds=60)
_UNDECIDED = [Dispatch.CLAIMED, Dispatch.UNCONFIRMED]
_FINISHED = [*ENDED_UNSENT, Dispatch.SETTLED]
_DECIDED = {"owner": None, "unknown_since": None, "check_at": None}
_EXPIRED_REASON = "It could not be sent in time."


@dataclass(frozen=True)
class Claim:
    """The right to hand one message over, once."""

    message_id: ObjectId
    attempt: int
    from_number: str
    to_number: str
    content: str
    text_key: str


@dataclass(frozen=True)
class Undecided:
    """A message that may be at the carrier: being sent by some process, or unconfirmed."""

    message_id: ObjectId
    attempt: int
    owner: str | None
    dispatch: Dispatch
    to_number: str
    content: str
    text_key: str
    first_claimed_at: datetime
    unknown_since: datetime | None
    withdrawn: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            message_id=row["_id"],
            attempt=row["attempt"],
            owner=row["owner"],
            dispatch=Dispatch(row["dispatch"]),
            to_number=row["recipient_number"],
            content=row["content"],
            text_key=row["text_key"],
            first_claimed_at=row["first_claimed_at"],
            unknown_since=row["unknown_since"],
            withdrawn=row["withdrawn"],
        )


@dataclass(frozen=True)
class StatusCheck:
    """A message whose status the carrier is to be asked for, by one process until `held_until`."""

    message_id: ObjectId
    sid: str
    checks: int
    held_until: datetime


class Outbox:
    """What one process may do with the messages of its line. `owner` names the process in its claims."""

    def __init__(
        self,
        database: Database,
        line: Line,
        *,
        owner: str,
        clock: Clock,
        expires_after: timedelta,
        reconcile_after: timedelta,
        hears_callbacks: bool,
    ) -> None:
        self._messages = database["messages"]
        self._sids = SidOwners(database, clock)
        self._locks = TextLocks(database)
        self._line = line
        self._owner = owner
        self._clock = clock
        self._expires_after = expires_after
        self._reconcile_after = reconcile_after
        self._hears_callbacks = hears_callbacks

    @property
    def sids(self) -> SidOwners:
        return self._sids

    async def enqueue(self, message: Message) -> bool:
        """Stores a message, which also enqueues it; False if its client_id is already in use."""
        try:
            await message.insert()
        except DuplicateKeyError:
            return False
        return True

    # Claiming

    async def claim_next(self) -> Claim | None:
        """Claims the message that has been due the longest, if any may be sent now."""
        now = self._clock()
        due = self._messages.find(
            {
                "line": self._line.key,
                "dispatch": Dispatch.PENDING,
                "next_attempt_at": {"$lte": now},
                "created_at": {"$gt": now - self._expires_after},
            },
            sort=[("next_attempt_at", ASCENDING)],
            limit=_CANDIDATES,
        )
        for row in await due.to_list():
            claim = await self._claim(row)
            if claim is not None:
                return claim
        return None

    async def _claim(self, row: Mapping[str, Any]) -> Claim | None:
        attempt = row["attempt"] + 1
        holder = await self._locks.lock(row["text_key"], row["_id"], attempt)
        if holder is not None:
            await self._wait_for(holder, row)
            return None
        changes: dict[str, object] = {"dispatch": Dispatch.CLAIMED, "owner": self._owner}
        if row["first_claimed_at"] is None:
            changes["first_claimed_at"] = self._clock()
        claimed = await self._messages.find_one_and_update(
            {"_id": row["_id"], "dispatch": Dispatch.PENDING, "attempt": row["attempt"]},
            {"$set": changes, "$inc": {"attempt": 1}},
        )
        if claimed is None:
            return None
        claim = Claim(row["_id"], attempt, row["from_number"], row["recipient_number"], row["content"], row["text_key"])
        # Only after the claim is a look at the SIDs conclusive: a callback that proves an earlier attempt either
        # wrote its SID before it, and is seen here, or finds the attempt raised.
        sid = await self._sids.sid_of(claim.message_id)
        if sid is not None:
            await self._settle_accepted(claim.message_id, attempt, claim.text_key, sid)
            return None
        return claim

    async def _wait_for(self, holder: ObjectId, row: Mapping[str, Any]) -> None:
        """Puts a message off until the identical text before it is settled."""
        if await self._messages.find_one({"_id": holder, "dispatch": {"$nin": _FINISHED}}, {"_id": 1}) is None:
            # Its process ended between settling and unlocking. What is finished stays so: this cannot race.
            await self._locks.break_lock(row["text_key"], holder)
        await self._messages.update_one(
            {"_id": row["_id"], "dispatch": Dispatch.PENDING, "attempt": row["attempt"]},
            {"$set": {"next_attempt_at": self._clock() + _BLOCKED_FOR}},
        )

    # Settling

    async def settle(self, claim: Claim, outcome: Outcome, chance: float) -> None:
        """Records how an attempt ended. Only an acceptance still counts once another attempt has begun."""
        match outcome:
            case Accepted(sid, status):
                if await self.accept(claim.message_id, claim.attempt, claim.text_key, sid):
                    await self.record(claim.message_id, sid, status, "send")
            case Refused(code, reason):
                refusal = {"dispatch": Dispatch.REFUSED, "error_code": code, "error_message": reason}
                event = self._own_event("send", "failed", claim.attempt, code, reason)
                await self._finish_attempt(claim, {}, refusal, event)
            case NotSent(_, code):
                await self._put_back(claim, self._clock() + backoff(claim.attempt, code, chance))
            case Paused():
                await self._put_back(claim, self._clock() + _PAUSED_FOR)
            case Unknown():
                await self._leave_unconfirmed(claim.message_id, claim.attempt, {}, "send")

    async def accept(self, message_id: ObjectId, attempt: int, text_key: str, sid: str) -> bool:
        """Makes the SID this message's own, and the message settled; False if the SID is another message's."""
        if not await self._sids.own(sid, message_id, attempt):
            return False
        await self._settle_accepted(message_id, attempt, text_key, sid)
        return True

    async def record(
        self,
        message_id: ObjectId,
        sid: str,
        status: str,
        source: EventSource,
        error_code: int | None = None,
        error_message: str | None = None,
    ) -> Event:
        """Adds a status of the carrier to the message's timeline."""
        event = Event(
            key=f"{source}:{sid}:{status}:{error_code or ''}",
            at=self._clock(),
            source=source,
            status=status,
            sid=sid,
            error_code=error_code,
            error_message=error_message,
        )
        await repository.record_event(message_id, event)
        return event

    async def _settle_accepted(self, message_id: ObjectId, attempt: int, text_key: str, sid: str) -> None:
        now = self._clock()
        settled = await self._messages.update_one(
            {"_id": message_id, "twilio_sid": None},
            {
                "$set": {
                    "twilio_sid": sid,
                    "dispatch": Dispatch.SETTLED,
                    "owner": None,
                    "unknown_since": None,
                    "error_code": None,
                    "error_message": None,
                    "check_at": next_check(now, 0, hears_callbacks=self._hears_callbacks),
                    "checks": 0,
                    "updated_at": now,
                }
            },
        )
        if settled.matched_count == 0:
            second = await self._messages.update_one(
                {"_id": message_id, "twilio_sid": {"$ne": sid}, "second_sids": {"$ne": sid}},
                {"$push": {"second_sids": sid}, "$set": {"updated_at": now}},
            )
            SECOND_SIDS.inc(second.modified_count)
        await self._locks.unlock(text_key, message_id, attempt)

    async def _put_back(self, claim: Claim, due: datetime) -> None:
        """The carrier does not have it: it is sent later, unless its author has withdrawn it meanwhile."""
        await self._finish_attempt(
            claim, {"withdrawn": False}, {"dispatch": Dispatch.PENDING, "next_attempt_at": due}, None
        )
        event = self._own_event("send", "canceled", claim.attempt)
        await self._finish_attempt(claim, {"withdrawn": True}, {"dispatch": Dispatch.CANCELLED}, event)

    async def _finish_attempt(
        self, claim: Claim, seen: Mapping[str, object], changes: Mapping[str, object], event: Event | None
    ) -> None:
        values = {**changes, **_DECIDED, "updated_at": self._clock()}
        await self._messages.update_one(
            {"_id": claim.message_id, "attempt": claim.attempt, "dispatch": {"$in": _UNDECIDED}, **seen},
            _update(values, event),
        )
        await self._locks.unlock(claim.text_key, claim.message_id, claim.attempt)

    async def _leave_unconfirmed(
        self, message_id: ObjectId, attempt: int, seen: Mapping[str, object], source: EventSource
    ) -> None:
        now = self._clock()
        values = {
            "dispatch": Dispatch.UNCONFIRMED,
            "owner": None,
            "unknown_since": now,
            "check_at": next_look(now, 0, self._reconcile_after),
            "checks": 0,
            "updated_at": now,
        }
        await self._messages.update_one(
            {"_id": message_id, "attempt": attempt, "dispatch": Dispatch.CLAIMED, **seen},
            _update(values, self._own_event(source, "unconfirmed", attempt)),
        )

    # Repairing

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
                "dispatch": {"$in": _UNDECIDED},
                "recipient_number": {"$in": list(numbers)},
            }
        )
        return [Undecided.of(row) for row in await rows.to_list()]

    async def end_lease(self, message: Undecided) -> None:
        """Takes a message from an owner that has not been heard of: the carrier may have it or not."""
        await self._leave_unconfirmed(message.message_id, message.attempt, {"owner": message.owner}, "reconciler")

    async def return_absent(self, message: Undecided) -> None:
        """The carrier does not have it: it is sent again, unless its author has withdrawn it."""
        now = self._clock()
        if message.withdrawn:
            values: dict[str, object] = {"dispatch": Dispatch.CANCELLED}
            event = self._own_event("reconciler", "canceled", message.attempt)
        else:
            values = {"dispatch": Dispatch.PENDING, "next_attempt_at": now}
            event = self._own_event("reconciler", "pending", message.attempt)
        # `withdrawn` is part of what was seen: withdrawing in this moment must not be overlooked.
        await self._messages.update_one(
            {
                "_id": message.message_id,
                "attempt": message.attempt,
                "dispatch": Dispatch.UNCONFIRMED,
                "withdrawn": message.withdrawn,
            },
            _update({**values, **_DECIDED, "updated_at": now}, event),
        )
        await self._locks.unlock(message.text_key, message.message_id, message.attempt)

    async def expire_overdue(self, limit: int) -> None:
        """Fails what could not be sent in time."""
        now = self._clock()
        overdue = self._messages.find(
            {
                "line": self._line.key,
                "dispatch": Dispatch.PENDING,
                "created_at": {"$lte": now - self._expires_after},
            },
            {"attempt": 1, "text_key": 1},
            limit=limit,
        )
        for row in await overdue.to_list():
            values = {
                "dispatch": Dispatch.EXPIRED,
                "error_code": "expired",
                "error_message": _EXPIRED_REASON,
                "updated_at": now,
            }
            event = self._own_event("reconciler", "failed", row["attempt"], "expired", _EXPIRED_REASON)
            await self._end_pending(row["_id"], row["text_key"], {"attempt": row["attempt"]}, values, event)

    async def claim_looks(self, limit: int) -> list[Undecided]:
        """The unconfirmed messages that are to be looked for now; each is given to one process."""
        claimed = await self._claim_due(
            Dispatch.UNCONFIRMED, limit, lambda now, looks: next_look(now, looks, self._reconcile_after), counted=1
        )
        return [Undecided.of(row) for row, _ in claimed]

    async def ask_soon(self, message_id: ObjectId) -> None:
        """Brings the next question for a status forward, if there is to be one."""
        await self._messages.update_one(
            {"_id": message_id, "dispatch": Dispatch.SETTLED, "check_at": {"$ne": None}},
            {"$set": {"check_at": next_check(self._clock(), 0, hears_callbacks=False)}},
        )

    async def claim_status_checks(self, limit: int) -> list[StatusCheck]:
        """The messages whose status is to be asked for now; each is given to one process.

        A question counts only once it is answered (`end_check`): if the carrier is silent, or the process ends, the
        message is soon due again.
        """
        claimed = await self._claim_due(Dispatch.SETTLED, limit, lambda now, _: now + _HELD_FOR, counted=0)
        return [StatusCheck(row["_id"], row["twilio_sid"], row["checks"], until) for row, until in claimed]

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

    # What the author may do

    async def cancel(self, message: Message) -> bool:
        """Withdraws a message that is not being sent; False if it is too late."""
        event = self._own_event("author", "canceled", message.attempt)
        values = {"dispatch": Dispatch.CANCELLED, "updated_at": self._clock()}
        return await self._end_pending(ObjectId(message.id), message.text_key, {}, values, event)

    async def withdraw_unconfirmed(self, message: Message) -> bool:
        """Sees to it that an unconfirmed message is not sent again by itself; False if it is not unconfirmed."""
        message_id = ObjectId(message.id)
        withdrawn = await self._messages.update_one(
            {"_id": message_id, "dispatch": Dispatch.UNCONFIRMED}, {"$set": {"withdrawn": True}}
        )
        if withdrawn.matched_count:
            await self._locks.break_lock(message.text_key, message_id)
        return bool(withdrawn.matched_count)

    async def erase(self, user_id: ObjectId) -> None:
        """Erases what a person has written; first what might still be sent. Who owns a SID stays known, by number."""
        await self._messages.delete_many({"user_id": user_id, "dispatch": Dispatch.PENDING})
        undecided = self._messages.find({"user_id": user_id, "dispatch": {"$in": _UNDECIDED}}, {"text_key": 1})
        for row in await undecided.to_list():
            await self._locks.break_lock(row["text_key"], row["_id"])
        await self._messages.delete_many({"user_id": user_id})

    async def _end_pending(
        self,
        message_id: ObjectId,
        text_key: str,
        seen: Mapping[str, object],
        values: Mapping[str, object],
        event: Event,
    ) -> bool:
        ended = await self._messages.update_one(
            {"_id": message_id, "dispatch": Dispatch.PENDING, **seen}, _update(values, event)
        )
        if ended.matched_count:
            await self._locks.break_lock(text_key, message_id)
        return bool(ended.matched_count)

    def _own_event(
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


def _update(values: Mapping[str, object], event: Event | None) -> dict[str, Any]:
    update: dict[str, Any] = {"$set": dict(values)}
    if event is not None:
        update["$push"] = {"events": repository.push_of(event)}
    return update
