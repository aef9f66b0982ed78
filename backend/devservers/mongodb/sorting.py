"""Sort specifications: parsing, and sorting of documents in memory."""

from collections.abc import Iterable
from heapq import nsmallest
from typing import Any

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, not_implemented
from devservers.mongodb.ordering import descending, key
from devservers.mongodb.paths import index_values_at

# Paths with their directions, 1 or -1.
Sort = list[tuple[str, int]]


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


def sort_documents(documents: Iterable[Document], sort: Sort, limit: int = 0) -> list[Document]:
    """The documents in this order; only the first `limit` if that is not 0."""

    def sort_key(document: Document) -> bytes:
        parts = []
        for path, direction in sort:
            keys = map(key, index_values_at(document, path.split(".")))
            parts.append(min(keys) if direction > 0 else descending(max(keys)))
        return b"".join(parts)

    return nsmallest(limit, documents, key=sort_key) if limit else sorted(documents, key=sort_key)
