"""Uvicorn on several sockets, the first of which can refuse connections."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn

REOPEN_RETRY_SECONDS = 0.1


def listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


class Server(uvicorn.Server):
    """Serves one app on several sockets. The first one is the API's, and can refuse connections for a while."""

    def __init__(self, config: uvicorn.Config, sockets: Sequence[socket.socket], ready: str) -> None:
        super().__init__(config)
        self._sockets, self._ready = sockets, ready
        self._host, self._port = sockets[0].getsockname()[:2]
        self._reopening: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uses its own sockets
        await super().startup(list(self._sockets))
        print(self._ready, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancel pending requests instead of waiting for them: only faults keep requests pending."""
        await self._cancel_reopening()
        for request in self.server_state.tasks:
            request.cancel()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: the caller handles the signals, and uvicorn would raise them again at the end."""
        yield

    def abort(self, client: tuple[str, int]) -> None:
        for connection in self.server_state.connections:
            if getattr(connection, "client", None) == client:
                connection.transport.abort()

    async def refuse(self, seconds: float | None) -> None:
        """Close the API's port and its idle connections, which a client's connection pool would otherwise reuse."""
        await self._cancel_reopening()
        self.servers[0].close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # The connections close at the loop's next iteration: respond only after that.
        await asyncio.sleep(0)
        if seconds is not None:
            self._reopening = asyncio.create_task(self._reopen(seconds))

    async def accept(self) -> None:
        await self._cancel_reopening()
        if not self.servers[0].is_serving():
            await self._reopen(0)

    async def _cancel_reopening(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.gather(self._reopening, return_exceptions=True)
            self._reopening = None

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while True:
            try:
                listener = listening_socket(self._host, self._port)
            except OSError:
                await asyncio.sleep(REOPEN_RETRY_SECONDS)
            else:
                break
        self.servers[0] = await asyncio.get_running_loop().create_server(self._protocol, sock=listener)

    def _protocol(self) -> asyncio.Protocol:
        """A connection, created as uvicorn does it."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
