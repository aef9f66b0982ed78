"""Limits on what a connection may cost.

uvicorn itself limits neither the bytes of a header nor the time for which it waits for one. Its own errors are plain
text without our headers; these are problem objects with them.
"""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mysms.core.errors import DomainError
from mysms.core.security_events import SecurityEvent, SecurityEvents
from mysms.core.stream_capacity import StreamCapacity
from mysms.web.body_time import BODY_TIME
from mysms.web.problem_details import RequestTimeoutError, problem_response
from mysms.web.response_headers import with_default_headers


class MalformedRequestError(DomainError):
    status = HTTPStatus.BAD_REQUEST
    code = "malformed_request"
    example = "The request is not valid HTTP."


class HeadersTooLargeError(DomainError):
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    code = "headers_too_large"
    example = "The headers of the request are too large, or too many."


class TooBusyError(DomainError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "too_busy"
    example = "The server has too many requests to serve. Please try again in a moment."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}


@dataclass(frozen=True)
class ConnectionLimits:
    """The limits of one process."""

    connections: int = 5_000
    """With event streams, which have a lower limit of their own."""
    requests: int = 2_500
    """Requests in progress, without event streams. They go on when their connection has ended.

    After a pause of a process with many clients, thousands of polls are read before the first one is answered."""
    header_bytes: int = 16 * 1024
    """For the request line and all headers, as in Node.js; also for all of a chunked body that is not content."""
    headers: int = 100
    headers_within_seconds: float = 20.0
    """From the opening of the connection, or the first byte of a further request on it."""
    body_within_seconds: float = 20.0
    """From the end of the headers, or from the end of the time that the application allows (`allow_body`).

    Longer than BODY_WITHIN_SECONDS, whose response thus comes first.
    """
    stalled_seconds: float = 60.0
    """For a client that does not read its response."""
    unread: int = 500
    """Connections whose clients do not read their responses, each of which takes up to 300 kB of memory."""
    waiting_requests: int = 8
    """Requests on a connection that were sent before the response to an earlier one, and wait for it."""


