"""The JSON of messages and conversations, made of the documents as the database returns them. Pure.

Its shape is that of the models in `schemas`, which document it. Lists are encoded without them, since creating two
models for each row costs ten times as much as all else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

import orjson
from bson import ObjectId

from mysms.core.migrations.field_names import current_source
from mysms.messages.error_catalog import ErrorCode, Explanation, explain
from mysms.messages.status import OutboxState, public_status

Row = dict[str, Any]
"""A stored document, or those of its fields that are named here. Any schema version may have stored it."""

MESSAGE_FIELDS = (
    *("direction", "from_number", "recipient_number", "peer_number", "content", "segments", "created_at", "updated_at"),
    *("client_id", "retry_of", "twilio_sid", "provider_status", "error_code", "error_message"),
    *("outbound.state", "outbound.cancel_requested"),
)
"""The stored fields of which the JSON of a message without its timeline is made, besides `_id`."""
TIMELINE_FIELD = "events"
CONVERSATION_FIELDS = ("peer_number", "messages", "last_message_key")

_UP_TO_MILLISECONDS = len("2026-11-22T10:42:07.120")


class MessageFields(TypedDict):
    """A message, as `MessageResponse` documents it."""

    _id: ObjectId
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
    retry_of: ObjectId | None
    segments: int
    created_at: datetime
    updated_at: datetime


class EventFields(TypedDict):
    """An event of a timeline, as `EventResponse` documents it."""

    at: datetime
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


def message_fields(row: Row) -> MessageFields:
    get = row.get
    direction, error_code = get("direction", "outbound"), get("error_code")
    kind, _, key = row["client_id"].partition(":")
    outbound: Row | None = get("outbound")
    state = None if outbound is None else outbound.get("state", OutboxState.PENDING)
    return {
        "_id": row["_id"],
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
        "explanation": explain(error_code),
        "retry_of": get("retry_of"),
        "segments": row["segments"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def detail_fields(row: Row) -> DetailFields:
    return {**message_fields(row), "timeline": [_event_fields(event) for event in row.get(TIMELINE_FIELD, ())]}


def encode(fields: MessageFields | DetailFields | Iterable[MessageFields] | Iterable[ConversationFields]) -> bytes:
    """Returns the JSON. Times without a time zone are in UTC."""
    return orjson.dumps(fields, _encode_value, orjson.OPT_PASSTHROUGH_DATETIME)


def _event_fields(event: Row) -> EventFields:
    return {
        "at": event["at"],
        "source": current_source(event["source"]),
        "status": event["status"],
        "sid": event.get("sid"),
        "error_code": event.get("error_code"),
        "error_message": event.get("error_message"),
    }


def _encode_value(value: ObjectId | datetime) -> str:
    if isinstance(value, datetime):
        return value.isoformat("T", "milliseconds")[:_UP_TO_MILLISECONDS] + "Z"
    return str(value)
