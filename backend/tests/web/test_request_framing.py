"""Where a request ends is never ambiguous, so that nothing can be smuggled past a proxy."""

import asyncio
import re

import httpx
import pytest

from tests.support.servers import Api

HEAD = b"POST /users/sign_in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
SMUGGLED = b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def statuses(api: Api, sent: bytes) -> list[int]:
    """The statuses of all responses on one connection, until the server closes it or waits for more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(api.url).port)
    writer.write(sent)
    received = b""
    try:
        async with asyncio.timeout(1):
            while chunk := await reader.read(65_536):
                received += chunk
    except TimeoutError:
        pass
    writer.close()
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", received)]


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
        HEAD + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}" + SMUGGLED,
        HEAD + b"Content-Length: 2, 4\r\n\r\n{}{}" + SMUGGLED,
        HEAD + b"Content-Length: +2\r\n\r\n{}" + SMUGGLED,
        HEAD + b"Content-Length : 2\r\n\r\n{}" + SMUGGLED,
        HEAD + b"Content-Length: 0x2\r\n\r\n{}" + SMUGGLED,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        HEAD + b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;\n{}\r\n0\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        HEAD.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}" + SMUGGLED,
        HEAD + b"Header\r\n\r\n" + SMUGGLED,
        HEAD + b"He ader: x\r\n\r\n" + SMUGGLED,
        HEAD + b"Header: a\rb\r\n\r\n" + SMUGGLED,
        HEAD + b"Header: a\x00b\r\n\r\n" + SMUGGLED,
    ],
)
async def test_an_ambiguous_request_is_refused_with_its_connection(api: Api, sent: bytes) -> None:
    assert await statuses(api, sent) == [400]


async def test_an_unambiguous_request_is_served(api: Api) -> None:
    """Else the test above would prove nothing."""
    sent = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + SMUGGLED
    assert await statuses(api, sent) == [422, 200]


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG", "get"])
async def test_methods_of_no_use_are_refused(api: Api, method: str) -> None:
    """TRACE would return the headers of a request, with its token, in the body of the response."""
    sent = f"{method} /users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    (status,) = await statuses(api, sent)
    assert status in {400, 405}


async def test_an_upgrade_is_ignored(api: Api) -> None:
    """There are no WebSockets, and no HTTP/2 without TLS."""
    for protocol in ("websocket", "h2c"):
        handshake = {"Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
        response = await api.http.get("/up", headers={"Connection": "Upgrade", "Upgrade": protocol, **handshake})
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
