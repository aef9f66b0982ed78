"""Read commands."""

from typing import Any

from bson import Int64

from devservers.mongodb.arguments import Arguments
from devservers.mongodb.context import Context
from devservers.mongodb.documents import Document, decode
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import MISSING, key
from devservers.mongodb.paths import values_at
from devservers.mongodb.pipeline import Pipeline
from devservers.mongodb.projection import Projection
from devservers.mongodb.sorting import parse_sort
from devservers.mongodb.turns import give_way


async def find(context: Context, arguments: Arguments) -> Document:
    """Find documents, with sort, skip, limit and projection."""
    namespace = arguments.namespace("find")
    query = Filter(arguments.document("filter", {}))
    sort = parse_sort(arguments.document("sort", {}))
    projection = Projection(arguments.document("projection", {}))
    skip, limit = arguments.count("skip", 0), arguments.count("limit", 0)
    batch_size = arguments.optional_count("batchSize")
    single_batch = arguments.boolean("singleBatch")
    arguments.ignore("allowDiskUse", "allowPartialResults", "noCursorTimeout")
    arguments.reject(
        "hint", "collation", "let", "min", "max", "returnKey", "showRecordId", "tailable", "awaitData", "oplogReplay"
    )
    arguments.reject_unknown()
    found = await context.store.collection(namespace).find(query, sort, skip, limit)
    return await context.cursors.open(namespace, found, projection, batch_size=batch_size, single_batch=single_batch)


async def get_more(context: Context, arguments: Arguments) -> Document:
    """The next batch of a cursor."""
    identifier = arguments.value("getMore")
    namespace = arguments.namespace("collection")
    batch_size = arguments.count("batchSize", 0)
    arguments.reject_unknown()
    if not isinstance(identifier, int):
        raise CommandError(Code.TypeMismatch, "BSON field 'getMore.getMore' is the wrong type, expected type 'long'")
    return await context.cursors.more(identifier, namespace, batch_size)


async def kill_cursors(context: Context, arguments: Arguments) -> Document:
    """Close cursors."""
    arguments.namespace("killCursors")
    identifiers = arguments.array("cursors")
    arguments.reject_unknown()
    killed = [Int64(identifier) for identifier in identifiers if context.cursors.kill(identifier)]
    not_found = [identifier for identifier in identifiers if identifier not in killed]
    return {"cursorsKilled": killed, "cursorsNotFound": not_found, "cursorsAlive": [], "cursorsUnknown": []}


async def count(context: Context, arguments: Arguments) -> Document:
    """Count the matching documents."""
    namespace = arguments.namespace("count")
    query = Filter(arguments.document("query", {}))
    skip, limit = arguments.count("skip", 0), arguments.count("limit", 0)
    arguments.reject("hint", "collation")
    arguments.reject_unknown()
    return {"n": await context.store.collection(namespace).count(query, skip, limit)}


async def distinct(context: Context, arguments: Arguments) -> Document:
    """The distinct values of a field. An array yields its elements."""
    namespace = arguments.namespace("distinct")
    path = arguments.string("key")
    query = Filter(arguments.value("query", None) or {})
    arguments.reject("hint", "collation")
    arguments.reject_unknown()
    found: dict[bytes, Any] = {}
    for data in await context.store.collection(namespace).find(query, []):
        for value in values_at(decode(data), path.split(".")):
            for element in value if isinstance(value, list) else [value]:
                if element is not MISSING:
                    found.setdefault(key(element), element)
        if context.store.turn.is_over():
            await give_way()
    return {"values": [found[value_key] for value_key in sorted(found)]}


async def aggregate(context: Context, arguments: Arguments) -> Document:
    """Run a pipeline. Its leading stages may use an index."""
    pipeline = Pipeline(arguments.array("pipeline"))
    namespace = arguments.namespace("aggregate")
    batch_size = arguments.batch_size()
    arguments.ignore("allowDiskUse")
    arguments.reject("hint", "collation", "let", "explain", "bypassDocumentValidation")
    arguments.reject_unknown()
    found = await pipeline.run(context.store.collection(namespace), context.store.turn)
    return await context.cursors.open(namespace, found, Projection({}), batch_size=batch_size)
