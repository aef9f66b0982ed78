"""The outbox: which message may be sent now, by whom, and what came of it.

Every transition names the attempt that it saw, so a process that was late changes nothing. Claims and settlements
go to the raw collection: writing a whole document would lose a racing callback.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING

from mysms.carrier.base import Accepted, CarrierMessage, NotSent, Outcome, Paused, Refused, Unknown
from mysms.core.database import Database
from mysms.core.metrics import SECOND_SIDS
from mysms.core.timestamps import Clock
from mysms.delivery.line import Line
from mysms.delivery.records import Claim
from mysms.delivery.schedule import backoff, next_check, paused_backoff
from mysms.delivery.sids import SidOwners
from mysms.delivery.text_locks import TextLocks
from mysms.delivery.transitions import DECIDED, Transitions, update_of
from mysms.messages import conversations, repository
from mysms.messages.models import Event, EventSource, Message
from mysms.messages.status import UNDECIDED, Dispatch, is_final

_CANDIDATES = 16
_BLOCKED_FOR = timedelta(seconds=2)
_EXPIRED_REASON = "It could not be sent in time."


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
        sending: bool,
    ) -> None:
        self._messages = database["messages"]
        self._transitions = Transitions(database, clock)
        self._sids = SidOwners(database, clock)
        self._locks = TextLocks(database)
        self._line = line
        self._owner = owner
        self._clock = clock
        self._expires_after = expires_after
        self._reconcile_after = reconcile_after
        self._hears_callbacks = hears_callbacks
        self._sending = sending

    async def enqueue(self, message: Message) -> bool:
        """Stores a message, which also enqueues it; False if its client_id is already in use."""
        return await conversations.store(message)

    # Claiming

    async def has_pending(self) -> bool:
        """Whether anything waits to be sent, due or not."""
        return (
            await self._messages.find_one({"line": self._line.key, "dispatch": Dispatch.PENDING}, {"_id": 1})
            is not None
        )

    async def claim_next(self, *, newest: bool = False) -> Claim | None:
        """Claims a message that may be sent now, if there is one; none while sending is off.

        It is the one that has been due the longest, or with `newest` the one that has become due last.
        """
        if not self._sending:
            return None
        now = self._clock()
        due = self._messages.find(
            {
                "line": self._line.key,
                "dispatch": Dispatch.PENDING,
                "next_attempt_at": {"$lte": now},
            },
            sort=[("next_attempt_at", DESCENDING if newest else ASCENDING)],
            limit=_CANDIDATES,
        )
        for row in await due.to_list():
            if self._is_overdue(row, now):
                await self._expire(row)
            elif (claim := await self._claim(row)) is not None:
                return claim
        return None

    def _is_overdue(self, row: Mapping[str, Any], now: datetime) -> bool:
        return bool((row.get("due_at") or row["created_at"]) <= now - self._expires_after)

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
            await self._locks.break_if_over(row["text_key"], row["_id"])
            return None
        claim = Claim.of(row, attempt)
        # Only after the claim is a look at the SIDs conclusive: a callback that proves an earlier attempt either
        # wrote its SID before it, and is seen here, or finds the attempt raised.
        sid = await self._sids.sid_of(claim.message_id)
        if sid is not None:
            await self._settle_accepted(claim.message_id, attempt, claim.text_key, sid)
            return None
        return claim

    async def _wait_for(self, holder: ObjectId, row: Mapping[str, Any]) -> None:
        """Puts a message off until the identical text before it is settled."""
        await self._locks.break_if_over(row["text_key"], holder)
        await self._messages.update_one(
            {"_id": row["_id"], "dispatch": Dispatch.PENDING, "attempt": row["attempt"]},
            {"$set": {"next_attempt_at": self._clock() + _BLOCKED_FOR}},
        )

    async def expire_overdue(self, limit: int) -> None:
        """Fails what could not be sent in time; while sending is off, that says nothing about a message."""
        if not self._sending:
            return
        overdue = self._messages.find(
            {
                "line": self._line.key,
                "dispatch": Dispatch.PENDING,
                "due_at": {"$lte": self._clock() - self._expires_after},
            },
            {"attempt": 1, "text_key": 1},
            limit=limit,
        )
        for row in await overdue.to_list():
            await self._expire(row)

    async def _expire(self, row: Mapping[str, Any]) -> None:
        values = {
            "dispatch": Dispatch.EXPIRED,
            "error_code": "expired",
            "error_message": _EXPIRED_REASON,
            "updated_at": self._clock(),
        }
        event = self._transitions.own_event("reconciler", "failed", row["attempt"], "expired", _EXPIRED_REASON)
        await self._transitions.end_pending(row["_id"], row["text_key"], {"attempt": row["attempt"]}, values, event)

    # Settling

    async def settle(self, claim: Claim, outcome: Outcome, chance: float) -> None:
        """Records how an attempt ended. Only an acceptance still counts once another attempt has begun."""
        match outcome:
            case Accepted(sid, status):
                if await self.accept(claim.message_id, claim.attempt, claim.text_key, sid):
                    await self.record(claim.message_id, sid, status, "send")
            case Refused(code, reason):
                refusal = {"dispatch": Dispatch.REFUSED, "error_code": code, "error_message": reason}
                event = self._transitions.own_event("send", "failed", claim.attempt, code, reason)
                await self._finish_attempt(claim, {}, refusal, event)
            case NotSent(_, code):
                await self._put_back(claim, self._clock() + backoff(claim.attempt, code, chance))
            case Paused():
                await self._put_back(claim, self._clock() + paused_backoff(claim.attempt, chance))
            case Unknown():
                await self._transitions.leave_unconfirmed(
                    claim.message_id, claim.attempt, {}, "send", self._reconcile_after
                )

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

    async def record_answer(self, message_id: ObjectId, row: CarrierMessage) -> None:
        """Adds what the carrier has answered us: of two contradicting last words, it holds."""
        event = await self.record(message_id, row.sid, row.status, "reconciler", row.error_code, row.error_message)
        if is_final(row.status):
            await repository.replace_final_status(message_id, event)

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
                    "absent_since": None,
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
        event = self._transitions.own_event("send", "canceled", claim.attempt)
        await self._finish_attempt(claim, {"withdrawn": True}, {"dispatch": Dispatch.CANCELLED}, event)

    async def _finish_attempt(
        self, claim: Claim, seen: Mapping[str, object], changes: Mapping[str, object], event: Event | None
    ) -> None:
        values = {**changes, **DECIDED, "updated_at": self._clock()}
        await self._messages.update_one(
            {"_id": claim.message_id, "attempt": claim.attempt, "dispatch": {"$in": list(UNDECIDED)}, **seen},
            update_of(values, event),
        )
        await self._locks.unlock(claim.text_key, claim.message_id, claim.attempt)
