"""Sending messages over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response, status

from mysms.core.errors import InvalidFieldsError, NotFoundError, documented
from mysms.delivery.dependencies import AppSettings, Messages
from mysms.delivery.errors import (
    CarrierRefusedError,
    CountryNotAllowedError,
    DayQuotaError,
    IdempotencyKeyReusedError,
    InstallationQuotaError,
    MessageCanceledError,
    MessageExpiredError,
    MinuteQuotaError,
    NotCancellableError,
    NotRetryableError,
    PossibleDoubleError,
)
from mysms.delivery.schemas import SendingOut
from mysms.messages.dependencies import assume_default_country
from mysms.messages.schemas import MessageOut, SendRequest
from mysms.users.dependencies import Caller
from mysms.users.errors import NotSignedInError

router = APIRouter(prefix="/api", tags=["Messages"], dependencies=[Depends(assume_default_country)])

_REFUSED = MessageOut.model_validate(
    {
        "id": "6921f0c2a4b1c93e5d0f7a12",
        "direction": "outbound",
        "from_number": "+15005550006",
        "recipient_number": "+15005550001",
        "peer_number": "+15005550001",
        "content": "Hello",
        "status": "failed",
        "withdrawn": False,
        "twilio_sid": None,
        "error_code": 21211,
        "error_message": CarrierRefusedError.example,
        "explanation": {
            "cause": "This is not a valid phone number.",
            "advice": "Check the number and send it to the right one.",
            "retry_makes_sense": False,
        },
        "retry_of": None,
        "segments": 1,
        "created_at": "2026-11-22T10:42:07.120Z",
        "updated_at": "2026-11-22T10:42:07.260Z",
    }
)


_NOT_SENT = (
    CarrierRefusedError(_REFUSED),
    MessageExpiredError(
        _REFUSED.model_copy(
            update={"error_code": "expired", "error_message": MessageExpiredError.example, "explanation": None}
        )
    ),
    MessageCanceledError(
        _REFUSED.model_copy(
            update={"status": "canceled", "error_code": None, "error_message": None, "explanation": None}
        )
    ),
)
_QUOTAS = (MinuteQuotaError(), DayQuotaError(), InstallationQuotaError())
_SENT: dict[int | str, dict[str, Any]] = {
    status.HTTP_201_CREATED: {"description": "The carrier has accepted the message."},
    status.HTTP_202_ACCEPTED: {"model": MessageOut, "description": "Stored, and still on its way to the carrier."},
}


@router.post(
    "/messages",
    status_code=status.HTTP_201_CREATED,
    summary="Send a message",
    responses={
        **_SENT,
        **documented(
            NotSignedInError(),
            InvalidFieldsError({"recipient_number": ["can't be blank"]}),
            IdempotencyKeyReusedError(),
            CountryNotAllowedError(),
            *_QUOTAS,
            *_NOT_SENT,
        ),
    },
)
async def send_message(
    body: SendRequest,
    caller: Caller,
    messages: Messages,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x20-\x7e]+$",
            description="Yours, for ever: the same key with the same message never sends a second SMS.",
            examples=["0b9f6d8e4a7c"],
        ),
    ] = None,
) -> MessageOut:
    """Stores a message and hands it to the carrier.

    It is stored before the carrier is asked, and reaches the carrier once. The answer is 201 as soon as the carrier
    has accepted it, and 202 if that takes longer: its status then changes by itself.
    """
    return _answer(await messages.send(caller.user_id, body.message, idempotency_key), response)


@router.post(
    "/messages/{message_id}/cancel",
    summary="Cancel a message",
    responses=documented(NotSignedInError(), NotFoundError("There is no such message."), NotCancellableError()),
)
async def cancel_message(message_id: str, caller: Caller, messages: Messages, response: Response) -> MessageOut:
    """Withdraws a message that has not been sent yet.

    One that is `unconfirmed` may have been sent: it stays so until that is known, and will not be sent again.
    """
    response.headers["Cache-Control"] = "no-store"
    return await messages.cancel(caller.user_id, message_id)


@router.post(
    "/messages/{message_id}/retry",
    status_code=status.HTTP_201_CREATED,
    summary="Send a failed message again",
    responses={
        **_SENT,
        **documented(
            NotSignedInError(),
            NotFoundError("There is no such message."),
            NotRetryableError(),
            PossibleDoubleError(),
            CountryNotAllowedError(),
            *_QUOTAS,
            *_NOT_SENT,
        ),
    },
)
async def retry_message(
    message_id: str,
    caller: Caller,
    messages: Messages,
    response: Response,
    accept_possible_double: Annotated[  # noqa: FBT002  # a query parameter, given by name
        bool, Query(description="For an `unconfirmed` message: send it although it may then arrive twice.")
    ] = False,
) -> MessageOut:
    """Sends the same text to the same number as a new message; asking again for the same one gives the same answer."""
    message = await messages.retry(caller.user_id, message_id, accept_possible_double=accept_possible_double)
    return _answer(message, response)


@router.get("/sending", summary="Are messages being sent?", responses=documented(NotSignedInError()))
async def read_sending(_: Caller, messages: Messages, settings: AppSettings, response: Response) -> SendingOut:
    """Whether the carrier takes messages from this service at all. It is asked again by itself while it does not.

    Also the country whose numbers may be written as they are dialled there.
    """
    response.headers["Cache-Control"] = "no-store"
    return SendingOut.of(messages.pause, settings.default_country)


def _answer(message: MessageOut, response: Response) -> MessageOut:
    response.headers["Cache-Control"] = "no-store"
    if message.twilio_sid is None:
        response.status_code = status.HTTP_202_ACCEPTED
    return message
