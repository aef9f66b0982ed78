"""`mysms serve`, whose responses tell in headers which database commands they have waited for, and what these read.

The driver tells of a command in the context of its caller, which the tasks that a request starts inherit and those of
the process do not. A command that begins after the response, for the same request, does not count. What the dispatcher
does for a message that had to wait for a worker is told apart: it is in no request's context.
"""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from bson import ObjectId
from fastapi import FastAPI
from pymongo import monitoring
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mysms.cli.commands import main
from mysms.core.settings import Settings
from mysms.main import create_app
from mysms.outbox.dispatcher import Dispatcher
from mysms.outbox.records import Claim
from mysms.outbox.store import OutboxStore

HEADER = "X-Database-Commands"
DISPATCHER_HEADER = "X-Dispatcher-Commands"
"""Those that the dispatcher has made so far to claim and send the message that the request waits for."""
FIELDS_HEADER = "X-Message-Fields"
"""The fields of messages that the database has returned, `parent.field` for those of a document within."""


@dataclass
class _Seen:
    commands: list[str] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    awaited: ObjectId | None = None
    """The message that the request waits for."""


_of_request: ContextVar[_Seen | None] = ContextVar("of_request", default=None)
_of_message: dict[ObjectId, _Seen] = {}
"""What the dispatcher has done for the messages that it has claimed."""


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
                dispatched = _of_message.get(seen.awaited, _Seen()) if seen.awaited is not None else _Seen()
                texts = {
                    HEADER: ", ".join(seen.commands),
                    DISPATCHER_HEADER: ", ".join(dispatched.commands),
                    FIELDS_HEADER: ", ".join(sorted(seen.fields)),
                }
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


_claim_next, _send, _watch_attempt = OutboxStore.claim_next, Dispatcher._send, Dispatcher.watch_attempt


async def _counted_claim_next(outbox: OutboxStore, *, newest: bool = False) -> Claim | None:
    seen = _Seen()
    token = _of_request.set(seen)
    try:
        claim = await _claim_next(outbox, newest=newest)
    finally:
        _of_request.reset(token)
    if claim is not None:
        _of_message[claim.message_id] = seen
    return claim


async def _counted_send(dispatcher: Dispatcher, claim: Claim, claimed_at: float) -> None:
    # A task of its own. For a message that was claimed in its insert, it is one of the request.
    if (seen := _of_message.get(claim.message_id)) is not None:
        _of_request.set(seen)
    await _send(dispatcher, claim, claimed_at)


@contextlib.contextmanager
def _noted_watch(dispatcher: Dispatcher, message_id: ObjectId) -> Iterator[Any]:
    if (seen := _of_request.get()) is not None:
        seen.awaited = message_id
    with _watch_attempt(dispatcher, message_id) as ended:
        yield ended


def _run() -> int:
    monitoring.register(_Recorder())
    with (
        mock.patch("mysms.cli.commands.create_app", _create_counted_app),
        mock.patch.object(OutboxStore, "claim_next", _counted_claim_next),
        mock.patch.object(Dispatcher, "_send", _counted_send),
        mock.patch.object(Dispatcher, "watch_attempt", _noted_watch),
    ):
        return main(["serve"])


if __name__ == "__main__":
    sys.exit(_run())
