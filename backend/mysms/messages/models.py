"""The stored documents of messages and conversations.

A message document is its own outbox entry: one insert stores and enqueues it.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, NamedTuple

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, BeforeValidator, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from mysms.core.migrations.field_names import current_source
from mysms.messages.error_catalog import ErrorCode
from mysms.messages.status import NO_RANK, TERMINAL, OutboxState, public_status

EventSource = Literal["send", "callback", "reconciler", "user"]


WORDS_VERSION = 3
"""The schema version of a message with its words."""


class Media(BaseModel):
    """A picture or another file of a message. What came in stays with the provider; what is sent is stored here."""

    index: int
    """Its position among the media of the message."""
    sid: str
    """The provider's name of what came in; empty for what is sent."""
    content_type: str
    attachment_id: PydanticObjectId | None = None
    """The stored attachment that is sent; None for what came in."""


class Event(BaseModel):
    """An entry of a message's timeline. `key` identifies repetitions."""

    key: str
    at: datetime
    source: Annotated[EventSource, BeforeValidator(current_source)]
    status: str
    sid: str | None = None
    error_code: ErrorCode | None = None
    error_message: str | None = None


class Outbound(BaseModel):
    """What the outbox stores about a message: its state, its attempts, and when to act next."""

    state: OutboxState = OutboxState.PENDING
    sender_key: str
    """The key of the sender for which it was stored; the background tasks of other senders ignore it."""
    dedup_key: str
    """A hash of sender, number and content: at most one message with the same key is in flight."""
    attempt: int = 0
    """The number of attempts to send it."""
    worker_id: str | None = None
    """The process that is sending it."""
    due_at: datetime
    """When it was to be sent, from which its time to live counts."""
    next_attempt_at: datetime
    first_claimed_at: datetime | None = None
    unconfirmed_since: datetime | None = None
    absent_since: datetime | None = None
    """While it is unconfirmed: the start of the first look-up that found nothing at the provider that could be it."""
    cancel_requested: bool = False
    """Whether the user requested its cancellation: it is not sent again, even if the provider does not have it."""
    next_check_at: datetime | None = None
    """When to query the provider next: for its status, or, while it is unconfirmed, for the message itself."""
    check_count: int = 0
    """How many of these queries were answered since its state last changed."""
    duplicate_sids: list[str] = Field(default_factory=list)
    """Further SIDs that the provider assigned to this message: it was sent more than once."""


_KEPT = (("user_id", ASCENDING), ("deleted_at", ASCENDING))
"""The first keys of what lists a user's messages: a query for null reads none that are deleted, however many are."""
_NEWEST_FIRST = (("created_at", DESCENDING), ("_id", DESCENDING))


def _outbox_index(field: str, name: str) -> IndexModel:
    """The index of one sender's messages in a state, in the order of a time."""
    keys = ("outbound.sender_key", "outbound.state", f"outbound.{field}")
    return IndexModel([(key, ASCENDING) for key in keys], name=name)


def _list_index(field: str, name: str) -> IndexModel:
    """The index of a user's messages with one value of a field, newest first, without deleted ones."""
    return IndexModel([*_KEPT, (field, ASCENDING), *_NEWEST_FIRST], name=name)


