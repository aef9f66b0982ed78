"""A client that does not read its event stream loses it, and costs little until then."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from fastapi.sse import EventSourceResponse
from starlette.types import Receive, Scope, Send

from mysms.web.connection_limits import ConnectionLimits
from tests.support.limited_server import START, server_with
from tests.support.polling import eventually

EVENT = b"event: changes\ndata: x\nid: 1\n\n"
MOST_BYTES = 1_000_000
"""What fits into the buffers of both ends, and more."""


async def test_a_stream_that_is_not_read_is_ended() -> None:
    written = 0
    is_over = asyncio.Event()

    async def events() -> AsyncIterator[bytes]:
        nonlocal written
        while True:
            written += len(EVENT)
            yield EVENT
            await asyncio.sleep(0)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await EventSourceResponse(events())(scope, receive, send)
        finally:
            is_over.set()

    async with server_with(ConnectionLimits(stalled_seconds=0.3), app=app) as url:
        with contextlib.closing(socket.socket()) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((urlsplit(url).hostname, urlsplit(url).port))
            client.sendall(START + b"\r\n")
            await eventually(lambda: asyncio.sleep(0, is_over.is_set()), bool, what="the end of the stream")
    assert written < MOST_BYTES
