"""Aggregation: the stages for counting and simple listings."""

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, not_implemented
from devservers.mongodb.matching import Filter
from devservers.mongodb.projection import Projection
from devservers.mongodb.sorting import parse_sort, sort_documents

Stage = Callable[[list[Document]], list[Document]]


def parse_pipeline(stages: list[Any]) -> list[Stage]:
    """Parse the stages to functions from documents to documents."""
    return [_stage(stage) for stage in stages]


def _stage(stage: Any) -> Stage:
    if not isinstance(stage, dict) or len(stage) != 1:
        raise CommandError(Code.Location40323, "A pipeline stage specification object must contain exactly one field.")
    [(name, operand)] = stage.items()
    if name == "$changeStream":
        raise CommandError(Code.Location40573, "The $changeStream stage is only supported on replica sets")
    if name not in _STAGES:
        raise CommandError(Code.Location40324, f"Unrecognized pipeline stage name: '{name}'")
    return _STAGES[name](operand)


def _match(operand: Any) -> Stage:
    query = Filter(_document("$match", operand))
    return lambda documents: [document for document in documents if query.matches(document)]


def _sort(operand: Any) -> Stage:
    sort = parse_sort(_document("$sort", operand))
    return lambda documents: sort_documents(documents, sort)


def _skip(operand: Any) -> Stage:
    count = _integer("$skip", operand, least=0)
    return lambda documents: documents[count:]


def _limit(operand: Any) -> Stage:
    count = _integer("$limit", operand, least=1)
    return lambda documents: list(islice(documents, count))


def _project(operand: Any) -> Stage:
    projection = Projection(_document("$project", operand))
    return lambda documents: [projection.apply(document) for document in documents]


def _count(operand: Any) -> Stage:
    if not isinstance(operand, str) or not operand or operand[0] == "$" or "." in operand:
        raise CommandError(Code.BadValue, "the count field must be a non-empty string without $ and dots")
    return lambda documents: [{operand: len(documents)}] if documents else []


def _group(operand: Any) -> Stage:
    fields = dict(_document("$group", operand))
    group_id = fields.pop("_id", "$")
    if isinstance(group_id, dict | list) or (isinstance(group_id, str) and group_id.startswith("$")):
        raise not_implemented("$group by anything but a constant")
    for name, accumulator in fields.items():
        if accumulator != {"$sum": 1}:
            raise not_implemented(f"the accumulator of '{name}' in $group; only {{$sum: 1}} is")
    return lambda documents: [{"_id": group_id, **dict.fromkeys(fields, len(documents))}] if documents else []


_STAGES: Final[dict[str, Callable[[Any], Stage]]] = {
    "$match": _match,
    "$sort": _sort,
    "$skip": _skip,
    "$limit": _limit,
    "$project": _project,
    "$count": _count,
    "$group": _group,
}


def _document(name: str, operand: Any) -> Document:
    if not isinstance(operand, dict):
        raise CommandError(Code.TypeMismatch, f"the {name} stage specification must be an object")
    return operand


def _integer(name: str, operand: Any, least: int) -> int:
    if isinstance(operand, bool) or not isinstance(operand, int | float) or operand % 1 != 0 or operand < least:
        raise CommandError(Code.BadValue, f"invalid argument to {name} stage: {operand!r}")
    return int(operand)
