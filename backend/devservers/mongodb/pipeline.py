"""Aggregation: the stages for counting and simple listings."""

from collections.abc import Callable, Coroutine, Iterable
from itertools import compress
from typing import Any, Final, TypeVar

from devservers.mongodb.collection import Collection
from devservers.mongodb.documents import Document, decode, encode
from devservers.mongodb.errors import Code, CommandError, not_implemented
from devservers.mongodb.matching import Filter
from devservers.mongodb.projection import Projection
from devservers.mongodb.sorting import Sort, Sorter, parse_sort
from devservers.mongodb.turns import Turn, give_way

# From documents and the parsed operand of the stage to documents.
Stage = Callable[[list[Document], Any, Turn], Coroutine[Any, Any, list[Document]]]
# The result of a stage that only depends on the number of documents.
Counts = Callable[[int], list[Document]]
Item = TypeVar("Item")
Converted = TypeVar("Converted")

# A collection answers these itself, in this order, if a pipeline begins with them.
_LEADING: Final = ("$match", "$sort", "$skip", "$limit")
_COUNTING: Final = frozenset({"$count", "$group"})


class Pipeline:
    """A parsed pipeline. Invalid stages raise an error on construction."""

    def __init__(self, stages: list[Any]) -> None:
        parsed = [_parsed(stage) for stage in stages]
        leading: dict[str, Any] = {}
        for name, operand in parsed:
            if name not in _LEADING or any(_LEADING.index(name) <= _LEADING.index(earlier) for earlier in leading):
                break
            leading[name] = operand
        self._query: Filter = leading.get("$match", Filter({}))
        self._sort: Sort = leading.get("$sort", [])
        self._skip: int = leading.get("$skip", 0)
        self._limit: int = leading.get("$limit", 0)
        self._rest = parsed[len(leading) :]

    async def run(self, collection: Collection, turn: Turn) -> list[bytes]:
        """The resulting documents as BSON."""
        if not self._rest:
            return await collection.find(self._query, self._sort, self._skip, self._limit)
        name, operand = self._rest[0]
        if name in _COUNTING:
            documents = operand(await collection.count(self._query, self._skip, self._limit))
        else:
            found = await collection.find(self._query, self._sort, self._skip, self._limit)
            documents = await _converted(found, decode, turn)
            documents = await _STAGES[name](documents, operand, turn)
        for name, operand in self._rest[1:]:
            documents = await _STAGES[name](documents, operand, turn)
        return await _converted(documents, encode, turn)


def _parsed(stage: Any) -> tuple[str, Any]:
    """The name of a stage, and its operand as `_STAGES` expects it."""
    if not isinstance(stage, dict) or len(stage) != 1:
        raise CommandError(Code.Location40323, "A pipeline stage specification object must contain exactly one field.")
    [(name, operand)] = stage.items()
    if name == "$changeStream":
        raise CommandError(Code.Location40573, "The $changeStream stage is only supported on replica sets")
    if name not in _PARSERS:
        raise CommandError(Code.Location40324, f"Unrecognized pipeline stage name: '{name}'")
    return name, _PARSERS[name](operand)


async def _converted(items: Iterable[Item], convert: Callable[[Item], Converted], turn: Turn) -> list[Converted]:
    converted = []
    for item in items:
        converted.append(convert(item))
        if turn.is_over():
            await give_way()
    return converted


async def _match(documents: list[Document], query: Filter, turn: Turn) -> list[Document]:
    matches = await _converted(documents, query.matches, turn)
    return list(compress(documents, matches))


async def _sort(documents: list[Document], sort: Sort, turn: Turn) -> list[Document]:
    sorter = Sorter[Document](sort)
    await _converted(documents, lambda document: sorter.add(document, document), turn)
    return await _converted(sorter.items(), lambda document: document, turn)


async def _skip(documents: list[Document], count: int, _turn: Turn) -> list[Document]:
    return documents[count:]


async def _limit(documents: list[Document], count: int, _turn: Turn) -> list[Document]:
    return documents[:count]


async def _project(documents: list[Document], projection: Projection, turn: Turn) -> list[Document]:
    return await _converted(documents, projection.apply, turn)


async def _count(documents: list[Document], counts: Counts, _turn: Turn) -> list[Document]:
    return counts(len(documents))


_STAGES: Final[dict[str, Stage]] = {
    "$match": _match,
    "$sort": _sort,
    "$skip": _skip,
    "$limit": _limit,
    "$project": _project,
    "$count": _count,
    "$group": _count,
}


def _parse_count(operand: Any) -> Counts:
    if not isinstance(operand, str) or not operand or operand[0] == "$" or "." in operand:
        raise CommandError(Code.BadValue, "the count field must be a non-empty string without $ and dots")
    return lambda count: [{operand: count}] if count else []


def _parse_group(operand: Any) -> Counts:
    fields = dict(_document("$group", operand))
    group_id = fields.pop("_id", "$")
    if isinstance(group_id, dict | list) or (isinstance(group_id, str) and group_id.startswith("$")):
        raise not_implemented("$group by anything but a constant")
    for name, accumulator in fields.items():
        if accumulator != {"$sum": 1}:
            raise not_implemented(f"the accumulator of '{name}' in $group; only {{$sum: 1}} is")
    return lambda count: [{"_id": group_id, **dict.fromkeys(fields, count)}] if count else []


_PARSERS: Final[dict[str, Callable[[Any], Any]]] = {
    "$match": lambda operand: Filter(_document("$match", operand)),
    "$sort": lambda operand: parse_sort(_document("$sort", operand)),
    "$skip": lambda operand: _integer("$skip", operand, least=0),
    "$limit": lambda operand: _integer("$limit", operand, least=1),
    "$project": lambda operand: Projection(_document("$project", operand)),
    "$count": _parse_count,
    "$group": _parse_group,
}


def _document(name: str, operand: Any) -> Document:
    if not isinstance(operand, dict):
        raise CommandError(Code.TypeMismatch, f"the {name} stage specification must be an object")
    return operand


def _integer(name: str, operand: Any, least: int) -> int:
    if isinstance(operand, bool) or not isinstance(operand, int | float) or operand % 1 != 0 or operand < least:
        raise CommandError(Code.BadValue, f"invalid argument to {name} stage: {operand!r}")
    return int(operand)
