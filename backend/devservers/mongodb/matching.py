"""Filters: mongomock evaluates a normalized form of the filter, with BSON comparison semantics.

Differences between mongomock 4.3 and MongoDB, and where they are handled:

- Python's equality: 1 == True, embedded documents are equal in any order of fields, an ObjectId equals its string, and
  dates and numbers compare as Python objects. All comparisons here are between `ordering.key`s (`_OPERATORS`).
- Several operators on one path, `$ne`, `$nin` and `$not` over arrays. The normal form has one positive operator in each
  predicate, and negations are `$nor`, as MongoDB defines them (`_PARSERS`).
- Paths through null and scalars, negative positions, numeric field names (`paths.values_at`).
- `$size` of values other than arrays, `{$gte: null}`, an `$elemMatch` whose meaning changes when an error occurs.
- Operators and paths that mongomock misinterprets are rejected before they reach it.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

from bson.regex import Regex
from mongomock.filtering import NOTHING, _Filterer  # type: ignore[attr-defined]

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, not_implemented
from devservers.mongodb.ordering import MISSING, NAN_KEY, NULL_KEY, key, type_of
from devservers.mongodb.paths import values_at

_NOT_SUPPORTED: Final = frozenset({"$type", "$mod", "$expr", "$text", "$where", "$jsonSchema", "$near", "$geoWithin"})
_REGEX_OPTIONS: Final = "imsx"
_LOGICAL: Final = frozenset({"$and", "$or", "$nor"})
_RANGES: Final[dict[str, Callable[[bytes, bytes], bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


class Predicate(NamedTuple):
    """A condition that every matching document fulfils, for the query planner. Comparison operands are keys."""

    path: str
    operator: str
    operand: Any


class Filter:
    """A parsed filter. Unsupported operators raise an error on construction, not on the first document."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._conjuncts = _conjuncts(spec)
        self.predicates = [
            Predicate(path, *next(iter(condition.items())))
            for conjunct in self._conjuncts
            for path, condition in conjunct.items()
            if not path.startswith("$")
        ]
        self.has_only_predicates = len(self.predicates) == len(self._conjuncts)
        self.alternatives = [Filter(each) for each in spec["$or"]] if list(spec) == ["$or"] else []
        """Of which a document must match one, where nothing else is asked for."""

    @property
    def is_empty(self) -> bool:
        """Whether the filter matches every document."""
        return not self._conjuncts

    def matches(self, document: Document) -> bool:
        """Whether the document matches the filter."""
        return all(_FILTERER.apply(conjunct, document) for conjunct in self._conjuncts)


class ElementFilter:
    """The condition of `$pull` or `$elemMatch`, which applies to one element of an array."""

    def __init__(self, condition: Any) -> None:
        self._on_fields = isinstance(condition, dict) and (
            not _is_operators(condition) or next(iter(condition)) in _LOGICAL
        )
        self._filter = Filter(condition if self._on_fields else {"element": condition})
        self.predicates = [] if self._on_fields else self._filter.predicates

    def matches(self, element: Any) -> bool:
        """Whether the element matches. An array as an element is compared as a whole."""
        if self._on_fields:
            return isinstance(element, dict) and self._filter.matches(element)
        return self._filter.matches({"element": _WholeArray(element) if isinstance(element, list) else element})


