"""Request and response schemas of the messages API."""

import re
from contextvars import ContextVar
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from mysms.core.blank import is_blank
from mysms.core.phone_numbers import PhoneNumberError, normalise
from mysms.core.strict_model import StrictModel
from mysms.core.timestamps import Timestamp
from mysms.messages.encoding import message_fields
from mysms.messages.error_catalog import ErrorCode
from mysms.messages.media import MOST_MEDIA
from mysms.messages.models import EventSource, Message
from mysms.messages.peer_numbers import is_peer_number
from mysms.users.schemas import AccountResponse, PushSubscriptionResponse, SessionResponse

MAXIMUM_CONTENT_LENGTH = 1600
"""Characters; Twilio's limit for `Body`."""
DEFAULT_PAGE = 50
MAXIMUM_PAGE = 200
MAXIMUM_REVISION = 2**53 - 1
"""The largest whole number that JavaScript holds exactly."""
MAXIMUM_SEARCH = 200
MAXIMUM_UNREAD = 1_000

default_country: ContextVar[str | None] = ContextVar("default_country", default=None)
"""The country whose numbers may be written in national format, during a request: validators get no other context."""


def _read_number(value: str) -> str:
    try:
        return normalise(value, default_country.get())
    except PhoneNumberError as error:
        raise PydanticCustomError("phone_number", "{message}", {"message": error.message}) from error


def _read_number_in_url(value: str) -> str:
    """Reads a number in a URL, where an unescaped + means a space. A number that may be stored is left unchanged."""
    value = re.sub(r"^ +(?=[1-9])", "+", value)
    return value if is_peer_number(value) else _read_number(value)


PeerNumber = Annotated[str, AfterValidator(_read_number_in_url)]
"""A phone number in a URL, or who else may have sent a message."""


Status = Literal[
    "pending",
    "unconfirmed",
    "accepted",
    "scheduled",
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "canceled",
    "read",
    "received",
]
"""A status by which messages can be looked for: `status.PUBLIC_STATUSES`."""


UNKNOWN_MEDIA = "names something that you have not uploaded, or that is gone"
_ATTACHMENT_ID = "[0-9a-f]{24}"


def _require_id(value: str) -> str:
    if not re.fullmatch(_ATTACHMENT_ID, value):
        raise PydanticCustomError("attachment", UNKNOWN_MEDIA)
    return value


def _require_each_once(value: list[str]) -> list[str]:
    if len(set(value)) < len(value):
        raise PydanticCustomError("unique", "names something twice")
    if len(value) > MOST_MEDIA:
        raise PydanticCustomError("too_many", f"has more than {MOST_MEDIA} of them, which is the maximum")
    return value


_AttachmentId = Annotated[
    str, AfterValidator(_require_id), WithJsonSchema({"type": "string", "pattern": f"^{_ATTACHMENT_ID}$"})
]


class MessageCreate(StrictModel):
    """A message to send."""

    recipient_number: Annotated[str, AfterValidator(_read_number)] = Field(
        examples=["+1 415 555 2671"],
        description="With + and the country code, or in the national format of the default country (see GET "
        "/api/sending). Formatting characters and a trunk prefix are removed: the response has the number in E.164. "
        "Twilio checks whether the number exists.",
    )
    # Before the content, which may be blank if there is any.
    media: Annotated[list[_AttachmentId], AfterValidator(_require_each_once)] = Field(
        default_factory=list,
        examples=[[]],
        description="The `_id` of pictures from POST /api/attachments, in the order in which they are sent, as an MMS. "
        f"At most {MOST_MEDIA}, of 5 MB together with the text.",
        json_schema_extra={"maxItems": MOST_MEDIA, "uniqueItems": True},
    )
    content: str = Field(
        default="",
        validate_default=True,
        max_length=MAXIMUM_CONTENT_LENGTH,
        examples=["Your table for four is confirmed, see you at 19:30."],
        description="Sent unchanged. Must contain a visible character, unless there is `media`: then it may be left "
        "out.",
    )

    @field_validator("content")
    @classmethod
    def _require_text(cls, value: str, info: ValidationInfo) -> str:
        if is_blank(value):
            # Invalid media are not in the data, and have a sentence of their own.
            if not info.data.get("media", True):
                raise PydanticCustomError("blank", "can't be blank")
            # White space that Twilio might cut would make the message hard to find in its list.
            return ""
        if "\0" in value:
            # An SMS cannot contain it, and the text must be sent unchanged.
            raise PydanticCustomError("string_unicode", "contains an invalid character")
        return value


