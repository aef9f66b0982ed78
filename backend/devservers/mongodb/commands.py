"""The table of commands, and their dispatch."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from devservers.mongodb import administration, index_commands, reads, writes
from devservers.mongodb.arguments import Arguments
from devservers.mongodb.context import Context
from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, error_fields

Command = Callable[[Context, Arguments], Coroutine[Any, Any, Document]]

_COMMANDS: Final[dict[str, Command]] = {
    "hello": administration.hello,
    "isMaster": administration.hello,
    "ismaster": administration.hello,
    "ping": administration.ping,
    "buildInfo": administration.build_info,
    "buildinfo": administration.build_info,
    "serverStatus": administration.server_status,
    "endSessions": administration.end_sessions,
    "listDatabases": administration.list_databases,
    "listCollections": administration.list_collections,
    "create": administration.create,
    "drop": administration.drop,
    "dropDatabase": administration.drop_database,
    "createIndexes": index_commands.create_indexes,
    "listIndexes": index_commands.list_indexes,
    "dropIndexes": index_commands.drop_indexes,
    "find": reads.find,
    "getMore": reads.get_more,
    "killCursors": reads.kill_cursors,
    "count": reads.count,
    "distinct": reads.distinct,
    "aggregate": reads.aggregate,
    "insert": writes.insert,
    "update": writes.update,
    "delete": writes.delete,
    "findAndModify": writes.find_and_modify,
    "findandmodify": writes.find_and_modify,
}


async def _unknown(_context: Context, arguments: Arguments) -> Document:
    raise CommandError(Code.CommandNotFound, f"no such command: '{arguments.name}'")


async def run(context: Context, body: Document) -> Document:
    """Run a command. Errors are returned as replies."""
    name = next(iter(body), "")
    command = _COMMANDS.get(name, _unknown)
    try:
        return {**await command(context, Arguments.of_command(body)), "ok": 1.0}
    except CommandError as error:
        return {"ok": 0.0, **error_fields(error)}
