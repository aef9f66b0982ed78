"""Write commands."""

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from bson import ObjectId

from devservers.mongodb.arguments import Arguments
from devservers.mongodb.collection import Change, id_key_of
from devservers.mongodb.context import Context
from devservers.mongodb.documents import MAX_DOCUMENT_SIZE, Document, decode, encode
from devservers.mongodb.errors import Code, CommandError, error_fields
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import MISSING
from devservers.mongodb.projection import Projection
from devservers.mongodb.sorting import Sort, parse_sort
from devservers.mongodb.store import Store
from devservers.mongodb.turns import finish, give_way
from devservers.mongodb.updates import Update, check_field_names

Result = TypeVar("Result")

# A write takes about as long as examining this number of documents.
_WORK_PER_WRITE: Final = 5
# How often a search for the document to change gives way to others; after that it runs to the end at once.
_PATIENT_ATTEMPTS: Final = 3


async def insert(context: Context, arguments: Arguments) -> Document:
    """Insert documents."""
    namespace = arguments.namespace("insert")
    documents = arguments.array("documents")
    ordered = _ordered(arguments)

    async def insert_one(document: Any) -> None:
        if not isinstance(document, dict):
            raise CommandError(Code.TypeMismatch, "an inserted document must be an object")
        check_field_names(document)
        context.store.apply(namespace, [_insertion(document)])

    inserted, errors = await _execute_all(context, documents, insert_one, ordered=ordered)
    return {"n": len(inserted), **errors}


async def update(context: Context, arguments: Arguments) -> Document:
    """Update, replace or upsert documents."""
    namespace = arguments.namespace("update")
    statements = arguments.array("updates")
    ordered = _ordered(arguments)

    async def update_some(statement: Any) -> tuple[int, int, list[Any]]:
        fields = Arguments("update.updates", statement)
        spec, change = fields.document("q"), Update(fields.value("u"))
        multi, upsert = fields.boolean("multi"), fields.boolean("upsert")
        fields.reject("arrayFilters", "collation", "hint", "c", "sort")
        fields.reject_unknown()
        if multi and change.is_replacement:
            raise CommandError(Code.FailedToParse, "multi update is not supported for replacement-style update")
        return await _update(context.store, namespace, spec, change, multi=multi, upsert=upsert)

    results, errors = await _execute_all(context, statements, update_some, ordered=ordered)
    upserted = [{"index": index, "_id": value} for index, (_, _, new) in results.items() for value in new]
    return {
        "n": sum(matched + len(new) for matched, _, new in results.values()),
        "nModified": sum(modified for _, modified, _ in results.values()),
        **({"upserted": upserted} if upserted else {}),
        **errors,
    }


async def delete(context: Context, arguments: Arguments) -> Document:
    """Delete documents."""
    namespace = arguments.namespace("delete")
    statements = arguments.array("deletes")
    ordered = _ordered(arguments)

    async def delete_some(statement: Any) -> int:
        fields = Arguments("delete.deletes", statement)
        query, limit = Filter(fields.document("q")), fields.count("limit", 0)
        fields.reject("collation", "hint")
        fields.reject_unknown()
        if limit > 1:
            raise CommandError(Code.FailedToParse, "The limit field in delete objects must be 0 or 1")
        if limit == 1:
            found = await _find_current(context.store, namespace, query, [])
            context.store.apply(namespace, [_removal(document) for document in found])
            return len(found)
        return await _delete_all(context.store, namespace, query)

    results, errors = await _execute_all(context, statements, delete_some, ordered=ordered)
    return {"n": sum(results.values()), **errors}


async def find_and_modify(context: Context, arguments: Arguments) -> Document:
    """Update or delete the first document in the sort order, and return it as it was before or is after."""
    namespace = arguments.namespace(arguments.name)
    spec = arguments.document("query", {})
    sort = parse_sort(arguments.document("sort", {}))
    projection = Projection(arguments.document("fields", {}))
    remove, upsert, new = arguments.boolean("remove"), arguments.boolean("upsert"), arguments.boolean("new")
    change = Update(arguments.value("update")) if arguments.has("update") else None
    arguments.reject("arrayFilters", "collation", "hint", "let", "bypassDocumentValidation")
    arguments.reject_unknown()
    if remove == (change is not None):
        raise CommandError(Code.FailedToParse, "Either an update or remove=true must be specified")
    if remove and (upsert or new):
        raise CommandError(Code.FailedToParse, "Cannot specify new=true or upsert=true with remove=true")

    found = await _find_current(context.store, namespace, Filter(spec), sort, upsert=upsert)
    before = found[0] if found else None
    after: Document | None = None
    outcome: Document = {"n": len(found)}
    if change is None:
        context.store.apply(namespace, [_removal(document) for document in found])
    else:
        outcome["updatedExisting"] = bool(found)
        if before is not None:
            altered = _alteration(before, change)
            after = altered.after if altered else before
            context.store.apply(namespace, [altered] if altered else [])
        elif upsert:
            insertion = _insertion(change.new_document(spec))
            context.store.apply(namespace, [insertion])
            after = insertion.after or {}
            outcome = {"n": 1, "updatedExisting": False, "upserted": after["_id"]}
    value = after if new else before
    return {"lastErrorObject": outcome, "value": None if value is None else projection.apply(value)}


