"""A proxy between one API process and its database, which can delay and fail individual commands.

Delayed commands simulate a slow network, so that a test can stop a process at an exact step without changing its code.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from devservers.mongodb.wire import parse, reply
from tests.faults.tcp_proxy import TcpProxy, close_writer, run_until_first_ends

Command = dict[str, Any]

UNAUTHORIZED = 13

_HEADER = struct.Struct("<iiii")


class PausePoint:
    """Delays matching commands: `request` before the database receives them, `reply` after it has executed them.

    With `skipped`, so many replies of commands that have changed something pass before one is delayed. Raises
    ValueError for requests: whether one will change something is not known.
    """

    def __init__(
        self,
        matches: Callable[[Command], bool],
        at: Literal["request", "reply"],
        *,
        once: bool = True,
        skipped: int = 0,
    ) -> None:
        if skipped and at == "request":
            raise ValueError("Only replies can be skipped.")
        self._matches = matches
        self.at = at
        self._once = once
        self._skipped = skipped
        self._is_used = False
        self._released = asyncio.Event()
        self.reached = asyncio.Event()
        """Set when a command was delayed."""

    def matches(self, command: Command) -> bool:
        if self._released.is_set() or (self._once and self._is_used) or not self._matches(command):
            return False
        self._is_used = True
        return True

    async def wait(self) -> None:
        self.reached.set()
        await self._released.wait()

    async def wait_if_changed(self, reply: Command) -> None:
        """Delay the reply, unless the command matched no document: the pause point then stays armed."""
        # An upsert has a value of None, too, if the document as it was before is asked for.
        if reply.get("lastErrorObject", reply).get("n") == 0:
            self._is_used = False
        elif self._skipped:
            self._skipped -= 1
            self._is_used = False
        else:
            await self.wait()

    def release(self) -> None:
        self._released.set()


class InjectedError:
    """Replies to matching commands with an error, by default Unauthorized, instead of forwarding them."""

    def __init__(self, matches: Callable[[Command], bool], code: int = UNAUTHORIZED) -> None:
        self.matches = matches
        self.reply = {"ok": 0.0, "code": code, "codeName": "InjectedError", "errmsg": "injected by a test"}
        self.count = 0
        """The number of commands that failed with it."""


class MongoProxy(TcpProxy):
    """Forwards MongoDB's wire protocol, message by message."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._upstream = (host, port)
        self._pause_points: list[PausePoint] = []
        self._injected_errors: list[InjectedError] = []
        self.forwarded = 0
        """How many commands the process has sent to the database."""
        self.worker_id: str | None = None
        """The worker ID of the process, once it has claimed a message."""

    def uri_of(self, uri: str) -> str:
        """The URI of the database through this proxy, which must be open."""
        parts = urlsplit(uri)
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        # Ignore the addresses that the server reports: all connections must use the proxy.
        query = urlencode([*parse_qsl(parts.query), ("directConnection", "true")])
        return parts._replace(netloc=f"{user}127.0.0.1:{self.port}", query=query).geturl()

    def add(self, pause_point: PausePoint) -> PausePoint:
        self._pause_points.append(pause_point)
        return pause_point

    def inject(self, injected: InjectedError) -> InjectedError:
        self._injected_errors.append(injected)
        return injected

    def reset(self) -> None:
        """Release all pause points and remove all injected errors."""
        self._injected_errors.clear()
        for pause_point in self._pause_points:
            pause_point.release()
        self._pause_points.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self._upstream)
        awaiting_reply: dict[int, PausePoint] = {}
        try:
            await run_until_first_ends(
                asyncio.create_task(self._forward_requests(reader, up_writer, writer, awaiting_reply)),
                asyncio.create_task(self._forward_replies(up_reader, writer, awaiting_reply)),
            )
        finally:
            await close_writer(up_writer)

    async def _forward_requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
        awaiting_reply: dict[int, PausePoint],
    ) -> None:
        while True:
            frame = await _read_frame(reader)
            self.forwarded += 1
            if self._injected_errors:
                request = parse(frame)
                injected = next((each for each in self._injected_errors if each.matches(request.body)), None)
                if injected is not None:
                    injected.count += 1
                    client.write(reply(request, injected.reply))
                    await client.drain()
                    continue
            if self._pause_points or (self.worker_id is None and b"claimed" in frame):
                command = parse(frame).body
                for changes in changes_of_messages(command):
                    self.worker_id = changes.get("outbound.worker_id") or self.worker_id
                pause_point = next(
                    (pause_point for pause_point in self._pause_points if pause_point.matches(command)), None
                )
                if pause_point is not None and pause_point.at == "request":
                    await pause_point.wait()
                elif pause_point is not None:
                    awaiting_reply[_HEADER.unpack_from(frame)[1]] = pause_point
            writer.write(frame)
            await writer.drain()

    async def _forward_replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, awaiting_reply: dict[int, PausePoint]
    ) -> None:
        while True:
            frame = await _read_frame(reader)
            pause_point = awaiting_reply.pop(_HEADER.unpack_from(frame)[2], None)
            if pause_point is not None:
                await pause_point.wait_if_changed(parse(frame).body)
            writer.write(frame)
            await writer.drain()


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(_HEADER.size)
    return header + await reader.readexactly(_HEADER.unpack(header)[0] - _HEADER.size)


def is_message_insert(command: Command) -> bool:
    """Whether the command stores a message."""
    return bool(command.get("insert") == "messages")


def is_lock_acquisition(command: Command) -> bool:
    """Whether the command acquires the lock of a text, which is the first step of a claim."""
    return bool(command.get("findAndModify") == "content_locks")


def is_claim(command: Command) -> bool:
    """Whether the command claims a message."""
    return any(changes.get("outbound.state") == "claimed" for changes in changes_of_messages(command))


def is_sid_recording(command: Command) -> bool:
    """Whether the command records which message a SID belongs to."""
    return bool(command.get("insert") == "provider_message_ids")


def is_acceptance(command: Command) -> bool:
    """Whether the command marks a message as accepted by the provider."""
    return any(changes.get("outbound.state") == "accepted" for changes in changes_of_messages(command))


def changes_of_messages(command: Command) -> list[Command]:
    """What the command sets in messages, for each of its updates, or in the outbox of those that it inserts."""
    if command.get("insert") == "messages":
        rows = [row.get("outbound") or {} for row in command["documents"]]
        return [{f"outbound.{name}": value for name, value in row.items()} for row in rows]
    if command.get("findAndModify") == "messages":
        return [command["update"].get("$set", {})]
    if command.get("update") == "messages":
        return [update["u"].get("$set", {}) for update in command["updates"]]
    return []
