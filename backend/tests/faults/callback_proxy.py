"""The public address of the callbacks: passes each connection on to an API process that lives."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from tests.faults.tcp_proxy import Relay, either, hang_up

_CHUNK = 65_536


class Front(Relay):
    """A load balancer, in the smallest form that does it."""

    def __init__(self, ports: Callable[[], Sequence[int]], chance: Random) -> None:
        super().__init__()
        self._ports = ports
        self._chance = chance
        self._passing = asyncio.Event()
        self._passing.set()

    def hold(self) -> None:
        """Keeps connections waiting, as a slow network would."""
        self._passing.clear()

    def release(self) -> None:
        self._passing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        up_reader, up_writer = await self._connect()
        try:
            await either(
                asyncio.create_task(_pump(reader, up_writer)),
                asyncio.create_task(_pump(up_reader, writer)),
            )
        finally:
            await hang_up(up_writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ports = list(self._ports())
        self._chance.shuffle(ports)
        for port in ports:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
        raise ConnectionRefusedError


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
