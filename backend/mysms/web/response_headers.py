"""The headers of every response: security headers, and no caching unless a route says otherwise."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.web.graceful_shutdown import ShutdownState
from mysms.web.raw_headers import RawHeaders

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types angular angular#bundler service-worker"
"""Further directives for the SPA, with which Swagger UI does not work."""
DEFAULT_HEADERS = {
    # Keeps messages and tokens out of all caches, on disk and shared.
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

UNBUFFERED = {"X-Accel-Buffering": "no"}
"""For a response that nginx passes on as it comes, and reads no faster than the client does."""

_RAW_DEFAULT_HEADERS = {name.lower().encode(): value.encode() for name, value in DEFAULT_HEADERS.items()}
_RAW_CLOSE = (b"connection", b"close")


def with_default_headers(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """Returns the headers of a response, and those of the default headers that it does not have.

    The names are in lower case, as ASGI says.
    """
    given = list(headers)
    missing = _RAW_DEFAULT_HEADERS.copy()
    for name, _ in given:
        missing.pop(name, None)
    return [*given, *missing.items()]


class ResponseHeadersMiddleware:
    """Adds the default headers to every response; while the process drains, also one that closes the connection.

    So clients connect to another process.
    """

    def __init__(self, app: ASGIApp, shutdown: ShutdownState) -> None:
        self._app = app
        self._shutdown = shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = with_default_headers(message["headers"])
                if self._shutdown.is_draining:
                    headers = [each for each in headers if each[0] != _RAW_CLOSE[0]] + [_RAW_CLOSE]
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