class Message(Document):
    """An SMS from or to a user's contact."""

    user_id: PydanticObjectId
    client_id: str
    """Identifies repeated requests; unique for each user: `key:…`, `retry:…`, or `message:…` without a key."""
    request_hash: str
    """A hash of number, content and media, which tells whether a repeated key comes with the same request."""

    direction: Literal["outbound", "inbound"] = "outbound"
    from_number: str
    recipient_number: str
    peer_number: str
    content: str
    """Empty once it was removed, or the message was deleted, and of a message with media alone."""
    words: list[str] | None = None
    """What `words_of` finds in the content; None while that is not stored yet."""
    content_removed_at: datetime | None = None
    deleted_at: datetime | None = None
    """When its user deleted it. It stays, without its text, so that its idempotency key and its SID do (ADR 16)."""
    deletion_id: PydanticObjectId | None = None
    """Which of the requests to delete it did so."""
    segments: int
    num_media: int = 0
    """How many pictures or other media it has."""
    media: list[Media] = Field(default_factory=list)
    """Those of them that can be read; none once the content was removed, or the message was deleted."""

    outbound: Outbound | None = None
    """The state of sending it; None for an inbound message."""
    retry_of: PydanticObjectId | None = None
    request_id: str | None = None
    """The id of the request that stored it, which is in all log lines about the message."""
    erase_at: datetime | None = None
    """Set if its account is deleted: it is erased once it has an outcome, and at this time at the latest."""

    twilio_sid: str | None = None
    provider_status: str | None = None
    status_rank: int = NO_RANK
    """How far along `provider_status` is: it only rises."""
    error_code: ErrorCode | None = None
    error_message: str | None = None
    events: list[Event] = Field(default_factory=list)

    created_at: datetime
    updated_at: datetime
    revision: int = 0
    """The number of the log entry that published its last change; UNPUBLISHED until then, and 0 if there was none."""
    change_count: int = 0
    is_totalled: bool = False
    """Whether the total of its user's messages counts it on its own; false for the messages of earlier versions."""
    schema_version: int = 2

    @property
    def attachment_ids(self) -> tuple[PydanticObjectId, ...]:
        """The stored attachments that are sent with it, in their order."""
        return tuple(media.attachment_id for media in self.media if media.attachment_id is not None)

    @property
    def is_deletable(self) -> bool:
        """Whether the provider is done with it, or has sent it. It stays so: a terminal state is never left."""
        return self.direction == "inbound" or self.outbox_state in TERMINAL

    @property
    def is_repeatable(self) -> bool:
        """Whether a repeated request returns this message."""
        return not self.client_id.startswith("message:")

    @property
    def outbox_state(self) -> OutboxState | None:
        return self.outbound.state if self.outbound is not None else None

    @property
    def status(self) -> str:
        return public_status(self.direction, self.outbox_state, self.provider_status)

    class Settings:
        name = "messages"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING), ("client_id", ASCENDING)], name="client_id", unique=True),
            IndexModel([*_KEPT, *_NEWEST_FIRST], name="history"),
            IndexModel([("user_id", ASCENDING), ("updated_at", DESCENDING), ("_id", DESCENDING)], name="changes"),
            IndexModel(
                [
                    ("user_id", ASCENDING),
                    ("peer_number", ASCENDING),
                    ("updated_at", DESCENDING),
                    ("_id", DESCENDING),
                ],
                name="conversation_changes",
            ),
            IndexModel([("user_id", ASCENDING), ("revision", ASCENDING), ("_id", ASCENDING)], name="user_revision"),
            IndexModel([("revision", ASCENDING)], name="revision"),
            _list_index("peer_number", "conversation"),
            IndexModel(
                [("peer_number", ASCENDING), ("from_number", ASCENDING), ("created_at", DESCENDING)], name="writers"
            ),
            _list_index("words", "words"),
            _list_index("provider_status", "statuses"),
            _list_index("error_code", "errors"),
            IndexModel([("content_removed_at", ASCENDING), ("_id", ASCENDING)], name="retention"),
            _outbox_index("next_attempt_at", "outbox"),
            _outbox_index("due_at", "expiry"),
            _outbox_index("next_check_at", "checks"),
            IndexModel([("erase_at", ASCENDING)], name="erasures"),
            IndexModel([("schema_version", ASCENDING)], name="schema_version"),
        ]


class Countable(NamedTuple):
    """What its conversation must know of a stored message to count it."""

    created_at: datetime
    is_inbound: bool


class Conversation(Document):
    """The counters of a user's messages with one number. The module `conversations` maintains them.

    The same collection has one document with the total of each user, without the first two fields below, and the
    opt-outs (ADR 19), which `opt_outs/repository.py` alone reads.
    """

    id: str  # type: ignore[assignment]  # made of the user and the number
    user_id: PydanticObjectId
    peer_number: str
    messages: int = 0
    inbound: int = 0
    """How many inbound messages have ever been counted, also deleted ones. It only grows."""
    read: int = 0
    """How many of those the user has read: the first ones to be counted. One less if marked as unread."""
    unread: int = 0
    """Always `inbound` minus `read`. Those of earlier versions lack all three: what they have counts as read."""
    arrivals: list[PydanticObjectId] = Field(default_factory=list)
    """The inbound messages that were counted last and are not deleted, in that order. What is unread is at the end."""
    archived: bool | None = None
    """True if the user has archived it and no message was counted since; never False, so that an index finds both."""
    muted: bool | None = None
    """True if the user wants to be told of nothing that comes in; never False."""
    last_message_key: str | None = None
    """The time and id of the newest message, in a text that sorts like the messages."""
    pending_message_ids: dict[str, bool] = Field(default_factory=dict)
    """The ids of messages that are being stored and are not counted yet."""
    pending_deletions: dict[str, PydanticObjectId] = Field(default_factory=dict)
    """The messages that are being deleted and are still counted, by the ids of the deletions."""
    pending_count: int = 0
    """The number of all those ids."""
    revision: int = 0
    """As that of a message, for changes of what is read, archived or muted."""
    change_count: int = 0
    schema_version: int = 2

    class Settings:
        name = "conversations"
        indexes: ClassVar = [
            IndexModel([("user_id", ASCENDING), ("last_message_key", DESCENDING)], name="newest"),
            IndexModel(
                [("user_id", ASCENDING), ("archived", ASCENDING), ("last_message_key", DESCENDING)], name="listed"
            ),
            IndexModel([("user_id", ASCENDING), ("muted", ASCENDING), ("last_message_key", DESCENDING)], name="muted"),
            IndexModel([("user_id", ASCENDING), ("unread", DESCENDING)], name="unread"),
            IndexModel([("user_id", ASCENDING), ("revision", ASCENDING)], name="user_revision"),
            IndexModel([("revision", ASCENDING)], name="revision"),
            IndexModel([("pending_count", ASCENDING), ("_id", ASCENDING)], name="uncounted"),
            IndexModel([("schema_version", ASCENDING)], name="schema_version"),
        ]
