"""Immutable views of messages for the parts that send, reconcile and check them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bson import ObjectId

from mysms.messages.models import Message
from mysms.messages.status import OutboxState
from mysms.providers.base import Outcome


@dataclass(frozen=True)
class Claim:
    """The right to make one attempt to send a message."""

    message_id: ObjectId
    attempt: int
    from_number: str
    to_number: str
    content: str
    dedup_key: str
    created_at: datetime
    claimed_at: datetime
    request_id: str | None
    media: tuple[ObjectId, ...] = ()
    """The attachments to send."""

    @property
    def log_context(self) -> Mapping[str, object]:
        """The context of log lines about the attempt."""
        return {"request_id": self.request_id, "message_id": str(self.message_id), "attempt": self.attempt}

    @classmethod
    def of_new(cls, message: Message) -> Self | None:
        """Returns the claim of a message that is claimed when it is stored; None if it is not."""
        outbound = message.outbound
        if outbound is None or outbound.state is not OutboxState.CLAIMED or outbound.first_claimed_at is None:
            return None
        return cls(
            message_id=ObjectId(message.id),
            attempt=outbound.attempt,
            from_number=message.from_number,
            to_number=message.recipient_number,
            content=message.content,
            dedup_key=outbound.dedup_key,
            created_at=message.created_at,
            claimed_at=outbound.first_claimed_at,
            request_id=message.request_id,
            media=message.attachment_ids,
        )

    @classmethod
    def of(cls, row: Mapping[str, Any], attempt: int, claimed_at: datetime) -> Self:
        return cls(
            message_id=row["_id"],
            attempt=attempt,
            from_number=row["from_number"],
            to_number=row["recipient_number"],
            content=row["content"],
            dedup_key=row["outbound"]["dedup_key"],
            created_at=row["created_at"],
            claimed_at=claimed_at,
            request_id=row.get("request_id"),
            media=_attachments_of(row),
        )


def _attachments_of(row: Mapping[str, Any]) -> tuple[ObjectId, ...]:
    return tuple(media["attachment_id"] for media in row.get("media", ()) if media.get("attachment_id") is not None)


@dataclass(frozen=True)
class EndedAttempt:
    """An attempt whose outcome is recorded, if the database could record it."""

    outcome: Outcome
    message: Message | None
    """The message as it was then; None if the outcome changed nothing."""


@dataclass(frozen=True)
class InFlightMessage:
    """A message that the provider may have: claimed by a process, or unconfirmed."""

    message_id: ObjectId
    attempt: int
    worker_id: str | None
    state: OutboxState
    to_number: str
    content: str
    dedup_key: str
    first_claimed_at: datetime
    unconfirmed_since: datetime | None
    absent_since: datetime | None
    cancel_requested: bool
    request_id: str | None
    media: tuple[ObjectId, ...] = ()
    """The attachments that it was sent with."""

    @property
    def log_context(self) -> Mapping[str, object]:
        """The context of log lines about the message."""
        return {"request_id": self.request_id, "message_id": str(self.message_id), "attempt": self.attempt}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            message_id=row["_id"],
            attempt=row["outbound"]["attempt"],
            worker_id=row["outbound"]["worker_id"],
            state=OutboxState(row["outbound"]["state"]),
            to_number=row["recipient_number"],
            content=row["content"],
            dedup_key=row["outbound"]["dedup_key"],
            first_claimed_at=row["outbound"]["first_claimed_at"],
            unconfirmed_since=row["outbound"]["unconfirmed_since"],
            absent_since=row["outbound"]["absent_since"],
            cancel_requested=row["outbound"]["cancel_requested"],
            request_id=row.get("request_id"),
            media=_attachments_of(row),
        )


@dataclass
class Lookup:
    """A due look-up of an unconfirmed message at the provider, held by one process until `held_until`."""

    message: InFlightMessage
    lookups: int
    """The number of look-ups that the provider has answered before."""
    held_until: datetime


@dataclass(frozen=True)
class StatusCheck:
    """A due status check of a message, held by one process until `held_until`."""

    message_id: ObjectId
    sid: str
    checks: int
    created_at: datetime
    held_until: datetime
