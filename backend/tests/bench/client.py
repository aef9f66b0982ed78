"""HTTP connections for thousands of clients in one process, without more of HTTP than these requests need."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_END_OF_HEAD = b"\r\n\r\n"


class ConnectionEndedError(ConnectionError):
    """The server has ended the connection."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    etag: str
    revision: str
    is_empty_list: bool


class Connection(asyncio.Protocol):
    """A keep-alive connection with one request at a time."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._address = address.hostname or "", address.port or 80
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waiter: asyncio.Future[Response] | None = None

    async def open(self) -> None:
        self._transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, *self._address)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Raises ConnectionError if the server ends the connection."""
        if self._transport is None or not self.is_open:
            raise ConnectionEndedError
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request(self._address, method, target, headers, body))
        return await self._waiter

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(_END_OF_HEAD)
        if not separator or len(body) < int(_header(head, b"content-length") or 0):
            return
        self._received = b""
        if self._waiter is not None:
            etag, revision = _header(head, b"etag").decode(), _header(head, b"x-revision").decode()
            self._waiter.set_result(Response(int(head[9:12]), etag, revision, body == b"[]"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(exc or ConnectionEndedError())


class Pool:
    """Opens a connection for each request that finds none idle."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Connection] = []

    async def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        # The server ends those that were idle for long.
        self._idle = [connection for connection in self._idle if connection.is_open]
        if self._idle:
            connection = self._idle.pop()
        else:
            connection = Connection(self._url)
            await connection.open()
        response = await connection.request(method, target, headers, body)
        self._idle.append(connection)
        return response


class StreamConnection(asyncio.Protocol):
    """Reads an event stream, and tells of each event that something has changed."""

    def __init__(self, on_change: Callable[[], None], on_error: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._on_error = on_error
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    async def open(self, url: str, target: str, token: str) -> None:
        """Returns once the first event has come."""
        address = urlsplit(url)
        to = address.hostname or "", address.port or 80
        self._transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, *to)
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        self._transport.write(request(to, "GET", target, headers))
        await self._opened

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def data_received(self, data: bytes) -> None:
        if not self._opened.done():
            if data.startswith(b"HTTP/") and data[9:12] != b"200":
                self._on_error(f"stream: {data[9:12].decode()}")
                self._opened.set_result(None)
            elif b"event: resync" in data:
                self._opened.set_result(None)
        # The server writes an event at once.
        if b"event: changes" in data:
            self._on_change()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._on_error(f"a stream ended: {exc}")
        if not self._opened.done():
            self._opened.set_result(None)


def request(address: tuple[str, int], method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    host, port = address
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}:{port}", *(": ".join(each) for each in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _header(head: bytes, name: bytes) -> bytes:
    found = head.lower().find(b"\r\n" + name + b": ")
    if found < 0:
        return b""
    begin = found + len(name) + 4
    end = head.find(b"\r\n", begin)
    return head[begin:] if end < 0 else head[begin:end]
