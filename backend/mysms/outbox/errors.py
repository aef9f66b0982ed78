"""Errors of sending, cancelling and retrying messages."""

from collections.abc import Mapping
from http import HTTPStatus

from mysms.core.errors import DomainError, InvalidFieldsError
from mysms.core.rate_limit import RateLimitedError
from mysms.messages.schemas import MessageResponse


class IdempotencyKeyReusedError(DomainError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"
    example = "This Idempotency-Key has already been used for another message."


class MessageDeletedError(DomainError):
    """The message that an earlier request has stored is deleted. It is not sent again."""

    status = HTTPStatus.CONFLICT
    code = "message_deleted"
    example = "You have deleted the message that this request has sent before. To send it again, write a new one."


class NotSentError(DomainError):
    """The message is stored and stays in the history, but was not sent and will not be."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, message: MessageResponse) -> None:
        super().__init__(message.error_message)
        self.message = message

    @property
    def extensions(self) -> Mapping[str, object]:
        return {"message": self.message.model_dump(mode="json", by_alias=True)}


class ProviderRejectedError(NotSentError):
    code = "carrier_refused"
    example = "The 'To' number +15005550001 is not a valid phone number."


class RecipientOptedOutError(NotSentError):
    code = "recipient_opted_out"
    example = "This person does not want any more messages."


class MessageExpiredError(NotSentError):
    code = "message_expired"
    example = "It could not be sent in time."


class MessageCanceledError(NotSentError):
    code = "message_canceled"
    example = "This message was cancelled before it was sent."


class NotCancellableError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "not_cancellable"
    example = "It is too late to cancel this message."


class NotRetryableError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "not_retryable"
    example = "Only a message that failed, was not delivered or was cancelled can be sent again."


class PossibleDuplicateError(DomainError):
    """The message may have reached the provider, so a retry needs the user's consent to a possible duplicate."""

    status = HTTPStatus.CONFLICT
    code = "possible_duplicate"
    example = (
        "This message may already have been sent; this is still being checked. If you send it again now, it may arrive "
        "twice. To send it anyway, repeat the request with accept_possible_duplicate=true."
    )


class QuotaError(RateLimitedError):
    """A quota is used up. Nothing was stored."""

    def __init__(self, retry_after_seconds: int = 30) -> None:
        super().__init__(retry_after_seconds, self.example)


class UserMinuteQuotaError(QuotaError):
    code = "minute_quota"
    example = "You are sending too fast. Please wait a moment, then try again."


class UserDailyQuotaError(QuotaError):
    code = "day_quota"
    example = "You have reached your daily limit. You can send more messages tomorrow."


class GlobalDailyQuotaError(QuotaError):
    code = "installation_quota"
    example = "This server has reached its daily limit. You can send more messages tomorrow."


class CountryNotAllowedError(InvalidFieldsError):
    code = "country_not_allowed"
    example = "This server does not send messages to this country."

    def __init__(self) -> None:
        super().__init__({"recipient_number": ["is in a country to which this server does not send messages"]})


class BadSignatureError(DomainError):
    status = HTTPStatus.FORBIDDEN
    code = "bad_signature"
    example = "This request is not signed by Twilio for this URL."
