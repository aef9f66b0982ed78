"""Sort specifications: parsing, and sorting of documents in memory."""

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import Any, Final, Generic, TypeVar

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, not_implemented
from devservers.mongodb.ordering import descending, key
from devservers.mongodb.paths import index_values_at

# Paths with their directions, 1 or -1.
Sort = list[tuple[str, int]]

Item = TypeVar("Item")

# Sorting a run of this length takes less than a millisecond.
_RUN: Final = 1000


def parse_sort(spec: dict[str, Any]) -> Sort:
    """Parse a sort document."""
    for path, direction in spec.items():
        if isinstance(direction, dict):
            raise not_implemented("sorting by $meta")
        if isinstance(direction, bool) or direction not in (1, -1):
            raise CommandError(Code.BadValue, f"$sort key ordering must be 1 or -1, for the path '{path}'")
        if not all(part and not part.startswith("$") for part in path.split(".")):
            raise CommandError(Code.BadValue, f"FieldPath '{path}' cannot be sorted by")
    return [(path, int(direction)) for path, direction in spec.items()]


class Sorter(Generic[Item]):
    """Sorts in small steps: short sorted runs, which are merged while they are read. Stable.

    With a `limit` that is not 0, only the first items are kept.
    """

    def __init__(self, sort: Sort, limit: int = 0) -> None:
        self._sort = sort
        self._limit = limit or None
        self._added = 0
        self._run: list[tuple[bytes, int, Item]] = []
        self._runs: list[list[tuple[bytes, int, Item]]] = []

    def add(self, document: Document, item: Item) -> None:
        """Add an item, which is sorted by this document."""
        self._run.append((_sort_key(document, self._sort), self._added, item))
        self._added += 1
        if len(self._run) == _RUN:
            self._end_run()

    def items(self) -> Iterator[Item]:
        """All items in order. None may be added any more."""
        self._end_run()
        return (item for _, _, item in merge(*self._runs))

    def _end_run(self) -> None:
        self._run.sort()
        self._runs.append(self._run[: self._limit])
        self._run = []


def sort_documents(documents: Iterable[Document], sort: Sort) -> list[Document]:
    """The documents in this order."""
    return sorted(documents, key=lambda document: _sort_key(document, sort))


def _sort_key(document: Document, sort: Sort) -> bytes:
    parts = []
    for path, direction in sort:
        keys = map(key, index_values_at(document, path.split(".")))
        parts.append(min(keys) if direction > 0 else descending(max(keys)))
    return b"".join(parts)
