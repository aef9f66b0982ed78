"""Routes for messages: list, send, read, delete, cancel and retry."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from mysms.api.conditional import IF_NONE_MATCH, ConditionalRoute
from mysms.api.deps import (
    Client,
    CsvExports,
    CurrentUser,
    Deletion,
    History,
    Media,
    Outbox,
    assume_default_country,
    get_services,
    require_caller,
)
from mysms.api.media_response import MediaContentResponse
from mysms.api.pagination import INVALID_LIMIT, Limit, page_response, page_responses
from mysms.attachments.errors import AttachmentUsedUpError, MediaDisabledError
from mysms.core.errors import InvalidFieldsError, NotFoundError, error_responses
from mysms.core.etags import matches
from mysms.core.rate_limit import RateLimitedError
from mysms.core.timestamps import UtcDatetime
from mysms.media.errors import MediumTooLargeError, MediumUnavailableError
from mysms.messages import csv_export
from mysms.messages.error_catalog import ErrorCode
from mysms.messages.errors import MessageInFlightError
from mysms.messages.filter import MessageFilter
from mysms.messages.media import UNKNOWN_TYPE, file_name, is_shown
from mysms.messages.schemas import (
    DEFAULT_PAGE,
    MAXIMUM_REVISION,
    MAXIMUM_SEARCH,
    ErrorExplanation,
    MessageDetail,
    MessageResponse,
    PeerNumber,
    SendRequest,
    Status,
)
from mysms.messages.search import MOST_COUNTED
from mysms.messages.service import Position
from mysms.messages.status import PUBLIC_STATUSES
from mysms.outbox.errors import (
    CountryNotAllowedError,
    GlobalDailyQuotaError,
    IdempotencyKeyReusedError,
    MessageCanceledError,
    MessageDeletedError,
    MessageExpiredError,
    NotCancellableError,
    NotRetryableError,
    PossibleDuplicateError,
    ProviderRejectedError,
    RecipientOptedOutError,
    UserDailyQuotaError,
    UserMinuteQuotaError,
)
from mysms.users.errors import UnauthenticatedError
from mysms.web.response_headers import UNBUFFERED

router = APIRouter(prefix="/api/messages", tags=["Messages"])

_REJECTED = MessageResponse.model_validate(
    {
        "_id": "6921f0c2a4b1c93e5d0f7a12",
        "direction": "outbound",
        "from_number": "+15005550006",
        "recipient_number": "+15005550001",
        "peer_number": "+15005550001",
        "content": "Hello",
        "status": "failed",
        "cancel_requested": False,
        "twilio_sid": None,
        "client_id": None,
        "error_code": 21211,
        "error_message": ProviderRejectedError.example,
        "explanation": {
            "cause": "This is not a valid phone number.",
            "advice": "Check the number and send it to the right one.",
            "retryable": False,
        },
        "retry_of": None,
        "segments": 1,
        "num_media": 0,
        "media": [],
        "created_at": "2026-11-22T10:42:07.120Z",
        "updated_at": "2026-11-22T10:42:07.260Z",
        "version": 3,
        "content_removed_at": None,
        "deleted_at": None,
    }
)


_NOT_SENT = (
    ProviderRejectedError(_REJECTED),
    RecipientOptedOutError(
        _REJECTED.model_copy(
            update={
                "error_code": RecipientOptedOutError.code,
                "error_message": RecipientOptedOutError.example,
                "explanation": ErrorExplanation(
                    cause=RecipientOptedOutError.example, advice="They can reply START to undo that.", retryable=False
                ),
            }
        )
    ),
    MessageExpiredError(
        _REJECTED.model_copy(
            update={"error_code": "expired", "error_message": MessageExpiredError.example, "explanation": None}
        )
    ),
    MessageCanceledError(
        _REJECTED.model_copy(
            update={"status": "canceled", "error_code": None, "error_message": None, "explanation": None}
        )
    ),
)
_QUOTAS = (UserMinuteQuotaError(), UserDailyQuotaError(), GlobalDailyQuotaError())
_SENT: dict[int | str, dict[str, Any]] = {
    status.HTTP_201_CREATED: {"description": "Twilio has accepted the message."},
    status.HTTP_202_ACCEPTED: {
        "model": MessageResponse,
        "description": "The message is stored, and not yet accepted by Twilio.",
    },
}


_BOUNDED = (
    "A request examines a limited number of messages: a page may have fewer than `limit` rows, or none, and still link "
    "to the next."
)


class FilterQuery(BaseModel):
    """Which messages. All that is given must be fulfilled."""

    peer_number: PeerNumber | None = Field(
        None,
        description="Only messages to and from this number, short code or sender's name.",
        examples=["+14155552671"],
    )
    search: str | None = Field(
        None,
        min_length=1,
        max_length=MAXIMUM_SEARCH,
        pattern=r"^[^\x00]*$",
        description="Only messages whose text contains all these words, in any order and regardless of case, "
        "accents and Unicode form; the last may be the beginning of a word. Characters of Chinese, Japanese and "
        "Thai are found wherever they occur, and an emoji is a word. Of more than 16 words, the longest and the last "
        "one are looked for. A search of digits and punctuation also finds the messages with numbers that contain it: "
        "of your newest thousand conversations, the first ten such ones in the order of their numbers. " + _BOUNDED,
        examples=["table for four"],
    )
    status: list[Status] = Field(
        [],
        max_length=len(PUBLIC_STATUSES),
        description="Only messages with this status; given several times, with one of these. " + _BOUNDED,
        examples=[["failed", "undelivered"]],
    )
    direction: Literal["outbound", "inbound"] | None = Field(
        None, description="Only messages that you have sent, or that you have received."
    )
    error_code: str | None = Field(
        None,
        pattern=r"^([0-9]{1,6}|expired|recipient_opted_out)$",
        description="Only messages with this error code of Twilio, `expired`, or `recipient_opted_out`.",
        examples=["30003"],
    )
    created_from: UtcDatetime | None = Field(
        None, description="Only messages created at or after this time.", examples=["2026-11-01T00:00:00Z"]
    )
    created_before: UtcDatetime | None = Field(
        None, description="Only messages created before this time.", examples=["2026-12-01T00:00:00Z"]
    )

    def to_filter(self, updated_since: datetime | None = None) -> MessageFilter:
        return MessageFilter(
            peer_number=self.peer_number,
            search=self.search,
            updated_since=updated_since,
            statuses=frozenset(self.status),
            direction=self.direction,
            error_code=_error_code(self.error_code),
            created_from=self.created_from,
            created_before=self.created_before,
        )


def _error_code(text: str | None) -> ErrorCode | None:
    match text:
        case None | "expired" | "recipient_opted_out":
            return text
        case _:
            return int(text)


class MessageQuery(FilterQuery):
    limit: Limit = DEFAULT_PAGE
    before: str | None = Field(
        None, description="Only messages older than this one: the `_id` of the last row of the previous page."
    )
    after: str | None = Field(
        None, description="Only messages newer than the one with this `_id`, starting with those next to it."
    )
    around: str | None = Field(
        None,
        description="The message with this `_id`, and next to it at most `(limit - 1) / 2` newer and `limit / 2` "
        "older ones, rounded down.",
    )
    around_time: UtcDatetime | None = Field(
        None,
        description="The messages created (with `updated_since`, changed) at or after this time, starting with those "
        "next to it, at most half a page of them, and for the rest those before it. At most one of `before`, `after`, "
        "`around` and `around_time` may be given.",
        examples=["2026-11-01T00:00:00Z"],
    )
    updated_since: UtcDatetime | None = Field(
        None,
        description="Only messages that changed at or after this time, those that changed last first: by "
        "`updated_at` and then `_id`. A message that changes while you read the pages moves to the front, so ask "
        "again from a little before the time of the first request. This list also has the messages that you have "
        "deleted since, with `deleted_at` and without their text, whatever `search` looks for; no other list has them.",
        examples=["2026-11-22T10:42:07.120Z"],
    )


async def list_messages(request: Request, query: Annotated[MessageQuery, Query()]) -> Response:
    """Returns your messages, newest first, by `created_at` and then `_id`; with `updated_since`, by `updated_at`."""
    caller, history = await require_caller(request), get_services(request).history
    page = await history.page(
        caller.user_id,
        query.to_filter(query.updated_since),
        limit=query.limit,
        position=Position(query.before, query.after, query.around, query.around_time),
    )
    return page_response(page, request)


router.add_api_route(
    "",
    list_messages,
    methods=["GET"],
    response_model=list[MessageResponse],
    summary="List your messages",
    responses=page_responses(
        INVALID_LIMIT,
        total="The number of your messages, counting only those with `peer_number`. With `search`, those that match it "
        f"and all filters but `updated_since`: {MOST_COUNTED + 1} means more than {MOST_COUNTED}, and the header is "
        "missing if the number is not known. With another filter but no `search`, it is always missing.",
    ),
    openapi_extra=IF_NONE_MATCH,
    route_class_override=ConditionalRoute,
)


class ChangesQuery(BaseModel):
    since: int = Field(
        ge=0,
        le=MAXIMUM_REVISION,
        description="The `X-Revision` of the page that you know: of a list, or the first of changes.",
        examples=[1041],
    )
    limit: Limit = DEFAULT_PAGE
    position: str | None = Field(
        None,
        pattern=r"^(-1|[0-9]{1,16})\.[0-9a-f]{24}$",
        description="Where the page begins: part of the link to the next page.",
        examples=["1041.6921f0c2a4b1c93e5d0f7a12"],
    )


async def list_changes(request: Request, query: Annotated[ChangesQuery, Query()]) -> Response:
    """Returns your messages that have changed since a revision, in no particular order.

    They include new messages, and those that you have deleted, with `deleted_at` and without their text. To miss
    nothing, however wrong any clock is: read a list, and from then on ask for the changes since its `X-Revision`; read
    all pages, and ask again with the `X-Revision` of the first of them. A message may come more than once: `version`
    tells which copy is the newest. An `X-Revision` below `since` tells that the database was restored from a backup:
    read the lists anew.
    """
    caller, history = await require_caller(request), get_services(request).history
    page = await history.changes(caller.user_id, query.since, limit=query.limit, position=query.position)
    return page_response(page, request, next_by="position")


router.add_api_route(
    "/changes",
    list_changes,
    methods=["GET"],
    response_model=list[MessageResponse],
    summary="List what has changed",
    responses=page_responses(INVALID_LIMIT, total="The number of all your messages."),
    openapi_extra=IF_NONE_MATCH,
    route_class_override=ConditionalRoute,
)


@router.get(
    "/export.csv",
    summary="Export messages as CSV",
    response_class=StreamingResponse,
    dependencies=[Depends(assume_default_country)],
    responses={
        status.HTTP_200_OK: {
            "description": "A file in UTF-8 with a byte order mark, and otherwise after RFC 4180.",
            "content": {"text/csv": {"schema": {"type": "string"}, "example": csv_export.EXAMPLE}},
        },
        **error_responses(UnauthenticatedError(), RateLimitedError()),
    },
)
async def export_messages(
    query: Annotated[FilterQuery, Query()], user: CurrentUser, export: CsvExports, client: Client
) -> StreamingResponse:
    """Returns all your messages that match, newest first, as one file of any length.

    An apostrophe stands before what a spreadsheet could take for a formula: a text that begins with `=`, `+`, `-`, `@`,
    a tab, a line break or the wide form of one of these, and `=`, `+` and `@` after a semicolon, a tab or a line break,
    and `-` after a semicolon or a tab; also if apostrophes stand between, so that one can be taken away again. Numbers
    such as +14155552671 are left unchanged. If your session ends meanwhile, so does the file, and its last line says
    that it is incomplete.
    """
    headers = {"Content-Disposition": 'attachment; filename="messages.csv"', **UNBUFFERED}
    return StreamingResponse(
        await export.begin(user, query.to_filter(), client), media_type="text/csv", headers=headers
    )


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Send a message",
    dependencies=[Depends(assume_default_country)],
    responses={
        **_SENT,
        **error_responses(
            UnauthenticatedError(),
            InvalidFieldsError({"recipient_number": ["can't be blank"]}),
            IdempotencyKeyReusedError(),
            MessageDeletedError(),
            CountryNotAllowedError(),
            MediaDisabledError(),
            AttachmentUsedUpError(),
            *_QUOTAS,
            *_NOT_SENT,
        ),
    },
)
async def send_message(
    body: SendRequest,
    user: CurrentUser,
    outbox: Outbox,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x20-\x7e]+$",
            description="The same key with the same message never sends a second SMS, also once you have deleted that "
            "message. Keys do not expire.",
            examples=["0b9f6d8e4a7c"],
        ),
    ] = None,
) -> MessageResponse:
    """Stores a message and sends it through Twilio.

    The message is stored first, and sent once. The response is 201 if Twilio accepts the message within a few seconds,
    else 202: sending then continues in the background, and the status of the message changes accordingly. A message to
    somebody who has opted out fails at once (422, `recipient_opted_out`), and one that waits fails in place of being
    sent.
    """
    return _sent(await outbox.send(user.user_id, body.message, idempotency_key), response)


@router.get(
    "/{message_id}",
    response_model=MessageDetail,
    summary="Read one message and its timeline",
    responses=error_responses(UnauthenticatedError(), NotFoundError("There is no such message.")),
)
async def read_message(message_id: str, user: CurrentUser, history: History) -> Response:
    """Returns a message with its timeline."""
    return Response(await history.detail(user.user_id, message_id), media_type="application/json")


@router.get(
    "/{message_id}/media/{index}",
    summary="Read a picture or another file",
    response_class=Response,
    responses={
        status.HTTP_200_OK: {
            "description": "The content. Pictures, sounds and videos of the types that browsers show have their "
            "type; anything else is a file to download.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/*", "audio/*", "video/*", UNKNOWN_TYPE)
            },
        },
        **error_responses(
            UnauthenticatedError(),
            NotFoundError("There is no such attachment."),
            MediumTooLargeError(),
            RateLimitedError(),
            MediumUnavailableError(),
        ),
    },
)
async def read_media(message_id: str, index: str, request: Request, user: CurrentUser, media: Media) -> Response:
    """Returns one of the `media` of a message.

    It never changes: send `If-None-Match` with the ETag of what you have. What you have received is read from Twilio at
    each request, and for some minutes after its message, it may not be there yet (503).
    """
    medium = await media.find(user.user_id, message_id, index)
    headers = {
        "ETag": medium.etag,
        # A cache asks each time, so that it shows nothing after a deletion, or to another account.
        "Cache-Control": "private, no-cache",
        # Whatever it is, it can run nothing, not even if it is opened by itself.
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if matches(", ".join(request.headers.getlist("If-None-Match")), medium.etag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    shown = is_shown(medium.content_type)
    name = file_name(message_id, medium.index, medium.content_type)
    headers["Content-Disposition"] = f'{"inline" if shown else "attachment"}; filename="{name}"'
    # Not given as the media type, to which a character set would be added.
    headers["Content-Type"] = medium.content_type if shown else UNKNOWN_TYPE
    return MediaContentResponse(media.reading(medium), headers)


@router.delete(
    "/{message_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a message",
    responses=error_responses(
        UnauthenticatedError(), NotFoundError("There is no such message."), MessageInFlightError()
    ),
)
async def delete_message(message_id: str, user: CurrentUser, deletion: Deletion) -> None:
    """Deletes a message for you: its text is erased, and only lists of what has changed still tell of it.

    Nothing is deleted at Twilio, and the recipient keeps it. The request may be repeated. A message that is `pending`
    or `unconfirmed` cannot be deleted.
    """
    await deletion.delete(user.user_id, message_id)


@router.post(
    "/{message_id}/cancel",
    summary="Cancel a message",
    responses=error_responses(
        UnauthenticatedError(), NotFoundError("There is no such message."), NotCancellableError()
    ),
)
async def cancel_message(message_id: str, user: CurrentUser, outbox: Outbox) -> MessageResponse:
    """Cancels a message that has not been sent yet.

    An `unconfirmed` message may have been sent: it stays unconfirmed until that is known, and will not be sent again.
    """
    return await outbox.cancel(user.user_id, message_id)


@router.post(
    "/{message_id}/retry",
    status_code=status.HTTP_201_CREATED,
    summary="Send a failed message again",
    responses={
        **_SENT,
        **error_responses(
            UnauthenticatedError(),
            NotFoundError("There is no such message."),
            NotRetryableError(),
            PossibleDuplicateError(),
            MessageDeletedError(),
            CountryNotAllowedError(),
            MediaDisabledError(),
            AttachmentUsedUpError(),
            *_QUOTAS,
            *_NOT_SENT,
        ),
    },
)
async def retry_message(
    message_id: str,
    user: CurrentUser,
    outbox: Outbox,
    response: Response,
    accept_possible_duplicate: Annotated[  # noqa: FBT002  # a query parameter, given by name
        bool, Query(description="Required for an `unconfirmed` message, which may then arrive twice.")
    ] = False,
) -> MessageResponse:
    """Sends the same text and pictures to the same number as a new message. A repeated request returns that message."""
    message = await outbox.retry(user.user_id, message_id, accept_possible_duplicate=accept_possible_duplicate)
    return _sent(message, response)


def _sent(message: MessageResponse, response: Response) -> MessageResponse:
    if message.twilio_sid is None:
        response.status_code = status.HTTP_202_ACCEPTED
    return message
