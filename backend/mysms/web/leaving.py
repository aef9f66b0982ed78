"""The end of a process that no caller notices."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LAST_WORDS_SECONDS = 1.0
"""Who has connected just before the door was shut has this long to say what for."""
_LOOK_AGAIN_SECONDS = 0.05


class Leaving:
    """Whether this process has been told to end. It still answers, and every answer ends its connection."""

    def __init__(self) -> None:
        self.begun = False

    async def check(self) -> str | None:
        """For /ready."""
        return "The process is about to end." if self.begun else None


class CloseConnections:
    """Asks callers to connect anew while the process is leaving: the next time they meet another one."""

    def __init__(self, app: ASGIApp, leaving: Leaving) -> None:
        self._app = app
        self._leaving = leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start" and self._leaving.begun:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, receive, send_and_close if scope["type"] == "http" else send)


class Server(uvicorn.Server):
    """uvicorn, which by itself closes connections on which a request may already be on its way.

    For `drain_seconds` everything goes on, while /ready tells load balancers to go elsewhere. Then nobody is let in any
    more, `stop_work` is called, and who is in is served to the end.
    """

    def __init__(
        self, config: uvicorn.Config, leaving: Leaving, stop_work: Callable[[], None], drain_seconds: float
    ) -> None:
        super().__init__(config)
        self._leaving = leaving
        self._stop_work = stop_work
        self._drain_seconds = drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leaving.begun = True
        await self._wait(self._drain_seconds, lambda: False)
        for server in self.servers:
            server.close()
        self._stop_work()
        await self._wait(_LAST_WORDS_SECONDS, lambda: not self.server_state.connections)
        await super().shutdown(sockets)

    async def _wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """A second Ctrl-C ends the waiting."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while loop.time() < deadline and not is_over() and not self.force_exit:  # noqa: ASYNC110  # a signal sets it
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
