"""The query planner: chooses an index for a query."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Final

from devservers.mongodb.indexes import Index
from devservers.mongodb.matching import Filter, Predicate
from devservers.mongodb.ordering import NAN_KEY, descending, is_array, is_null, type_of
from devservers.mongodb.sorting import Sort

# No key starts with this byte, so prefix + _ABOVE is greater than every key that starts with the prefix.
_ABOVE: Final = b"\xff"
# Limit for the combinations of `$in` on several fields; each one is a separate range of the index.
_MAX_PREFIXES: Final = 1000
# Limit for the combinations of values of which any may bound the candidates.
_MAX_ALTERNATIVES: Final = 16
# Estimated entries per result of an index in sort order, which can stop early unless the filter drops most candidates.
_READS_PER_RESULT: Final = 10

_RANGES: Final = frozenset({"$gt", "$gte", "$lt", "$lte"})


@dataclass(frozen=True)
class Plan:
    """The candidate entries of an index, and how they relate to the query and its sort order."""

    index: Index
    positions: list[range]
    bounded_fields: int
    """How many fields of the index the filter bounds."""
    is_exact: bool
    """Whether every candidate matches the filter."""
    has_duplicates: bool
    """Whether a document may have several of the entries."""
    is_sorted: bool

    def cost(self, limit: int, *, counting: bool) -> tuple[bool, int, bool, int, int]:
        """The key for comparing plans. `limit` is the number of requested documents, 0 for all."""
        size = sum(map(len, self.positions))
        if counting and self.is_exact:
            return False, 0, self.has_duplicates, 0, size
        reads = min(size, limit * _READS_PER_RESULT) if self.is_sorted and limit else size
        # Of plans that may stop early, that of which more candidates match, also if a document has several of them.
        return not self.bounded_fields, reads, not self.is_sorted, -self.bounded_fields, size


@dataclass(frozen=True)
class _Choice:
    """The keys, or the bounds of the keys, that predicates leave for a field of an index."""

    keys: list[bytes]
    answered: int
    """How many predicates they answer exactly."""


@dataclass(frozen=True)
class _Bounds:
    low: bytes
    high: bytes
    answered: int


_UNBOUNDED: Final[list[_Bounds | None]] = [None]


def choose_plan(
    indexes: Iterable[Index], query: Filter, sort: Sort, limit: int, *, counting: bool = False
) -> Plan | None:
    """The cheapest plan, or None if no index narrows or sorts the query. `counting`: only the number is requested."""
    by_path: dict[str, list[Predicate]] = {}
    for predicate in query.predicates:
        by_path.setdefault(predicate.path, []).append(predicate)
    first_paths = {*by_path, *(path for path, _ in sort[:1])}
    plans: list[Plan] = []
    for index in indexes:
        if index.spec.fields[0][0] in first_paths:
            plans += _plans(index, query, by_path, sort)
        if query.alternatives:
            plans += _union(index, query.alternatives, sort)
    return min(plans, key=lambda plan: plan.cost(limit, counting=counting), default=None)


def _plans(index: Index, query: Filter, predicates: dict[str, list[Predicate]], sort: Sort) -> Iterator[Plan]:
    """The plans of one index: where an array must have several values, each of them can bound the candidates."""
    multikey = index.multikey
    alternatives: list[list[_Choice]] = []
    size = 1
    for (path, _), has_arrays in zip(index.spec.fields, multikey, strict=True):
        choices = _choices(predicates.get(path, []), has_arrays=has_arrays, is_dotted="." in path)
        size *= max((len(choice.keys) for choice in choices), default=0)
        if not choices or (alternatives and size > _MAX_PREFIXES):
            break
        alternatives.append(choices)
    bounds: list[_Bounds] = []
    if len(alternatives) < len(index.spec.fields):
        path, direction = index.spec.fields[len(alternatives)]
        bounds = _bounds(
            predicates.get(path, []), direction, has_arrays=multikey[len(alternatives)], is_dotted="." in path
        )
    for fixed in islice(product(*alternatives), _MAX_ALTERNATIVES):
        for bound in bounds or _UNBOUNDED:
            plan = _plan(index, query, fixed, bound, sort)
            if plan is not None:
                yield plan


def _union(index: Index, alternatives: Sequence[Filter], sort: Sort) -> Iterator[Plan]:
    """The candidates of all alternatives, if the index narrows each of them."""
    plans = [choose_plan([index], each, [], 0) for each in alternatives]
    narrow = [plan for plan in plans if plan is not None]
    if narrow and len(narrow) == len(plans):
        yield Plan(
            index,
            [positions for plan in narrow for positions in plan.positions],
            min(plan.bounded_fields for plan in narrow),
            is_exact=False,
            has_duplicates=True,
            is_sorted=not sort,
        )


def _plan(index: Index, query: Filter, fixed: tuple[_Choice, ...], bounds: _Bounds | None, sort: Sort) -> Plan | None:
    bounded_fields = len(fixed) + (bounds is not None)
    is_single = all(len(choice.keys) == 1 for choice in fixed)
    has_arrays_within = any(index.multikey[len(fixed) :])
    direction = _direction(index, len(fixed), sort) if is_single and not has_arrays_within else 0
    if not bounded_fields and (not sort or not direction):
        return None
    keys = [
        choice.keys if order > 0 else list(map(descending, choice.keys))
        for choice, (_, order) in zip(fixed, index.spec.fields, strict=False)
    ]
    low, high = (bounds.low, bounds.high) if bounds else (b"", _ABOVE)
    positions = [
        index.between(prefix + low, prefix + high)[:: direction or 1] for prefix in map(b"".join, product(*keys))
    ]
    answered = sum(choice.answered for choice in fixed) + (bounds.answered if bounds else 0)
    return Plan(
        index,
        positions,
        bounded_fields,
        is_exact=query.has_only_predicates and answered == len(query.predicates),
        has_duplicates=has_arrays_within or (not is_single and any(index.multikey)),
        is_sorted=direction != 0 or not sort,
    )


def _choices(predicates: list[Predicate], *, has_arrays: bool, is_dotted: bool) -> list[_Choice]:
    """The keys that a field may have according to `$eq` or `$in`. Whole arrays have no index entries."""
    choices = []
    for predicate in predicates:
        if predicate.operator == "$eq" and not is_array(predicate.operand):
            keys = [predicate.operand]
        elif predicate.operator == "$in" and not any(map(is_array, predicate.operand)):
            keys = sorted(predicate.operand)
        else:
            continue
        # An index does not distinguish a missing field from an array without documents.
        choices.append(_Choice(keys, 0 if is_dotted and any(map(is_null, keys)) else 1))
    return choices if has_arrays else choices[:1]


def _bounds(predicates: list[Predicate], direction: int, *, has_arrays: bool, is_dotted: bool) -> list[_Bounds]:
    """Alternative bounds of a field. Different elements of an array may satisfy the two sides of a range."""
    ranges = _ranges(predicates)
    groups = [[predicate] for predicate in ranges] if has_arrays else [ranges]
    found = [bounds for group in groups if (bounds := _range_bounds(group, direction, is_dotted=is_dotted)) is not None]
    for predicate in predicates:
        if predicate.operator == "$elemMatch":
            bounds = _range_bounds(_ranges(predicate.operand.predicates), direction, is_dotted=True)
            found += [] if bounds is None else [replace(bounds, answered=0)]
    return found


def _ranges(predicates: list[Predicate]) -> list[Predicate]:
    return [each for each in predicates if each.operator in _RANGES and not is_array(each.operand)]


def _range_bounds(ranges: list[Predicate], direction: int, *, is_dotted: bool) -> _Bounds | None:
    """The bounds of the entries that match the first range and all other ranges over the same type."""
    if not ranges:
        return None
    kind = type_of(ranges[0].operand)
    same_type = [predicate for predicate in ranges if type_of(predicate.operand) == kind]
    # The second part of each pair selects the narrower of two bounds with the same value.
    low = max(
        ((predicate.operand, predicate.operator == "$gt") for predicate in same_type if predicate.operator[1] == "g"),
        default=None,
    )
    high = min(
        ((predicate.operand, predicate.operator == "$lte") for predicate in same_type if predicate.operator[1] == "l"),
        default=None,
    )
    operands = {predicate.operand for predicate in same_type}
    is_exact = NAN_KEY not in operands and not (is_dotted and any(map(is_null, operands)))
    least, most = bytes([kind]), bytes([kind + 1])
    if low is None and NAN_KEY not in operands and type_of(NAN_KEY) == kind:
        # No number is less than NaN, which is the first of them.
        low = NAN_KEY, True
    if direction > 0:
        bounds = (
            least if low is None else low[0] + (_ABOVE if low[1] else b""),
            most if high is None else high[0] + (_ABOVE if high[1] else b""),
        )
    else:
        bounds = (
            descending(least) if high is None else descending(high[0]) + (b"" if high[1] else _ABOVE),
            descending(bytes([kind - 1])) if low is None else descending(low[0]) + (b"" if low[1] else _ABOVE),
        )
    return _Bounds(*bounds, answered=len(same_type) if is_exact else 0)


def _direction(index: Index, fixed: int, sort: Sort) -> int:
    """The direction in which the index yields this order, given one value for its first fields; 0 if neither does."""
    constant = {
        path for (path, _), has_arrays in zip(index.spec.fields[:fixed], index.multikey, strict=False) if not has_arrays
    }
    requested = [(path, direction) for path, direction in sort if path not in constant]
    # Entries with the same key are sorted by _id.
    available = [*index.spec.fields[fixed:], ("_id", 1)]
    if len(requested) > len(available) or any(
        one[0] != other[0] for one, other in zip(requested, available, strict=False)
    ):
        return 0
    directions = {one[1] * other[1] for one, other in zip(requested, available, strict=False)}
    return 0 if len(directions) > 1 else next(iter(directions), 1)
