"""Routes for conversations."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from mysms.api.conditional import IF_NONE_MATCH, ConditionalRoute
from mysms.api.deps import get_services, require_caller
from mysms.api.pagination import INVALID_LIMIT, Limit, page_response, page_responses
from mysms.messages.schemas import DEFAULT_PAGE, ConversationResponse

router = APIRouter(prefix="/api/conversations", tags=["Messages"], route_class=ConditionalRoute)


class ConversationQuery(BaseModel):
    limit: Limit = DEFAULT_PAGE
    before: str | None = Field(None, description="The `_id` of the last message in the last row of the previous page.")


@router.get(
    "",
    response_model=list[ConversationResponse],
    summary="List your conversations",
    responses=page_responses(INVALID_LIMIT),
    openapi_extra=IF_NONE_MATCH,
)
async def list_conversations(request: Request, query: Annotated[ConversationQuery, Query()]) -> Response:
    """Returns one row for each number with which you have exchanged messages, newest message first."""
    caller, history = await require_caller(request), get_services(request).history
    page = await history.conversations(caller.user_id, limit=query.limit, before=query.before)
    return page_response(page, request)
