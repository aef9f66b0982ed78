"""The outbox: stores messages, hands out claims, and records outcomes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING

from mysms.changes.change import Change
from mysms.changes.publisher import ChangePublisher
from mysms.core.database import Database, DatabaseError
from mysms.core.metrics import DUPLICATE_SENDS
from mysms.core.timestamps import Clock
from mysms.messages import conversations, repository
from mysms.messages.error_catalog import RECIPIENT_OPTED_OUT, UNSUBSCRIBED
from mysms.messages.models import Event, Message
from mysms.messages.status import OutboxState
from mysms.opt_outs.records import OptOutChange
from mysms.opt_outs.repository import OptOutRepository
from mysms.outbox.backoff import backoff, next_check, next_reconcile_at, paused_backoff
from mysms.outbox.locks import ContentLocks
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.records import Claim, InFlightMessage
from mysms.outbox.sender_identity import SenderIdentity
from mysms.outbox.state_writer import StateWriter
from mysms.outbox.timeline import Timeline
from mysms.outbox.transitions import OutboxEvent, Seen
from mysms.providers.base import (
    Accepted,
    AccountUnavailable,
    Indeterminate,
    NotAttempted,
    Outcome,
    Rejected,
    RetryableFailure,
)

_CLAIM_BATCH = 16
"""How many due messages are read at once, of which the first that can be claimed is."""
_CONTENT_LOCK_RETRY = timedelta(seconds=2)
"""When a message is due again after another message with the same text has blocked it."""
_OPTED_OUT_REASON = "The recipient does not want any more messages."
_EXPIRED_REASON = "It could not be sent in time."
_CLEARED_FIELDS = {
    "outbound.worker_id": None,
    "outbound.unconfirmed_since": None,
    "outbound.absent_since": None,
    "outbound.next_check_at": None,
}
"""Fields cleared once the provider is known not to have the message."""


class OutboxStore:
    """The outbox of one sender, as one process works with it.

    `worker_id` names the process in its claims; `is_active` tells whether an account exists and is not being deleted.
    """

    def __init__(
        self,
        database: Database,
        identity: SenderIdentity,
        states: StateWriter,
        message_ids: ProviderMessageIds,
        locks: ContentLocks,
        timeline: Timeline,
        opt_outs: OptOutRepository,
        publisher: ChangePublisher,
        *,
        worker_id: str,
        clock: Clock,
        ttl: timedelta,
        reconcile_after: timedelta,
        callbacks_enabled: bool,
        sending_enabled: bool,
        is_active: Callable[[ObjectId], Awaitable[bool]],
    ) -> None:
        self._messages = database["messages"]
        self._states = states
        self._message_ids = message_ids
        self._locks = locks
        self._timeline = timeline
        self._opt_outs = opt_outs
        self._publisher = publisher
        self._identity = identity
        self._worker_id = worker_id
        self._clock = clock
        self._ttl = ttl
        self._reconcile_after = reconcile_after
        self._callbacks_enabled = callbacks_enabled
        self._sending_enabled = sending_enabled
        self._is_active = is_active

    async def enqueue(self, message: Message) -> bool:
        """Stores a message, which enqueues it; returns False if its client_id is already in use. `count` comes next."""
        return await conversations.insert(message)

    async def enqueue_claimed(self, message: Message) -> bool:
        """Stores a message that this process sends next; returns False if its client_id is already in use.

        It is claimed in the insert itself, unless an identical text is in flight: then it is stored as pending. If this
        raises an error, the message may have been stored.
        """
        outbound, message_id, attempt = message.outbound, ObjectId(message.id), 1
        if outbound is None or not await self._locks.take(
            outbound.dedup_key, message_id, attempt, is_before_insert=True
        ):
            return await self.enqueue(message)
        outbound.state = OutboxState.CLAIMED
        outbound.attempt, outbound.worker_id, outbound.first_claimed_at = attempt, self._worker_id, self._clock()
        is_stored = await self.enqueue(message)
        if not is_stored:
            await self._locks.unlock(outbound.dedup_key, message_id, attempt)
        return is_stored

    async def count(self, message: Message) -> bool:
        """Counts a stored message in its conversation, and publishes both; returns whether its recipient has opted out.

        If this raises an error, that is not known, and the message is counted later.
        """
        try:
            return await conversations.count_and_probe(message, self._opt_outs.probe(message.recipient_number))
        finally:
            self._publisher.publish_later(Change(message.user_id, ObjectId(message.id), message.change_count))

    async def refuse(self, message: Message) -> Message | None:
        """Fails a message that is not being sent, since its recipient has opted out; returns it as it is now.

        Returns None if it does not fail: it was erased, or another process has changed its state meanwhile, such as by
        a claim, with a check of its own.
        """
        if message.outbound is None:
            return None
        row = await self._refuse(ObjectId(message.id), message.outbound.attempt, message.outbound.dedup_key)
        return None if row is None else Message.model_validate(row)

    async def _refuse(self, message_id: ObjectId, attempt: int, dedup_key: str) -> Mapping[str, Any] | None:
        values = {**_CLEARED_FIELDS, "error_code": RECIPIENT_OPTED_OUT, "error_message": _OPTED_OUT_REASON}
        row = await self._states.apply(OutboxEvent.OPT_OUT, message_id, Seen(attempt), values, "send")
        await self._locks.unlock(dedup_key, message_id, attempt)
        return row

    async def has_pending(self) -> bool:
        """Whether anything waits to be sent, due or not."""
        return await self._messages.find_one(self._in_state(OutboxState.PENDING), {"_id": 1}) is not None

    # Claiming

    async def claim_next(self, *, newest: bool = False) -> Claim | None:
        """Claims a due message, if there is one; none while sending is disabled.

        Claims the message that has been due longest, or with `newest` the one that became due last.
        """
        if not self._sending_enabled:
            return None
        now = self._clock()
        due = self._messages.find(
            {**self._in_state(OutboxState.PENDING), "outbound.next_attempt_at": {"$lte": now}},
            sort=[("outbound.next_attempt_at", DESCENDING if newest else ASCENDING)],
            limit=_CLAIM_BATCH,
        )
        for row in await due.to_list():
            if row["outbound"]["due_at"] <= now - self._ttl:
                await self._expire(row)
            elif (claim := await self._claim(row)) is not None:
                return claim
        return None

    async def _claim(self, row: Mapping[str, Any]) -> Claim | None:
        attempt, now = row["outbound"]["attempt"] + 1, self._clock()
        if not await self._locks.take(row["outbound"]["dedup_key"], row["_id"], attempt):
            await self._postpone(row)
            return None
        values = {
            "outbound.attempt": attempt,
            "outbound.worker_id": self._worker_id,
            "outbound.first_claimed_at": row["outbound"]["first_claimed_at"] or now,
        }
        if not await self._states.apply(OutboxEvent.CLAIM, row["_id"], Seen(row["outbound"]["attempt"]), values):
            await self._locks.release_if_over(row["outbound"]["dedup_key"], row["_id"])
            return None
        claim = Claim.of(row, attempt, now)
        try:
            return claim if await self._may_be_sent(claim, row["user_id"]) else None
        except DatabaseError:
            # No attempt begins. If this fails, too, the claim ends with its lease.
            await self.settle(claim, NotAttempted("The database failed."), jitter=1.0)
            raise

    async def _may_be_sent(self, claim: Claim, user_id: ObjectId) -> bool:
        """Whether the message of a claim is to be sent; ends the claim if not."""
        # Only after the claim is a look-up of SIDs conclusive: a callback that proves an earlier attempt either wrote
        # its SID before the claim, and is seen here, or sees the new attempt. The same holds for an opt-out. A message
        # of a deleted account was stored late, by a process that ended before it saw that the account was gone.
        sid, is_opted_out, is_active = await asyncio.gather(
            self._message_ids.sid_of(claim.message_id),
            self._opt_outs.is_opted_out(claim.to_number),
            self._is_active(user_id),
        )
        if sid is not None:
            await self._accept(claim.message_id, claim.attempt, claim.dedup_key, sid)
            return False
        if not is_active:
            await self._erase(claim)
            return False
        if is_opted_out:
            await self._refuse(claim.message_id, claim.attempt, claim.dedup_key)
            return False
        return True

    async def _erase(self, claim: Claim) -> None:
        """Erases a message of a deleted account that this process has claimed, unless the claim is over."""
        claimed = {"outbound.state": OutboxState.CLAIMED, "outbound.attempt": claim.attempt}
        await self._messages.delete_one({"_id": claim.message_id, **claimed})
        await self._locks.release_if_over(claim.dedup_key, claim.message_id)

    async def _postpone(self, row: Mapping[str, Any]) -> None:
        """Postpones a message until the identical text before it has an outcome."""
        await self._messages.update_one(
            {"_id": row["_id"], "outbound.state": OutboxState.PENDING, "outbound.attempt": row["outbound"]["attempt"]},
            {"$set": {"outbound.next_attempt_at": self._clock() + _CONTENT_LOCK_RETRY}},
        )

    async def expire_overdue(self, limit: int) -> None:
        """Fails messages that were not sent in time. While sending is disabled, none expires."""
        if not self._sending_enabled:
            return
        overdue = self._messages.find(
            {**self._in_state(OutboxState.PENDING), "outbound.due_at": {"$lte": self._clock() - self._ttl}},
            {"outbound.attempt": 1, "outbound.dedup_key": 1},
            limit=limit,
        )
        for row in await overdue.to_list():
            await self._expire(row)

    async def _expire(self, row: Mapping[str, Any]) -> None:
        values = {"error_code": "expired", "error_message": _EXPIRED_REASON}
        if await self._states.apply(
            OutboxEvent.EXPIRE, row["_id"], Seen(row["outbound"]["attempt"]), values, "reconciler"
        ):
            await self._locks.release(row["outbound"]["dedup_key"], row["_id"])

    # Outcomes

    async def settle(self, claim: Claim, outcome: Outcome, jitter: float) -> Message | None:
        """Records the outcome of an attempt. Only an acceptance still counts once another attempt has begun.

        Returns the message as it is now, unless the outcome changed nothing.
        """
        match outcome:
            case Accepted(sid, status):
                event = self._timeline.event_of(sid, status, "send")
                if not await self._message_ids.own(sid, claim.message_id, claim.attempt):
                    return None
                row = await self._accept(claim.message_id, claim.attempt, claim.dedup_key, sid, event)
            case Rejected(code, reason):
                if code == UNSUBSCRIBED:
                    await self._record_refusal(claim)
                error = {"error_code": code, "error_message": reason}
                row = await self._finish_attempt(claim, OutboxEvent.REJECT, error)
            case RetryableFailure(_, code):
                due = self._clock() + backoff(claim.attempt, code, jitter)
                row = await self._finish_attempt(claim, OutboxEvent.RETRY_LATER, {"outbound.next_attempt_at": due})
            case AccountUnavailable():
                due = self._clock() + paused_backoff(claim.attempt, jitter)
                row = await self._finish_attempt(claim, OutboxEvent.RETRY_LATER, {"outbound.next_attempt_at": due})
            case Indeterminate():
                row = await self._states.apply(
                    OutboxEvent.LOSE_OUTCOME, claim.message_id, Seen(claim.attempt), self._unconfirmed_fields(), "send"
                )
        return None if row is None else Message.model_validate(row)

    async def _record_refusal(self, claim: Claim) -> None:
        """Records that the provider knows of an opt-out. May be repeated, as `settle` is."""
        await self._opt_outs.record(
            OptOutChange.of_refusal(
                claim.message_id, claim.attempt, claim.from_number, claim.to_number, claim.claimed_at
            )
        )

    async def accept(
        self, message_id: ObjectId, attempt: int, dedup_key: str, sid: str, event: Event | None = None
    ) -> bool:
        """Makes the message the owner of the SID, and accepted; returns False if another message owns the SID.

        Records the event too, which is one of that SID.
        """
        if not await self._message_ids.own(sid, message_id, attempt):
            return False
        await self._accept(message_id, attempt, dedup_key, sid, event)
        return True

    async def _accept(
        self, message_id: ObjectId, attempt: int, dedup_key: str, sid: str, event: Event | None = None
    ) -> Mapping[str, Any] | None:
        now = self._clock()
        values = {
            **_CLEARED_FIELDS,
            "twilio_sid": sid,
            "error_code": None,
            "error_message": None,
            "outbound.next_check_at": next_check(now, 0, callbacks_enabled=self._callbacks_enabled),
            "outbound.check_count": 0,
            # Before a message has a SID, it has no provider status that this one could contradict.
            **({} if event is None else repository.status_of(event)),
        }
        row = await self._states.apply(OutboxEvent.ACCEPT, message_id, Seen(), values, entry=event)
        if row is None:
            is_duplicate = await self._states.change(
                {"_id": message_id, "twilio_sid": {"$ne": sid}, "outbound.duplicate_sids": {"$ne": sid}},
                {"$push": {"outbound.duplicate_sids": sid}, "$set": {"updated_at": now}},
            )
            DUPLICATE_SENDS.inc(is_duplicate)
            if event is not None:
                await self._timeline.record(message_id, event)
        await self._locks.unlock(dedup_key, message_id, attempt)
        return row

    async def _finish_attempt(
        self, claim: Claim, event: OutboxEvent, values: Mapping[str, object]
    ) -> Mapping[str, Any] | None:
        row = await self._states.apply(
            event, claim.message_id, Seen(claim.attempt), {**_CLEARED_FIELDS, **values}, "send"
        )
        await self._locks.unlock(claim.dedup_key, claim.message_id, claim.attempt)
        return row

    # Messages that the provider may have

    async def list_claimed(self, limit: int) -> list[InFlightMessage]:
        """Returns up to `limit` messages that a process is sending, those first claimed longest ago first."""
        rows = self._messages.find(
            self._in_state(OutboxState.CLAIMED), sort=[("outbound.first_claimed_at", ASCENDING)], limit=limit
        )
        return [InFlightMessage.of(row) for row in await rows.to_list()]

    async def end_lease(self, message: InFlightMessage) -> bool:
        """Makes a claimed message unconfirmed after the lease of its worker has ended; returns whether it did.

        A message without its lock, which was stored too late, stays claimed until it can have the lock: two identical
        texts must not be looked for at once.
        """
        if not await self._locks.take(message.dedup_key, message.message_id, message.attempt):
            return False
        seen = Seen(message.attempt, worker_id=message.worker_id)
        row = await self._states.apply(
            OutboxEvent.END_LEASE, message.message_id, seen, self._unconfirmed_fields(), "reconciler"
        )
        if row is None:
            await self._locks.release_if_over(message.dedup_key, message.message_id)
        return row is not None

    async def requeue(self, message: InFlightMessage) -> None:
        """Makes a message pending that the provider does not have, or cancelled if the user requested that.

        Does nothing if another process has found something meanwhile, which has changed `absent_since`.
        """
        seen = Seen(message.attempt, absent_since=message.absent_since)
        values = {**_CLEARED_FIELDS, "outbound.next_attempt_at": self._clock()}
        if await self._states.apply(OutboxEvent.PROVE_ABSENT, message.message_id, seen, values, "reconciler"):
            await self._locks.unlock(message.dedup_key, message.message_id, message.attempt)

    async def mark_unconfirmed(self, limit: int) -> int:
        """Makes up to `limit` pending or claimed messages unconfirmed; returns how many it found.

        For a database restored from a backup: a message that was pending when the backup was made may have been sent
        since. Each is looked up at the provider from the time when it was stored.
        """
        rows = await self._messages.find(
            {
                "outbound.sender_key": self._identity.key,
                "outbound.state": {"$in": [OutboxState.PENDING, OutboxState.CLAIMED]},
            },
            limit=limit,
        ).to_list()
        for row in rows:
            await self._locks.lock(row["outbound"]["dedup_key"], row["_id"], row["outbound"]["attempt"])
            now = self._clock()
            values = {
                **self._unconfirmed_fields(),
                "outbound.first_claimed_at": row["outbound"]["first_claimed_at"] or row["created_at"],
                "outbound.next_check_at": now,
            }
            await self._states.apply(
                OutboxEvent.RESTORE, row["_id"], Seen(row["outbound"]["attempt"]), values, "reconciler"
            )
        return len(rows)

    def _unconfirmed_fields(self) -> dict[str, object]:
        now = self._clock()
        return {
            "outbound.worker_id": None,
            "outbound.unconfirmed_since": now,
            "outbound.absent_since": None,
            "outbound.next_check_at": next_reconcile_at(now, 0, now + self._reconcile_after),
            "outbound.check_count": 0,
        }

    # Cancellation by the user

    async def cancel(self, message: Message) -> bool:
        """Cancels a pending message; returns False if it is not pending."""
        if message.outbound is None:
            return False
        message_id, seen = ObjectId(message.id), Seen(message.outbound.attempt)
        cancelled = await self._states.apply(OutboxEvent.CANCEL, message_id, seen, {}, "user")
        if cancelled is not None:
            await self._locks.release(message.outbound.dedup_key, message_id)
        return cancelled is not None

    async def request_cancel(self, message: Message) -> bool:
        """Prevents an unconfirmed message from being sent again; returns False if it is not unconfirmed."""
        if message.outbound is None:
            return False
        message_id = ObjectId(message.id)
        requested = await self._states.apply(
            OutboxEvent.REQUEST_CANCEL, message_id, Seen(), {"outbound.cancel_requested": True}
        )
        if requested is not None:
            await self._locks.release(message.outbound.dedup_key, message_id)
        return requested is not None

    def _in_state(self, state: OutboxState) -> dict[str, object]:
        """Returns the query for this sender's messages in a state."""
        return {"outbound.sender_key": self._identity.key, "outbound.state": state}
