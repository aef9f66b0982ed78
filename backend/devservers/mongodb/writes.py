"""Write commands."""

from collections.abc import Callable
from typing import Any, TypeVar

from bson import ObjectId

from devservers.mongodb.arguments import Arguments
from devservers.mongodb.collection import Change, id_key_of
from devservers.mongodb.context import Context
from devservers.mongodb.documents import MAX_DOCUMENT_SIZE, Document, decode, encode
from devservers.mongodb.errors import Code, CommandError, error_fields
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import MISSING
from devservers.mongodb.projection import Projection
from devservers.mongodb.sorting import parse_sort
from devservers.mongodb.store import Store
from devservers.mongodb.updates import Update, check_field_names

Result = TypeVar("Result")


def insert(context: Context, arguments: Arguments) -> Document:
    """Insert documents."""
    namespace = arguments.namespace("insert")
    documents = arguments.array("documents")
    ordered = _ordered(arguments)

    def insert_one(document: Any) -> None:
        if not isinstance(document, dict):
            raise CommandError(Code.TypeMismatch, "an inserted document must be an object")
        check_field_names(document)
        context.store.apply(namespace, [_insertion(document)])

    inserted, errors = _execute_all(documents, insert_one, ordered=ordered)
    return {"n": len(inserted), **errors}


def update(context: Context, arguments: Arguments) -> Document:
    """Update, replace or upsert documents."""
    namespace = arguments.namespace("update")
    statements = arguments.array("updates")
    ordered = _ordered(arguments)

    def update_some(statement: Any) -> tuple[int, int, list[Any]]:
        fields = Arguments("update.updates", statement)
        spec, change = fields.document("q"), Update(fields.value("u"))
        multi, upsert = fields.boolean("multi"), fields.boolean("upsert")
        fields.reject("arrayFilters", "collation", "hint", "c", "sort")
        fields.reject_unknown()
        if multi and change.is_replacement:
            raise CommandError(Code.FailedToParse, "multi update is not supported for replacement-style update")
        return _update(context.store, namespace, spec, change, multi=multi, upsert=upsert)

    results, errors = _execute_all(statements, update_some, ordered=ordered)
    upserted = [{"index": index, "_id": value} for index, (_, _, new) in results.items() for value in new]
    return {
        "n": sum(matched + len(new) for matched, _, new in results.values()),
        "nModified": sum(modified for _, modified, _ in results.values()),
        **({"upserted": upserted} if upserted else {}),
        **errors,
    }


def delete(context: Context, arguments: Arguments) -> Document:
    """Delete documents."""
    namespace = arguments.namespace("delete")
    statements = arguments.array("deletes")
    ordered = _ordered(arguments)

    def delete_some(statement: Any) -> int:
        fields = Arguments("delete.deletes", statement)
        query, limit = Filter(fields.document("q")), fields.count("limit", 0)
        fields.reject("collation", "hint")
        fields.reject_unknown()
        if limit > 1:
            raise CommandError(Code.FailedToParse, "The limit field in delete objects must be 0 or 1")
        found = context.store.collection(namespace).find(query, [], limit=limit)
        context.store.apply(namespace, [_removal(document) for document in found])
        return len(found)

    results, errors = _execute_all(statements, delete_some, ordered=ordered)
    return {"n": sum(results.values()), **errors}


def find_and_modify(context: Context, arguments: Arguments) -> Document:
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

    found = context.store.collection(namespace).find(Filter(spec), sort, limit=1)
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


def _execute_all(
    statements: list[Any], execute: Callable[[Any], Result], *, ordered: bool
) -> tuple[dict[int, Result], Document]:
    """Execute the statements. Returns the results by index, and the reply's `writeErrors` if there are any."""
    if not statements:
        raise CommandError(Code.InvalidOptions, "Write batch sizes must be between 1 and 100000. Got 0 operations.")
    results: dict[int, Result] = {}
    errors: list[Document] = []
    for index, statement in enumerate(statements):
        try:
            results[index] = execute(statement)
        except CommandError as error:
            errors.append({"index": index, **error_fields(error)})
            if ordered:
                break
    return results, {"writeErrors": errors} if errors else {}


def _update(
    store: Store, namespace: str, spec: Document, change: Update, *, multi: bool, upsert: bool
) -> tuple[int, int, list[Any]]:
    """The number of matched documents, the number of modified ones, and the `_id`s of upserted ones."""
    found = store.collection(namespace).find(Filter(spec), [], limit=0 if multi else 1)
    if found or not upsert:
        alterations = [altered for document in found if (altered := _alteration(document, change)) is not None]
        store.apply(namespace, alterations)
        return len(found), len(alterations), []
    insertion = _insertion(change.new_document(spec))
    store.apply(namespace, [insertion])
    return 0, 0, [insertion.after["_id"] if insertion.after else None]


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
