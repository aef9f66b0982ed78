"""Refuses requests to other host names than the API's own, if ALLOWED_HOSTS says which those are."""

from collections.abc import Collection
from http import HTTPStatus
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from mysms.core.errors import DomainError
from mysms.web.problem_details import problem_response
from mysms.web.raw_headers import find_header


class ForeignHostError(DomainError):
    status = HTTPStatus.MISDIRECTED_REQUEST
    code = "misdirected_request"
    example = "This server has another host name. ALLOWED_HOSTS names those that it answers to."


class AllowedHostsMiddleware:
    """Answers requests to these host names, to localhost and names below it, and to IP addresses only.

    A website can give its own name the address of this machine (DNS rebinding), and so becomes the API's own origin in
    a browser here. It cannot do so with an IP address, or with localhost.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._includes(find_header(scope["headers"], b"host").decode("latin-1")):
            await problem_response(ForeignHostError())(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _includes(self, header: str) -> bool:
        host, colon, port = header.lower().rpartition(":")
        if not colon or not (port.isdecimal() or not port):
            host = header.lower()
        is_localhost = f".{host}".endswith(".localhost")
        return is_localhost or host in self._hosts or _is_address(host.removeprefix("[").removesuffix("]"))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
