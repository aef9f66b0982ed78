"""The stored documents of messages and conversations.

A message document is its own outbox entry: one insert stores and enqueues it.
"""

from datetime import datetime
from typing import ClassVar, Literal

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from mysms.messages.error_catalog import ErrorCode
from mysms.messages.status import NO_RANK, OutboxState, public_status

EventSource = Literal["send", "callback", "reconciler", "author"]


class Event(BaseModel):
    """An entry of a message's timeline. `key` identifies repetitions."""

    key: str
    at: datetime
    source: EventSource
    status: str
    sid: str | None = None
    error_code: ErrorCode | None = None
    error_message: str | None = None


class Message(Document):
    """An SMS from or to a user's contact."""

    user_id: PydanticObjectId
    client_id: str
    """Identifies repeated requests; unique for each user: `key:…`, `retry:…`, or `message:…` without a key."""
    request_hash: str
    """A hash of number and content, which tells whether a repeated key comes with the same request."""

    direction: Literal["outbound", "inbound"] = "outbound"
    from_number: str
    recipient_number: str
    peer_number: str
    content: str
    """Empty once it was removed; a new message cannot be empty."""
    content_removed_at: datetime | None = None
    segments: int

    line: str
    """The key of the sender for which it was stored; the background tasks of other senders ignore it."""
    text_key: str
    """A hash of sender, number and content: at most one message with the same key is in flight."""
    dispatch: OutboxState = OutboxState.PENDING
    attempt: int = 0
    owner: str | None = None
    """The process that is sending it."""
    due_at: datetime | None = None
    """When it was to be sent, from which its time to live counts. None if an older version stored it."""
    next_attempt_at: datetime
    first_claimed_at: datetime | None = None
    unknown_since: datetime | None = None
    """When it became unconfirmed."""
    absent_since: datetime | None = None
    """While it is unconfirmed: the start of the first look-up that found nothing at the provider that could be it."""
    withdrawn: bool = False
    """Whether the user requested its cancellation: it is not sent again, even if the provider does not have it."""
    check_at: datetime | None = None
    """When to query the provider next: for its status, or, while it is unconfirmed, for the message itself."""
    checks: int = 0
    retry_of: PydanticObjectId | None = None
    request_id: str | None = None
    """The id of the request that stored it, which is in all log lines about the message."""
    erase_at: datetime | None = None
    """Set if its account is deleted: it is erased once it has an outcome, and at this time at the latest."""

    twilio_sid: str | None = None
    second_sids: list[str] = Field(default_factory=list)
    """Further SIDs that the provider assigned to this message: it was sent more than once."""
    carrier_status: str | None = None
    rank: int = NO_RANK
    error_code: ErrorCode | None = None
    error_message: str | None = None
    events: list[Event] = Field(default_factory=list)

    created_at: datetime
    updated_at: datetime

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key of the request that sent it, if it had one."""
        kind, _, key = self.client_id.partition(":")
        return key if kind == "key" else None

    @property
    def status(self) -> str:
        return public_status(self.dispatch, self.carrier_status)

    class Settings:
        name = "messages"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING), ("client_id", ASCENDING)], name="client_id", unique=True),
            IndexModel([("user_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="history"),
            IndexModel([("user_id", ASCENDING), ("updated_at", ASCENDING)], name="changes"),
            IndexModel(
                [
                    ("user_id", ASCENDING),
                    ("peer_number", ASCENDING),
                    ("created_at", DESCENDING),
                    ("_id", DESCENDING),
                ],
                name="conversation",
            ),
            IndexModel([("content_removed_at", ASCENDING), ("created_at", ASCENDING)], name="retention"),
            IndexModel([("line", ASCENDING), ("dispatch", ASCENDING), ("next_attempt_at", ASCENDING)], name="outbox"),
            IndexModel([("line", ASCENDING), ("dispatch", ASCENDING), ("due_at", ASCENDING)], name="expiry"),
            IndexModel([("line", ASCENDING), ("dispatch", ASCENDING), ("check_at", ASCENDING)], name="checks"),
            IndexModel([("erase_at", ASCENDING)], name="erasures"),
        ]


class Conversation(Document):
    """The counters of a user's messages with one number. The module `conversations` maintains them."""

    id: str  # type: ignore[assignment]  # made of the user and the number
    user_id: PydanticObjectId
    peer_number: str
    messages: int
    last: str | None
    """The time and id of the newest message, in a text that sorts like the messages."""
    storing: dict[str, bool] = Field(default_factory=dict)
    """The ids of messages that are being stored and are not counted yet."""
    open: int
    """The number of those ids."""

    class Settings:
        name = "conversations"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING), ("last", DESCENDING)], name="newest"),
            IndexModel([("user_id", ASCENDING), ("open", ASCENDING)], name="open"),
        ]
