"""Errors of contacts."""

from http import HTTPStatus

from mysms.core.errors import DomainError


class TooManyContactsError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "too_many_contacts"
    example = "You have 20,000 contacts, and cannot have more. Delete some that you do not need."
