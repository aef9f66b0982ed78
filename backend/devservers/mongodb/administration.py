"""Administration commands: the server, its databases and its collections."""

import os
import time
from datetime import UTC, datetime
from typing import Final

from devservers.mongodb.arguments import Arguments
from devservers.mongodb.context import Context
from devservers.mongodb.documents import MAX_DOCUMENT_SIZE, Document, encode
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.matching import Filter
from devservers.mongodb.projection import Projection
from devservers.mongodb.wire import MAX_MESSAGE_SIZE

# The version whose commands are supported or rejected by name. The handshake reports no sessions, replica set or
# topology version, so drivers send no retryable writes and monitor the server by polling.
_VERSION: Final = "7.0.0"
_WIRE_VERSION: Final = 21
_SERVER_MARKER: Final = {"mysmsDevelopmentServer": True}


async def hello(_context: Context, _arguments: Arguments) -> Document:
    """The handshake. Any fields of the driver are accepted."""
    return {
        "helloOk": True,
        "isWritablePrimary": True,
        "ismaster": True,
        "maxBsonObjectSize": MAX_DOCUMENT_SIZE,
        "maxMessageSizeBytes": MAX_MESSAGE_SIZE,
        "maxWriteBatchSize": 100_000,
        "localTime": datetime.now(UTC),
        "minWireVersion": 0,
        "maxWireVersion": _WIRE_VERSION,
        "readOnly": False,
        **_SERVER_MARKER,
    }


async def ping(_context: Context, arguments: Arguments) -> Document:
    """An empty successful reply."""
    arguments.value(arguments.name)
    arguments.reject_unknown()
    return {}


async def build_info(_context: Context, arguments: Arguments) -> Document:
    """The MongoDB version that this server emulates, and the marker that it is not MongoDB."""
    arguments.value(arguments.name)
    arguments.reject_unknown()
    return {
        "version": _VERSION,
        "versionArray": [*map(int, _VERSION.split(".")), 0],
        "modules": [],
        "maxBsonObjectSize": MAX_DOCUMENT_SIZE,
        **_SERVER_MARKER,
    }


async def server_status(context: Context, arguments: Arguments) -> Document:
    """Counters of the server."""
    arguments.value("serverStatus")
    arguments.reject_unknown()
    return {
        "version": _VERSION,
        "process": "devservers.mongodb",
        "pid": os.getpid(),
        "uptime": time.monotonic() - context.started_at,
        "localTime": datetime.now(UTC),
        "connections": {"current": context.connections},
        "metrics": {"queryExecutor": {"scannedObjects": context.store.statistics.documents_examined}},
        **_SERVER_MARKER,
    }


async def end_sessions(_context: Context, arguments: Arguments) -> Document:
    """A successful reply: this server has no sessions."""
    arguments.array("endSessions")
    arguments.reject_unknown()
    return {}


async def list_databases(context: Context, arguments: Arguments) -> Document:
    """The databases that have a collection."""
    arguments.value("listDatabases")
    query = Filter(arguments.document("filter", {}))
    name_only = arguments.boolean("nameOnly")
    arguments.ignore("authorizedDatabases")
    arguments.reject_unknown()
    databases: list[Document] = [{"name": name, "empty": False} for name in context.store.databases()]
    found = [database for database in databases if query.matches(database)]
    return {"databases": [{"name": database["name"]} for database in found] if name_only else found}


async def list_collections(context: Context, arguments: Arguments) -> Document:
    """The collections of a database."""
    arguments.value("listCollections")
    query = Filter(arguments.document("filter", {}))
    name_only = arguments.boolean("nameOnly")
    batch_size = arguments.batch_size()
    arguments.ignore("authorizedCollections")
    arguments.reject_unknown()
    found: list[Document] = []
    for collection in context.store.collections_in(str(arguments.database)):
        name = collection.namespace.partition(".")[2]
        described: Document = {"name": name, "type": "collection"}
        if not name_only:
            id_index = collection.indexes["_id_"].spec.document()
            described |= {"options": {}, "info": {"readOnly": False}, "idIndex": id_index}
        if query.matches(described):
            found.append(described)
    namespace = f"{arguments.database}.$cmd.listCollections"
    return await context.cursors.open(namespace, list(map(encode, found)), Projection({}), batch_size=batch_size)


async def create(context: Context, arguments: Arguments) -> Document:
    """Create a collection."""
    namespace = arguments.namespace("create")
    arguments.reject("capped", "viewOn", "timeseries", "validator", "collation", "expireAfterSeconds")
    arguments.reject_unknown()
    if namespace in context.store:
        raise CommandError(Code.NamespaceExists, f"Collection {namespace} already exists.")
    context.store.create(namespace)
    return {}


async def drop(context: Context, arguments: Arguments) -> Document:
    """Drop a collection."""
    namespace = arguments.namespace("drop")
    arguments.reject_unknown()
    if namespace not in context.store:
        return {}
    dropped = len(context.store.collection(namespace).indexes)
    context.store.drop(namespace)
    return {"ns": namespace, "nIndexesWas": dropped}


async def drop_database(context: Context, arguments: Arguments) -> Document:
    """Drop all collections of a database."""
    arguments.value("dropDatabase")
    arguments.reject_unknown()
    for collection in list(context.store.collections_in(str(arguments.database))):
        context.store.drop(collection.namespace)
    return {"dropped": arguments.database}
