"""Errors of deleting messages."""

from http import HTTPStatus

from mysms.core.errors import DomainError


class MessageInFlightError(DomainError):
    """The message may still be sent, or it is not known whether it was."""

    status = HTTPStatus.CONFLICT
    code = "message_in_flight"
    example = (
        "This message may still be sent, so it cannot be deleted yet. Cancel it first, or wait until it is known "
        "whether it was sent."
    )
