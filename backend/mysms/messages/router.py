"""Reading messages over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response, status
from fastapi.responses import StreamingResponse

from mysms.core.errors import DomainError, InvalidFieldsError, NotFoundError, documented
from mysms.core.etags import matches
from mysms.core.rate_limit import RateLimitedError
from mysms.core.timestamps import MomentInUtc
from mysms.messages.dependencies import Export, History, assume_default_country
from mysms.messages.schemas import (
    DEFAULT_PAGE,
    MAXIMUM_PAGE,
    MAXIMUM_SEARCH,
    ConversationOut,
    ExportOut,
    MessageDetail,
    MessageOut,
    PeerNumber,
)
from mysms.messages.selection import Selection
from mysms.messages.service import Page, Position
from mysms.users.dependencies import Caller
from mysms.users.errors import NotSignedInError

router = APIRouter(prefix="/api", tags=["Messages"], dependencies=[Depends(assume_default_country)])

_INVALID_LIMIT = InvalidFieldsError({"limit": ["must be at most 200"]})
_PAGE_HEADERS = {
    "ETag": {"description": "Of this page. Send it as If-None-Match.", "schema": {"type": "string"}},
    "Link": {
        "description": '`<…>; rel="next"`, if there are older ones. From a page `after` or `around` a message, '
        '`<…>; rel="prev"`, if there are newer ones; `after` leads no further back than to where it began.',
        "schema": {"type": "string"},
    },
}


def _page_documented(total: str, *errors: DomainError) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a list; `total` says what X-Total-Count counts."""
    headers = {**_PAGE_HEADERS, "X-Total-Count": {"description": total, "schema": {"type": "integer"}}}
    return {
        status.HTTP_200_OK: {"headers": headers},
        status.HTTP_304_NOT_MODIFIED: {"description": "Nothing has changed since the answer with this ETag."},
        **documented(NotSignedInError(), *errors),
    }


Limit = Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)]


def _read_if_none_match(
    request: Request, _documented: Annotated[str | None, Header(alias="if-none-match")] = None
) -> str:
    """All that was sent, in however many lines: the framework hands over the first. Empty if nothing was."""
    return ", ".join(request.headers.getlist("If-None-Match"))


IfNoneMatch = Annotated[str, Depends(_read_if_none_match)]


@router.get(
    "/messages",
    response_model=list[MessageOut],
    summary="List your messages",
    responses=_page_documented(
        "How many messages you have in all; with `peer_number`, with this number; with `search`, how many match.",
        _INVALID_LIMIT,
    ),
)
async def list_messages(
    request: Request,
    caller: Caller,
    history: History,
    if_none_match: IfNoneMatch,
    limit: Limit = DEFAULT_PAGE,
    before: Annotated[
        str | None,
        Query(description="Only older ones than this message: the `_id` of the last row of the page before."),
    ] = None,
    after: Annotated[
        str | None,
        Query(description="Only newer ones than the message with this `_id`, and of those the ones next to it."),
    ] = None,
    around: Annotated[
        str | None,
        Query(
            description="The message with this `_id`, at most `(limit - 1) / 2` newer ones (rounded down) and "
            "`limit / 2` older ones (rounded down), all next to it. At most one of `before`, `after` and `around` may "
            "be given.",
        ),
    ] = None,
    peer_number: Annotated[
        PeerNumber | None,
        Query(description="Only messages to and from this number.", examples=["+14155552671"]),
    ] = None,
    search: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=MAXIMUM_SEARCH,
            pattern=r"^[^\x00]*$",
            description="Only what has all these words in its text, in upper or lower case and however Unicode spells "
            "them; or, if they are made of digits and punctuation, has this in its number.",
            examples=["table for four"],
        ),
    ] = None,
    updated_since: Annotated[
        MomentInUtc | None,
        Query(description="Only what has changed at or after this time.", examples=["2026-11-22T10:42:07.120Z"]),
    ] = None,
) -> Response:
    """Newest first, by `created_at` and then `_id`; only your own."""
    selection = Selection(peer_number, search, updated_since)
    page = await history.page(caller.user_id, selection, limit=limit, position=Position(before, after, around))
    return _answer(page, request, if_none_match)


@router.get(
    "/conversations",
    response_model=list[ConversationOut],
    summary="List your conversations",
    responses=_page_documented("How many conversations you have in all.", _INVALID_LIMIT),
)
async def list_conversations(
    request: Request,
    caller: Caller,
    history: History,
    if_none_match: IfNoneMatch,
    limit: Limit = DEFAULT_PAGE,
    before: Annotated[
        str | None, Query(description="The `_id` of the last message of the last row of the page before.")
    ] = None,
) -> Response:
    """One row for each number that you have written with; the one with the newest message comes first."""
    page = await history.conversations(caller.user_id, limit=limit, before=before)
    return _answer(page, request, if_none_match)


@router.get(
    "/messages/{message_id}",
    summary="Read one message and its timeline",
    responses=documented(NotSignedInError(), NotFoundError("There is no such message.")),
)
async def read_message(message_id: str, caller: Caller, history: History, response: Response) -> MessageDetail:
    """Everything that is known about a message."""
    response.headers["Cache-Control"] = "no-store"
    return await history.detail(caller.user_id, message_id)


@router.get(
    "/export",
    tags=["Accounts"],
    response_model=ExportOut,
    summary="Take everything with you",
    responses=documented(NotSignedInError(), RateLimitedError()),
)
async def export_account(caller: Caller, export: Export) -> Response:
    """Your account, your sessions, and all your messages with their timelines, as one JSON document."""
    headers = {"Content-Disposition": 'attachment; filename="mysms.json"', "Cache-Control": "no-store"}
    return StreamingResponse(await export.begin(caller), media_type="application/json", headers=headers)


def _url(request: Request, direction: str, message_id: str) -> str:
    """Of the page on that side of a message. Relative, so that it is right behind any proxy."""
    url = request.url.remove_query_params(["before", "after", "around"]).include_query_params(**{direction: message_id})
    return f"{url.path}?{url.query}"


def _answer(page: Page, request: Request, if_none_match: str) -> Response:
    # No text stays on a disk, and no cache serves one user another's list.
    headers = {"ETag": page.etag, "X-Total-Count": str(page.total), "Cache-Control": "no-store"}
    links = []
    if page.first_id is not None:
        links.append(f'<{_url(request, "after", page.first_id)}>; rel="prev"')
    if page.last_id is not None:
        links.append(f'<{_url(request, "before", page.last_id)}>; rel="next"')
    if links:
        headers["Link"] = ", ".join(links)
    if matches(if_none_match, page.etag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(page.body, media_type="application/json", headers=headers)
