"""Request ids, the access log and request metrics."""

import re
import secrets
import time
from functools import lru_cache

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.core.logging import bound
from mysms.core.metrics import REQUEST_SECONDS, REQUESTS
from mysms.web.raw_headers import find_header

REQUEST_ID_HEADER = "X-Request-ID"
_RAW_REQUEST_ID_HEADER = REQUEST_ID_HEADER.lower().encode()

_log = structlog.get_logger("mysms.access")

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Cannot break a log line, and matches no email and no phone number with a plus sign."""
_KINDS_OF_REQUEST = 1024
"""More than there are routes, methods and statuses in use."""


class AccessLogMiddleware:
    """Logs and counts each request by its route, not its path, which may contain personal data.

    Each request has an id, taken from its header if that is valid, which all its log lines and its response have.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        status: int | None = None
        given = find_header(scope["headers"], _RAW_REQUEST_ID_HEADER).decode("latin-1")
        request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        is_stream = False

        async def send_and_count(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = int(message["status"])
                # Counted before the response is sent, so that a client that has the response finds it counted.
                _counter(scope["method"], _route_of(scope), status).inc()
                is_stream = find_header(message["headers"], b"content-type").startswith(b"text/event-stream")
                if is_stream:
                    _histogram(_route_of(scope)).observe(time.perf_counter() - started_at)
                message["headers"] = [*message["headers"], (_RAW_REQUEST_ID_HEADER, request_id.encode())]
            await send(message)

        with bound(request_id=request_id):
            try:
                await self._app(scope, receive, send_and_count)
            finally:
                seconds = time.perf_counter() - started_at
                route = _route_of(scope)
                if not is_stream:
                    _histogram(route).observe(seconds)
                _log.info(
                    "Request completed." if status is not None else "Request aborted: the client disconnected.",
                    method=scope["method"],
                    route=route,
                    status=status,
                    milliseconds=round(seconds * 1000),
                )


@lru_cache(_KINDS_OF_REQUEST)
def _counter(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@lru_cache(_KINDS_OF_REQUEST)
def _histogram(route: str) -> Histogram:
    return REQUEST_SECONDS.labels(route)


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "") or "other"
