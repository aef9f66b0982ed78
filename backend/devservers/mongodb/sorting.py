"""Orders asked for by a client: parsed, and applied to documents that no index brings in order."""

from collections.abc import Iterable
from heapq import nsmallest
from typing import Any

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError, not_implemented
from devservers.mongodb.ordering import descending, key
from devservers.mongodb.paths import ordered_values_at

# Paths with their directions, 1 or -1.
Sort = list[tuple[str, int]]


def parse_sort(spec: dict[str, Any]) -> Sort:
    """The order that a sort document asks for."""
    for path, direction in spec.items():
        if isinstance(direction, dict):
            raise not_implemented("sorting by $meta")
        if isinstance(direction, bool) or direction not in (1, -1):
            raise CommandError(Code.BadValue, f"$sort key ordering must be 1 or -1, for the path '{path}'")
        if not all(part and not part.startswith("$") for part in path.split(".")):
            raise CommandError(Code.BadValue, f"FieldPath '{path}' cannot be sorted by")
    return [(path, int(direction)) for path, direction in spec.items()]


def in_order(documents: Iterable[Document], sort: Sort, wanted: int = 0) -> list[Document]:
    """The documents in this order, or the first `wanted` of them if that is not 0."""

    def sort_key(document: Document) -> bytes:
        parts = []
        for path, direction in sort:
            keys = map(key, ordered_values_at(document, path.split(".")))
            parts.append(min(keys) if direction > 0 else descending(max(keys)))
        return b"".join(parts)

    return nsmallest(wanted, documents, key=sort_key) if wanted else sorted(documents, key=sort_key)
