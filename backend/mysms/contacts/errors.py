"""Errors of contacts."""

from collections.abc import Mapping
from http import HTTPStatus

from mysms.core.errors import DomainError


class TooManyContactsError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "too_many_contacts"
    example = "You have 20,000 contacts, and cannot have more. Delete some that you do not need."


class UnreadableFileError(DomainError):
    """Nothing of a file can be imported."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unreadable_file"
    example = "The file is empty."


class FileTooLongError(DomainError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "too_many_rows"
    example = "The file has more than 20,000 rows. Import it in parts."


class ImportsBusyError(DomainError):
    """The process reads as many files as it may at once."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "imports_busy"
    example = "Other contacts are being imported right now. Please try again in a moment."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "10"}
