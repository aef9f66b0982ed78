"""A message as it is stored. The document is its own outbox entry: one insert stores and enqueues it."""

from datetime import datetime
from typing import ClassVar, Literal

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from mysms.messages.error_catalog import ErrorCode
from mysms.messages.status import NO_RANK, OutboxState, public_status

EventSource = Literal["send", "callback", "reconciler", "author"]


class Event(BaseModel):
    """One thing that was learnt about a message. `key` makes a repetition recognisable."""

    key: str
    at: datetime
    source: EventSource
    status: str
    sid: str | None = None
    error_code: ErrorCode | None = None
    error_message: str | None = None


class Message(Document):
    """A text from or to somebody."""

    user_id: PydanticObjectId
    client_id: str
    """What makes a repeated request recognisable, unique for each user: `key:…`, or `message:…` without one."""
    request_hash: str
    """Of number and content: whether a repeated key comes with the same request."""

    direction: Literal["outbound", "inbound"] = "outbound"
    from_number: str
    recipient_number: str
    peer_number: str
    content: str
    """Empty once it was removed: nobody can write an empty one."""
    content_removed_at: datetime | None = None
    segments: int

    line: str
    """The carrier's account, number and address for which it was stored: the loops of another line leave it alone."""
    text_key: str
    """Of line, number and content: two with the same key are never unsettled at the carrier at once."""
    dispatch: OutboxState = OutboxState.PENDING
    attempt: int = 0
    owner: str | None = None
    """The process that is sending it."""
    due_at: datetime | None = None
    """When it was to be sent: from then on it may wait for so long. None in what was stored before this was kept."""
    next_attempt_at: datetime
    first_claimed_at: datetime | None = None
    unknown_since: datetime | None = None
    """Since when it is unconfirmed."""
    absent_since: datetime | None = None
    """While it is unconfirmed: when the first look began that found nothing at the provider which could be it."""
    withdrawn: bool = False
    """Its author does not want it to be sent again, should it turn out that the carrier does not have it."""
    check_at: datetime | None = None
    """When the carrier is to be asked about it: for its status, or, while it is unconfirmed, whether it is there."""
    checks: int = 0
    retry_of: PydanticObjectId | None = None
    request_id: str | None = None
    """Of the request that stored it: log lines about the message carry it, in whatever process they are written."""
    erase_at: datetime | None = None
    """Its author is gone: it is erased once it is known what became of it, and then at the latest."""

    twilio_sid: str | None = None
    second_sids: list[str] = Field(default_factory=list)
    """Further SIDs that the carrier gave to this message: it was sent more than once."""
    carrier_status: str | None = None
    rank: int = NO_RANK
    error_code: ErrorCode | None = None
    error_message: str | None = None
    events: list[Event] = Field(default_factory=list)

    created_at: datetime
    updated_at: datetime

    @property
    def idempotency_key(self) -> str | None:
        """The key with which the author sent it, if there was one."""
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
    """What a person and one number have written to each other, in figures. `conversations` keeps them right."""

    id: str  # type: ignore[assignment]  # made of the person and the number
    user_id: PydanticObjectId
    peer_number: str
    messages: int
    last: str | None
    """The place of the newest message: its time and its id. These texts sort as the messages do."""
    storing: dict[str, bool] = Field(default_factory=dict)
    """The ids of messages that are being stored, and are not counted yet."""
    open: int
    """How many those are."""

    class Settings:
        name = "conversations"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING), ("last", DESCENDING)], name="newest"),
            IndexModel([("user_id", ASCENDING), ("open", ASCENDING)], name="open"),
        ]
