"""The one family of errors that a caller may see, and how the OpenAPI document describes it.

Rooms raise subclasses of `DomainError`; `web.problems` alone turns them into RFC 9457 answers.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

FieldErrors = Mapping[str, list[str]]


class DomainError(Exception):
    """Something the caller asked for cannot be done. `detail` is a sentence that a person can read."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    example: ClassVar[str]
    """A typical `detail`, shown in the OpenAPI document."""

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
    """The request is well-formed, but some fields are not acceptable."""

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
    example = "There is nothing here."


class Problem(BaseModel):
    """An RFC 9457 problem. `code` is stable and meant for programs, `detail` is meant for people."""

    model_config = ConfigDict(extra="allow")

    type: str = Field("about:blank", examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str
    code: str
    errors: dict[str, list[str]] | None = Field(None, description="For invalid fields: what is wrong with each.")


def problem_body(error: DomainError) -> dict[str, object]:
    """The problem object of an error: shape `{type, title, status, detail, code, …extensions}`."""
    return {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": error.status.value,
        "detail": error.detail,
        "code": error.code,
        **error.extensions,
    }


def error_responses(*errors: DomainError) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an operation that may raise these errors, with one example each."""
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
