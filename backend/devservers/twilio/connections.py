"""Faults below HTTP: connections aborted without a response, or refused."""

import asyncio
from typing import Protocol

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class Connections(Protocol):
    """The server's interface for faults, in `app.state.connections`."""

    def abort(self, client: tuple[str, int]) -> None: ...

    async def refuse(self, seconds: float | None) -> None: ...

    async def accept(self) -> None: ...


class NoResponse(Response):
    """Aborts the connection instead of sending a response."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        await abort_connection(scope, receive)


class AbortWhenCancelled:
    """ASGI middleware: aborts the connection of a request that shutdown cancels."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "http":
                await abort_connection(scope, receive)


async def abort_connection(scope: Scope, receive: Receive) -> None:
    scope["app"].state.connections.abort(scope["client"])
    # Until uvicorn has seen the disconnect, it treats a return without a response as an application error.
    while (await receive())["type"] != "http.disconnect":
        pass
