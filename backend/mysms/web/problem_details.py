"""Turns errors into RFC 9457 problem responses. Nothing else does."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, Self

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mysms.core.database import DatabaseUnreachableError
from mysms.core.errors import (
    MAXIMUM_ERRORS,
    DomainError,
    InvalidFieldsError,
    Problem,
    error_responses,
    problem_body,
)
from mysms.core.validation_sentences import sentences_by_field

_log = logging.getLogger(__name__)


_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")


class MalformedJsonError(DomainError):
    status = HTTPStatus.BAD_REQUEST
    code = "malformed_json"
    example = "The body is not valid JSON."


class JsonBodyRequiredError(DomainError):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    example = "The body must be JSON, sent with Content-Type: application/json."


class FormBodyRequiredError(DomainError):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    example = "The body must be a form, sent with Content-Type: application/x-www-form-urlencoded."


class UnreadableBodyError(DomainError):
    """The framework's error for a body that is not UTF-8, or an incomplete form."""

    status = HTTPStatus.BAD_REQUEST
    code = HTTPStatus.BAD_REQUEST.name.lower()
    example = "There was an error parsing the body."


class RequestTooLargeError(DomainError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "request_too_large"
    example = "The request is too large. The maximum is 8,192 bytes."

    @classmethod
    def beyond(cls, maximum: int) -> Self:
        return cls(f"The request is too large. The maximum is {maximum:,} bytes.")


class RequestTimeoutError(DomainError):
    status = HTTPStatus.REQUEST_TIMEOUT
    code = "slow_request"
    example = "The request took too long to arrive."


class UnavailableError(DomainError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "database_unavailable"
    example = "The database is not available right now. Please try again in a moment."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}


class InternalServerError(DomainError):
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"
    example = "Something went wrong on the server."


def _by_text(responses: Mapping[int | str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Converts the status codes to strings, the keys of an OpenAPI document."""
    return {str(status): answer for status, answer in responses.items()}


_INVALID_REQUEST = _by_text(error_responses(InvalidFieldsError({"content": ["must be a string"]})))
_MALFORMED_JSON = _by_text(
    error_responses(
        MalformedJsonError(),
        JsonBodyRequiredError(),
        UnreadableBodyError(),
        RequestTooLargeError(),
        RequestTimeoutError(),
    )
)
_UNREADABLE_FORM = _by_text(
    error_responses(FormBodyRequiredError(), UnreadableBodyError(), RequestTooLargeError(), RequestTimeoutError())
)
_UNREADABLE_BODY = {"application/json": _MALFORMED_JSON, "application/x-www-form-urlencoded": _UNREADABLE_FORM}
"""By content type. A route that reads a body itself documents what it answers."""
_UNAVAILABLE = _by_text(error_responses(UnavailableError()))
_ASKED_BY_OPERATORS = frozenset({"/up", "/ready", "/metrics"})


def add_exception_handlers(app: FastAPI) -> None:
    """Makes every error response of the app a problem object."""
    app.exception_handler(DomainError)(_answer_domain_error)
    app.exception_handler(RequestValidationError)(_answer_invalid_request)
    app.exception_handler(HTTPException)(_answer_http_exception)
    app.exception_handler(DatabaseUnreachableError)(_answer_unreachable_database)


def customize_openapi(app: FastAPI) -> None:
    """Adds the problem responses to the OpenAPI document; FastAPI's default documents another shape for errors."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document["components"]["schemas"]
        if "Problem" not in schemas:
            schemas["Problem"] = Problem.model_json_schema()
            for name in _FASTAPIS_OWN:
                schemas.pop(name, None)
            for path, operation in ((path, op) for path, ops in document["paths"].items() for op in ops.values()):
                responses = operation["responses"]
                for accepted in operation.get("requestBody", {}).get("content", {}):
                    _add_examples(responses, _UNREADABLE_BODY.get(accepted, {}))
                if path not in _ASKED_BY_OPERATORS:
                    _add_examples(responses, _UNAVAILABLE)
                if "application/json" in responses.get("422", {}).get("content", {}):
                    responses.update(_INVALID_REQUEST)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _add_examples(responses: dict[str, Any], added: Mapping[str, Any]) -> None:
    """Adds examples, keeping those that the operation itself documents for the same status."""
    for status, answer in added.items():
        (media_type, content), *_ = answer["content"].items()
        known = responses.setdefault(status, answer)["content"].setdefault(media_type, content)
        known["examples"] = {**known["examples"], **content["examples"]}


def problem_response(error: DomainError) -> JSONResponse:
    return JSONResponse(
        problem_body(error),
        status_code=error.status,
        headers=dict(error.headers),
        media_type="application/problem+json",
    )


async def _answer_domain_error(_: Request, error: DomainError) -> JSONResponse:
    return problem_response(error)


async def _answer_invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem_response(MalformedJsonError())
    if any(item["loc"] == ("body",) and isinstance(item["input"], bytes) for item in found):
        # FastAPI passes a body on unparsed if its content type is not JSON.
        return problem_response(JsonBodyRequiredError())
    return problem_response(InvalidFieldsError(sentences_by_field(islice(found, MAXIMUM_ERRORS))))


async def _answer_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    headers = error.headers
    if status is HTTPStatus.METHOD_NOT_ALLOWED and (methods := _documented_methods(request)):
        headers = {"Allow": ", ".join(methods)}
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": f"{error.detail or status.phrase}".rstrip(".") + ".",
        "code": status.name.lower(),
    }
    return JSONResponse(body, status.value, headers=headers, media_type="application/problem+json")


def _documented_methods(request: Request) -> list[str]:
    """Returns all methods of a path; Starlette's Allow header lists those of the first matching route only."""
    path = getattr(request.scope.get("route"), "path", "")
    return sorted(method.upper() for method in request.app.openapi()["paths"].get(path, {}))


async def _answer_unreachable_database(_: Request, error: Exception) -> JSONResponse:
    _log.warning("The database does not respond (%s).", type(error).__name__)
    return problem_response(UnavailableError())
