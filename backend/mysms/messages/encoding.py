"""The JSON of messages and conversations, made of the documents as the database returns them. Pure.

Its shape is that of the models in `schemas`, which document it. Lists are encoded without them, since creating two
models for each row costs ten times as much as all else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

import orjson

from mysms.core.migrations.field_names import current_source
from mysms.messages.error_catalog import ErrorCode, Explanation, explain
from mysms.messages.status import OutboxState, public_status

Row = dict[str, Any]
"""A stored document, or those of its fields that are named here. Any schema version may have stored it."""

MESSAGE_FIELDS = (
    *("direction", "from_number", "recipient_number", "peer_number", "content", "segments", "created_at", "updated_at"),
    *("num_media", "media", "change_count", "content_removed_at", "deleted_at"),
    *("client_id", "retry_of", "twilio_sid", "provider_status", "error_code", "error_message"),
    *("outbound.state", "outbound.cancel_requested"),
)
"""The stored fields of which the JSON of a message without its timeline is made, besides `_id`."""
TIMELINE_FIELD = "events"
CONVERSATION_FIELDS = ("peer_number", "messages", "last_message_key", "inbound", "unread", "archived", "muted")
UNREAD_FIELDS = ("peer_number", "last_message_key", "inbound", "unread", "muted")
READ_MARK_FIELDS = ("peer_number", "inbound", "unread")
FLAGGED_FIELDS = ("peer_number", "last_message_key")

_UP_TO_MILLISECONDS = len("2026-11-22T10:42:07.120")


class MediaFields(TypedDict):
    """A medium of a message, as `MediaResponse` documents it."""

    index: int
    content_type: str


class MessageFields(TypedDict):
    """A message, as `MessageResponse` documents it."""

    _id: str
    direction: str
    from_number: str
    recipient_number: str
    peer_number: str
    content: str
    status: str
    cancel_requested: bool
    twilio_sid: str | None
    client_id: str | None
    error_code: ErrorCode | None
    error_message: str | None
    explanation: Explanation | None
    retry_of: str | None
    segments: int
    num_media: int
    media: list[MediaFields]
    created_at: str
    updated_at: str
    version: int
    content_removed_at: str | None
    deleted_at: str | None


class EventFields(TypedDict):
    """An event of a timeline, as `EventResponse` documents it."""

    at: str
    source: str
    status: str
    sid: str | None
    error_code: ErrorCode | None
    error_message: str | None


class DetailFields(MessageFields):
    """A message with its timeline, as `MessageDetail` documents it."""

    timeline: list[EventFields]


class ConversationFields(TypedDict):
    """A conversation, as `ConversationResponse` documents it."""

    peer_number: str
    last_message: MessageFields
    messages: int
    unread: int
    inbound: int
    archived: bool
    muted: bool


class ReadMarkFields(TypedDict):
    """What is read of a conversation, as `ReadMark` documents it."""

    peer_number: str
    inbound: int
    unread: int


class UnreadConversationFields(TypedDict):
    """A conversation with unread messages, as `UnreadConversation` documents it."""

    peer_number: str
    unread: int
    inbound: int


class ArchivedConversationFields(TypedDict):
    """An archived conversation, as `ArchivedConversation` documents it."""

    peer_number: str
    last_message_at: str


class UnreadFields(TypedDict):
    """What is unread, as `UnreadResponse` documents it."""

    total: int
    conversations: list[UnreadConversationFields]
    archived: list[ArchivedConversationFields]
    muted: list[str]


def message_fields(row: Row) -> MessageFields:
    get = row.get
    direction, error_code, retry_of = get("direction", "outbound"), get("error_code"), get("retry_of")
    content_removed_at, deleted_at = get("content_removed_at"), get("deleted_at")
    kind, _, key = row["client_id"].partition(":")
    outbound: Row | None = get("outbound")
    state = None if outbound is None else outbound.get("state", OutboxState.PENDING)
    return {
        "_id": str(row["_id"]),
        "direction": direction,
        "from_number": row["from_number"],
        "recipient_number": row["recipient_number"],
        "peer_number": row["peer_number"],
        "content": row["content"],
        "status": public_status(direction, state, get("provider_status")),
        "cancel_requested": outbound is not None and outbound.get("cancel_requested", False),
        "twilio_sid": get("twilio_sid"),
        "client_id": key if kind == "key" else None,
        "error_code": error_code,
        "error_message": get("error_message"),
        "explanation": explain(error_code) if error_code is not None else None,
        "retry_of": str(retry_of) if retry_of is not None else None,
        "segments": row["segments"],
        "num_media": get("num_media", 0),
        "media": [_media_fields(media) for media in get("media", ())],
        "created_at": _rfc3339(row["created_at"]),
        "updated_at": _rfc3339(row["updated_at"]),
        "version": get("change_count", 0),
        "content_removed_at": _rfc3339(content_removed_at) if content_removed_at is not None else None,
        "deleted_at": _rfc3339(deleted_at) if deleted_at is not None else None,
    }


def detail_fields(row: Row) -> DetailFields:
    return {**message_fields(row), "timeline": [_event_fields(event) for event in row.get(TIMELINE_FIELD, ())]}


def read_mark_fields(row: Row) -> ReadMarkFields:
    return {"peer_number": row["peer_number"], "inbound": row.get("inbound", 0), "unread": row.get("unread", 0)}


def unread_fields(rows: Iterable[Row], archived: Iterable[Row], muted: Iterable[Row]) -> UnreadFields:
    """Returns what is unread, newest first, and which conversations are archived or muted."""
    newest_first = sorted(rows, key=lambda row: row["last_message_key"], reverse=True)
    return {
        "total": sum(row["unread"] for row in newest_first if not row.get("muted")),
        "conversations": [
            {
                "peer_number": row["peer_number"],
                "unread": row["unread"],
                "inbound": row.get("inbound", 0),
            }
            for row in newest_first
        ],
        "archived": [
            {"peer_number": row["peer_number"], "last_message_at": row["last_message_key"].partition(" ")[0]}
            for row in archived
        ],
        "muted": [row["peer_number"] for row in muted],
    }


def encode(
    fields: MessageFields
    | DetailFields
    | ConversationFields
    | UnreadFields
    | Iterable[MessageFields]
    | Iterable[ConversationFields],
) -> bytes:
    return orjson.dumps(fields)


def _media_fields(media: Row) -> MediaFields:
    return {"index": media["index"], "content_type": media["content_type"]}


def _event_fields(event: Row) -> EventFields:
    return {
        "at": _rfc3339(event["at"]),
        "source": current_source(event["source"]),
        "status": event["status"],
        "sid": event.get("sid"),
        "error_code": event.get("error_code"),
        "error_message": event.get("error_message"),
    }


def _rfc3339(time: datetime) -> str:
    """Does what `to_rfc3339` does with a time in UTC, whether it says so or not, in half the time."""
    return time.isoformat("T", "milliseconds")[:_UP_TO_MILLISECONDS] + "Z"
