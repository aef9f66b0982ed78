"""Which index, if any, proposes the documents for a query."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

from devservers.mongodb.indexes import Index
from devservers.mongodb.matching import Leaf
from devservers.mongodb.ordering import descending, is_array, type_of
from devservers.mongodb.sorting import Sort

# No key begins with this byte, so a prefix with it lies above everything that begins with the prefix.
_ABOVE: Final = b"\xff"
# More combinations than this, from `$in` on several fields, are not worth their bisections.
_MAX_PREFIXES: Final = 1000
# An index in sort order can stop early, unless the filter drops most of what it proposes: a guess at how many it reads.
_READS_PER_RESULT: Final = 10


_RANGES: Final = frozenset({"$gt", "$gte", "$lt", "$lte"})


@dataclass(frozen=True)
class Plan:
    """The entries of an index that may match, whether the filter bounds them, and whether they come in order."""

    index: Index
    positions: list[range]
    is_bounded: bool
    in_order: bool

    def cost(self, wanted: int) -> tuple[bool, int, bool, int]:
        """What to compare plans by; `wanted` is how many documents are asked for, 0 for all."""
        size = sum(map(len, self.positions))
        reads = min(size, wanted * _READS_PER_RESULT) if self.in_order and wanted else size
        return not self.is_bounded, reads, not self.in_order, size


def choose(indexes: Iterable[Index], leaves: list[Leaf], sort: Sort, wanted: int) -> Plan | None:
    """The cheapest plan, or None if no index narrows the query down or orders it."""
    by_path: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        by_path.setdefault(leaf.path, []).append(leaf)
    plans = [plan for index in indexes if (plan := _plan(index, by_path, sort)) is not None]
    return min(plans, key=lambda plan: plan.cost(wanted), default=None)


def _plan(index: Index, leaves: dict[str, list[Leaf]], sort: Sort) -> Plan | None:
    choices: list[list[bytes]] = []
    for path, direction in index.spec.fields:
        keys = _equal_to(leaves.get(path, []))
        if keys is None or (choices and prod(map(len, choices)) * len(keys) > _MAX_PREFIXES):
            break
        choices.append(keys if direction > 0 else [descending(key) for key in keys])

    bounds = None
    rest = index.spec.fields[len(choices) :]
    if rest:
        path, direction = rest[0]
        ranges = [leaf for leaf in leaves.get(path, []) if leaf.operator in _RANGES and not is_array(leaf.operand)]
        # Of an array, one element may satisfy one side of a range and another element the other side.
        bounds = _bounds(ranges[:1] if index.is_multikey else ranges, direction)

    is_bounded = bool(choices or bounds)
    direction = 0 if index.is_multikey or prod(map(len, choices)) != 1 else _direction(index, len(choices), sort)
    if not is_bounded and (not sort or not direction):
        return None
    low, high = bounds or (b"", _ABOVE)
    prefixes = map(b"".join, product(*choices))
    positions = [index.between(prefix + low, prefix + high)[:: direction or 1] for prefix in prefixes]
    return Plan(index, positions, is_bounded, in_order=direction != 0 or not sort)


def _equal_to(leaves: list[Leaf]) -> list[bytes] | None:
    """The keys that a field under these conditions can have, if they name them. Whole arrays have no entries."""
    for leaf in leaves:
        if leaf.operator == "$eq" and not is_array(leaf.operand):
            return [leaf.operand]
        if leaf.operator == "$in" and not any(map(is_array, leaf.operand)):
            return sorted(leaf.operand)
    return None


def _bounds(ranges: list[Leaf], direction: int) -> tuple[bytes, bytes] | None:
    """From where up to where the entries lie that fulfil the first range, and the others over the same type."""
    if not ranges:
        return None
    kind = type_of(ranges[0].operand)
    same_type = [leaf for leaf in ranges if type_of(leaf.operand) == kind]
    # The second part of each pair makes the narrower of two bounds on one value win.
    low = max(((leaf.operand, leaf.operator == "$gt") for leaf in same_type if leaf.operator[1] == "g"), default=None)
    high = min(((leaf.operand, leaf.operator == "$lte") for leaf in same_type if leaf.operator[1] == "l"), default=None)
    if direction > 0:
        return (
            bytes([kind]) if low is None else low[0] + (_ABOVE if low[1] else b""),
            bytes([kind + 1]) if high is None else high[0] + (_ABOVE if high[1] else b""),
        )
    return (
        descending(bytes([kind])) if high is None else descending(high[0]) + (b"" if high[1] else _ABOVE),
        descending(bytes([kind - 1])) if low is None else descending(low[0]) + (b"" if low[1] else _ABOVE),
    )


def _direction(index: Index, pinned: int, sort: Sort) -> int:
    """Which way to read the index for this order, the first fields having one value only; 0 if neither way gives it."""
    constant = {path for path, _ in index.spec.fields[:pinned]}
    asked = [(path, direction) for path, direction in sort if path not in constant]
    # Entries with the same key are in the order of their documents' _id.
    given = [*index.spec.fields[pinned:], ("_id", 1)]
    if len(asked) > len(given) or any(one[0] != other[0] for one, other in zip(asked, given, strict=False)):
        return 0
    ways = {one[1] * other[1] for one, other in zip(asked, given, strict=False)}
    return 0 if len(ways) > 1 else next(iter(ways), 1)
