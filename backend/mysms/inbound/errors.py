"""Errors of receiving messages."""

from http import HTTPStatus

from mysms.core.errors import DomainError


class NobodyToReceiveError(DomainError):
    """There is no account yet. Nothing is lost: the provider keeps the message, and the catch-up finds it later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "nobody_to_receive"
    example = "There is no account yet that could receive messages."
