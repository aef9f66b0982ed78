"""The database server of a test run: TEST_MONGODB_URI, a mongod on the PATH, or development servers."""

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pymongo import AsyncMongoClient

from mysms.cli.local_database import mongod_command
from mysms.core.replica_set import ensure_primary
from tests.support.processes import free_port
from tests.support.servers import Mongo, running_mongodb

VARIABLE = "TEST_MONGODB_URI"
_READY_WITHIN_SECONDS = 60


@contextlib.asynccontextmanager
async def running_database(directory: Path) -> AsyncIterator[Mongo]:
    """An empty database, on the server of TEST_MONGODB_URI, or on a development server of its own.

    It is dropped in the end, and so are its `other_database`s.
    """
    elsewhere = os.environ.get(VARIABLE)
    if not elsewhere:
        async with running_mongodb(directory) as mongodb:
            yield mongodb
        return
    name = f"mysms_tests_{secrets.token_hex(6)}"
    try:
        yield Mongo(urlsplit(elsewhere)._replace(path=f"/{name}").geturl(), process=None)
    finally:
        async with AsyncMongoClient[dict[str, object]](elsewhere) as client:
            for each in await client.list_database_names():
                if each.startswith(name):
                    await client.drop_database(each)


def chosen_database() -> str:
    """One line about the server that the tests use."""
    mongod = shutil.which("mongod")
    if os.environ.get(VARIABLE):
        return f"that of {VARIABLE}"
    return "the development server, since there is no mongod on the PATH" if mongod is None else f"MongoDB ({mongod})"


@contextlib.contextmanager
def mongod_of_the_path() -> Iterator[None]:
    """Runs a mongod where one is on the PATH, and makes it the server of TEST_MONGODB_URI, unless there is one."""
    mongod = shutil.which("mongod")
    if mongod is None or os.environ.get(VARIABLE):
        yield
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="mysms-mongod-") as directory:
        command = mongod_command(mongod, Path(directory) / "data", port)
        with (Path(directory) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + _READY_WITHIN_SECONDS
            while not ensure_primary(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{mongod} does not start:\n{(Path(directory) / 'log').read_text()}")
                time.sleep(0.1)
            os.environ[VARIABLE] = f"mongodb://127.0.0.1:{port}/?directConnection=true"
            yield
        finally:
            os.environ.pop(VARIABLE, None)
            process.terminate()
            process.wait()
