"""Forms are URL-encoded only.

The framework also reads multipart forms, and decodes them in whatever charset they name; some take quadratic time.
A URL-encoded form has no charset: it is UTF-8.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from mysms.web.problem_details import FormBodyRequiredError

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_PARAMETERS = frozenset({"", "charset=utf-8", 'charset="utf-8"'})


def require_form(request: Request) -> None:
    """Raises FormBodyRequiredError. Call it before anything reads the body. Parameters of the type have no effect."""
    if _split_content_type(request)[0] != _MEDIA_TYPE:
        raise FormBodyRequiredError


class FormRoute(APIRoute):
    """Requires a form in UTF-8 before the framework parses the body, which no dependency precedes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def require_form_and_handle(request: Request) -> Response:
            require_form(request)
            if _split_content_type(request)[1] not in _PARAMETERS:
                raise FormBodyRequiredError
            return await handle(request)

        return require_form_and_handle


def _split_content_type(request: Request) -> tuple[str, str]:
    """Returns the media type and its parameters, in lower case."""
    media_type, _, parameters = request.headers.get("Content-Type", "").lower().partition(";")
    return media_type.strip(), parameters.strip()
