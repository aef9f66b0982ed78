"""A replica set of one, which is what a local mongod runs as."""

import contextlib
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

NAME = "rs0"

# MongoDB's error code of a member that belongs to no set yet.
_NOT_YET_INITIALIZED = 94


def ensure_primary(port: int) -> bool:
    """Returns whether the mongod on this port of loopback accepts writes. If not, it will soon.

    A new member is made a set of its own. One that had another port when it last ran gets a new configuration, since it
    does not find itself in the old one.
    """
    host = f"127.0.0.1:{port}"
    try:
        with MongoClient[dict[str, Any]](host, directConnection=True, serverSelectionTimeoutMS=1000) as client:
            if client.admin.command("hello")["isWritablePrimary"]:
                _stop_without_delay(client.admin)
                return True
            _configure(client.admin, host)
    except PyMongoError:
        # It is starting, or being elected.
        return False
    return False


def _configure(admin: Database[dict[str, Any]], host: str) -> None:
    try:
        config = admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        admin.command("replSetInitiate", {"_id": NAME, "members": [{"_id": 0, "host": host}]})
        return
    (member,) = config["members"]
    if member["host"] != host:
        moved = {**config, "version": config["version"] + 1, "members": [{**member, "host": host}]}
        admin.command("replSetReconfig", moved, force=True)


def _stop_without_delay(admin: Database[dict[str, Any]]) -> None:
    """A primary that gets SIGTERM waits for 15 seconds for another one to take over. Versions before 5.0 do not."""
    with contextlib.suppress(OperationFailure):
        admin.command("setParameter", 1, shutdownTimeoutMillisForSignaledShutdown=0)
