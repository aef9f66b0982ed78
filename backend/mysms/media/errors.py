"""Errors of reading media."""

from collections.abc import Mapping
from http import HTTPStatus

from mysms.core.errors import DomainError


class MediumUnavailableError(DomainError):
    """The provider does not return a medium at present."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "medium_unavailable"
    example = "Twilio does not return this attachment at the moment. Please try again in a few seconds."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}


class MediumTooLargeError(DomainError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "medium_too_large"
    example = "This attachment is larger than 5 MB, so it is not shown here."