class SendRequest(StrictModel):
    message: MessageCreate


class ErrorExplanation(BaseModel):
    """An explanation of an error code."""

    model_config = ConfigDict(from_attributes=True)

    cause: str = Field(examples=["The phone could not be reached."])
    advice: str = Field(examples=["It may be switched off or out of range: try again later."])
    retryable: bool | None = Field(description="Whether sending the message again can help; null if unknown.")


class MediaResponse(BaseModel):
    """A picture or another file of a message."""

    index: int = Field(examples=[0], description="Names it in the address /api/messages/{message_id}/media/{index}.")
    content_type: str = Field(
        examples=["image/jpeg"], description="Of an inbound message, as the sender's network reports it."
    )


class MessageResponse(BaseModel):
    """A message."""

    id: str = Field(alias="_id", examples=["6921f0c2a4b1c93e5d0f7a12"])
    direction: Literal["outbound", "inbound"]
    from_number: str = Field(examples=["+15005550006"])
    recipient_number: str = Field(examples=["+14155552671"])
    peer_number: str = Field(
        examples=["+14155552671"],
        description="The other side's number: in E.164, or the short code or name of a sender that has none.",
    )
    content: str = Field(
        examples=["Your table for four is confirmed, see you at 19:30."],
        description="Empty once it was removed (see `content_removed_at`), and of a message without text, such as a "
        "picture.",
    )
    status: str = Field(
        examples=["delivered"],
        description="`pending` (stored, not yet accepted by Twilio), `unconfirmed` (Twilio may have it, which is being "
        "checked: do not send it again), `failed`, `canceled`, or Twilio's own status: accepted, scheduled, queued, "
        "sending, sent, delivered, undelivered, failed, canceled, read.",
    )
    cancel_requested: bool = Field(
        examples=[False],
        description="Whether it was cancelled while `unconfirmed`: if Twilio does not have it, it will not be sent.",
    )
    twilio_sid: str | None = Field(examples=["SM3f0c2a4b1c93e5d0f7a12d3e4f5a6b7c"])
    client_id: str | None = Field(
        examples=["0b9f6d8e4a7c"], description="The Idempotency-Key of the request that sent it; null without one."
    )
    error_code: ErrorCode | None = Field(
        examples=[None], description="Twilio's error code, `expired`, or `recipient_opted_out`."
    )
    error_message: str | None = Field(examples=[None])
    explanation: ErrorExplanation | None = Field(examples=[None], description="Explains `error_code` in plain words.")
    retry_of: str | None = Field(examples=[None], description="The `_id` of the message that this one retries.")
    segments: int = Field(examples=[1], description="The number of SMS segments of the text. 1 if pictures are sent.")
    num_media: int = Field(
        examples=[0],
        description="How many pictures or other media the message has.",
    )
    media: list[MediaResponse] = Field(
        max_length=MOST_MEDIA,
        description="Those that can be read here. Fewer than `num_media` if the message was received by an earlier "
        "version, and none once its content was removed.",
    )
    created_at: Timestamp
    updated_at: Timestamp
    version: int = Field(
        examples=[3],
        description="Grows with every change. Of two copies of a message, the one with the higher version is newer; "
        "`updated_at` may be the same, since several changes can fall into a millisecond, or earlier, since the clocks "
        "of servers differ.",
    )
    content_removed_at: Timestamp | None = Field(
        examples=[None],
        description="When its text was removed, if the server keeps texts for a limited time only, or you deleted it.",
    )
    deleted_at: Timestamp | None = Field(
        examples=[None],
        description="When you deleted it. Only lists of what has changed have deleted messages, so that you can "
        "remove what you hold of them; everywhere else it is null.",
    )

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls.model_validate(message_fields(message.model_dump(by_alias=True)))


