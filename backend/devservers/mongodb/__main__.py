"""`python -m devservers.mongodb --port N --data FILE`: run the server until SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path

from devservers.mongodb import __doc__ as manual
from devservers.mongodb.context import Context
from devservers.mongodb.journal import Journal, JournalError
from devservers.mongodb.server import Server
from devservers.mongodb.store import Store


def main() -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code: 1 if the server cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m devservers.mongodb", description=manual, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 picks a free one")
    parser.add_argument("--data", type=Path, required=True, help="SQLite file with all data; created if missing")
    options = parser.parse_args()
    # No other user may read the data.
    os.umask(0o077)
    try:
        journal = Journal(options.data)
        with contextlib.closing(journal), contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(journal, options.host, options.port, options.data))
    except (JournalError, OSError) as error:
        print(f"mongodb: {error}", file=sys.stderr)
        return 1
    return 0


def _load(journal: Journal) -> Store:
    """The stored data, which the garbage collector does not look at: with many documents that takes a second."""
    gc.disable()
    store = Store(journal)
    gc.freeze()
    gc.enable()
    return store


async def _serve(journal: Journal, host: str, port: int, data: Path) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # On Windows the loop supports no signal handlers, and Ctrl-C raises KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    server = Server(Context(_load(journal)))
    try:
        listening = await loop.create_server(server.connection, host, port)
    except OSError as error:
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    print(f"mongodb: listening on {host}:{listening.sockets[0].getsockname()[1]}, data in {data}", flush=True)
    await stopped.wait()
    listening.close()


if __name__ == "__main__":
    sys.exit(main())
