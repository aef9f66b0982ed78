"""Base classes of the errors that API clients may see, and their description in the OpenAPI document.

Features raise subclasses of `DomainError`; only `web.problem_details` turns them into RFC 9457 responses.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

FieldErrors = Mapping[str, list[str]]

MAXIMUM_ERRORS = 20
"""The most errors of fields that a response reports."""


class DomainError(Exception):
    """A request cannot be fulfilled. `detail` is a sentence for people."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    example: ClassVar[str]
    """A typical `detail`, shown in the OpenAPI document, and the default."""

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.example
        super().__init__(self.detail)

    @property
    def extensions(self) -> Mapping[str, object]:
        """Further members of the problem object, such as `errors`."""
        return {}

    @property
    def headers(self) -> Mapping[str, str]:
        return {}


class InvalidFieldsError(DomainError):
    """The request is well-formed, but some fields are invalid."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_fields"
    example = "Some fields need your attention."

    def __init__(self, errors: FieldErrors) -> None:
        super().__init__()
        self.errors = errors

    @property
    def extensions(self) -> Mapping[str, object]:
        return {"errors": dict(self.errors)}


class NotFoundError(DomainError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    example = "Not found."


class Problem(BaseModel):
    """An RFC 9457 problem. `code` is stable and for programs; `detail` is for people."""

    model_config = ConfigDict(extra="allow")

    type: str = Field("about:blank", examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str
    code: str
    errors: dict[str, list[str]] | None = Field(
        None, description=f"The errors of each invalid field, at most {MAXIMUM_ERRORS} in total."
    )
    reason: Literal["unknown_token"] | None = Field(
        None,
        description="Only of `session_ended`: this server's secrets have not signed the refresh token. If they have"
        " been replaced, nobody has ended the session.",
    )


def problem_body(error: DomainError) -> dict[str, object]:
    """Returns the problem object of an error: `{type, title, status, detail, code, …extensions}`."""
    return {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": error.status.value,
        "detail": error.detail,
        "code": error.code,
        **error.extensions,
    }


def error_responses(*errors: DomainError) -> dict[int | str, dict[str, Any]]:
    """Returns the `responses=` of an operation that may raise these errors, with one example each."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        response = responses.setdefault(
            error.status.value,
            {
                "description": error.status.phrase,
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        response["content"]["application/problem+json"]["examples"][error.code] = {"value": problem_body(error)}
    return responses
