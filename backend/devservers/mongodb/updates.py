"""Updates: checked and reduced here, then written into a copy of the document by mongomock.

mongomock 4.3 follows MongoDB for three operators once path and operand are known to fit: `$set`, `$unset` of a field,
and `$push`. Everything else it does with Python's arithmetic and equality (`$max` over null raises, `$addToSet` takes
True for 1), it writes through scalars without a word, and it mutates what is stored before it fails. So every operator
is reduced to one of those three, after the checks MongoDB makes, and applied to a copy; conflicting paths are refused.
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

# A collection that is never stored in: it lends its update engine.
_ENGINE: Final[Any] = mongomock.MongoClient().db.scratch


class Leaf(NamedTuple):
    """One operator on one path."""

    path: str
    parts: list[str]
    operator: str
    operand: Any


class Update:
    """A parsed update: a replacement, or operators on paths that do not get in each other's way."""

    def __init__(self, spec: Any) -> None:
        if isinstance(spec, list):
            raise not_implemented("updates with an aggregation pipeline")
        if not isinstance(spec, dict):
            raise CommandError(Code.FailedToParse, "Update argument must be either an object or an array")
        self.is_replacement = not next(iter(spec), "").startswith("$")
        self._replacement: Document = spec if self.is_replacement else {}
        self._leaves = [] if self.is_replacement else _leaves(spec)
        if self.is_replacement:
            check_field_names(spec)

    def apply(self, document: Document, *, inserting: bool = False) -> Document:
        """The document after the update. May write into the one it is given, which therefore is the caller's own."""
        identity = document.get("_id", MISSING)
        if self.is_replacement:
            document = {"_id": identity, **self._replacement} if identity is not MISSING else dict(self._replacement)
        for leaf in self._leaves:
            if leaf.operator != "$setOnInsert" or inserting:
                _apply_leaf(document, leaf)
        after = document.get("_id", MISSING)
        if identity is not MISSING and (after is MISSING or key(after) != key(identity)):
            raise CommandError(
                Code.ImmutableField,
                f"Performing an update on the path '_id' would modify the immutable field '_id' of {identity!r}",
            )
        return document

    def new_document(self, filter_spec: Document) -> Document:
        """What an upsert inserts: the filter's equalities, then the update; `_id` first and always there."""
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
    """Refuse top-level names that a path could not reach."""
    for name in document:
        if name.startswith("$"):
            raise CommandError(
                Code.DollarPrefixedFieldName, f"The dollar ($) prefixed field '{name}' in '{name}' is not allowed"
            )
        if "." in name:
            raise CommandError(Code.DottedFieldName, f"The dotted field '{name}' in '{name}' is not allowed")


def _leaves(spec: Document) -> list[Leaf]:
    found: list[Leaf] = []
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
        found += [Leaf(path, path.split("."), name, operand) for path, operand in fields.items()]
    for leaf in found:
        _check_leaf(leaf)
    if (conflict := _conflict([leaf.parts for leaf in found])) is not None:
        raise CommandError(
            Code.ConflictingUpdateOperators,
            "Updating the path '{1}' would create a conflict at '{0}'".format(*conflict),
        )
    # MongoDB writes fields in this order, so it is the order in which new ones appear.
    return sorted(
        found, key=lambda leaf: [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in leaf.parts]
    )


def _check_leaf(leaf: Leaf) -> None:
    if not all(leaf.parts):
        raise CommandError(Code.EmptyFieldName, f"The update path '{leaf.path}' contains an empty field name")
    if "$" in leaf.path:
        # mongomock takes any $ in a path for a positional operator, and its reading of those is not MongoDB's.
        raise not_implemented(f"the update path '{leaf.path}'")
    if leaf.operator == "$inc" and not _is_number(leaf.operand):
        raise CommandError(
            Code.TypeMismatch, f"Cannot increment with non-numeric argument: {{{leaf.path}: {leaf.operand!r}}}"
        )
    if leaf.operator in {"$push", "$addToSet"} and isinstance(leaf.operand, dict):
        _check_clauses(leaf)


def _check_clauses(leaf: Leaf) -> None:
    clauses = {name for name in leaf.operand if name.startswith("$")}
    if not clauses:
        return
    if "$sort" in clauses:
        raise not_implemented("$sort in $push")
    if "$each" not in clauses or clauses != set(leaf.operand):
        raise CommandError(Code.DollarPrefixedFieldName, f"{leaf.operator} needs $each beside {sorted(clauses)}")
    allowed = _PUSH_CLAUSES if leaf.operator == "$push" else {"$each"}
    if clauses - allowed:
        raise CommandError(Code.BadValue, f"Unrecognized clause in {leaf.operator}: {min(clauses - allowed)}")
    if not isinstance(leaf.operand["$each"], list):
        raise CommandError(Code.BadValue, f"The argument to $each in {leaf.operator} must be an array")
    for name in clauses - {"$each"}:
        if not isinstance(leaf.operand[name], int) or isinstance(leaf.operand[name], bool):
            raise CommandError(Code.BadValue, f"The value for {name} must be an integer value")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _conflict(paths: list[list[str]]) -> tuple[str, str] | None:
    """Two of the paths of which one is, or holds, the other."""
    for one, other in pairwise(sorted(paths)):
        if other[: len(one)] == one:
            return ".".join(one), ".".join(other)
    return None


