"""How many pictures are being fetched at a time, over real connections: nobody holds a place, or waits, for long."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from bson import ObjectId
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from mysms.api.media_response import MediaContentResponse
from mysms.attachments.errors import MediaBusyError
from mysms.attachments.records import StoredAttachment
from mysms.attachments.service import READ_AT_ONCE, PublicMedia
from mysms.core.timestamps import utc_now
from mysms.messages.media import MAXIMUM_BYTES
from mysms.web.connection_limits import ConnectionLimits
from mysms.web.problem_details import problem_response
from tests.faults.outbox_fixture import MEDIA_LINKS
from tests.support.limited_server import START, server_with
from tests.support.polling import eventually
from tests.support.responses import problem_of

CONTENT = b"x" * MAXIMUM_BYTES
FOUND = StoredAttachment(ObjectId(), "image/gif", len(CONTENT), datetime(2026, 11, 28, tzinfo=UTC))


class Fetches:
    """A server whose every path is a picture, and how often the picture was read."""

    def __init__(self, waits_seconds: float, sent_within: float) -> None:
        self.reads = 0
        self.url = ""
        store: Any = self
        self._media = PublicMedia(store, MEDIA_LINKS, utc_now, waits_seconds)
        self._sent_within = sent_within

    async def read(self, _: ObjectId) -> bytes:
        self.reads += 1
        return CONTENT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_left: Callable[[], Awaitable[bool]] = Request(scope, receive).is_disconnected
        try:
            await MediaContentResponse(self._media.reading(FOUND, has_left), {}, self._sent_within)(
                scope, receive, send
            )
        except MediaBusyError as error:
            await problem_response(error)(scope, receive, send)

    async def get(self) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=30) as http:
            return await http.get("/")

    def ask(self) -> socket.socket:
        """A client that asks for a picture, and reads nothing of it yet."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((urlsplit(self.url).hostname, urlsplit(self.url).port))
        client.sendall(START + b"\r\n")
        return client

    async def hold_all(self, stack: contextlib.ExitStack) -> list[socket.socket]:
        """Takes all places."""
        before = self.reads
        clients = [stack.enter_context(contextlib.closing(self.ask())) for _ in range(READ_AT_ONCE)]
        await self.read_times(before + READ_AT_ONCE)
        return clients

    async def read_times(self, count: int) -> None:
        await eventually(lambda: asyncio.sleep(0, self.reads), count.__eq__, what=f"{count} pictures")


@contextlib.asynccontextmanager
async def fetches(*, waits_seconds: float = 60, sent_within: float = 60) -> AsyncIterator[Fetches]:
    found = Fetches(waits_seconds, sent_within)
    async with server_with(ConnectionLimits(), app=found) as found.url:
        yield found


async def test_a_fetch_waits_for_a_place_and_not_for_ever() -> None:
    async with fetches(waits_seconds=0.3) as server:
        with contextlib.ExitStack() as stack:
            await server.hold_all(stack)
            answer = await server.get()
            problem_of(answer, 503, "media_busy")
            assert answer.headers["Retry-After"] == "5"
            assert server.reads == READ_AT_ONCE
        await eventually(lambda: status_of(server), lambda status: status == 200, what="a place")


async def status_of(server: Fetches) -> int:
    return (await server.get()).status_code


async def test_a_fetch_that_waits_gets_the_next_place() -> None:
    async with fetches() as server:
        with contextlib.ExitStack() as stack:
            clients = await server.hold_all(stack)
            waiting = asyncio.create_task(server.get())
            # Whatever it does meanwhile, it has no place.
            await asyncio.sleep(0.3)
            assert server.reads == READ_AT_ONCE
            clients[0].close()
            assert (await waiting).content == CONTENT


async def test_who_takes_a_little_now_and_then_loses_the_place() -> None:
    async with fetches(sent_within=0.5) as server:
        with contextlib.ExitStack() as stack:
            clients = await server.hold_all(stack)

            async def trickle() -> None:
                while True:
                    for client in clients:
                        client.setblocking(False)
                        with contextlib.suppress(OSError):
                            client.recv(512)
                    await asyncio.sleep(0.05)

            trickling = asyncio.create_task(trickle())
            stack.enter_context(contextlib.closing(server.ask()))
            await server.read_times(READ_AT_ONCE + 1)
            trickling.cancel()


async def test_who_has_left_takes_no_place() -> None:
    async with fetches() as server:
        with contextlib.ExitStack() as stack:
            clients = await server.hold_all(stack)
            for _ in range(20):
                server.ask().close()
            # The last one asks after them.
            waiting = asyncio.create_task(server.get())
            await asyncio.sleep(0.3)
            clients[0].close()
            assert (await waiting).content == CONTENT
            assert server.reads == READ_AT_ONCE + 1