class EventResponse(BaseModel):
    """An event in the timeline of a message."""

    at: Timestamp
    source: EventSource = Field(
        description="The source of the event: the request to Twilio (`send`), a status `callback`, a later look-up "
        "(`reconciler`), or the user (`user`)."
    )
    status: str = Field(examples=["sent"])
    sid: str | None = Field(examples=["SM3f0c2a4b1c93e5d0f7a12d3e4f5a6b7c"])
    error_code: ErrorCode | None = Field(examples=[None])
    error_message: str | None = Field(examples=[None])


class MessageDetail(MessageResponse):
    """A message with its timeline, oldest event first."""

    timeline: list[EventResponse]


class ConversationResponse(BaseModel):
    """The messages between the user and one number."""

    peer_number: str = Field(examples=["+14155552671"], description="The other side's number.")
    last_message: MessageResponse
    messages: int = Field(examples=[12], description="The number of messages.")
    unread: int = Field(
        examples=[2], description="The number of messages that have come in and are not marked as read."
    )
    inbound: int = Field(
        examples=[7],
        description="How many messages have come in since this is counted, also deleted ones: what to mark the "
        "conversation as read with once the last message is shown, or to archive it with.",
    )
    archived: bool = Field(
        examples=[False], description="Whether you have archived it, and no message has come in or was sent since."
    )
    muted: bool = Field(examples=[False], description="Whether you have muted it: nothing tells you of what comes in.")


class UnreadConversation(BaseModel):
    """A conversation with unread messages."""

    peer_number: str = Field(examples=["+14155552671"], description="The other side's number.")
    unread: int = Field(ge=1, examples=[2], description="The number of messages that are not marked as read.")
    inbound: int = Field(
        examples=[7],
        description="How many messages have come in so far: what to mark the conversation as read with. Messages that "
        "you ask for after this response include all of them.",
    )


class ArchivedConversation(BaseModel):
    """An archived conversation. A newer message than its last one has brought it back."""

    peer_number: str = Field(examples=["+14155552671"], description="The other side's number.")
    last_message_at: str = Field(
        examples=["2026-11-22T10:42:07.120Z"], description="The `created_at` of its last message."
    )


class UnreadResponse(BaseModel):
    """What is unread, archived, and muted. It replaces all that was known before."""

    total: int = Field(
        examples=[2], description="The number of unread messages in these conversations, without those that are muted."
    )
    conversations: list[UnreadConversation] = Field(
        description=f"Newest message first. Of more than {MAXIMUM_UNREAD:,}, those with the most unread messages."
    )
    archived: list[ArchivedConversation] = Field(
        description=f"All archived conversations, newest message first; no more than {MAXIMUM_UNREAD:,}."
    )
    muted: list[str] = Field(
        examples=[["+14155552671"]],
        description=f"The numbers of all muted conversations, newest message first; no more than {MAXIMUM_UNREAD:,}.",
    )


def _whole(value: object) -> object:
    """JSON Schema takes 7.0 for an integer, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Arrivals = Annotated[int, Field(strict=True, ge=0, le=MAXIMUM_REVISION, examples=[7]), BeforeValidator(_whole)]


class ReadRequest(BaseModel):
    """What the user has been shown of a conversation."""

    inbound: _Arrivals = Field(
        description="The `inbound` that you got before, or together with, the messages that are shown.",
    )


class DeletedPartResponse(BaseModel):
    """What was done to a part of a conversation."""

    deleted: int = Field(examples=[49])
    kept: int = Field(
        examples=[1],
        description="Messages that may still be sent, and inbound ones that came in or changed after the revision.",
    )
    before: str | None = Field(
        examples=["6743a3d1c2b5f0e4a1d2c3b4"],
        description="Send the request again with this `before` for the next part. Null if this was the last one.",
    )


class ArchiveRequest(BaseModel):
    """What the user knows of a conversation."""

    inbound: _Arrivals = Field(
        description="The `inbound` of the conversation that is shown. If more has come in, it is not archived.",
    )


class ReadMark(BaseModel):
    """What is read of a conversation."""

    peer_number: str = Field(examples=["+14155552671"], description="The other side's number.")
    inbound: int = Field(examples=[7], description="How many messages have come in since this is counted.")
    unread: int = Field(examples=[2], description="How many of these are not marked as read.")


class ExportHead(BaseModel):
    """The first part of an export."""

    exported_at: Timestamp
    account: AccountResponse
    sessions: list[SessionResponse]
    push_subscriptions: list[PushSubscriptionResponse]
