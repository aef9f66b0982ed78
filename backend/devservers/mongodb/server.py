"""Connections, and the batches in which their commands run."""

import asyncio
import os
import sqlite3
import sys
import traceback
from collections import deque

from devservers.mongodb import wire
from devservers.mongodb.commands import run
from devservers.mongodb.context import Context
from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, error_fields


class _Running:
    """A command in progress."""

    def __init__(self, server: "Server", connection: "Connection", request: wire.Request) -> None:
        self.connection = connection
        self._turn = server.context.store.turn
        self._request = request
        self._command = run(server.context, request.body)

    def proceed(self) -> bytes | None:
        """Run for one turn. Returns the reply once the command has ended; it is empty if the client wants none."""
        self._turn.begin()
        try:
            message = self._reply()
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001  a bug in one command must not end the server
            traceback.print_exc()
            message = wire.reply(self._request, _internal_error(error))
        return message if self._request.wants_reply or message is None else b""

    def _reply(self) -> bytes | None:
        try:
            self._command.send(None)
        except StopIteration as stop:
            return wire.reply(self._request, stop.value)
        return None


class Server:
    """Runs commands. Replies are sent after the journal has committed.

    All commands that arrive in one iteration of the event loop share a commit (group commit), so that many clients do
    not each wait for the disk. A command that takes longer than its turn continues in later iterations, one of those in
    each, so that a short command waits for one turn at most.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._new: list[_Running] = []
        self._long: deque[_Running] = deque()
        self._is_scheduled = False

    def connection(self) -> "Connection":
        """The protocol of a new connection."""
        return Connection(self)

    def enqueue(self, connection: "Connection", request: wire.Request) -> None:
        """Add a command to the next batch."""
        self._new.append(_Running(self, connection, request))
        self._schedule()

    def _schedule(self) -> None:
        if (self._new or self._long) and not self._is_scheduled:
            asyncio.get_running_loop().call_soon(self._run_batch)
            self._is_scheduled = True

    def _run_batch(self) -> None:
        self._is_scheduled = False
        batch, self._new = self._new, []
        if self._long:
            batch.append(self._long.popleft())
        ended: list[tuple[Connection, bytes]] = []
        try:
            for running in batch:
                reply = running.proceed()
                if reply is None:
                    self._long.append(running)
                else:
                    ended.append((running.connection, reply))
            self.context.store.commit()
        except sqlite3.Error as error:
            # Memory is ahead of the disk now, and no reply was sent: end the process, so that a restart loads the disk.
            print(f"mongodb: the data file cannot be written; the server stops: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        for connection, reply in ended:
            connection.end_request(reply)
        self._schedule()


def _internal_error(error: Exception) -> Document:
    return {"ok": 0.0, **error_fields(CommandError(Code.InternalError, f"{type(error).__name__}: {error}"))}


class Connection(asyncio.Protocol):
    """One client connection: parses requests, and stops reading while the client does not read its replies.

    Its requests run one after the other.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._requests: deque[wire.Request] = deque()
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
                self._requests.append(wire.parse(frame))
                if len(self._requests) == 1:
                    self._server.enqueue(self, self._requests[0])
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

    def end_request(self, reply: bytes) -> None:
        """Send the reply, unless it is empty or the connection is closed, and run the next request."""
        if reply and self._transport is not None:
            self._transport.write(reply)
        self._requests.popleft()
        if self._requests:
            self._server.enqueue(self, self._requests[0])
