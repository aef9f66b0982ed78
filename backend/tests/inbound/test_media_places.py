"""How many media are in memory at a time, over real connections: a client that reads nothing keeps its medium there."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
from bson import ObjectId
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from mysms.api.media_response import MediaContentResponse
from mysms.core.rate_limit import RateLimiter
from mysms.core.timestamps import utc_now
from mysms.media.errors import MediumUnavailableError
from mysms.media.reader import MOST_OF_A_USER, MediaReader, Medium
from mysms.messages.media import MAXIMUM_BYTES
from mysms.web.connection_limits import ConnectionLimits
from tests.support.limited_server import START, server_with
from tests.support.polling import eventually

CONTENT = b"x" * MAXIMUM_BYTES


class Source:
    """A provider that has media of the largest size."""

    def fetch(self, message_sid: str, media_sid: str, most_bytes: int) -> bytes:
        return CONTENT


async def read_nothing(_: ObjectId) -> bytes | None:
    """Nothing is stored here."""
    return None


class NoLimits:
    async def hit(self, *_: object) -> None:
        """Any number of requests is allowed."""


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server that sends media to the user that the path names."""
    reader = MediaReader(Source(), read_nothing, cast("RateLimiter", NoLimits()), utc_now)
    users: dict[str, ObjectId] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        user_id = users.setdefault(Request(scope).url.path, ObjectId())
        medium = Medium(user_id, utc_now(), "SM", 0, "ME", "image/png")
        try:
            await MediaContentResponse(reader.reading(medium), {"X-Any": "any"})(scope, receive, send)
        except MediumUnavailableError:
            await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    async with server_with(ConnectionLimits(), app=app) as url:
        yield url
    reader.close()


@contextlib.contextmanager
def unread_requests(url: str, number: int) -> Iterator[None]:
    """Clients that ask for a medium, and read nothing of it."""
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            client = stack.enter_context(contextlib.closing(socket.socket()))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((urlsplit(url).hostname, urlsplit(url).port))
            client.sendall(START + b"\r\n")
        yield


async def read(url: str, path: str = "/up") -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        return await http.get(path)


async def test_a_medium_is_sent_whole_with_its_length(url: str) -> None:
    answer = await read(url)
    assert answer.content == CONTENT
    assert {name: answer.headers[name] for name in ("Content-Length", "X-Any")} == {
        "Content-Length": str(MAXIMUM_BYTES),
        "X-Any": "any",
    }


async def test_what_clients_do_not_read_takes_the_places_of_their_user_alone(url: str) -> None:
    async def status() -> Any:
        return (await read(url)).status_code

    with unread_requests(url, MOST_OF_A_USER):
        await eventually(status, lambda found: found == 503, what="no place")
        # It stays so: nothing of what is not read goes away.
        await asyncio.sleep(0.3)
        assert await status() == 503
        assert (await read(url, "/other")).status_code == 200
    await eventually(status, lambda found: found == 200, what="a place")
