"""Index commands."""

from typing import Any, Final

from devservers.mongodb.arguments import Arguments
from devservers.mongodb.context import Context
from devservers.mongodb.documents import Document, encode
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.indexes import Index, IndexSpec
from devservers.mongodb.projection import Projection

# Unsupported index options that change the semantics of an index.
_NOT_SUPPORTED: Final = ("sparse", "partialFilterExpression", "expireAfterSeconds", "collation", "hidden", "weights")


async def create_indexes(context: Context, arguments: Arguments) -> Document:
    """Build all indexes, or none if one of them fails."""
    namespace = arguments.namespace("createIndexes")
    specs = [_parse(index) for index in arguments.array("indexes")]
    arguments.ignore("commitQuorum")
    arguments.reject_unknown()
    collection = context.store.collection(namespace)
    before = len(collection.indexes)
    new: list[IndexSpec] = []
    for spec in specs:
        if _is_new(spec, [*(index.spec for index in collection.indexes.values()), *new]):
            new.append(spec)
    indexes = collection.build_indexes(new)
    is_new_collection = namespace not in context.store
    context.store.create(namespace)
    for index in indexes:
        context.store.add_index(namespace, index)
    return {
        "numIndexesBefore": before,
        "numIndexesAfter": before + len(new),
        "createdCollectionAutomatically": is_new_collection,
        **({} if new else {"note": "all indexes already exist"}),
    }


async def list_indexes(context: Context, arguments: Arguments) -> Document:
    """The indexes of a collection."""
    namespace = arguments.namespace("listIndexes")
    batch_size = arguments.batch_size()
    arguments.reject_unknown()
    _check_exists(context, namespace)
    found = [encode(index.spec.document()) for index in context.store.collection(namespace).indexes.values()]
    return await context.cursors.open(namespace, found, Projection({}), batch_size=batch_size)


async def drop_indexes(context: Context, arguments: Arguments) -> Document:
    """Drop indexes by name or by key."""
    namespace = arguments.namespace("dropIndexes")
    wanted = arguments.value("index")
    arguments.reject_unknown()
    _check_exists(context, namespace)
    indexes = context.store.collection(namespace).indexes
    before = len(indexes)
    if wanted == "*":
        names = [name for name in indexes if name != "_id_"]
    else:
        names = [_name(indexes, one) for one in (wanted if isinstance(wanted, list) else [wanted])]
    if "_id_" in names:
        raise CommandError(Code.InvalidOptions, "cannot drop _id index")
    for name in names:
        context.store.drop_index(namespace, name)
    return {"nIndexesWas": before}


def _name(indexes: dict[str, Index], wanted: Any) -> str:
    for name, index in indexes.items():
        if wanted == name or (isinstance(wanted, dict) and tuple(wanted.items()) == index.spec.fields):
            return name
    raise CommandError(Code.IndexNotFound, f"index not found with name [{wanted}]")


def _check_exists(context: Context, namespace: str) -> None:
    if namespace not in context.store:
        raise CommandError(Code.NamespaceNotFound, f"ns does not exist: {namespace}")


def _parse(index: Any) -> IndexSpec:
    options = Arguments("createIndexes.indexes", index)
    key, name, unique = options.document("key"), options.string("name"), options.boolean("unique")
    options.ignore("v", "background")
    for option in _NOT_SUPPORTED:
        value = options.value(option, None)
        if value is not None and value is not False:
            raise CommandError(
                Code.CannotCreateIndex, f"the development MongoDB server does not support the index option '{option}'"
            )
    options.reject_unknown()
    if not key or not name:
        raise CommandError(Code.CannotCreateIndex, "Index keys and names cannot be empty.")
    for path, direction in key.items():
        if isinstance(direction, bool) or direction not in (1, -1):
            raise CommandError(
                Code.CannotCreateIndex,
                f"the development MongoDB server does not support the index key {path}: {direction!r}",
            )
        if not all(part and part[0] != "$" and not part.isdecimal() for part in path.split(".")):
            raise CommandError(
                Code.CannotCreateIndex, f"the development MongoDB server does not support the index path '{path}'"
            )
    return IndexSpec(name, tuple((path, int(direction)) for path, direction in key.items()), unique=unique)


def _is_new(spec: IndexSpec, existing: list[IndexSpec]) -> bool:
    if spec.fields == (("_id", 1),):
        return False
    for other in existing:
        if spec == other:
            return False
        if spec.name == other.name:
            raise CommandError(
                Code.IndexKeySpecsConflict,
                "An existing index has the same name as the requested index. Requested index: "
                f"{spec.document()}, existing index: {other.document()}",
            )
        if spec.fields == other.fields:
            raise CommandError(
                Code.IndexOptionsConflict, f"Index already exists with a different name or options: {other.name}"
            )
    return True
