"""An index: a sorted list of entries, searched by bisection, that also enforces unique keys.

An index only yields candidates, which the filter then checks. It may yield too many documents, but never too few.
"""

import json
from bisect import bisect_left, insort
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product
from types import NoneType
from typing import Any

from bson import ObjectId

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.ordering import Marker, descending, key
from devservers.mongodb.paths import contains_array, index_values_at


@dataclass(frozen=True)
class IndexSpec:
    """The definition of an index: its name, its fields with directions (1 or -1), and whether keys are unique."""

    name: str
    fields: tuple[tuple[str, int], ...]
    unique: bool = False

    def document(self) -> Document:
        """The index in the format of `listIndexes`."""
        described: Document = {"v": 2, "key": dict(self.fields), "name": self.name}
        return {**described, "unique": True} if self.unique and self.name != "_id_" else described


ID_INDEX = IndexSpec("_id_", (("_id", 1),), unique=True)


class Index:
    """The sorted entries of one index: (index key, key of the document's `_id`)."""

    def __init__(self, namespace: str, spec: IndexSpec) -> None:
        self.spec = spec
        self.entries: list[tuple[bytes, bytes]] = []
        self._namespace = namespace
        self._paths = [path.split(".") for path, _ in spec.fields]
        self._documents_with_several_keys = 0

    @property
    def is_multikey(self) -> bool:
        """Whether any document has several entries. Such an index supports neither sorting nor two-sided ranges."""
        return self._documents_with_several_keys > 0

    def keys(self, document: Document) -> list[bytes]:
        """The document's index keys."""
        parts = [
            [_directed_key(value, direction) for value in values]
            for values, (_, direction) in zip(self._values(document), self.spec.fields, strict=True)
        ]
        return list(dict.fromkeys(map(b"".join, product(*parts))))

    def find_duplicate(self, keys: list[bytes], id_key: bytes) -> bytes | None:
        """The first of the keys that violates uniqueness because another document has it, or None."""
        for candidate in keys if self.spec.unique else ():
            position = bisect_left(self.entries, (candidate,))
            neighbours = self.entries[position : position + 2]
            if any(entry_key == candidate and owner != id_key for entry_key, owner in neighbours):
                return candidate
        return None

    def add(self, keys: list[bytes], id_key: bytes) -> None:
        """Add a document's entries."""
        for entry_key in keys:
            insort(self.entries, (entry_key, id_key))
        self._documents_with_several_keys += len(keys) > 1

    def remove(self, keys: list[bytes], id_key: bytes) -> None:
        """Remove a document's entries."""
        for entry_key in keys:
            del self.entries[bisect_left(self.entries, (entry_key, id_key))]
        self._documents_with_several_keys -= len(keys) > 1

    def build(self, documents: dict[bytes, Document]) -> None:
        """Add the entries of all documents. Raises DuplicateKey if a unique key occurs twice."""
        for id_key, document in documents.items():
            keys = self.keys(document)
            self.entries += [(entry_key, id_key) for entry_key in keys]
            self._documents_with_several_keys += len(keys) > 1
        self.entries.sort()
        if self.spec.unique:
            for (one, _), (other, id_key) in pairwise(self.entries):
                if one == other:
                    raise self.duplicate_key_error(documents[id_key], other)

    def between(self, low: bytes, high: bytes) -> range:
        """The positions of the entries from `low` (inclusive) to `high` (exclusive)."""
        return range(bisect_left(self.entries, (low,)), bisect_left(self.entries, (high,)))

    def duplicate_key_error(self, document: Document, duplicate: bytes) -> CommandError:
        """The error for a document whose key `duplicate` another document has."""
        fields = self.spec.fields
        values = next(
            values
            for values in product(*self._values(document))
            if duplicate == b"".join(map(_directed_key, values, (direction for _, direction in fields)))
        )
        key_value = {
            path: None if isinstance(value, Marker) else value for (path, _), value in zip(fields, values, strict=True)
        }
        shown = ", ".join(f"{path}: {_shell_literal(value)}" for path, value in key_value.items())
        return CommandError(
            Code.DuplicateKey,
            f"E11000 duplicate key error collection: {self._namespace} index: {self.spec.name} dup key: {{ {shown} }}",
            keyPattern=dict(self.spec.fields),
            keyValue=key_value,
        )

    def _values(self, document: Document) -> list[list[Any]]:
        """The values of each field of the index. An array has one value per element."""
        if len(self._paths) > 1 and sum(contains_array(document, parts) for parts in self._paths) > 1:
            raise CommandError(
                Code.CannotIndexParallelArrays, f"cannot index parallel arrays: index '{self.spec.name}'"
            )
        return [index_values_at(document, parts) for parts in self._paths]


def _directed_key(value: Any, direction: int) -> bytes:
    return key(value) if direction > 0 else descending(key(value))


def _shell_literal(value: Any) -> str:
    """A value in the format of MongoDB's duplicate key message."""
    if isinstance(value, ObjectId):
        return f"ObjectId('{value}')"
    if isinstance(value, datetime):
        return f"new Date({value.isoformat()})"
    if isinstance(value, str | bool | NoneType):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
