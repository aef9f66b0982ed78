"""ASGI middleware for every request: path suffix, body limit and unhandled errors."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.core.security_events import SecurityEvents
from mysms.web.body_time import allow_body
from mysms.web.problem_details import InternalServerError, RequestTimeoutError, RequestTooLargeError, problem_response
from mysms.web.security_events import address_of

_log = logging.getLogger(__name__)

_SUFFIX = ".json"

BODY_BYTES = 8 * 1024
"""The limit for paths without a limit of their own."""
_DISCARDED_BYTES = 1024 * 1024
"""How much of a body that is too large is read nevertheless: a client that is still sending may miss the response."""
_FORGOTTEN_BYTES = 8 * 1024 * 1024
"""The same, of a body that its route reads."""
BODY_WITHIN_SECONDS = 10.0
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class JsonSuffixMiddleware:
    """Serves `/api/messages.json` as `/api/messages`, for clients of the original API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] == "http" and path.endswith(_SUFFIX) and path.startswith(("/api/", "/users")):
            scope = {**scope, "path": path.removesuffix(_SUFFIX)}
        await self._app(scope, receive, send)


class BodyLimitMiddleware:
    """Reads the whole body before the request is processed, with limits on its size and duration.

    `limits` has the maximum size in bytes of the bodies below a path, the first path that matches; None if its route
    reads the body, with `read_body`, once it knows who sends it. Starlette's own limit responds in plain text, and has
    no timeout for a slow body.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Mapping[str, int | None],
        events: SecurityEvents,
        within_seconds: float = BODY_WITHIN_SECONDS,
    ) -> None:
        self._app = app
        self._limits = limits
        self._events = events
        self._within_seconds = within_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit_of(scope["path"]) if scope["type"] == "http" else None
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        if limit is None:
            await self._app(scope, *self._reading_first(receive, send))
            return
        try:
            body = await read_body(scope, receive, limit, self._events, self._within_seconds)
        except (RequestTimeoutError, RequestTooLargeError) as error:
            await problem_response(error)(scope, receive, send)
        except ClientDisconnect:
            return
        else:
            messages = iter([{"type": "http.request", "body": body, "more_body": False}])

            async def replay() -> Message:
                return next(messages, None) or await receive()

            await self._app(scope, replay, send)

    def _reading_first(self, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """Reads, before a response begins, what its route has not read of the body, and forgets it.

        A client that is still sending may miss the response otherwise, and a proxy answers with an error of its own.
        """
        left, is_read = _FORGOTTEN_BYTES, False

        async def receive_and_track() -> Message:
            nonlocal left, is_read
            message = await receive()
            left -= len(message.get("body", b""))
            is_read = not message.get("more_body", False)
            return message

        async def read_and_send(message: Message) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._within_seconds):
                    while not is_read and left > 0:
                        await receive_and_track()
            await send(message)

        return receive_and_track, read_and_send

    def _limit_of(self, path: str) -> int | None:
        limits = (limit for parent, limit in self._limits.items() if path == parent or path.startswith(f"{parent}/"))
        return next(limits, BODY_BYTES)


async def read_body(
    scope: Scope, receive: Receive, limit: int, events: SecurityEvents, within_seconds: float = BODY_WITHIN_SECONDS
) -> bytes:
    """Returns the whole body. Raises RequestTooLargeError, RequestTimeoutError and ClientDisconnect."""
    allow_body(scope, within_seconds)
    try:
        async with asyncio.timeout(within_seconds):
            return await _read(receive, limit)
    except TimeoutError:
        events.record("slow_request", address=address_of(scope))
        raise RequestTimeoutError from None
    except RequestTooLargeError:
        events.record("request_too_large", address=address_of(scope))
        raise


def _has_body(scope: Scope) -> bool:
    """Whether the request has a body: RFC 9112, section 6.3."""
    return any(name in _FRAMING for name, _ in scope["headers"])


async def _read(receive: Receive, limit: int) -> bytes:
    body, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, is_last = message.get("body", b""), not message.get("more_body", False)
        size += len(chunk)
        if size > (limit if is_last else max(limit, _DISCARDED_BYTES)):
            raise RequestTooLargeError.beyond(limit)
        if size <= limit:
            body += chunk
        if is_last:
            return bytes(body)


class UnhandledErrorMiddleware:
    """Turns unhandled exceptions into a logged 500.

    Starlette's own handler runs outside of all middleware, so its response would lack our headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_and_track(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_track)
        except Exception as error:
            _log.exception("A request failed: %s", type(error).__name__)
            if has_started:
                raise
            await problem_response(InternalServerError())(scope, receive, send)
