"""Reading messages over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response, status

from mysms.core.errors import InvalidFieldsError, NotFoundError, documented
from mysms.core.timestamps import MomentInUtc
from mysms.messages.dependencies import History
from mysms.messages.schemas import DEFAULT_PAGE, MAXIMUM_PAGE, MessageDetail, MessageOut
from mysms.users.dependencies import Caller
from mysms.users.errors import NotSignedInError

router = APIRouter(prefix="/api/messages", tags=["Messages"])

_PAGE_HEADERS = {
    "ETag": {"description": "Of this page. Send it as If-None-Match.", "schema": {"type": "string"}},
    "Link": {"description": '`<…>; rel="next"`, if there is more.', "schema": {"type": "string"}},
    "X-Total-Count": {"description": "How many messages you have in all.", "schema": {"type": "integer"}},
}


@router.get(
    "",
    response_model=list[MessageOut],
    summary="List your messages",
    responses={
        status.HTTP_200_OK: {"headers": _PAGE_HEADERS},
        status.HTTP_304_NOT_MODIFIED: {"description": "Nothing has changed since the answer with this ETag."},
        **documented(NotSignedInError(), InvalidFieldsError({"limit": ["must be at most 200"]})),
    },
)
async def list_messages(
    request: Request,
    caller: Caller,
    history: History,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)] = DEFAULT_PAGE,
    before: Annotated[str | None, Query(description="The `_id` of the last row of the page before.")] = None,
    updated_since: Annotated[
        MomentInUtc | None,
        Query(description="Only what has changed at or after this time.", examples=["2026-11-22T10:42:07.120Z"]),
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Newest first, by `created_at` and then `_id`; only your own."""
    page = await history.page(caller.user_id, limit=limit, before=before, updated_since=updated_since)
    # No text stays on a disk, and no cache serves one user another's list.
    headers = {"ETag": page.etag, "X-Total-Count": str(page.total), "Cache-Control": "no-store"}
    if page.last_id is not None:
        headers["Link"] = f'<{_next_url(request, page.last_id)}>; rel="next"'
    if if_none_match is not None and page.etag in (tag.strip() for tag in if_none_match.split(",")):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(page.body, media_type="application/json", headers=headers)


@router.get(
    "/{message_id}",
    summary="Read one message and its timeline",
    responses=documented(NotSignedInError(), NotFoundError("There is no such message.")),
)
async def read_message(message_id: str, caller: Caller, history: History, response: Response) -> MessageDetail:
    """Everything that is known about a message."""
    response.headers["Cache-Control"] = "no-store"
    return await history.detail(caller.user_id, message_id)


def _next_url(request: Request, last_id: str) -> str:
    """Relative, so that it is right behind any proxy."""
    url = request.url.include_query_params(before=last_id)
    return f"{url.path}?{url.query}"