def _apply_leaf(document: Document, leaf: Leaf) -> None:
    try:
        current, in_array = _locate(document, leaf)
    except CommandError:
        if leaf.operator == "$unset":
            return
        raise
    for name, operand in _REDUCTIONS[leaf.operator](leaf, current, in_array).items():
        _ENGINE._apply_update_document(document, {}, {name: {leaf.path: operand}}, was_insert=False)


def _locate(document: Document, leaf: Leaf) -> tuple[Any, bool]:
    """The value at the leaf's path, or MISSING, and whether it is an element of an array."""
    node: Any = document
    holder: Any = document
    for position, part in enumerate(leaf.parts):
        holder = node
        if isinstance(holder, dict):
            if part not in holder:
                return MISSING, False
            node = holder[part]
        elif isinstance(holder, list) and part.isdecimal():
            if int(part) >= len(holder):
                _check_backfill(leaf, holder, position)
                return MISSING, True
            node = holder[int(part)]
        else:
            raise CommandError(
                Code.PathNotViable,
                f"Cannot create field '{part}' in element {{{'.'.join(leaf.parts[:position])}: {holder!r}}}",
            )
    return node, isinstance(holder, list)


def _check_backfill(leaf: Leaf, array: list[Any], position: int) -> None:
    if position < len(leaf.parts) - 1:
        raise not_implemented(f"creating documents beyond the end of an array, as in '{leaf.path}'")
    if int(leaf.parts[position]) > len(array) + _MAX_BACKFILL:
        raise CommandError(Code.CannotBackfillArray, f"can't backfill more than {_MAX_BACKFILL} elements")


# Each reduction takes the leaf, the value at its path (or MISSING) and whether an array holds that value, and returns
# what mongomock is to do.
Reduction = Callable[[Leaf, Any, bool], dict[str, Any]]


def _unset(_leaf: Leaf, current: Any, in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    if current is MISSING:
        return {}
    return {"$set": None} if in_array else {"$unset": ""}


def _inc(leaf: Leaf, current: Any, _in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    if current is MISSING:
        return {"$set": leaf.operand}
    if not _is_number(current):
        raise CommandError(
            Code.TypeMismatch,
            f"Cannot apply $inc to a value of non-numeric type: the field '{leaf.path}' is {current!r}",
        )
    total = current + leaf.operand
    if isinstance(total, int) and total not in _INT64:
        raise CommandError(Code.BadValue, f"Failed to apply $inc operations to current value ({current}): overflow")
    # Python's sum forgets that one of the two was a long.
    was_long = isinstance(total, int) and Int64 in {type(current), type(leaf.operand)}
    return {"$set": Int64(total) if was_long else total}


def _extreme(better: Callable[[bytes, bytes], bool]) -> Reduction:
    def reduce(leaf: Leaf, current: Any, _in_array: bool) -> dict[str, Any]:  # noqa: FBT001
        wins = current is MISSING or better(key(leaf.operand), key(current))
        return {"$set": leaf.operand} if wins else {}

    return reduce


def _checked_array(leaf: Leaf, current: Any) -> list[Any]:
    if current is MISSING:
        return []
    if not isinstance(current, list):
        raise CommandError(
            Code.BadValue, f"The field '{leaf.path}' must be an array but is of type {type(current).__name__}"
        )
    return current


def _push(leaf: Leaf, current: Any, in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    _checked_array(leaf, current)
    if current is MISSING and in_array:
        raise not_implemented(f"creating arrays beyond the end of an array, as in '{leaf.path}'")
    return {"$push": leaf.operand}


def _add_to_set(leaf: Leaf, current: Any, in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    known = {key(element) for element in _checked_array(leaf, current)}
    each = leaf.operand["$each"] if isinstance(leaf.operand, dict) and "$each" in leaf.operand else [leaf.operand]
    new: dict[bytes, Any] = {}
    for element in each:
        if key(element) not in known:
            new.setdefault(key(element), element)
    return _push(leaf._replace(operand={"$each": list(new.values())}), current, in_array)


def _pull(leaf: Leaf, current: Any, _in_array: bool) -> dict[str, Any]:  # noqa: FBT001
    array = _checked_array(leaf, current)
    condition = ElementFilter(leaf.operand)
    kept = [element for element in array if not condition.matches(element)]
    return {"$set": kept} if len(kept) < len(array) else {}


_REDUCTIONS: Final[dict[str, Reduction]] = {
    "$set": lambda leaf, _current, _in_array: {"$set": leaf.operand},
    "$setOnInsert": lambda leaf, _current, _in_array: {"$set": leaf.operand},
    "$unset": _unset,
    "$inc": _inc,
    "$max": _extreme(lambda new, old: new > old),
    "$min": _extreme(lambda new, old: new < old),
    "$push": _push,
    "$addToSet": _add_to_set,
    "$pull": _pull,
}
