"""`mysms serve`, whose responses tell in headers which database commands they have waited for, and what these read.

The driver tells of a command in the context of its caller, which the tasks that a request starts inherit and those of
the process do not. A command that begins after the response, for the same request, does not count.
"""

import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from fastapi import FastAPI
from pymongo import monitoring
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.cli.commands import main
from mysms.core.settings import Settings
from mysms.main import create_app

HEADER = "X-Database-Commands"
FIELDS_HEADER = "X-Message-Fields"
"""The fields of messages that the database has returned, `parent.field` for those of a document within."""


@dataclass
class _Seen:
    commands: list[str] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)


_of_request: ContextVar[_Seen | None] = ContextVar("of_request", default=None)


class _Recorder(monitoring.CommandListener):
    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Each attempt counts when it begins."""
        if (seen := _of_request.get()) is not None:
            seen.commands.append(f"{event.command_name} {event.command.get(event.command_name)}")

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        cursor = event.reply.get("cursor", {})
        if (seen := _of_request.get()) is not None and cursor.get("ns", "").endswith(".messages"):
            for row in cursor.get("firstBatch", cursor.get("nextBatch", ())):
                seen.fields.update(_names(row))

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Does nothing: it counted when it began."""


def _names(row: Mapping[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


class _CommandsMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = _Seen()

        async def send_with_commands(message: Message) -> None:
            if message["type"] == "http.response.start":
                texts = {HEADER: ", ".join(seen.commands), FIELDS_HEADER: ", ".join(sorted(seen.fields))}
                added = [(name.lower().encode(), text.encode()) for name, text in texts.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        if scope["type"] == "http":
            _of_request.set(seen)
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
