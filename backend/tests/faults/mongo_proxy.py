"""Stands between one API process and its database, and holds back what the process asks or is answered.

A network may be slow at any moment: so a process can be caught exactly where a test wants it, without its help.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any, Literal

from devservers.mongodb.wire import parse, reply
from tests.faults.tcp_proxy import Relay, either, hang_up

Command = dict[str, Any]

UNAUTHORISED = 13

_HEADER = struct.Struct("<iiii")


class Trap:
    """Holds back commands (`request`: before the database has them, `reply`: after it has carried them out)."""

    def __init__(
        self, matches: Callable[[Command], bool], at: Literal["request", "reply"], *, once: bool = True
    ) -> None:
        self._matches = matches
        self.at = at
        self._once = once
        self._taken = False
        self._released = asyncio.Event()
        self.sprung = asyncio.Event()
        """Something is held back, or was."""

    def catches(self, command: Command) -> bool:
        if self._released.is_set() or (self._once and self._taken) or not self._matches(command):
            return False
        self._taken = True
        return True

    async def hold(self) -> None:
        self.sprung.set()
        await self._released.wait()

    async def hold_if_done(self, reply: Command) -> None:
        """A command that changed nothing is not the one that was waited for."""
        if reply.get("value", reply) is None or reply.get("n") == 0:
            self._taken = False
        else:
            await self.hold()

    def release(self) -> None:
        self._released.set()


class Refusal:
    """Answers commands in the database's place: that they are not authorised, or with another error of its own."""

    def __init__(self, matches: Callable[[Command], bool], code: int = UNAUTHORISED) -> None:
        self.matches = matches
        self.answer = {"ok": 0.0, "code": code, "codeName": "Refused", "errmsg": "refused for a test"}
        self.refused = 0
        """How many commands it has answered."""


class WireTap(Relay):
    """Passes MongoDB's messages on, one by one."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._upstream = (host, port)
        self._traps: list[Trap] = []
        self._refusals: list[Refusal] = []
        self.owner: str | None = None
        """How the process names itself in its claims."""

    def set(self, trap: Trap) -> Trap:
        self._traps.append(trap)
        return trap

    def refuse(self, refusal: Refusal) -> Refusal:
        self._refusals.append(refusal)
        return refusal

    def release(self) -> None:
        """Lets go of everything, and refuses nothing any more."""
        self._refusals.clear()
        for trap in self._traps:
            trap.release()
        self._traps.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self._upstream)
        awaited: dict[int, Trap] = {}
        try:
            await either(
                asyncio.create_task(self._pass_requests(reader, up_writer, writer, awaited)),
                asyncio.create_task(self._pass_replies(up_reader, writer, awaited)),
            )
        finally:
            await hang_up(up_writer)

    async def _pass_requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        awaited: dict[int, Trap],
    ) -> None:
        while True:
            frame = await _read_frame(reader)
            if self._refusals:
                request = parse(frame)
                refusal = next((each for each in self._refusals if each.matches(request.body)), None)
                if refusal is not None:
                    refusal.refused += 1
                    back.write(reply(request, refusal.answer))
                    await back.drain()
                    continue
            if self._traps or (self.owner is None and b"claimed" in frame):
                command = parse(frame).body
                if is_claim(command):
                    self.owner = command["update"]["$set"]["owner"]
                trap = next((trap for trap in self._traps if trap.catches(command)), None)
                if trap is not None and trap.at == "request":
                    await trap.hold()
                elif trap is not None:
                    awaited[_HEADER.unpack_from(frame)[1]] = trap
            writer.write(frame)
            await writer.drain()

    async def _pass_replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, awaited: dict[int, Trap]
    ) -> None:
        while True:
            frame = await _read_frame(reader)
            trap = awaited.pop(_HEADER.unpack_from(frame)[2], None)
            if trap is not None:
                await trap.hold_if_done(parse(frame).body)
            writer.write(frame)
            await writer.drain()


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(_HEADER.size)
    return header + await reader.readexactly(_HEADER.unpack(header)[0] - _HEADER.size)


def is_insert(command: Command) -> bool:
    """A message is stored."""
    return bool(command.get("insert") == "messages")


def is_lock(command: Command) -> bool:
    """The lock of a text is taken: the first thing of every claim."""
    return bool(command.get("findAndModify") == "inflight")


def is_claim(command: Command) -> bool:
    """A message is claimed."""
    update = command.get("update")
    changes = update.get("$set", {}) if isinstance(update, dict) else {}
    return command.get("findAndModify") == "messages" and changes.get("dispatch") == "claimed"


def is_owning(command: Command) -> bool:
    """A SID is made a message's own."""
    return bool(command.get("insert") == "carrier_messages")


def is_settling(command: Command) -> bool:
    """A message becomes settled."""
    return command.get("update") == "messages" and any(
        isinstance(update["u"], dict) and update["u"].get("$set", {}).get("dispatch") == "settled"
        for update in command["updates"]
    )
