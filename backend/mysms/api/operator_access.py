"""Who may see how the process is doing: whoever has METRICS_TOKEN, or without one, somebody on this machine."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request

from mysms.api.deps import get_services, provided
from mysms.core.urls import is_loopback

_PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def _is_operator(request: Request) -> bool:
    token = get_services(request).settings.metrics_token
    if token is None:
        return _is_from_this_machine(request)
    authorization = request.headers.get("Authorization", "")
    return secrets.compare_digest(authorization.encode(), f"Bearer {token.get_secret_value()}".encode())


IsOperator = Annotated[bool, provided(_is_operator)]


def _is_from_this_machine(request: Request) -> bool:
    """Whether the request came from loopback without a proxy.

    A local proxy connects from loopback too, but reveals itself by its headers or by the requested host name.
    """
    is_direct = not any(name in request.headers for name in _PROXY_HEADERS)
    peer = request.client.host if request.client else ""
    return is_direct and is_loopback(peer) and is_loopback(_hostname(request))


def _hostname(request: Request) -> str:
    """Returns the host name of the Host header."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""
