"""A stand-in for mongod, for machines without one: its arguments, its replica set, and its end by a signal.

It accepts no other arguments than those that this project uses. Its data are those of the development server, which
does not call itself so here.
"""

import argparse
import json
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from devservers.mongodb import __main__ as server
from devservers.mongodb import commands
from devservers.mongodb.administration import build_info, hello
from devservers.mongodb.arguments import Arguments
from devservers.mongodb.context import Context
from devservers.mongodb.documents import Document
from devservers.mongodb.errors import CommandError

STOPPED: Final = "mongod: shut down"
_MARK: Final = "mysmsDevelopmentServer"


class _Code(IntEnum):
    """Error codes that the development server does not use."""

    AlreadyInitialized = 23
    NodeNotFound = 74
    NotYetInitialized = 94
    NewReplicaSetConfigurationIncompatible = 103


class ReplicaSet:
    """The configuration of a set, which survives a restart."""

    def __init__(self, name: str, host: str, file: Path) -> None:
        self._name = name
        self._host = host
        self._file = file

    @property
    def config(self) -> Document | None:
        return json.loads(self._file.read_text()) if self._file.exists() else None

    async def hello(self, context: Context, arguments: Arguments) -> Document:
        reply = await hello(context, arguments)
        is_member = self.config is not None and self.config["members"][0]["host"] == self._host
        reply |= {"isWritablePrimary": is_member, "ismaster": is_member, "secondary": False}
        reply |= (
            {"setName": self._name, "hosts": [self._host], "me": self._host} if is_member else {"isreplicaset": True}
        )
        return _without_mark(reply)

    async def get_config(self, _context: Context, _arguments: Arguments) -> Document:
        if self.config is None:
            raise _error(_Code.NotYetInitialized)
        return {"config": self.config}

    async def initiate(self, _context: Context, arguments: Arguments) -> Document:
        config = arguments.document("replSetInitiate")
        if self.config is not None:
            raise _error(_Code.AlreadyInitialized)
        return self._set({**config, "version": 1})

    async def reconfigure(self, _context: Context, arguments: Arguments) -> Document:
        config = arguments.document("replSetReconfig")
        if not arguments.boolean("force") or self.config is None or config["version"] <= self.config["version"]:
            raise _error(_Code.NewReplicaSetConfigurationIncompatible)
        return self._set(config)

    def _set(self, config: Document) -> Document:
        if config["_id"] != self._name or [member["host"] for member in config["members"]] != [self._host]:
            raise _error(_Code.NodeNotFound)
        self._file.write_text(json.dumps(config))
        return {}


async def _build_info(context: Context, arguments: Arguments) -> Document:
    return _without_mark(await build_info(context, arguments))


async def _set_parameter(_context: Context, _arguments: Arguments) -> Document:
    return {}


def _without_mark(reply: Document) -> Document:
    return {name: value for name, value in reply.items() if name != _MARK}


def _error(code: Any) -> CommandError:
    return CommandError(code, code.name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="mongod", allow_abbrev=False)
    parser.add_argument("--replSet", required=True)
    parser.add_argument("--bind_ip", required=True, choices=["127.0.0.1"])
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--dbpath", required=True, type=Path)
    parser.add_argument("--nounixsocket", required=True, action="store_true")
    parser.add_argument("--slowOpSampleRate", required=True, type=float)
    options = parser.parse_args()
    if not options.dbpath.is_dir():
        parser.error(f"Data directory {options.dbpath} not found")
    member = ReplicaSet(options.replSet, f"127.0.0.1:{options.port}", options.dbpath / "set.json")
    commands._COMMANDS.update(  # they are those of a mongod, which the development server rejects
        {
            **dict.fromkeys(("hello", "isMaster", "ismaster"), member.hello),
            **dict.fromkeys(("buildInfo", "buildinfo"), _build_info),
            "replSetGetConfig": member.get_config,
            "replSetInitiate": member.initiate,
            "replSetReconfig": member.reconfigure,
            "setParameter": _set_parameter,
        }
    )
    sys.argv = ["mongod", "--port", str(options.port), "--data", str(options.dbpath / "data.sqlite3")]
    code = server.main()
    print(STOPPED, flush=True)  # noqa: T201
    return code


def install(folder: Path) -> None:
    """Put an executable of the name mongod into this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    executable = folder / "mongod"
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.support.fake_mongod "$@"\n')
    executable.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
