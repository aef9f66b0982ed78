"""Why a message is not sent."""

from collections.abc import Mapping
from http import HTTPStatus

from mysms.core.errors import DomainError
from mysms.messages.schemas import MessageOut


class IdempotencyKeyReusedError(DomainError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"
    example = "This Idempotency-Key has already been used for another message."


class CarrierRefusedError(DomainError):
    """The message is stored, as failed, and stays in the history."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "carrier_refused"
    example = "The 'To' number +15005550001 is not a valid phone number."

    def __init__(self, message: MessageOut) -> None:
        super().__init__(message.error_message)
        self.message = message

    @property
    def extensions(self) -> Mapping[str, object]:
        return {"message": self.message.model_dump(mode="json", by_alias=True)}


class NotCancellableError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "not_cancellable"
    example = "It is too late to cancel this message."


class NotRetryableError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "not_retryable"
    example = "Only a message that failed, was not delivered or was cancelled can be sent again."


class PossibleDoubleError(DomainError):
    """The message may have reached the carrier: who sends it again must accept that it may arrive twice."""

    status = HTTPStatus.CONFLICT
    code = "possible_double"
    example = (
        "This message may have been sent already, and we are still finding out. "
        "Sent again now, it may arrive twice. Repeat with accept_possible_double to do so all the same."
    )


class BadSignatureError(DomainError):
    status = HTTPStatus.FORBIDDEN
    code = "bad_signature"
    example = "This request is not signed by Twilio for this URL."
