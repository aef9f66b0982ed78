"""Routes for conversations."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mysms.api.conditional import IF_NONE_MATCH, ConditionalRoute
from mysms.api.deps import CurrentUser, History
from mysms.api.pagination import INVALID_LIMIT, Limit, page_response, page_responses
from mysms.messages.schemas import DEFAULT_PAGE, ConversationResponse

router = APIRouter(prefix="/api/conversations", tags=["Messages"], route_class=ConditionalRoute)


@router.get(
    "",
    response_model=list[ConversationResponse],
    summary="List your conversations",
    responses=page_responses(INVALID_LIMIT),
    openapi_extra=IF_NONE_MATCH,
)
async def list_conversations(
    request: Request,
    user: CurrentUser,
    history: History,
    limit: Limit = DEFAULT_PAGE,
    before: Annotated[
        str | None, Query(description="The `_id` of the last message in the last row of the previous page.")
    ] = None,
) -> Response:
    """Returns one row for each number with which you have exchanged messages, newest message first."""
    page = await history.conversations(user.user_id, limit=limit, before=before)
    return page_response(page, request)