def _ordered(arguments: Arguments) -> bool:
    ordered = arguments.boolean("ordered", default=True)
    arguments.ignore("bypassDocumentValidation")
    arguments.reject("let")
    arguments.reject_unknown()
    return ordered


async def _execute_all(
    context: Context, statements: list[Any], execute: Callable[[Any], Coroutine[Any, Any, Result]], *, ordered: bool
) -> tuple[dict[int, Result], Document]:
    """Execute the statements. Returns the results by index, and the reply's `writeErrors` if there are any."""
    if not statements:
        raise CommandError(Code.InvalidOptions, "Write batch sizes must be between 1 and 100000. Got 0 operations.")
    results: dict[int, Result] = {}
    errors: list[Document] = []
    for index, statement in enumerate(statements):
        try:
            results[index] = await execute(statement)
        except CommandError as error:
            errors.append({"index": index, **error_fields(error)})
            if ordered:
                break
        if context.store.turn.is_over(_WORK_PER_WRITE):
            await give_way()
    return results, {"writeErrors": errors} if errors else {}


async def _update(
    store: Store, namespace: str, spec: Document, change: Update, *, multi: bool, upsert: bool
) -> tuple[int, int, list[Any]]:
    """The number of matched documents, the number of modified ones, and the `_id`s of upserted ones."""
    query = Filter(spec)
    found = [] if multi and not upsert else await _find_current(store, namespace, query, [], upsert=upsert)
    if multi and (found or not upsert):
        return *await _update_all(store, namespace, query, change), []
    if found or not upsert:
        alterations = [altered for document in found if (altered := _alteration(document, change)) is not None]
        store.apply(namespace, alterations)
        return len(found), len(alterations), []
    insertion = _insertion(change.new_document(spec))
    store.apply(namespace, [insertion])
    return 0, 0, [insertion.after["_id"] if insertion.after else None]


async def _find_current(
    store: Store, namespace: str, query: Filter, sort: Sort, *, upsert: bool = False
) -> list[Document]:
    """The first matching document, if there is one, as it is now, although others may have run meanwhile.

    For an upsert, nothing found means that there is none now, so that a second one cannot be inserted.
    """
    for _ in range(_PATIENT_ATTEMPTS):
        collection = store.collection(namespace)
        changes = collection.changes
        found = await collection.find(query, sort, limit=1)
        now = store.collection(namespace)
        is_unchanged = now is collection and now.changes == changes
        documents = list(map(decode, found))
        if is_unchanged or (not found and not upsert):
            return documents
        if found and now.documents.get(id_key_of(documents[0])) == found[0]:
            return documents
    return list(map(decode, finish(store.collection(namespace).find(query, sort, limit=1))))


async def _update_all(store: Store, namespace: str, query: Filter, change: Update) -> tuple[int, int]:
    """Update all matching documents, or none if one update fails. Returns how many matched, and how many changed."""
    prepared: list[tuple[bytes, bytes, Change | None]] = []
    for data in await store.collection(namespace).find(query, []):
        document = decode(data)
        prepared.append((id_key_of(document), data, _alteration(document, change)))
        if store.turn.is_over(_WORK_PER_WRITE):
            await give_way()
    matched = 0
    alterations: list[Change] = []
    for id_key, data, prepared_alteration in prepared:
        alteration = prepared_alteration
        current = store.collection(namespace).documents.get(id_key)
        if current != data:
            if current is None or not query.matches(decode(current)):
                continue
            alteration = _alteration(decode(current), change)
        matched += 1
        if alteration is not None:
            alterations.append(alteration)
    store.apply(namespace, alterations)
    return matched, len(alterations)


async def _delete_all(store: Store, namespace: str, query: Filter) -> int:
    """Delete all matching documents. Returns how many there were."""
    deleted = 0
    for data in await store.collection(namespace).find(query, []):
        current = store.collection(namespace).documents.get(id_key_of(decode(data)))
        if current is not None and (current == data or query.matches(decode(current))):
            store.apply(namespace, [_removal(decode(current))])
            deleted += 1
        if store.turn.is_over(_WORK_PER_WRITE):
            await give_way()
    return deleted


def _insertion(document: Document) -> Change:
    document = {"_id": document.get("_id", MISSING), **document}
    if document["_id"] is MISSING:
        document["_id"] = ObjectId()
    data = encode(document)
    if len(data) > MAX_DOCUMENT_SIZE:
        raise CommandError(
            Code.BSONObjectTooLarge, f"object to insert too large. size in bytes: {len(data)}, max: {MAX_DOCUMENT_SIZE}"
        )
    return Change(id_key_of(document), None, decode(data), data)


def _alteration(before: Document, change: Update) -> Change | None:
    """The change that the update makes to a stored document, or None if the result is byte-identical."""
    data_before = encode(before)
    data = encode(change.apply(decode(data_before)))
    if data == data_before:
        return None
    if len(data) > MAX_DOCUMENT_SIZE:
        raise CommandError(Code.Location17419, f"Resulting document after update is larger than {MAX_DOCUMENT_SIZE}")
    return Change(id_key_of(before), before, decode(data), data)


def _removal(document: Document) -> Change:
    return Change(id_key_of(document), document, None)
