"""Routes for conversations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from pydantic import BaseModel, Field

from mysms.api.conditional import IF_NONE_MATCH, ConditionalRoute
from mysms.api.deps import (
    ConversationFlags,
    CurrentUser,
    Deletion,
    History,
    Reading,
    assume_default_country,
    get_services,
    require_caller,
)
from mysms.api.pagination import INVALID_LIMIT, Limit, page_response, page_responses
from mysms.core.errors import InvalidFieldsError, NotFoundError, error_responses
from mysms.messages.schemas import (
    DEFAULT_PAGE,
    MAXIMUM_REVISION,
    ArchiveRequest,
    ConversationResponse,
    DeletedPartResponse,
    PeerNumber,
    ReadRequest,
    UnreadResponse,
)
from mysms.users.errors import UnauthenticatedError

router = APIRouter(prefix="/api/conversations", tags=["Messages"])


class ConversationQuery(BaseModel):
    limit: Limit = DEFAULT_PAGE
    before: str | None = Field(None, description="The `_id` of the last message in the last row of the previous page.")
    archived: bool = Field(default=False, description="List the archived ones in place of all others.")


async def list_conversations(request: Request, query: Annotated[ConversationQuery, Query()]) -> Response:
    """Returns one row for each number with which you have exchanged messages, newest message first.

    Archived conversations have a list of their own.
    """
    caller, history = await require_caller(request), get_services(request).history
    page = await history.conversations(caller.user_id, limit=query.limit, before=query.before, archived=query.archived)
    return page_response(page, request)


router.add_api_route(
    "",
    list_conversations,
    methods=["GET"],
    response_model=list[ConversationResponse],
    summary="List your conversations",
    responses=page_responses(INVALID_LIMIT),
    openapi_extra=IF_NONE_MATCH,
    route_class_override=ConditionalRoute,
)


async def read_unread(request: Request) -> Response:
    """Returns your conversations with unread messages, and those that are archived or muted.

    Ask again whenever something has changed.
    """
    caller, history = await require_caller(request), get_services(request).history
    return page_response(await history.unread(caller.user_id), request)


router.add_api_route(
    "/unread",
    read_unread,
    methods=["GET"],
    response_model=UnreadResponse,
    summary="List what is unread",
    responses=page_responses(),
    openapi_extra=IF_NONE_MATCH,
    route_class_override=ConditionalRoute,
)

_Number = Annotated[PeerNumber, Path(description="The number of the conversation.", examples=["+14155552671"])]
_RESPONSES = error_responses(UnauthenticatedError(), NotFoundError("There is no such conversation."))


class ConversationDeletionQuery(BaseModel):
    revision: int = Field(
        ge=0,
        le=MAXIMUM_REVISION,
        description="The `X-Revision` of what the user has been shown. Inbound messages that have come in or changed "
        "since are kept.",
    )
    before: str | None = Field(None, description="The `before` of the previous response.")


@router.delete(
    "/{peer_number}",
    summary="Delete a conversation, in parts",
    dependencies=[Depends(assume_default_country)],
    responses={**_RESPONSES, **error_responses(InvalidFieldsError({"before": ["is not one of your messages"]}))},
)
async def delete_conversation(
    peer_number: _Number, query: Annotated[ConversationDeletionQuery, Query()], user: CurrentUser, deletion: Deletion
) -> DeletedPartResponse:
    """Deletes up to 50 messages of a conversation for you, the newest ones, as `DELETE /api/messages/{id}` does.

    Send it again with the `before` of the response until that is null. Requests may be repeated; once nothing is left,
    there is no such conversation. Inbound messages that have come in or changed since the revision are kept, and so is
    what may still be sent: cancel it first, or wait. All others that you sent are deleted, whatever has changed since.
    """
    part = await deletion.delete_conversation(user.user_id, peer_number, revision=query.revision, before=query.before)
    return DeletedPartResponse(deleted=part.deleted, kept=part.kept, before=part.last_id)


@router.get(
    "/{peer_number}",
    response_model=ConversationResponse,
    summary="Read a conversation",
    dependencies=[Depends(assume_default_country)],
    responses=_RESPONSES,
)
async def read_conversation(peer_number: _Number, user: CurrentUser, history: History) -> Response:
    """Returns the row of a conversation, archived or not. Its messages: `/api/messages?peer_number=…`."""
    body = await history.conversation(user.user_id, peer_number)
    return Response(body, media_type="application/json")


@router.put(
    "/{peer_number}/read",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Mark a conversation as read",
    dependencies=[Depends(assume_default_country)],
    responses=_RESPONSES,
)
async def mark_read(peer_number: _Number, body: ReadRequest, user: CurrentUser, reading: Reading) -> None:
    """Marks what has come in as read, as far as it was shown: what has come in since stays unread.

    Requests may be repeated, and come in any order.
    """
    await reading.mark_read(user.user_id, peer_number, body.inbound)


@router.put(
    "/{peer_number}/unread",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Mark a conversation as unread",
    dependencies=[Depends(assume_default_country)],
    responses=_RESPONSES,
)
async def mark_unread(peer_number: _Number, user: CurrentUser, reading: Reading) -> None:
    """Marks one message as unread, unless there is an unread one. Marking the conversation as read ends it."""
    await reading.mark_unread(user.user_id, peer_number)


@router.put(
    "/{peer_number}/archived",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Archive a conversation",
    dependencies=[Depends(assume_default_country)],
    responses=_RESPONSES,
)
async def archive(peer_number: _Number, body: ArchiveRequest, user: CurrentUser, flagging: ConversationFlags) -> None:
    """Moves a conversation to the list of archived ones, until a message comes in or is sent: that brings it back.

    If a message has come in that you do not know of, this changes nothing. What is unread stays so.
    """
    await flagging.archive(user.user_id, peer_number, body.inbound)


@router.delete(
    "/{peer_number}/archived",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Bring an archived conversation back",
    dependencies=[Depends(assume_default_country)],
    responses=_RESPONSES,
)
async def unarchive(peer_number: _Number, user: CurrentUser, flagging: ConversationFlags) -> None:
    """Moves a conversation back to the others, at the place of its last message. May be repeated."""
    await flagging.unarchive(user.user_id, peer_number)


@router.put(
    "/{peer_number}/muted",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Mute a conversation",
    dependencies=[Depends(assume_default_country)],
    responses=_RESPONSES,
)
async def mute(peer_number: _Number, user: CurrentUser, flagging: ConversationFlags) -> None:
    """Keeps what comes in from being told, as by push, until the conversation is unmuted. May be repeated.

    It is unread as before, and counts in the row of its conversation, but in no total.
    """
    await flagging.mute(user.user_id, peer_number)


@router.delete(
    "/{peer_number}/muted",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Unmute a conversation",
    dependencies=[Depends(assume_default_country)],
    responses=_RESPONSES,
)
async def unmute(peer_number: _Number, user: CurrentUser, flagging: ConversationFlags) -> None:
    """Tells you of what comes in again. May be repeated."""
    await flagging.unmute(user.user_id, peer_number)
