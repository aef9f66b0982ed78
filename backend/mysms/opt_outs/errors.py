"""Errors of opt-outs."""

from http import HTTPStatus

from mysms.core.errors import DomainError


class OptedOutByRecipientError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "opted_out_by_recipient"
    example = "They have opted out themselves, and can only undo it themselves, by replying START."
