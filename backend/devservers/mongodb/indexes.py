"""One index: a sorted list of entries that answers ranges by bisection and says when a key is taken.

An index only ever proposes documents; whether they match is for the filter to say. So an entry may be too many, never
one too few.
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
from devservers.mongodb.paths import ordered_values_at, passes_array


@dataclass(frozen=True)
class IndexSpec:
    """What an index is: its name, its fields with their directions (1 or -1), and whether keys are unique."""

    name: str
    fields: tuple[tuple[str, int], ...]
    unique: bool = False

    def document(self) -> Document:
        """The index as `listIndexes` shows it."""
        described: Document = {"v": 2, "key": dict(self.fields), "name": self.name}
        return {**described, "unique": True} if self.unique and self.name != "_id_" else described


ID_INDEX = IndexSpec("_id_", (("_id", 1),), unique=True)


class Index:
    """The entries of one index: (key, key of the document's `_id`), in order."""

    def __init__(self, namespace: str, spec: IndexSpec) -> None:
        self.spec = spec
        self.entries: list[tuple[bytes, bytes]] = []
        self._namespace = namespace
        self._paths = [path.split(".") for path, _ in spec.fields]
        self._documents_with_several_keys = 0

    @property
    def is_multikey(self) -> bool:
        """Whether a document has several entries, so that neither order nor two-sided ranges can be had from here."""
        return self._documents_with_several_keys > 0

    def keys(self, document: Document) -> list[bytes]:
        """The keys under which the index holds the document."""
        parts = [
            [_directed(value, direction) for value in values]
            for values, (_, direction) in zip(self._values(document), self.spec.fields, strict=True)
        ]
        return list(dict.fromkeys(map(b"".join, product(*parts))))

    def taken(self, keys: list[bytes], identity: bytes) -> bytes | None:
        """The first of the keys that uniqueness forbids, because another document holds it."""
        for wanted in keys if self.spec.unique else ():
            position = bisect_left(self.entries, (wanted,))
            if any(held == wanted and holder != identity for held, holder in self.entries[position : position + 2]):
                return wanted
        return None

    def add(self, keys: list[bytes], identity: bytes) -> None:
        """Enter a document under its keys."""
        for entry_key in keys:
            insort(self.entries, (entry_key, identity))
        self._documents_with_several_keys += len(keys) > 1

    def remove(self, keys: list[bytes], identity: bytes) -> None:
        """Take a document's entries out."""
        for entry_key in keys:
            del self.entries[bisect_left(self.entries, (entry_key, identity))]
        self._documents_with_several_keys -= len(keys) > 1

    def build(self, documents: dict[bytes, Document]) -> None:
        """Enter all documents at once; refuse when a unique key occurs twice."""
        for identity, document in documents.items():
            keys = self.keys(document)
            self.entries += [(entry_key, identity) for entry_key in keys]
            self._documents_with_several_keys += len(keys) > 1
        self.entries.sort()
        if self.spec.unique:
            for (one, _), (other, identity) in pairwise(self.entries):
                if one == other:
                    raise self.duplicate(documents[identity], other)

    def between(self, low: bytes, high: bytes) -> range:
        """The positions of the entries from `low` up to but not including `high`."""
        return range(bisect_left(self.entries, (low,)), bisect_left(self.entries, (high,)))

    def duplicate(self, document: Document, taken: bytes) -> CommandError:
        """The refusal of a document because this key of it is taken."""
        fields = self.spec.fields
        values = next(
            values
            for values in product(*self._values(document))
            if taken == b"".join(map(_directed, values, (direction for _, direction in fields)))
        )
        key_value = {
            path: None if isinstance(value, Marker) else value for (path, _), value in zip(fields, values, strict=True)
        }
        shown = ", ".join(f"{path}: {_shell(value)}" for path, value in key_value.items())
        return CommandError(
            Code.DuplicateKey,
            f"E11000 duplicate key error collection: {self._namespace} index: {self.spec.name} dup key: {{ {shown} }}",
            keyPattern=dict(self.spec.fields),
            keyValue=key_value,
        )

    def _values(self, document: Document) -> list[list[Any]]:
        """The values of each field of the index; an array's elements are several."""
        if len(self._paths) > 1 and sum(passes_array(document, parts) for parts in self._paths) > 1:
            raise CommandError(
                Code.CannotIndexParallelArrays, f"cannot index parallel arrays: index '{self.spec.name}'"
            )
        return [ordered_values_at(document, parts) for parts in self._paths]


def _directed(value: Any, direction: int) -> bytes:
    return key(value) if direction > 0 else descending(key(value))


def _shell(value: Any) -> str:
    """A value as it appears in MongoDB's duplicate key message."""
    if isinstance(value, ObjectId):
        return f"ObjectId('{value}')"
    if isinstance(value, datetime):
        return f"new Date({value.isoformat()})"
    if isinstance(value, str | bool | NoneType):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
