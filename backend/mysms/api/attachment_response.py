"""The response with a medium of a message."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_PIECE = 65_536


class AttachmentResponse(Response):
    """Reads a medium, and sends it piece by piece: it is in memory, and counted, until its client has almost all of it.

    `reading` yields the content. What prevents that is raised before the response begins.
    """

    def __init__(self, reading: AbstractAsyncContextManager[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # as in Starlette
        async with self._reading as content:
            self.headers["Content-Length"] = str(len(content))
            await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": self.raw_headers})
            for start in range(0, len(content), _PIECE):
                piece = content[start : start + _PIECE]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})