@dataclass
class WaitingConnections:
    """The connections of one process that wait for their clients, each in the order of its waiting."""

    half_sent: dict["LimitedProtocol", None] = field(default_factory=dict)
    """Also those on which nothing was sent yet."""
    idle: dict["LimitedProtocol", None] = field(default_factory=dict)
    unread: dict["LimitedProtocol", None] = field(default_factory=dict)
    """Those that wait for their clients to read a response."""

    def longest(self, besides: "LimitedProtocol") -> "LimitedProtocol | None":
        return next((each for each in itertools.chain(self.half_sent, self.idle) if each is not besides), None)


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits on connections, headers and time. uvicorn makes one for each connection."""

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()
    events: ClassVar[SecurityEvents]
    streams: ClassVar[StreamCapacity]
    waiting: ClassVar[WaitingConnections]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        self._deadline: asyncio.TimerHandle | None = None
        self._stall_deadline: asyncio.TimerHandle | None = None
        self._waits_among: dict[LimitedProtocol, None] | None = None
        self._overhead_bytes = 0
        """Bytes of the present request that are not content of its body."""
        self._header_bytes = 0
        self._message_has_begun = False
        self._awaits_headers = True
        self._running: RequestResponseCycle | None = None
        self._extensions: Any = {BODY_TIME: self._allow_body}
        super().connection_made(transport)
        self._set_deadline(self.limits.headers_within_seconds)
        self._note_waiting()
        if len(self.connections) > self.limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_among(None)
        self._cancel_deadline()
        self._cancel_stall_deadline()
        self.pipeline.clear()
        if self._running is not None and self._running is not self.cycle:
            # uvicorn tells only the last request that its client has left.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._set_deadline(self.limits.headers_within_seconds)
            self._note_waiting()
        self._overhead_bytes += len(data)
        super().data_received(data)
        if self._overhead_bytes > self.limits.header_bytes and not self.transport.is_closing():
            self._reject(HeadersTooLargeError(), "headers_too_large")

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn calls this for every error of the parser
        if self._headers_are_too_large():
            self._reject(HeadersTooLargeError(), "headers_too_large")
        elif self._is_too_busy() or self._are_too_many_waiting():
            self._reject(TooBusyError(), "too_busy")
        else:
            self._reject(MalformedRequestError(), "malformed_request")

    # Callbacks of the parser. What they raise becomes its error, so that it stops.

    def on_message_begin(self) -> None:
        if self._deadline is None:
            self._set_deadline(self.limits.headers_within_seconds)
        self._header_bytes = 0
        self._message_has_begun = True
        super().on_message_begin()
        if self._are_too_many_waiting():
            raise TooBusyError

    def on_url(self, url: bytes) -> None:
        self._count_header(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count_header(len(name) + len(value))

    def on_headers_complete(self) -> None:
        if self._is_too_busy():
            raise TooBusyError
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()
        self._awaits_headers = False
        self._set_deadline(self.limits.body_within_seconds)
        self._note_waiting()

    def on_body(self, body: bytes) -> None:
        # The packet may have begun with the end of an earlier request, and then counts no more.
        self._overhead_bytes = max(0, self._overhead_bytes - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._overhead_bytes = 0
        self._message_has_begun = False
        self._awaits_headers = True
        self._cancel_deadline()
        self._note_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note_waiting()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_deadline = self.loop.call_later(self.limits.stalled_seconds, self._end, "response_not_read")
        self.waiting.unread[self] = None
        if len(self.waiting.unread) > self.limits.unread:
            next(iter(self.waiting.unread))._end("response_not_read")

    def resume_writing(self) -> None:
        self._cancel_stall_deadline()
        super().resume_writing()

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._headers_are_too_large():
            raise HeadersTooLargeError

    def _headers_are_too_large(self) -> bool:
        return self._header_bytes > self.limits.header_bytes or len(self.headers or ()) > self.limits.headers

    def _is_too_busy(self) -> bool:
        return len(self.tasks) - self.streams.open > self.limits.requests

    def _are_too_many_waiting(self) -> bool:
        return self._awaits_headers and len(self.pipeline) >= self.limits.waiting_requests

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _make_room(self) -> None:
        """Ends the connection that has waited longest for a request, half-sent requests first; if none waits, this one.

        So whoever opens many connections replaces their own.
        """
        (self.waiting.longest(besides=self) or self)._end("too_many_connections")

    def _note_waiting(self) -> None:
        """Called whenever a request, its headers or its response begins or ends."""
        if not self._is_waiting():
            self._wait_among(None)
        else:
            self._wait_among(self.waiting.idle if self._deadline is None else self.waiting.half_sent)

    def _wait_among(self, others: "dict[LimitedProtocol, None] | None") -> None:
        if self._waits_among is others:
            return
        if self._waits_among is not None:
            del self._waits_among[self]
        if others is not None:
            others[self] = None
        self._waits_among = others

    def _is_waiting(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _can_respond(self) -> bool:
        if self._awaits_headers:
            return self._is_waiting()
        return not self.cycle.response_started and not self.pipeline

    def _allow_body(self, scope: object, seconds: float) -> None:
        # Another request may have begun since, whose time this is not.
        if self.scope is scope and not self._awaits_headers:
            self._set_deadline(seconds + self.limits.body_within_seconds)

    def _set_deadline(self, seconds: float) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(seconds, self._on_deadline, seconds)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cancel_stall_deadline(self) -> None:
        if self._stall_deadline is not None:
            self._stall_deadline.cancel()
            self._stall_deadline = None
        self.waiting.unread.pop(self, None)

    def _on_deadline(self, seconds: float) -> None:
        if self.flow.read_paused or (self._awaits_headers and not self._is_waiting()):
            # The response to an earlier request is still on its way, and must not be cut off.
            self._set_deadline(seconds)
        elif self._overhead_bytes == 0 and not self._message_has_begun:
            # Browsers open connections in advance.
            self.transport.close()
        else:
            self._reject(RequestTimeoutError(), "slow_request")

    def _reject(self, error: DomainError, event: SecurityEvent) -> None:
        """Ends the connection, with the error as the response unless another response is on its way."""
        if not self._can_respond():
            self._end(event)
            return
        self._record(event)
        response = problem_response(error)
        headers = [
            *self.server_state.default_headers,
            *with_default_headers(response.raw_headers),
            (b"connection", b"close"),
        ]
        lines = [
            f"HTTP/1.1 {error.status.value} {error.status.phrase}".encode(),
            *(b": ".join(each) for each in headers),
        ]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(response.body)]))
        self.transport.close()

    def _end(self, event: SecurityEvent) -> None:
        self._record(event)
        self._wait_among(None)
        self._cancel_stall_deadline()
        self.connections.discard(self)
        self.transport.abort()

    def _record(self, event: SecurityEvent) -> None:
        self.events.record(event, address=self.client[0] if self.client else None)


def limited_protocol(
    limits: ConnectionLimits, events: SecurityEvents, streams: StreamCapacity
) -> type[LimitedProtocol]:
    """Returns the protocol with these limits, for `uvicorn.Config(http=…)`."""

    class Protocol(LimitedProtocol):
        pass

    Protocol.limits = limits
    Protocol.events = events
    Protocol.streams = streams
    Protocol.waiting = WaitingConnections()
    return Protocol
