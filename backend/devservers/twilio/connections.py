"""What happens to connections below HTTP: dropped without an answer, or refused altogether."""

import asyncio
from typing import Protocol

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class Connections(Protocol):
    """The server, as far as faults need it; found in `app.state.connections`."""

    def drop(self, client: tuple[str, int]) -> None: ...

    async def refuse(self, seconds: float | None) -> None: ...

    async def accept(self) -> None: ...


class NoAnswer(Response):
    """Aborts the connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        await hang_up(scope, receive)


class HangUpWhenCancelled:
    """ASGI middleware: a request that the end of the process cuts off ends like any other lost connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "http":
                await hang_up(scope, receive)


async def hang_up(scope: Scope, receive: Receive) -> None:
    scope["app"].state.connections.drop(scope["client"])
    # The server takes a silent return for a bug until it has seen the connection go.
    while (await receive())["type"] != "http.disconnect":
        pass
