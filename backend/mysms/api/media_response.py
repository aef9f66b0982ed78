"""The response with a medium of a message."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_log = logging.getLogger(__name__)

_PIECE = 65_536


class MediaContentResponse(Response):
    """Reads a medium, and sends it piece by piece: it is in memory, and counted, until its client has almost all of it.

    `reading` yields the content. What prevents that is raised before the response begins. A client that has not taken
    it after `within_seconds`, if there is such a limit, loses the rest.
    """

    def __init__(
        self,
        reading: AbstractAsyncContextManager[bytes],
        headers: Mapping[str, str],
        within_seconds: float | None = None,
    ) -> None:
        super().__init__(headers=headers)
        self._reading = reading
        self._within_seconds = within_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # as in Starlette
        async with self._reading as content:
            self.headers["Content-Length"] = str(len(content))
            try:
                async with asyncio.timeout(self._within_seconds):
                    await self._send(content, send)
            except TimeoutError:
                # The server closes the connection of a response that is not complete.
                _log.warning("A picture was not read in time.")

    async def _send(self, content: bytes, send: Send) -> None:
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": self.raw_headers})
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})
