"""What goes in and out of the messages API."""

import re
from contextvars import ContextVar
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from mysms.core.blank import is_blank
from mysms.core.phone_numbers import PhoneNumberError, normalise
from mysms.core.timestamps import Timestamp
from mysms.messages.error_catalog import ErrorCode, explain
from mysms.messages.models import Event, EventSource, Message
from mysms.users.schemas import AccountResponse, SessionResponse

MAXIMUM_CONTENT_LENGTH = 1600
"""Characters; Twilio's limit for `Body`."""
DEFAULT_PAGE = 50
MAXIMUM_PAGE = 200
MAXIMUM_SEARCH = 200

default_country: ContextVar[str | None] = ContextVar("default_country", default=None)
"""The country whose numbers may be written as they are dialled there, while a request is read: a validator is given
nothing else to know it by."""

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


def _read_number(value: str) -> str:
    try:
        return normalise(value, default_country.get())
    except PhoneNumberError as error:
        raise PydanticCustomError("phone_number", "{sentence}", {"sentence": error.sentence}) from error


def _read_number_in_url(value: str) -> str:
    """In a URL an unescaped + means a space. What a stored number may look like is taken as it is."""
    value = re.sub(r"^ +(?=[1-9])", "+", value)
    return value if _E164.fullmatch(value) else _read_number(value)


PeerNumber = Annotated[str, AfterValidator(_read_number_in_url)]
"""A number in a URL."""


def _require_text(value: str) -> str:
    if is_blank(value):
        raise PydanticCustomError("blank", "can't be blank")
    if "\0" in value:
        # No SMS can carry it, and what is sent is what was written.
        raise PydanticCustomError("string_unicode", "contains an invalid character")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MessageCreate(_Strict):
    """A message to send."""

    recipient_number: Annotated[str, AfterValidator(_read_number)] = Field(
        examples=["+1 415 555 2671"],
        description="With + and the country code, or as it is dialled in the default country (see GET /api/sending). "
        "What people put between digits is stripped, as is a trunk prefix: the answer has the number in E.164. The "
        "carrier judges whether it exists.",
    )
    content: Annotated[str, AfterValidator(_require_text)] = Field(
        max_length=MAXIMUM_CONTENT_LENGTH,
        examples=["Your table for four is confirmed, see you at 19:30."],
        description="It is sent as it was written. Something in it can be seen.",
        json_schema_extra={"minLength": 1},
    )


class SendRequest(_Strict):
    message: MessageCreate


class ErrorExplanation(BaseModel):
    """What an error code means."""

    model_config = ConfigDict(from_attributes=True)

    cause: str = Field(examples=["The phone could not be reached."])
    advice: str = Field(examples=["It may be switched off or out of range: try again later."])
    retryable: bool | None = Field(description="Whether sending the same again can help; null if nobody knows.")


class MessageResponse(BaseModel):
    """A message, as its owner sees it."""

    id: str = Field(serialization_alias="_id", examples=["6921f0c2a4b1c93e5d0f7a12"])
    direction: Literal["outbound", "inbound"]
    from_number: str = Field(examples=["+15005550006"])
    recipient_number: str = Field(examples=["+14155552671"])
    peer_number: str = Field(examples=["+14155552671"], description="The other side's number.")
    content: str = Field(
        examples=["Your table for four is confirmed, see you at 19:30."],
        description="Empty once it was removed, where the operator keeps texts for a limited time only.",
    )
    status: str = Field(
        examples=["delivered"],
        description="`pending` (stored, and on its way to Twilio), `unconfirmed` (Twilio may have it, and is being "
        "asked: do not send it again), `failed`, `canceled`, or Twilio's own: accepted, scheduled, queued, sending, "
        "sent, delivered, undelivered, failed, canceled, read.",
    )
    withdrawn: bool = Field(
        examples=[False],
        description="Cancelled while it was `unconfirmed`: should the carrier not have it, it will not be sent.",
    )
    twilio_sid: str | None = Field(examples=["SM3f0c2a4b1c93e5d0f7a12d3e4f5a6b7c"])
    client_id: str | None = Field(
        examples=["0b9f6d8e4a7c"], description="The Idempotency-Key with which it was sent; null without one."
    )
    error_code: ErrorCode | None = Field(examples=[None], description="Twilio's, where the message failed.")
    error_message: str | None = Field(examples=[None])
    explanation: ErrorExplanation | None = Field(
        examples=[None], description="What `error_code` means, in plain words."
    )
    retry_of: str | None = Field(examples=[None], description="The message that this one repeats.")
    segments: int = Field(examples=[1], description="How many SMS segments the text takes.")
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls(**_fields_of(message))


class EventResponse(BaseModel):
    """One thing that was learnt about a message."""

    at: Timestamp
    source: EventSource = Field(description="Who said so: the answer to our request, a callback, or a later look.")
    status: str = Field(examples=["sent"])
    sid: str | None = Field(examples=["SM3f0c2a4b1c93e5d0f7a12d3e4f5a6b7c"])
    error_code: ErrorCode | None = Field(examples=[None])
    error_message: str | None = Field(examples=[None])

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(**event.model_dump(exclude={"key"}))


class MessageDetail(MessageResponse):
    """A message with its timeline, oldest event first."""

    timeline: list[EventResponse]

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls(**_fields_of(message), timeline=[EventResponse.of(event) for event in message.events])


class ConversationResponse(BaseModel):
    """What you and one number have written to each other."""

    peer_number: str = Field(examples=["+14155552671"], description="The other side's number.")
    last_message: MessageResponse
    messages: int = Field(examples=[12], description="How many there are in all.")


class ExportHead(BaseModel):
    """What an export begins with."""

    exported_at: Timestamp
    account: AccountResponse
    sessions: list[SessionResponse]


class ExportResponse(ExportHead):
    """Everything that is stored about a person, newest message first."""

    messages: list[MessageDetail]


def _fields_of(message: Message) -> dict[str, object]:
    names = MessageResponse.model_fields.keys() - {"id", "client_id", "explanation", "retry_of"}
    return {
        "id": str(message.id),
        "client_id": message.idempotency_key,
        "explanation": explain(message.error_code),
        "retry_of": str(message.retry_of) if message.retry_of is not None else None,
        **{name: getattr(message, name) for name in names},
    }
