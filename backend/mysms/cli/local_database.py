"""The database on this machine: mongod where one is installed, otherwise the development server.

Neither shows the data of the other.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mysms.core.replica_set import NAME, ensure_primary


@dataclass(frozen=True)
class LocalDatabase:
    """How to run it, and what to tell the user about it."""

    command: list[str]
    uri: str
    is_ready: Callable[[], bool]
    description: str


def local_database(data: Path, port: int, listens: Callable[[int], bool]) -> LocalDatabase:
    """Returns the database to run on this port of loopback, with its data in this folder."""
    mongod = shutil.which("mongod")
    of_mongod, of_development_server = data / "mongodb", data / "mongodb.sqlite3"
    if mongod is not None:
        hidden = _hidden(of_development_server, "without mongod")
        return LocalDatabase(
            mongod_command(mongod, of_mongod, port),
            f"mongodb://127.0.0.1:{port}/mysms?directConnection=true",
            lambda: ensure_primary(port),
            f"MongoDB ({mongod}).{hidden}",
        )
    hidden = _hidden(of_mongod, "with mongod")
    return LocalDatabase(
        [sys.executable, "-m", "devservers.mongodb", "--port", str(port), "--data", str(of_development_server)],
        f"mongodb://127.0.0.1:{port}/mysms",
        lambda: listens(port),
        f"the development server, since there is no mongod on the PATH.{hidden}",
    )


def mongod_command(mongod: str, data: Path, port: int) -> list[str]:
    """Returns the command of a replica set of one; creates its folder, which mongod does not do."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [mongod, "--replSet", NAME, "--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(data)]
    # Neither a socket in a folder that all users share, nor slow queries with their values in the log.
    return [*command, "--nounixsocket", "--slowOpSampleRate", "0"]


def _hidden(other: Path, runs: str) -> str:
    return f" It does not show the data in {other}, from runs {runs}." if other.exists() else ""
