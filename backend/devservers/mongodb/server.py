"""Connections, and the batches in which their commands run."""

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
    """Runs commands one after the other. Replies are sent after the journal has committed.

    All commands that arrive in one iteration of the event loop share a commit (group commit), so that many clients do
    not each wait for the disk.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._queue: list[tuple[Connection, wire.Request]] = []

    def connection(self) -> "Connection":
        """The protocol of a new connection."""
        return Connection(self)

    def enqueue(self, connection: "Connection", request: wire.Request) -> None:
        """Add a command to the next batch."""
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._run_batch)
        self._queue.append((connection, request))

    def _run_batch(self) -> None:
        batch, self._queue = self._queue, []
        try:
            replies = [(connection, self._run_request(request)) for connection, request in batch]
            self.context.store.commit()
        except sqlite3.Error as error:
            # Memory is ahead of the disk now, and no reply was sent: end the process, so that a restart loads the disk.
            print(f"mongodb: the data file cannot be written; the server stops: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        for connection, reply in replies:
            connection.send(reply)

    def _run_request(self, request: wire.Request) -> bytes:
        try:
            message = wire.reply(request, run(self.context, request.body))
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001  a bug in one command must not end the server
            traceback.print_exc()
            message = wire.reply(request, _internal_error(error))
        return message if request.wants_reply else b""


def _internal_error(error: Exception) -> Document:
    return {"ok": 0.0, **error_fields(CommandError(Code.InternalError, f"{type(error).__name__}: {error}"))}


class Connection(asyncio.Protocol):
    """One client connection: parses requests, and stops reading while the client does not read its replies."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection."""
        self._server.context.connections += 1
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Discard the connection. Queued commands still run: with w=0 the client does not wait for a reply."""
        self._server.context.connections -= 1
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Queue all complete requests."""
        self._buffer += data
        try:
            while (frame := wire.take_frame(self._buffer)) is not None:
                self._server.enqueue(self, wire.parse(frame))
        except wire.FrameError as error:
            print(f"mongodb: closing a connection: {error}", file=sys.stderr, flush=True)
            self._buffer.clear()
            if self._transport is not None:
                self._transport.abort()

    def pause_writing(self) -> None:
        """Stop reading until the client has read its replies."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def send(self, message: bytes) -> None:
        """Send a reply, unless it is empty or the connection is closed."""
        if message and self._transport is not None:
            self._transport.write(message)
