"""Updates: validated and reduced to simple operators here, then applied to a copy of the document by mongomock.

mongomock 4.3 matches MongoDB for three operators if path and operand are valid: `$set`, `$unset` of a field, and
`$push`. For the others it uses Python's arithmetic and equality (`$max` over null raises, `$addToSet` treats True as
1), overwrites scalars within a path, and mutates the stored document before it fails. So every operator is validated as
in MongoDB, reduced to one of those three, and applied to a copy; conflicting paths are rejected.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final, NamedTuple

import mongomock
from bson import Int64, ObjectId

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, not_implemented
from devservers.mongodb.matching import ElementFilter, equalities
from devservers.mongodb.ordering import MISSING, key

_NOT_SUPPORTED: Final = frozenset({"$rename", "$currentDate", "$mul", "$bit", "$pop", "$pullAll", "$pushAll"})
_PUSH_CLAUSES: Final = frozenset({"$each", "$slice", "$position"})
_MAX_BACKFILL: Final = 1_500_000
_INT64: Final = range(-(2**63), 2**63)

# An unused collection, for access to its update engine.
_ENGINE: Final[Any] = mongomock.MongoClient().db.scratch


class Operation(NamedTuple):
    """One operator on one path."""

    path: str
    parts: list[str]
    operator: str
    operand: Any


class Update:
    """A parsed update: a replacement document, or operators on paths that do not conflict."""

    def __init__(self, spec: Any) -> None:
        if isinstance(spec, list):
            raise not_implemented("updates with an aggregation pipeline")
        if not isinstance(spec, dict):
            raise CommandError(Code.FailedToParse, "Update argument must be either an object or an array")
        self.is_replacement = not next(iter(spec), "").startswith("$")
        self._replacement: Document = spec if self.is_replacement else {}
        self._operations = [] if self.is_replacement else _operations(spec)
        if self.is_replacement:
            check_field_names(spec)

    def apply(self, document: Document, *, inserting: bool = False) -> Document:
        """The updated document. The given document may be mutated, so pass a copy."""
        id_value = document.get("_id", MISSING)
        if self.is_replacement:
            document = {"_id": id_value, **self._replacement} if id_value is not MISSING else dict(self._replacement)
        for operation in self._operations:
            if operation.operator != "$setOnInsert" or inserting:
                _apply_operation(document, operation)
        after = document.get("_id", MISSING)
        if id_value is not MISSING and (after is MISSING or key(after) != key(id_value)):
            raise CommandError(
                Code.ImmutableField,
                f"Performing an update on the path '_id' would modify the immutable field '_id' of {id_value!r}",
            )
        return document

    def new_document(self, filter_spec: Document) -> Document:
        """The document that an upsert inserts: the filter's equalities plus the update, with `_id` first."""
        fixed = [(path.split("."), value) for path, value in equalities(filter_spec)]
        if self.is_replacement:
            fixed = [(parts, value) for parts, value in fixed if parts == ["_id"]]
        if (conflict := _conflict([parts for parts, _ in fixed])) is not None:
            raise CommandError(
                Code.NotSingleValueField,
                "cannot infer query fields to set, both paths '{}' and '{}' match".format(*conflict),
            )
        seed: Document = {}
        for parts, value in fixed:
            node = seed
            for part in parts[:-1]:
                node = node.setdefault(part, {})
            node[parts[-1]] = value
        document = self.apply(seed, inserting=True)
        return {"_id": document.pop("_id") if "_id" in document else ObjectId(), **document}


def check_field_names(document: Document) -> None:
    """Reject top-level field names that start with $ or contain a dot."""
    for name in document:
        if name.startswith("$"):
            raise CommandError(
                Code.DollarPrefixedFieldName, f"The dollar ($) prefixed field '{name}' in '{name}' is not allowed"
            )
        if "." in name:
            raise CommandError(Code.DottedFieldName, f"The dotted field '{name}' in '{name}' is not allowed")


