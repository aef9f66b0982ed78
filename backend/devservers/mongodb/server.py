"""Connections, and the turns in which their commands are run."""

import asyncio
import os
import sqlite3
import sys
import traceback

from devservers.mongodb import wire
from devservers.mongodb.commands import run
from devservers.mongodb.context import Context
from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, error_fields


class Server:
    """Runs commands one after the other, and answers none before the journal has committed what it did.

    The commands that arrive in one turn of the event loop share a commit: with many clients, most of the waiting for
    the disk is waiting together.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._waiting: list[tuple[Connection, wire.Request]] = []

    def connection(self) -> "Connection":
        """The protocol of a new connection."""
        return Connection(self)

    def submit(self, connection: "Connection", request: wire.Request) -> None:
        """Take a command into the next turn."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)
        self._waiting.append((connection, request))

    def _turn(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            replies = [(connection, self._answer(request)) for connection, request in waiting]
            self.context.store.commit()
        except sqlite3.Error as error:
            # Memory is now ahead of the disk, and nobody has been told. Only the disk is right, so start again from it.
            print(
                f"mongodb: the data file cannot be written, so this server ends: {error}", file=sys.stderr, flush=True
            )
            os._exit(1)
        for connection, reply in replies:
            connection.send(reply)

    def _answer(self, request: wire.Request) -> bytes:
        try:
            message = wire.reply(request, run(self.context, request.body))
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001  a bug in one command is no reason to take the others down
            traceback.print_exc()
            message = wire.reply(request, _internal_error(error))
        return message if request.wants_reply else b""


def _internal_error(error: Exception) -> Document:
    return {"ok": 0.0, **error_fields(CommandError(Code.InternalError, f"{type(error).__name__}: {error}"))}


class Connection(asyncio.Protocol):
    """One client: cuts its bytes into requests, and stops reading while the client does not read its replies."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start."""
        self._server.context.connections += 1
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """End. What was taken into a turn is still run, as it may have been acknowledged to be under way (w=0)."""
        self._server.context.connections -= 1
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Submit what has arrived whole."""
        self._buffer += data
        try:
            while (frame := wire.take_frame(self._buffer)) is not None:
                self._server.submit(self, wire.parse(frame))
        except wire.FrameError as error:
            print(f"mongodb: closing a connection that sent {error}", file=sys.stderr, flush=True)
            self._buffer.clear()
            if self._transport is not None:
                self._transport.abort()

    def pause_writing(self) -> None:
        """The client is slow: let it catch up."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It has."""
        if self._transport is not None:
            self._transport.resume_reading()

    def send(self, message: bytes) -> None:
        """Answer, if there is still somebody to hear it."""
        if message and self._transport is not None:
            self._transport.write(message)
