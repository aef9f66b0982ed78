"""Route for the event stream."""

import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from mysms.api.deps import AppServices, BearerToken, CurrentUser
from mysms.changes.event_streams import EventId, EventStream, StreamsUnavailableError, Subscriber, TooManyStreamsError
from mysms.core.backoff import jitter
from mysms.core.errors import error_responses
from mysms.core.timestamps import utc_now
from mysms.users.errors import UnauthenticatedError
from mysms.users.tokens import expiry_of
from mysms.web.response_headers import UNBUFFERED

router = APIRouter(prefix="/api/events", tags=["Messages"])

_FIRST_RETRY_MILLISECONDS = 1000
_RETRY_SPREAD_MILLISECONDS = 4000

_EXAMPLE = """retry: 2480

event: resync
data: {"revision": 1041}
id: 1041-5f0c3a9be27d4816

: ping

event: changes
data: {"revision": 1057}
id: 1057-5f0c3a9be27d4816

"""


async def _open_stream(
    services: AppServices,
    user: CurrentUser,
    token: BearerToken,
    last_event_id: Annotated[
        str | None,
        Header(description="The id of the last event that you have received.", examples=["1041-5f0c3a9be27d4816"]),
    ] = None,
) -> AsyncIterator[EventStream]:
    lifetime = (expiry_of(token or "") - utc_now()).total_seconds()
    subscriber = Subscriber(user.user_id, time.monotonic() + lifetime, partial(services.users.sessions.is_active, user))
    stream = await services.event_streams.open(subscriber, EventId.parse(last_event_id or ""))
    try:
        yield stream
    finally:
        services.event_streams.close(stream)


@router.get(
    "",
    summary="Follow changes",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
        **error_responses(UnauthenticatedError(), TooManyStreamsError(), StreamsUnavailableError()),
    },
)
async def stream_events(stream: Annotated[EventStream, Depends(_open_stream)]) -> EventSourceResponse:
    """Tells as server-sent events when something has changed for you; what, the list of messages says.

    `changes`: something has changed. `resync`: it is not known what has changed since the event in `Last-Event-ID`, or
    there was none. After each, ask `/api/messages/changes`, without `If-None-Match`: for a second, another
    process may still respond with 304. Your first `since` is the `X-Revision` of a list; `revision` is that of the
    newest change, and need not be remembered. Events that follow closely may be sent as one.

    A comment is sent after 15 s of silence. The stream ends when the access token expires, when the session ends, and
    when the server restarts: connect again after `retry` milliseconds, with the id of the last event in
    `Last-Event-ID`. If nothing has changed meanwhile, no event is sent.
    """
    # FastAPI's own streaming of a generator has two tasks and a timer more for each stream.
    return EventSourceResponse(_encode(stream), headers=UNBUFFERED)


async def _encode(stream: EventStream) -> AsyncIterator[bytes]:
    # Clients that lose their connections together must not come back together.
    yield format_sse_event(retry=_FIRST_RETRY_MILLISECONDS + round(_RETRY_SPREAD_MILLISECONDS * jitter()))
    async for event in stream:
        if event is None:
            yield KEEPALIVE_COMMENT
        else:
            # Clients ignore an event without data.
            yield format_sse_event(event=event.kind, data_str=f'{{"revision": {event.id.number}}}', id=str(event.id))