def equalities(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields with an equality condition, which an upsert copies to the new document."""
    for path, condition in spec.items():
        if path == "$and":
            for clause in condition:
                yield from equalities(clause)
        elif path.startswith("$") or isinstance(condition, Regex):
            continue
        elif not _is_operators(condition):
            yield path, condition
        elif "$eq" in condition:
            yield path, condition["$eq"]


class _WholeArray(NamedTuple):
    """An array that is compared as a whole, not element by element."""

    array: list[Any]


def _comparison_keys(value: Any) -> Iterator[bytes]:
    """The keys to compare for `value`: for an array also those of its elements."""
    if value is NOTHING:
        yield NULL_KEY
    elif isinstance(value, _WholeArray):
        yield key(value.array)
    else:
        if isinstance(value, list):
            yield from map(key, value)
        yield key(value)


def _range(compare: Callable[[bytes, bytes], bool]) -> Callable[[Any, bytes], bool]:
    # NaN equals itself, and is neither greater nor less than any number.
    return lambda value, operand: any(
        compare(candidate, operand) and (candidate == operand or NAN_KEY not in (candidate, operand))
        for candidate in _comparison_keys(value)
        if type_of(candidate) == type_of(operand)
    )


def _array(value: Any) -> list[Any] | None:
    if isinstance(value, _WholeArray):
        return value.array
    return value if isinstance(value, list) else None


def _element_matches(value: Any, condition: ElementFilter) -> bool:
    return any(map(condition.matches, _array(value) or ()))


def _has_size(value: Any, size: int) -> bool:
    array = _array(value)
    return array is not None and len(array) == size


_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$eq": lambda value, operand: any(candidate == operand for candidate in _comparison_keys(value)),
    "$in": lambda value, operands: any(candidate in operands for candidate in _comparison_keys(value)),
    "$elemMatch": _element_matches,
    "$size": _has_size,
    **{name: _range(compare) for name, compare in _RANGES.items()},
}


class _BsonFilterer(_Filterer):
    """mongomock's engine with BSON comparisons and MongoDB's path traversal."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._operator_map.update(_OPERATORS)

    def apply(self, search_filter: Document, document: Document) -> bool:
        if not search_filter:
            return True
        [(path, condition)] = search_filter.items()
        if "." not in path or path.startswith("$"):
            return self._apply_at(path, condition, document)
        return any(
            self._apply_at("value", condition, {} if value is MISSING else {"value": value})
            for value in values_at(document, path.split("."))
        )

    def _apply_at(self, path: str, condition: Any, document: Document) -> bool:
        return cast("bool", super().apply({path: condition}, document))  # type: ignore[no-untyped-call]


_FILTERER: Final = _BsonFilterer()


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, dict) and next(iter(condition), "").startswith("$")


def _conjuncts(spec: Mapping[str, Any]) -> list[Document]:
    """The normal form: a conjunction of clauses with one condition each."""
    found: list[Document] = []
    for path, condition in spec.items():
        if path == "$comment":
            continue
        if path in _LOGICAL:
            clauses = _clauses(path, condition)
            found += [c for clause in clauses for c in clause] if path == "$and" else [{path: _joined(clauses)}]
        elif path.startswith("$") or not path:
            raise _unknown(path, "unknown top level operator")
        elif any(part.startswith("$") for part in path.split(".")):
            raise not_implemented(f"the path '{path}'")
        elif _is_operators(condition):
            found += _conditions(path, condition)
        else:
            found += _conditions(path, {"$regex" if isinstance(condition, Regex) else "$eq": condition})
    return found


def _clauses(name: str, operand: Any) -> list[list[Document]]:
    if not isinstance(operand, list) or not operand:
        raise CommandError(Code.BadValue, f"{name} must be a nonempty array")
    if not all(isinstance(clause, dict) for clause in operand):
        raise CommandError(Code.BadValue, "$or/$and/$nor entries need to be full objects")
    return [_conjuncts(clause) for clause in operand]


def _joined(clauses: list[list[Document]]) -> list[Document]:
    return [{"$and": clause} if len(clause) > 1 else dict(*clause) for clause in clauses]


def _not(conditions: list[Document]) -> Document:
    return {"$nor": _joined([conditions])}


def _conditions(path: str, operators: Document) -> list[Document]:
    found: list[Document] = []
    for name, operand in operators.items():
        if name == "$options":
            if "$regex" not in operators:
                raise CommandError(Code.BadValue, "$options needs a $regex")
        elif name == "$regex":
            found.append({path: {"$regex": _pattern(operand, operators.get("$options", ""))}})
        else:
            found += _condition(path, name, operand)
    return found