def _operations(spec: Document) -> list[Operation]:
    found: list[Operation] = []
    for name, fields in spec.items():
        if name in _NOT_SUPPORTED:
            raise not_implemented(f"the update operator {name}")
        if name not in _REDUCTIONS:
            raise CommandError(
                Code.FailedToParse,
                f"Unknown modifier: {name}. Expected a valid update modifier or pipeline-style update specified as an "
                "array",
            )
        if not isinstance(fields, dict):
            raise CommandError(
                Code.FailedToParse, f"Modifiers operate on fields but we found {fields!r} instead, for {name}"
            )
        found += [Operation(path, path.split("."), name, operand) for path, operand in fields.items()]
    for operation in found:
        _check_operation(operation)
    if (conflict := _conflict([operation.parts for operation in found])) is not None:
        raise CommandError(
            Code.ConflictingUpdateOperators,
            "Updating the path '{1}' would create a conflict at '{0}'".format(*conflict),
        )
    # MongoDB applies operations in this order, which determines the order of new fields.
    return sorted(
        found,
        key=lambda operation: [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in operation.parts],
    )


def _check_operation(operation: Operation) -> None:
    if not all(operation.parts):
        raise CommandError(Code.EmptyFieldName, f"The update path '{operation.path}' contains an empty field name")
    if "$" in operation.path:
        # mongomock treats any $ in a path as a positional operator, with semantics that differ from MongoDB's.
        raise not_implemented(f"the update path '{operation.path}'")
    if operation.operator == "$inc" and not _is_number(operation.operand):
        raise CommandError(
            Code.TypeMismatch,
            f"Cannot increment with non-numeric argument: {{{operation.path}: {operation.operand!r}}}",
        )
    if operation.operator in {"$push", "$addToSet"} and isinstance(operation.operand, dict):
        _check_clauses(operation)


def _check_clauses(operation: Operation) -> None:
    clauses = {name for name in operation.operand if name.startswith("$")}
    if not clauses:
        return
    if "$sort" in clauses:
        raise not_implemented("$sort in $push")
    if "$each" not in clauses or clauses != set(operation.operand):
        raise CommandError(Code.DollarPrefixedFieldName, f"{operation.operator} needs $each beside {sorted(clauses)}")
    allowed = _PUSH_CLAUSES if operation.operator == "$push" else {"$each"}
    if clauses - allowed:
        raise CommandError(Code.BadValue, f"Unrecognized clause in {operation.operator}: {min(clauses - allowed)}")
    if not isinstance(operation.operand["$each"], list):
        raise CommandError(Code.BadValue, f"The argument to $each in {operation.operator} must be an array")
    for name in clauses - {"$each"}:
        if not isinstance(operation.operand[name], int) or isinstance(operation.operand[name], bool):
            raise CommandError(Code.BadValue, f"The value for {name} must be an integer value")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _conflict(paths: list[list[str]]) -> tuple[str, str] | None:
    """Two of the paths that are equal or of which one is a prefix of the other, or None."""
    for one, other in pairwise(sorted(paths)):
        if other[: len(one)] == one:
            return ".".join(one), ".".join(other)
    return None


def _apply_operation(document: Document, operation: Operation) -> None:
    try:
        current, in_array = _locate(document, operation)
    except CommandError:
        if operation.operator == "$unset":
            return
        raise
    for name, operand in _REDUCTIONS[operation.operator](operation, current, in_array).items():
        _ENGINE._apply_update_document(document, {}, {name: {operation.path: operand}}, was_insert=False)


def _locate(document: Document, operation: Operation) -> tuple[Any, bool]:
    """The value at the operation's path, or MISSING, and whether its parent is an array."""
    node: Any = document
    parent: Any = document
    for position, part in enumerate(operation.parts):
        parent = node
        if isinstance(parent, dict):
            if part not in parent:
                return MISSING, False
            node = parent[part]
        elif isinstance(parent, list) and part.isdecimal():
            if int(part) >= len(parent):
                _check_backfill(operation, parent, position)
                return MISSING, True
            node = parent[int(part)]
        else:
            raise CommandError(
                Code.PathNotViable,
                f"Cannot create field '{part}' in element {{{'.'.join(operation.parts[:position])}: {parent!r}}}",
            )
    return node, isinstance(parent, list)


