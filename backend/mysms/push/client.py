"""Sends requests to push services. No other code imports the HTTP library.

The host is one that a user's browser has named. So only public addresses are connected to, whatever its name resolves
to at that moment; redirects are not followed, and of a response only the status and Retry-After are read.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from mysms.push.public_addresses import is_public_address

TIMEOUT_SECONDS = 10.0
_THREADS = 4
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


@dataclass(frozen=True)
class PushResponse:
    """What a push service has answered."""

    status: int
    retry_after: timedelta | None


class PushServiceError(Exception):
    """The push service did not answer, or must not be asked; `reason` says why, without its address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PushClient:
    """Posts to push services. `is_allowed` decides to which IP addresses."""

    def __init__(
        self,
        *,
        is_allowed: Callable[[str], bool] = is_public_address,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._is_allowed = is_allowed
        self._tls = tls
        # Of its own: a name server that such a host has chosen may take its time, and what else needs names would wait.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="push names")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> PushResponse:
        """Raises PushServiceError."""
        connector = TCPConnector(resolver=_Resolver(self._is_allowed, self._threads), ssl=self._tls or True)
        timeout = ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                ClientSession(connector=connector, timeout=timeout) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return PushResponse(response.status, _seconds(response.headers.get("Retry-After")))
        except (ClientError, TimeoutError, OSError) as error:
            raise PushServiceError(type(error).__name__) from error


class _Resolver(AbstractResolver):
    def __init__(self, is_allowed: Callable[[str], bool], threads: ThreadPoolExecutor) -> None:
        self._is_allowed = is_allowed
        self._threads = threads

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        addresses = [(family, protocol, str(address[0])) for family, _, protocol, _, address in found]
        allowed = [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=protocol, flags=_NUMERIC)
            for family, protocol, address in addresses
            if self._is_allowed(address)
        ]
        if not allowed:
            raise OSError("The host has no public address.")
        return allowed

    async def close(self) -> None:
        """There is nothing to close: the threads are those of all connections."""


def _seconds(retry_after: str | None) -> timedelta | None:
    """Reads the seconds of a Retry-After. Push services send no dates."""
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit():
        return None
    return timedelta(seconds=min(int(retry_after[:9]), 86_400))
