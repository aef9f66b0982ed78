"""Faults of media: of the content, which comes from another host than the API, and of what is said and done with them.

The faults of `request_faults` apply there too: `on` is `media` for the address in a webhook, `media_content` for the
content, and `media_list` for the list of a message's media.
"""

import json
from collections.abc import AsyncIterator
from typing import Literal

from pydantic import Field, PositiveInt
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from devservers.twilio.clock import Clock
from devservers.twilio.connections import abort_connection
from devservers.twilio.fault import Fault, Operation, Seconds
from devservers.twilio.request_faults import Perform, RequestFault

_CHUNK = bytes(65_536)


class RedirectMedia(RequestFault):
    """The address of a medium leads to `location` instead of its content."""

    kind = "media_redirect"
    on: Literal["media", "media_content"] = "media"
    location: str

    async def respond(self, _perform: Perform, _clock: Clock, /) -> Response:
        return Response(status_code=307, headers={"Location": self.location})


class MediaType(RequestFault):
    """The content of a medium comes with this type, or with none."""

    kind = "media_type"
    on: Literal["media_content"] = "media_content"
    content_type: str | None = None

    async def respond(self, perform: Perform, _clock: Clock, /) -> Response:
        response = await perform()
        headers = {} if self.content_type is None else {"Content-Type": self.content_type}
        return Response(response.body, headers=headers)


class LargeMedia(RequestFault):
    """The content is this large; without an announced length, if that is null without an end."""

    kind = "media_large"
    on: Literal["media_content"] = "media_content"
    size: int | None = Field(None, ge=0, le=100_000_000)
    announced: bool = False

    async def respond(self, _perform: Perform, clock: Clock, /) -> Response:
        headers = {"Content-Length": str(self.size)} if self.announced and self.size is not None else {}
        return StreamingResponse(self._pieces(clock), headers=headers)

    async def _pieces(self, clock: Clock) -> AsyncIterator[bytes]:
        left = self.size
        while left is None or left > 0:
            piece = _CHUNK if left is None else _CHUNK[:left]
            yield piece
            # Or nobody would notice that the client is gone.
            await clock.sleep(0)
            left = None if left is None else left - len(piece)


class NumMedia(RequestFault):
    """The rows of a list, or the message of another response, say `shown` as `num_media`; nothing if that is null.

    Twilio documents neither when the number is known, nor that a list always has it.
    """

    kind = "num_media"
    on: Operation | Literal["any"] = "list"
    shown: str | None = None

    async def respond(self, perform: Perform, _clock: Clock, /) -> Response:
        response = await perform()
        if not isinstance(response, JSONResponse):
            # `any` is also the content of media.
            return response
        answer = json.loads(bytes(response.body))
        for row in answer.get("messages", [answer]):
            if self.shown is None:
                row.pop("num_media", None)
            else:
                row["num_media"] = self.shown
        return JSONResponse(answer, response.status_code)


class FetchMedia(Fault):
    """What a message is to be sent with is fetched `delay` seconds late, `copies` times, or `never`.

    Reading each takes `seconds`. Without a fetch, the message stays queued. Twilio documents none of this.
    """

    kind = "media_fetch"
    delay: Seconds = 0
    seconds: Seconds = 0
    copies: PositiveInt = 1
    never: bool = False


class CutMedia(RequestFault):
    """The connection is closed in the middle of the content, whose whole length was announced unless `chunked`."""

    kind = "media_cut"
    on: Literal["media_content"] = "media_content"
    chunked: bool = False

    async def respond(self, perform: Perform, _clock: Clock, /) -> Response:
        return _CutResponse(await perform(), chunked=self.chunked)


class _CutResponse(Response):
    def __init__(self, whole: Response, *, chunked: bool) -> None:
        super().__init__()
        self._body = bytes(whole.body)
        self.raw_headers = [
            header for header in whole.raw_headers if not chunked or header[0].lower() != b"content-length"
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._body[: len(self._body) // 2], "more_body": True})
        await abort_connection(scope, receive)
