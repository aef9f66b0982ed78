"""Requests with hostile Host headers, which no response may repeat."""

import asyncio
import itertools
from urllib.parse import urlsplit

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


async def assert_no_host_comes_back(url: str) -> None:
    """No response has anything of the Host header, or redirects."""
    for method, path, host in REQUESTS:
        request = b"%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (method.encode(), path.encode(), host)
        response = await response_to(url, request)
        assert response.startswith(b"HTTP/1.1 "), request
        assert MARK not in response, request
        assert b"location:" not in response.lower(), request
