"""A small server with limits on connections, in this process, and raw connections to a server."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from mysms.core.security_events import SecurityEvents
from mysms.core.stream_capacity import StreamCapacity
from mysms.web.connection_limits import ConnectionLimits, limited_protocol
from tests.support.polling import eventually

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

START = b"GET /up HTTP/1.1\r\nHost: localhost\r\n"
SOON = ConnectionLimits(headers_within_seconds=0.3, body_within_seconds=0.3, stalled_seconds=0.3)
CHUNK = b"x" * 65_536
RESPONSE = CHUNK * 256


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


class HeldRequests:
    """The requests that a server has begun to answer, until they are released."""

    def __init__(self) -> None:
        self._count = 0
        self._released = asyncio.Event()

    async def hold(self) -> None:
        self._count += 1
        await self._released.wait()

    async def wait_for(self, count: int) -> None:
        await eventually(lambda: asyncio.sleep(0, self._count), lambda held: held >= count, what=f"{count} requests")

    def release(self) -> None:
        self._released.set()


@contextlib.asynccontextmanager
async def server_with(
    limits: ConnectionLimits,
    *,
    seconds: float = 0,
    held: HeldRequests | None = None,
    streams: StreamCapacity | None = None,
    app: ASGIApp | None = None,
) -> AsyncIterator[str]:
    """A server whose URL it yields.

    Unless it has an app of its own, it responds with RESPONSE, after some time or once requests are released.
    """

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(seconds)
        if held is not None:
            await held.hold()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(256):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body"})

    listener = socket.create_server(("127.0.0.1", 0))
    if app is not None:
        # For accepted connections, too: a client that does not read is noticed after fewer bytes.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    protocol = limited_protocol(limits, SecurityEvents("a secret"), streams or StreamCapacity())
    config = uvicorn.Config(app or respond, http=protocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    await eventually(lambda: asyncio.sleep(0, server.started), bool, what="the server to start")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        if held is not None:
            held.release()
        server.should_exit = server.force_exit = True
        await serving
