"""The public address of the callback endpoint: a load balancer for the running API processes."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from tests.faults.tcp_proxy import TcpProxy, close_writer, run_until_first_ends

_CHUNK = 65_536


class CallbackProxy(TcpProxy):
    """Forwards each connection to a random API process that accepts connections."""

    def __init__(self, ports: Callable[[], Sequence[int]], random: Random) -> None:
        super().__init__()
        self._ports = ports
        self._random = random
        self._resumed = asyncio.Event()
        self._resumed.set()

    def pause(self) -> None:
        """Delay new connections until `resume`, like a slow network."""
        self._resumed.clear()

    def resume(self) -> None:
        self._resumed.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._resumed.wait()
        up_reader, up_writer = await self._connect()
        try:
            await run_until_first_ends(
                asyncio.create_task(_pump(reader, up_writer)),
                asyncio.create_task(_pump(up_reader, writer)),
            )
        finally:
            await close_writer(up_writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ports = list(self._ports())
        self._random.shuffle(ports)
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
