"""Records security events of HTTP itself: requests from foreign web pages, and bodies beyond the limits."""

from collections.abc import Collection, Mapping
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.core.security_events import SecurityEvent, SecurityEvents

_LIMITS: Mapping[int, SecurityEvent] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large",
    HTTPStatus.REQUEST_TIMEOUT: "slow_request",
}


class SecurityEventMiddleware:
    """Records requests of web pages that are not listed in CORS_ORIGINS, and requests that a limit has ended."""

    def __init__(self, app: ASGIApp, events: SecurityEvents, allowed_origins: Collection[str]) -> None:
        self._app = app
        self._events = events
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else None
        if _is_foreign(Headers(scope=scope), self._allowed_origins):
            self._events.record("origin_refused", address=address)

        async def send_and_record(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _LIMITS:
                self._events.record(_LIMITS[message["status"]], address=address)
            await send(message)

        await self._app(scope, receive, send_and_record)


def _is_foreign(headers: Headers, allowed_origins: Collection[str]) -> bool:
    """Whether a page of an origin that is not allowed made the request.

    A proxy may change the Host header, so what the browser itself says of the request comes first.
    """
    origin = headers.get("Origin")
    if origin is None or origin in allowed_origins:
        return False
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin.partition("://")[2] != headers.get("Host")
