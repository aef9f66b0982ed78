"""The query planner: chooses an index for a query."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

from devservers.mongodb.indexes import Index
from devservers.mongodb.matching import Predicate
from devservers.mongodb.ordering import descending, is_array, type_of
from devservers.mongodb.sorting import Sort

# No key starts with this byte, so prefix + _ABOVE is greater than every key that starts with the prefix.
_ABOVE: Final = b"\xff"
# Limit for the combinations of `$in` on several fields; each one is a separate range of the index.
_MAX_PREFIXES: Final = 1000
# Estimated entries per result of an index in sort order, which can stop early unless the filter drops most candidates.
_READS_PER_RESULT: Final = 10

_RANGES: Final = frozenset({"$gt", "$gte", "$lt", "$lte"})


@dataclass(frozen=True)
class Plan:
    """The candidate entries of an index, whether the filter bounds them, and whether they are in sort order."""

    index: Index
    positions: list[range]
    is_bounded: bool
    is_sorted: bool

    def cost(self, limit: int) -> tuple[bool, int, bool, int]:
        """The key for comparing plans. `limit` is the number of requested documents, 0 for all."""
        size = sum(map(len, self.positions))
        reads = min(size, limit * _READS_PER_RESULT) if self.is_sorted and limit else size
        return not self.is_bounded, reads, not self.is_sorted, size


def choose_plan(indexes: Iterable[Index], predicates: list[Predicate], sort: Sort, limit: int) -> Plan | None:
    """The cheapest plan, or None if no index narrows or sorts the query."""
    by_path: dict[str, list[Predicate]] = {}
    for predicate in predicates:
        by_path.setdefault(predicate.path, []).append(predicate)
    plans = [plan for index in indexes if (plan := _plan(index, by_path, sort)) is not None]
    return min(plans, key=lambda plan: plan.cost(limit), default=None)


def _plan(index: Index, predicates: dict[str, list[Predicate]], sort: Sort) -> Plan | None:
    choices: list[list[bytes]] = []
    for path, direction in index.spec.fields:
        keys = _equality_keys(predicates.get(path, []))
        if keys is None or (choices and prod(map(len, choices)) * len(keys) > _MAX_PREFIXES):
            break
        choices.append(keys if direction > 0 else [descending(key) for key in keys])

    bounds = None
    rest = index.spec.fields[len(choices) :]
    if rest:
        path, direction = rest[0]
        ranges = [
            predicate
            for predicate in predicates.get(path, [])
            if predicate.operator in _RANGES and not is_array(predicate.operand)
        ]
        # Different elements of an array may satisfy the two sides of a range.
        bounds = _bounds(ranges[:1] if index.is_multikey else ranges, direction)

    is_bounded = bool(choices or bounds)
    direction = 0 if index.is_multikey or prod(map(len, choices)) != 1 else _direction(index, len(choices), sort)
    if not is_bounded and (not sort or not direction):
        return None
    low, high = bounds or (b"", _ABOVE)
    prefixes = map(b"".join, product(*choices))
    positions = [index.between(prefix + low, prefix + high)[:: direction or 1] for prefix in prefixes]
    return Plan(index, positions, is_bounded, is_sorted=direction != 0 or not sort)


def _equality_keys(predicates: list[Predicate]) -> list[bytes] | None:
    """The keys that the field may have according to `$eq` or `$in`, or None. Whole arrays have no index entries."""
    for predicate in predicates:
        if predicate.operator == "$eq" and not is_array(predicate.operand):
            return [predicate.operand]
        if predicate.operator == "$in" and not any(map(is_array, predicate.operand)):
            return sorted(predicate.operand)
    return None


def _bounds(ranges: list[Predicate], direction: int) -> tuple[bytes, bytes] | None:
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
    if direction > 0:
        return (
            bytes([kind]) if low is None else low[0] + (_ABOVE if low[1] else b""),
            bytes([kind + 1]) if high is None else high[0] + (_ABOVE if high[1] else b""),
        )
    return (
        descending(bytes([kind])) if high is None else descending(high[0]) + (b"" if high[1] else _ABOVE),
        descending(bytes([kind - 1])) if low is None else descending(low[0]) + (b"" if low[1] else _ABOVE),
    )


def _direction(index: Index, fixed: int, sort: Sort) -> int:
    """The direction in which the index yields this order, given one value for its first fields; 0 if neither does."""
    constant = {path for path, _ in index.spec.fields[:fixed]}
    requested = [(path, direction) for path, direction in sort if path not in constant]
    # Entries with the same key are sorted by _id.
    available = [*index.spec.fields[fixed:], ("_id", 1)]
    if len(requested) > len(available) or any(
        one[0] != other[0] for one, other in zip(requested, available, strict=False)
    ):
        return 0
    directions = {one[1] * other[1] for one, other in zip(requested, available, strict=False)}
    return 0 if len(directions) > 1 else next(iter(directions), 1)
