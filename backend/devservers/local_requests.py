"""Protects a server on loopback from the websites that a browser on the same machine shows."""

import re

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SECURITY_HEADERS = [
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
]
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)


class LocalRequestsOnly:
    """ASGI middleware: accepts requests to a loopback host name that do not come from another website.

    The host name reveals DNS rebinding, where the name of a website leads to this machine. The port may be any, since a
    container or a proxy can have another one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_local(Headers(scope=scope)):
            refusal = PlainTextResponse("Only localhost, and no other website, has access to this server.", 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_local(headers: Headers) -> bool:
    hosts, origins = headers.getlist("Host"), headers.getlist("Origin")
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return False
    return all(origin.lower() == f"http://{hosts[0].lower()}" for origin in origins)
