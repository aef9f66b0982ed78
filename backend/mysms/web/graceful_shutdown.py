"""Graceful shutdown with draining."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn

_GRACE_SECONDS = 1.0
"""Grace period for connections accepted just before the socket closed."""
_POLL_SECONDS = 0.05


class ShutdownState:
    """Whether this process is shutting down. A draining process still serves requests, but closes each connection."""

    def __init__(self) -> None:
        self.is_draining = False
        self._callbacks: list[Callable[[], None]] = []

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Registers a callback for when the process stops accepting connections."""
        self._callbacks.append(callback)

    def stop_work(self) -> None:
        for callback in self._callbacks:
            callback()

    async def check(self) -> str | None:
        """Reports a problem while the process is draining; a readiness check."""
        return "The process is shutting down." if self.is_draining else None


class Server(uvicorn.Server):
    """A uvicorn server that drains first: uvicorn itself would close connections on which a request may be in transit.

    For `drain_seconds` the process keeps serving, while /ready tells load balancers to choose another one. Then the
    listening sockets close, background tasks stop, and requests on open connections are completed.
    """

    def __init__(self, config: uvicorn.Config, shutdown: ShutdownState, drain_seconds: float) -> None:
        super().__init__(config)
        self._shutdown = shutdown
        self._drain_seconds = drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._shutdown.is_draining = True
        await self._wait(self._drain_seconds, lambda: False)
        for server in self.servers:
            server.close()
        self._shutdown.stop_work()
        await self._wait(_GRACE_SECONDS, lambda: not self.server_state.connections)
        await super().shutdown(sockets)

    async def _wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Waits until `is_over`, for `seconds` at most. A second Ctrl-C ends the wait."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while loop.time() < deadline and not is_over() and not self.force_exit:  # noqa: ASYNC110  # a signal sets it
            await asyncio.sleep(_POLL_SECONDS)
