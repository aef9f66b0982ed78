"""The commands about the server itself and about its databases and collections."""

import os
import time
from datetime import UTC, datetime
from typing import Final

from devservers.mongodb.arguments import Arguments
from devservers.mongodb.context import Context
from devservers.mongodb.documents import MAX_DOCUMENT_SIZE, Document
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.matching import Filter
from devservers.mongodb.projection import Projection
from devservers.mongodb.wire import MAX_MESSAGE_SIZE

# The command set of MongoDB 7.0, of which everything missing is refused by name. No sessions, replica set or topology
# version are claimed, so drivers send no retryable writes and poll plainly.
_VERSION: Final = "7.0.0"
_WIRE_VERSION: Final = 21
_SIGN: Final = {"mysmsDevelopmentServer": True}


def hello(_context: Context, _arguments: Arguments) -> Document:
    """The handshake. It takes whatever a driver says about itself."""
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
        **_SIGN,
    }


def ping(_context: Context, arguments: Arguments) -> Document:
    """Nothing, successfully."""
    arguments.any(arguments.name)
    arguments.finish()
    return {}


def build_info(_context: Context, arguments: Arguments) -> Document:
    """The version this server stands in for, and that it is no MongoDB."""
    arguments.any(arguments.name)
    arguments.finish()
    return {
        "version": _VERSION,
        "versionArray": [*map(int, _VERSION.split(".")), 0],
        "modules": [],
        "maxBsonObjectSize": MAX_DOCUMENT_SIZE,
        **_SIGN,
    }


def server_status(context: Context, arguments: Arguments) -> Document:
    """What the server counts."""
    arguments.any("serverStatus")
    arguments.finish()
    return {
        "version": _VERSION,
        "process": "devservers.mongodb",
        "pid": os.getpid(),
        "uptime": time.monotonic() - context.started_at,
        "localTime": datetime.now(UTC),
        "connections": {"current": context.connections},
        "metrics": {"queryExecutor": {"scannedObjects": context.store.statistics.documents_examined}},
        **_SIGN,
    }


def end_sessions(_context: Context, arguments: Arguments) -> Document:
    """There are none, so they have ended."""
    arguments.array("endSessions")
    arguments.finish()
    return {}


def list_databases(context: Context, arguments: Arguments) -> Document:
    """The databases with a collection in them."""
    arguments.any("listDatabases")
    query = Filter(arguments.document("filter", {}))
    name_only = arguments.flag("nameOnly")
    arguments.ignore("authorizedDatabases")
    arguments.finish()
    databases: list[Document] = [{"name": name, "empty": False} for name in context.store.databases()]
    found = [database for database in databases if query.matches(database)]
    return {"databases": [{"name": database["name"]} for database in found] if name_only else found}


def list_collections(context: Context, arguments: Arguments) -> Document:
    """The collections of a database."""
    arguments.any("listCollections")
    query = Filter(arguments.document("filter", {}))
    name_only = arguments.flag("nameOnly")
    batch_size = arguments.batch_size()
    arguments.ignore("authorizedCollections")
    arguments.finish()
    found: list[Document] = []
    for collection in context.store.in_database(str(arguments.database)):
        name = collection.namespace.partition(".")[2]
        described: Document = {"name": name, "type": "collection"}
        if not name_only:
            id_index = collection.indexes["_id_"].spec.document()
            described |= {"options": {}, "info": {"readOnly": False}, "idIndex": id_index}
        if query.matches(described):
            found.append(described)
    namespace = f"{arguments.database}.$cmd.listCollections"
    return context.cursors.open(namespace, found, Projection({}), batch_size=batch_size)


def create(context: Context, arguments: Arguments) -> Document:
    """Make a collection."""
    namespace = arguments.namespace("create")
    arguments.refuse("capped", "viewOn", "timeseries", "validator", "collation", "expireAfterSeconds")
    arguments.finish()
    if namespace in context.store:
        raise CommandError(Code.NamespaceExists, f"Collection {namespace} already exists.")
    context.store.create(namespace)
    return {}


def drop(context: Context, arguments: Arguments) -> Document:
    """Remove a collection."""
    namespace = arguments.namespace("drop")
    arguments.finish()
    if namespace not in context.store:
        return {}
    dropped = len(context.store.collection(namespace).indexes)
    context.store.drop(namespace)
    return {"ns": namespace, "nIndexesWas": dropped}


def drop_database(context: Context, arguments: Arguments) -> Document:
    """Remove all collections of a database."""
    arguments.any("dropDatabase")
    arguments.finish()
    for collection in list(context.store.in_database(str(arguments.database))):
        context.store.drop(collection.namespace)
    return {"dropped": arguments.database}
