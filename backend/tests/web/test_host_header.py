"""No response repeats the Host header, which an attacker may have chosen: not in a redirect, a link or an error."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.servers import Api, Start

MARK = b"evil"
HOSTS = [
    b"evil.example",
    b"evil.example:99999999",
    b"user@evil.example",
    b"localhost:1@evil.example",
    b"evil.example/path?query#fragment",
    b"/evil",
    b"\\evil",
    b"<evil>",
    b"[evil",
    b"evil, localhost",
    b"\xffevil",
]
PATHS = [
    *("/", "/users/", "/api/messages/", "/api/twilio/inbound/", "/up/", "/docs/", "/openapi.json/", "/users.json/"),
    *("/docs/static", "/docs/swagger-ui", "/docs/static/", "/docs/static/.", "/docs/swagger-ui/../static"),
    *("/sign-in", "/sign-in/", "/.", "/x/..", "/folder", "/folder/", "/folder/.", "/folder/x/..", "/missing.png"),
    *("//localhost", "//localhost/..", "/%2f", "/%2f%2flocalhost", "/\\localhost", "/%5clocalhost", "/;/", "/?next=/"),
    *("*", "http://localhost/users/", "http://localhost/x/.."),
]
REQUESTS = [
    *itertools.product(["GET"], PATHS, HOSTS),
    *itertools.product(["HEAD", "POST", "OPTIONS", "TRACE"], PATHS, HOSTS[:1]),
]


async def response_to(url: str, request: bytes) -> bytes:
    """The response to these bytes, which no client has normalized."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


@pytest.fixture
async def api_with_spa(start: Start, tmp_path: Path) -> AsyncIterator[Api]:
    folder = tmp_path / "browser"
    (folder / "folder").mkdir(parents=True)
    for page in (folder / "index.html", folder / "folder" / "index.html"):
        page.write_text("<!doctype html>")
    async with start(FRONTEND_DIST=str(folder)) as api:
        yield api


async def assert_no_host_comes_back(url: str) -> None:
    for method, path, host in REQUESTS:
        request = b"%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (method.encode(), path.encode(), host)
        response = await response_to(url, request)
        assert response.startswith(b"HTTP/1.1 "), request
        assert MARK not in response, request
        assert b"location:" not in response.lower(), request


async def test_the_api_does_not_repeat_the_host(api: Api) -> None:
    await assert_no_host_comes_back(api.url)


async def test_an_api_that_serves_the_app_does_not_repeat_the_host(api_with_spa: Api) -> None:
    await assert_no_host_comes_back(api_with_spa.url)


@pytest.mark.parametrize("host", HOSTS)
async def test_links_to_further_pages_are_relative(api: Api, api_user: ApiUser, host: bytes) -> None:
    for _ in range(2):
        await api_user.send_accepted(new_number())
    request = (
        b"GET /api/messages?limit=1 HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
        % (host, api_user.access_token.encode())
    )
    response = await response_to(api.url, request)
    assert b"\r\nlink: </api/messages?limit=1&before=" in response
    assert MARK not in response
