"""The outbox: which message may be sent now, by whom, and what came of it.

Every transition names the attempt that it saw, so a process that was late changes nothing. Claims and settlements
go to the raw collection: writing a whole document would lose a racing callback.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from mysms.carrier.base import Accepted, NotSent, Outcome, Paused, Refused, Unknown
from mysms.core.database import Database
from mysms.core.metrics import SECOND_SIDS
from mysms.core.timestamps import Clock
from mysms.delivery.backoff import backoff
from mysms.delivery.line import Line
from mysms.messages import repository
from mysms.messages.models import Event, EventSource, Message
from mysms.messages.status import ENDED_UNSENT, Dispatch

_CANDIDATES = 16
_BLOCKED_FOR = timedelta(seconds=5)
_PAUSED_FOR = timedelta(seconds=60)
_UNDECIDED = [Dispatch.CLAIMED, Dispatch.UNCONFIRMED]
_FINISHED = [*ENDED_UNSENT, Dispatch.SETTLED]


@dataclass(frozen=True)
class Claim:
    """The right to hand one message over, once."""

    message_id: ObjectId
    attempt: int
    from_number: str
    to_number: str
    content: str
    text_key: str


class Outbox:
    """What one process may do with the messages of its line. `owner` names the process in its claims."""

    def __init__(self, database: Database, line: Line, owner: str, clock: Clock) -> None:
        self._messages = database["messages"]
        self._inflight = database["inflight"]
        self._carrier_messages = database["carrier_messages"]
        self._line = line
        self._owner = owner
        self._clock = clock

    async def prepare(self) -> None:
        """Makes the index by which a message's SIDs are found; safe for several processes at once."""
        await self._carrier_messages.create_index([("message_id", ASCENDING)], name="message")

    async def enqueue(self, message: Message) -> bool:
        """Stores a message, which also enqueues it; False if its client_id is already in use."""
        try:
            await message.insert()
        except DuplicateKeyError:
            return False
        return True

    async def claim_next(self) -> Claim | None:
        """Claims the message that has been due the longest, if any may be sent now."""
        due = self._messages.find(
            {"line": self._line.key, "dispatch": Dispatch.PENDING, "next_attempt_at": {"$lte": self._clock()}},
            sort=[("next_attempt_at", ASCENDING)],
            limit=_CANDIDATES,
        )
        for row in await due.to_list():
            claim = await self._claim(row)
            if claim is not None:
                return claim
        return None

    async def _claim(self, row: dict[str, Any]) -> Claim | None:
        attempt = row["attempt"] + 1
        if not await self._lock_text(row["text_key"], row["_id"], attempt):
            await self._postpone(row)
            return None
        claimed = await self._messages.find_one_and_update(
            {"_id": row["_id"], "dispatch": Dispatch.PENDING, "attempt": row["attempt"]},
            {"$set": {"dispatch": Dispatch.CLAIMED, "owner": self._owner}, "$inc": {"attempt": 1}},
        )
        if claimed is None:
            return None
        claim = Claim(row["_id"], attempt, row["from_number"], row["recipient_number"], row["content"], row["text_key"])
        owned = await self._carrier_messages.find_one({"message_id": claim.message_id})
        if owned is not None:
            # A callback proved an earlier attempt while this one was being claimed: nothing is left to send.
            await self._settle_accepted(claim.message_id, attempt, claim.text_key, owned["_id"])
            return None
        return claim

    async def _lock_text(self, text_key: str, message_id: ObjectId, attempt: int) -> bool:
        """Keeps identical texts to one number apart, so that the carrier's list can tell which of them it holds."""
        try:
            await self._inflight.find_one_and_update(
                {"_id": text_key, "message_id": message_id}, {"$set": {"attempt": attempt}}, upsert=True
            )
        except DuplicateKeyError:
            holder = await self._inflight.find_one({"_id": text_key})
            if holder is not None and await self._is_finished(holder["message_id"]):
                # Its process ended between settling and unlocking. What is finished stays so: this cannot race.
                await self._inflight.delete_one({"_id": text_key, "message_id": holder["message_id"]})
            return False
        return True

    async def _is_finished(self, message_id: ObjectId) -> bool:
        return await self._messages.find_one({"_id": message_id, "dispatch": {"$nin": _FINISHED}}, {"_id": 1}) is None

    async def _postpone(self, row: dict[str, Any]) -> None:
        await self._messages.update_one(
            {"_id": row["_id"], "dispatch": Dispatch.PENDING, "attempt": row["attempt"]},
            {"$set": {"next_attempt_at": self._clock() + _BLOCKED_FOR}},
        )

    async def settle(self, claim: Claim, outcome: Outcome, chance: float) -> None:
        """Records how an attempt ended. Only an acceptance still counts once another attempt has begun."""
        match outcome:
            case Accepted(sid, status):
                if await self.accept(claim.message_id, claim.attempt, claim.text_key, sid):
                    await self.record(claim.message_id, sid, status, "send")
            case Refused(code, reason):
                now = self._clock()
                refusal = {"dispatch": Dispatch.REFUSED, "error_code": code, "error_message": reason}
                event = Event(
                    key=f"send::refused:{claim.attempt}",
                    at=now,
                    source="send",
                    status="failed",
                    error_code=code,
                    error_message=reason,
                )
                await self._finish_attempt(claim, refusal, event)
            case NotSent(_, code):
                wait = backoff(claim.attempt, code, chance)
                await self._finish_attempt(
                    claim, {"dispatch": Dispatch.PENDING, "next_attempt_at": self._clock() + wait}
                )
            case Paused():
                await self._finish_attempt(
                    claim, {"dispatch": Dispatch.PENDING, "next_attempt_at": self._clock() + _PAUSED_FOR}
                )
            case Unknown():
                await self._messages.update_one(
                    {"_id": claim.message_id, "attempt": claim.attempt, "dispatch": Dispatch.CLAIMED},
                    {"$set": {"dispatch": Dispatch.UNCONFIRMED, "owner": None, "updated_at": self._clock()}},
                )

    async def accept(self, message_id: ObjectId, attempt: int, text_key: str, sid: str) -> bool:
        """Makes the SID this message's own, and the message settled; False if the SID is another message's."""
        try:
            await self._carrier_messages.insert_one(
                {"_id": sid, "message_id": message_id, "attempt": attempt, "created_at": self._clock()}
            )
        except DuplicateKeyError:
            if await self.owner_of(sid) != message_id:
                return False
        await self._settle_accepted(message_id, attempt, text_key, sid)
        return True

    async def owner_of(self, sid: str) -> ObjectId | None:
        """The message that a SID belongs to."""
        row = await self._carrier_messages.find_one({"_id": sid})
        return row["message_id"] if row is not None else None

    async def record(
        self,
        message_id: ObjectId,
        sid: str,
        status: str,
        source: EventSource,
        error_code: int | None = None,
        error_message: str | None = None,
    ) -> None:
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

    async def _settle_accepted(self, message_id: ObjectId, attempt: int, text_key: str, sid: str) -> None:
        settled = await self._messages.update_one(
            {"_id": message_id, "twilio_sid": None},
            {
                "$set": {
                    "twilio_sid": sid,
                    "dispatch": Dispatch.SETTLED,
                    "owner": None,
                    "error_code": None,
                    "error_message": None,
                    "updated_at": self._clock(),
                }
            },
        )
        if settled.matched_count == 0:
            second = await self._messages.update_one(
                {"_id": message_id, "twilio_sid": {"$ne": sid}, "second_sids": {"$ne": sid}},
                {"$push": {"second_sids": sid}, "$set": {"updated_at": self._clock()}},
            )
            SECOND_SIDS.inc(second.modified_count)
        await self._unlock_text(text_key, message_id, attempt)

    async def _finish_attempt(self, claim: Claim, changes: dict[str, object], event: Event | None = None) -> None:
        update: dict[str, Any] = {"$set": {**changes, "owner": None, "updated_at": self._clock()}}
        if event is not None:
            update["$push"] = {"events": event.model_dump()}
        await self._messages.update_one(
            {"_id": claim.message_id, "attempt": claim.attempt, "dispatch": {"$in": _UNDECIDED}}, update
        )
        await self._unlock_text(claim.text_key, claim.message_id, claim.attempt)

    async def _unlock_text(self, text_key: str, message_id: ObjectId, attempt: int) -> None:
        await self._inflight.delete_one({"_id": text_key, "message_id": message_id, "attempt": attempt})
