"""Pages of a list over HTTP: headers and links."""

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import Request, Response, status
from pydantic import Field

from mysms.core.errors import DomainError, InvalidFieldsError, error_responses
from mysms.core.page import Page
from mysms.messages.schemas import MAXIMUM_PAGE
from mysms.users.errors import UnauthenticatedError

_POSITIONS = frozenset({"before", "after", "around", "around_time", "position"})
INVALID_LIMIT = InvalidFieldsError({"limit": ["must be at most 200"]})
_PAGE_HEADERS = {
    "ETag": {"description": "The version of this page, for If-None-Match.", "schema": {"type": "string"}},
    "X-Revision": {
        "description": "What changes after this page was read has a higher revision: what to ask "
        "`/api/messages/changes` with.",
        "schema": {"type": "integer"},
    },
    "Link": {
        "description": '`<…>; rel="next"` if there are older rows. On a page `after` or `around` a message or time, '
        '`<…>; rel="prev"` if there are newer rows; a page `after` a message has no `next`.',
        "schema": {"type": "string"},
    },
}


def page_responses(*errors: DomainError, total: str | None = None) -> dict[int | str, dict[str, Any]]:
    """Returns the `responses=` of a list; `total` describes X-Total-Count, if there is one."""
    counted = {"X-Total-Count": {"description": total, "schema": {"type": "integer"}}} if total else {}
    return {
        status.HTTP_200_OK: {"headers": _PAGE_HEADERS | counted},
        status.HTTP_304_NOT_MODIFIED: {"description": "The page still has this ETag."},
        **error_responses(UnauthenticatedError(), *errors),
    }


Limit = Annotated[int, Field(ge=1, le=MAXIMUM_PAGE)]


def page_response(page: Page, request: Request, next_by: Literal["before", "position"] = "before") -> Response:
    """Returns a page whose link to the next one has its position in the parameter `next_by`."""
    headers = {"ETag": request.state.etag, "X-Revision": str(page.revision)}
    if page.total is not None:
        headers["X-Total-Count"] = str(page.total)
    links = []
    if page.first_id is not None:
        links.append(f'<{_url(request, "after", page.first_id)}>; rel="prev"')
    if page.last_id is not None:
        links.append(f'<{_url(request, next_by, page.last_id)}>; rel="next"')
    if links:
        headers["Link"] = ", ".join(links)
    return Response(page.body, media_type="application/json", headers=headers)


def _url(request: Request, direction: str, message_id: str) -> str:
    """Returns the URL of the page `before` or `after` a message. It is relative, so that it works behind any proxy."""
    given = request.query_params.multi_items()
    others = [(name, value) for name, value in given if name not in _POSITIONS]
    return f"{quote(request.scope['path'])}?{urlencode([*others, (direction, message_id)])}"
