"""Request ids, the access log and request metrics."""

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.core.logging import bound
from mysms.core.metrics import REQUEST_SECONDS, REQUESTS

REQUEST_ID_HEADER = "X-Request-ID"

_log = structlog.stdlib.get_logger("mysms.access")

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Cannot break a log line, and matches no email and no phone number with a plus sign."""


class RequestIdMiddleware:
    """Assigns a request id, taken from the request's header if that is valid, and returns it in the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with bound(request_id=request_id):
            await self._app(scope, receive, send_with_id)


class AccessLogMiddleware:
    """Logs and counts each request by its route, not its path, which may contain personal data."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        status: int | None = None

        async def send_and_count(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                # Counted before the response is sent, so that a client that has the response finds it counted.
                REQUESTS.labels(scope["method"], _route_of(scope), status).inc()
            await send(message)

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            seconds = time.perf_counter() - started_at
            REQUEST_SECONDS.labels(_route_of(scope)).observe(seconds)
            _log.info(
                "Request completed." if status is not None else "Request aborted: the client disconnected.",
                method=scope["method"],
                route=_route_of(scope),
                status=status,
                milliseconds=round(seconds * 1000),
            )


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "") or "other"