def _check_backfill(operation: Operation, array: list[Any], position: int) -> None:
    if position < len(operation.parts) - 1:
        raise not_implemented(f"creating documents beyond the end of an array, as in '{operation.path}'")
    if int(operation.parts[position]) > len(array) + _MAX_BACKFILL:
        raise CommandError(Code.CannotBackfillArray, f"can't backfill more than {_MAX_BACKFILL} elements")


# A reduction takes the operation, the value at its path (or MISSING) and whether its parent is an array. It returns the
# operators for mongomock.
Reduction = Callable[[Operation, Any, bool], dict[str, Any]]


def _unset(_operation: Operation, current: Any, in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    if current is MISSING:
        return {}
    return {"$set": None} if in_array else {"$unset": ""}


def _inc(operation: Operation, current: Any, _in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    if current is MISSING:
        return {"$set": operation.operand}
    if not _is_number(current):
        raise CommandError(
            Code.TypeMismatch,
            f"Cannot apply $inc to a value of non-numeric type: the field '{operation.path}' is {current!r}",
        )
    total = current + operation.operand
    if isinstance(total, int) and total not in _INT64:
        raise CommandError(Code.BadValue, f"Failed to apply $inc operations to current value ({current}): overflow")
    # The sum of a Python int and an Int64 is not always an Int64.
    was_long = isinstance(total, int) and Int64 in {type(current), type(operation.operand)}
    return {"$set": Int64(total) if was_long else total}


def _max_or_min(takes_precedence: Callable[[bytes, bytes], bool]) -> Reduction:
    def reduce(operation: Operation, current: Any, _in_array: bool) -> dict[str, Any]:  # noqa: FBT001
        replaces = current is MISSING or takes_precedence(key(operation.operand), key(current))
        return {"$set": operation.operand} if replaces else {}

    return reduce


def _checked_array(operation: Operation, current: Any) -> list[Any]:
    if current is MISSING:
        return []
    if not isinstance(current, list):
        raise CommandError(
            Code.BadValue, f"The field '{operation.path}' must be an array but is of type {type(current).__name__}"
        )
    return current


def _push(operation: Operation, current: Any, in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    _checked_array(operation, current)
    if current is MISSING and in_array:
        raise not_implemented(f"creating arrays beyond the end of an array, as in '{operation.path}'")
    return {"$push": operation.operand}


def _add_to_set(operation: Operation, current: Any, in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    known = {key(element) for element in _checked_array(operation, current)}
    each = (
        operation.operand["$each"]
        if isinstance(operation.operand, dict) and "$each" in operation.operand
        else [operation.operand]
    )
    new: dict[bytes, Any] = {}
    for element in each:
        if key(element) not in known:
            new.setdefault(key(element), element)
    return _push(operation._replace(operand={"$each": list(new.values())}), current, in_array)


def _pull(operation: Operation, current: Any, _in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    array = _checked_array(operation, current)
    condition = ElementFilter(operation.operand)
    kept = [element for element in array if not condition.matches(element)]
    return {"$set": kept} if len(kept) < len(array) else {}


_REDUCTIONS: Final[dict[str, Reduction]] = {
    "$set": lambda operation, _current, _in_array: {"$set": operation.operand},
    "$setOnInsert": lambda operation, _current, _in_array: {"$set": operation.operand},
    "$unset": _unset,
    "$inc": _inc,
    "$max": _max_or_min(lambda new, old: new > old),
    "$min": _max_or_min(lambda new, old: new < old),
    "$push": _push,
    "$addToSet": _add_to_set,
    "$pull": _pull,
}
