"""An index: sorted entries, searched by bisection, that also enforce unique keys.

An index only yields candidates, which the filter then checks. It may yield too many documents, but never too few.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product
from types import NoneType
from typing import Any, NamedTuple

from bson import ObjectId

from devservers.mongodb.documents import Document, decode
from devservers.mongodb.entries import Entries, Entry
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.ordering import MISSING, Marker, descending, key
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
        self.entries = Entries()
        self._appended: list[Entry] = []
        self._namespace = namespace
        self._documents_with_several_values = [0] * len(spec.fields)

    @property
    def multikey(self) -> list[bool]:
        """For each field, whether any document has several values in it, and so several entries."""
        return [count > 0 for count in self._documents_with_several_values]

    def keys(self, values: "ValueKeys") -> "IndexKeys":
        """A document's index keys."""
        parts = [
            values[path] if direction > 0 else tuple([descending(each) for each in values[path]])
            for path, direction in self.spec.fields
        ]
        if values.arrays and sum(path in values.arrays for path, _ in self.spec.fields) > 1:
            raise CommandError(
                Code.CannotIndexParallelArrays, f"cannot index parallel arrays: index '{self.spec.name}'"
            )
        if max(map(len, parts)) == 1:
            return IndexKeys((b"".join([each for (each,) in parts]),), ())
        several = tuple(field for field, keys in enumerate(parts) if len(keys) > 1)
        return IndexKeys(tuple(map(b"".join, product(*parts))), several)

    def find_duplicate(self, keys: "IndexKeys", id_key: bytes) -> bytes | None:
        """The first of the keys that violates uniqueness because another document has it, or None."""
        for candidate in keys.entries if self.spec.unique else ():
            neighbours = self.entries.first(candidate, 2)
            if any(entry_key == candidate and owner != id_key for entry_key, owner in neighbours):
                return candidate
        return None

    def add(self, keys: "IndexKeys", id_key: bytes) -> None:
        """Add a document's entries."""
        for entry_key in keys.entries:
            self.entries.add((entry_key, id_key))
        self._count_several(keys, 1)

    def remove(self, keys: "IndexKeys", id_key: bytes) -> None:
        """Remove a document's entries."""
        for entry_key in keys.entries:
            self.entries.remove((entry_key, id_key))
        self._count_several(keys, -1)

    def append(self, keys: "IndexKeys", id_key: bytes) -> None:
        """Add a document's entries while the index is built; `complete` must follow."""
        self._appended += [(entry_key, id_key) for entry_key in keys.entries]
        self._count_several(keys, 1)

    def complete(self, documents: Mapping[bytes, bytes]) -> None:
        """Sort the appended entries. Raises DuplicateKey if a unique key occurs twice."""
        self.entries = Entries(self._appended)
        self._appended = []
        if self.spec.unique:
            for (one, _), (other, id_key) in pairwise(self.entries):
                if one == other:
                    raise self.duplicate_key_error(decode(documents[id_key]), other)

    def between(self, low: bytes, high: bytes) -> range:
        """The positions of the entries from `low` (inclusive) to `high` (exclusive)."""
        return range(self.entries.position(low), self.entries.position(high))

    def duplicate_key_error(self, document: Document, duplicate: bytes) -> CommandError:
        """The error for a document whose key `duplicate` another document has."""
        fields = self.spec.fields
        values = next(
            values
            for values in product(*(index_values_at(document, path.split(".")) for path, _ in fields))
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

    def _count_several(self, keys: "IndexKeys", change: int) -> None:
        for field in keys.several:
            self._documents_with_several_values[field] += change


class IndexKeys(NamedTuple):
    """The keys of a document in one index, and the numbers of the fields in which it has several values."""

    entries: tuple[bytes, ...]
    several: tuple[int, ...]


NO_KEYS = IndexKeys((), ())


class ValueKeys(dict[str, tuple[bytes, ...]]):
    """The distinct keys of a document's values by path, computed once for all indexes. An array yields its elements.

    `arrays` has the paths that were asked for and lead through or to an array.
    """

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.arrays: set[str] = set()
        self._document = document

    def __missing__(self, path: str) -> tuple[bytes, ...]:
        if "." not in path and not isinstance(value := self._document.get(path, MISSING), list):
            # Nearly all paths of all documents.
            self[path] = single = (key(value),)
            return single
        parts = path.split(".")
        if contains_array(self._document, parts):
            self.arrays.add(path)
        keys = self[path] = tuple(dict.fromkeys(map(key, index_values_at(self._document, parts))))
        return keys


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
