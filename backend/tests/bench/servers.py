"""The servers of a benchmark: the API on its own core, with its database and the simulator on the other one."""

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import OTHER_CORE, SERVER_CORE, pinned_to
from tests.support.processes import Process, clean_environment, free_port
from tests.support.servers import (
    Api,
    Simulator,
    api_environment,
    is_listening,
    running_api,
    running_mongodb,
    running_simulator,
)

DATA_FILE = "mongodb.sqlite3"
"""Of the development database, in the directory of the benchmark."""
_SETTINGS = {"LOG_FORMAT": "json", "MAX_CONNECTIONS": "20000"}
"""The log as in production, and enough connections for a crowd."""


@dataclass(frozen=True)
class Bench:
    """What all lines use."""

    directory: Path
    api: Api
    simulator: Simulator
    database_pid: int | None
    """None for the database of TEST_MONGODB_URI."""


@contextlib.asynccontextmanager
async def running_bench(directory: Path, starts_within: float = 30.0) -> AsyncIterator[Bench]:
    """Runs the API, with the database of TEST_MONGODB_URI, or else the development server, which may need so long."""
    async with contextlib.AsyncExitStack() as stack:
        with pinned_to(OTHER_CORE):
            mongodb_uri, database_pid = os.environ.get("TEST_MONGODB_URI"), None
            if mongodb_uri is None:
                mongodb = await stack.enter_async_context(running_mongodb(directory, within=starts_within))
                assert mongodb.process is not None
                mongodb_uri, database_pid = mongodb.uri, mongodb.process.pid
            simulator = await stack.enter_async_context(running_simulator(directory))
        environment = api_environment(port=free_port(), mongodb_uri=mongodb_uri, twilio_url=simulator.url, **_SETTINGS)
        with pinned_to(SERVER_CORE):
            api = await stack.enter_async_context(running_api(directory, environment))
        yield Bench(directory, api, simulator, database_pid)


@dataclass(frozen=True)
class Ceiling:
    url: str
    pid: int


@contextlib.asynccontextmanager
async def running_ceiling(bench: Bench, app: str) -> AsyncIterator[Ceiling]:
    """Runs one of the apps of `ceilings.py` on the core of the API, which is idle meanwhile."""
    port = free_port()
    environment = clean_environment(
        MONGODB_URI=bench.api.mongodb_uri, TWILIO_URL=bench.simulator.url, API_URL=bench.api.url
    )
    with pinned_to(SERVER_CORE):
        module = ["tests.bench.ceilings", app, "--port", str(port)]
        process = Process(f"ceiling-{app}", module, bench.directory, environment)
    try:
        await process.wait_until(lambda: is_listening(port))
        yield Ceiling(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.stop()
