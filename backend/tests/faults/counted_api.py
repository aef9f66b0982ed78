"""`mysms serve`, whose responses tell in a header which database commands they have waited for.

The driver tells of a command in the context of its caller, which the tasks that a request starts inherit and those of
the process do not. A command that begins after the response, for the same request, does not count.
"""

import sys
from collections.abc import MutableSequence
from contextvars import ContextVar
from typing import Any
from unittest import mock

from fastapi import FastAPI
from pymongo import monitoring
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.cli.commands import main
from mysms.core.settings import Settings
from mysms.main import create_app

HEADER = "X-Database-Commands"

_of_request: ContextVar[MutableSequence[str] | None] = ContextVar("of_request", default=None)


class _Recorder(monitoring.CommandListener):
    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if (found := _of_request.get()) is not None:
            found.append(f"{event.command_name} {event.command.get(event.command_name)}")

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Does nothing: each attempt counts when it begins."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Does nothing: each attempt counts when it begins."""


class _CommandsMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: list[str] = []

        async def send_with_commands(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = HEADER.lower().encode(), ", ".join(found).encode()
                message["headers"] = [*message["headers"], header]
            await send(message)

        if scope["type"] == "http":
            _of_request.set(found)
        await self._app(scope, receive, send_with_commands)


def _create_counted_app(settings: Settings, *parts: Any) -> FastAPI:
    app = create_app(settings, *parts)
    app.add_middleware(_CommandsMiddleware)
    return app


def _run() -> int:
    monitoring.register(_Recorder())
    with mock.patch("mysms.cli.commands.create_app", _create_counted_app):
        return main(["serve"])


if __name__ == "__main__":
    sys.exit(_run())
