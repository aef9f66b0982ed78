"""Records the security event of HTTP itself that a request shows: it comes from a foreign web page."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from mysms.core.security_events import SecurityEvents
from mysms.web.raw_headers import RawHeaders


class ForeignOriginMiddleware:
    """Records requests of web pages that are not listed in CORS_ORIGINS."""

    def __init__(self, app: ASGIApp, events: SecurityEvents, allowed_origins: Collection[str]) -> None:
        self._app = app
        self._events = events
        self._allowed_origins = [origin.encode() for origin in allowed_origins]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_foreign(scope["headers"], self._allowed_origins):
            self._events.record("origin_refused", address=address_of(scope))
        await self._app(scope, receive, send)


def address_of(scope: Scope) -> str | None:
    """Returns the IP address of the client."""
    return scope["client"][0] if scope.get("client") else None


def _is_foreign(headers: RawHeaders, allowed_origins: Collection[bytes]) -> bool:
    """Whether a page of an origin that is not allowed made the request.

    A proxy may change the Host header, so what the browser itself says of the request comes first.
    """
    given = {name: value for name, value in headers if name in _HEADERS}
    origin = given.get(b"origin")
    if origin is None or origin in allowed_origins:
        return False
    site = given.get(b"sec-fetch-site")
    if site is not None:
        return site not in {b"same-origin", b"none"}
    return origin.partition(b"://")[2] != given.get(b"host")


_HEADERS = frozenset({b"origin", b"sec-fetch-site", b"host"})