def _condition(path: str, name: str, operand: Any) -> list[Document]:
    parse = _PARSERS.get(name)
    if parse is None:
        raise _unknown(name, "unknown operator")
    return parse(path, operand)


def _comparison(name: str) -> Callable[[str, Any], list[Document]]:
    def parse(path: str, operand: Any) -> list[Document]:
        if isinstance(operand, Regex):
            raise CommandError(Code.BadValue, f"Can't have RegEx as arg to predicate over field '{path}'.")
        return [{path: {name: key(operand)}}]

    return parse


def _in(path: str, operand: Any) -> list[Document]:
    values = _operand_array("$in", operand)
    keys: Document = {path: {"$in": frozenset(key(value) for value in values if not isinstance(value, Regex))}}
    patterns: list[Document] = [{path: {"$regex": _pattern(value, "")}} for value in values if isinstance(value, Regex)]
    return [{"$or": [keys, *patterns]}] if patterns else [keys]


def _all(path: str, operand: Any) -> list[Document]:
    values = _operand_array("$all", operand)
    # `$all: []` matches nothing, like `$in: []`.
    return [c for value in values for c in _conjuncts({path: value})] if values else _in(path, [])


def _negation(path: str, operand: Any) -> list[Document]:
    if isinstance(operand, Regex):
        return [_not(_conditions(path, {"$regex": operand}))]
    if not _is_operators(operand):
        raise CommandError(Code.BadValue, "$not needs a regex or a document of operators")
    return [_not(_conditions(path, operand))]


def _exists(path: str, operand: Any) -> list[Document]:
    exists: Document = {path: {"$exists": True}}
    return [exists] if operand not in (False, None, 0) else [_not([exists])]


def _elem_match(path: str, operand: Any) -> list[Document]:
    if not isinstance(operand, dict):
        raise CommandError(Code.BadValue, "$elemMatch needs an Object")
    return [{path: {"$elemMatch": ElementFilter(operand)}}]


def _size(path: str, operand: Any) -> list[Document]:
    if isinstance(operand, bool) or not isinstance(operand, int | float) or operand % 1 != 0 or operand < 0:
        raise CommandError(Code.BadValue, f"Failed to parse $size. Expected a non-negative integer in: {operand!r}")
    return [{path: {"$size": int(operand)}}]


_PARSERS: Final[dict[str, Callable[[str, Any], list[Document]]]] = {
    "$eq": _comparison("$eq"),
    **{name: _comparison(name) for name in _RANGES},
    "$in": _in,
    "$all": _all,
    "$ne": lambda path, operand: [_not(_comparison("$eq")(path, operand))],
    "$nin": lambda path, operand: [_not(_in(path, operand))],
    "$not": _negation,
    "$exists": _exists,
    "$elemMatch": _elem_match,
    "$size": _size,
}


def _operand_array(name: str, operand: Any) -> list[Any]:
    if not isinstance(operand, list):
        raise CommandError(Code.BadValue, f"{name} needs an array")
    if name == "$in" and any(_is_operators(value) for value in operand):
        raise CommandError(Code.BadValue, "cannot nest $ under $in")
    return operand


def _pattern(operand: Any, options: Any) -> Regex[str]:
    if not isinstance(operand, str | Regex) or not isinstance(options, str):
        raise CommandError(Code.BadValue, "$regex has to be a string")
    if set(options) - set(_REGEX_OPTIONS):
        raise CommandError(Code.Location51091, f"invalid flag in regex options: {options}")
    pattern = (
        Regex(operand, options) if isinstance(operand, str) else Regex(str(operand.pattern), options or operand.flags)
    )
    try:
        pattern.try_compile()
    except (re.error, OverflowError) as error:
        raise CommandError(Code.Location51091, f"Regular expression is invalid: {error}") from error
    return pattern


def _unknown(name: str, complaint: str) -> CommandError:
    return not_implemented(name) if name in _NOT_SUPPORTED else CommandError(Code.BadValue, f"{complaint}: {name}")
