"""A collection in memory: documents in natural order with their indexes, and queries and changes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.indexes import ID_INDEX, Index, IndexSpec
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import key
from devservers.mongodb.planning import choose_plan
from devservers.mongodb.sorting import Sort, sort_documents


class Change(NamedTuple):
    """A document before and after a write; None before an insert and after a delete. `data` is `after` as BSON."""

    id_key: bytes
    before: Document | None
    after: Document | None
    data: bytes = b""

    def inverse(self) -> "Change":
        """The change that undoes this one."""
        return Change(self.id_key, self.after, self.before)


class Statistics:
    """Counters for `serverStatus`."""

    def __init__(self) -> None:
        self.documents_examined = 0


class Collection:
    """Documents by the key of their `_id`. A stored document is never mutated, only replaced."""

    def __init__(self, namespace: str, statistics: Statistics) -> None:
        self.namespace = namespace
        self.documents: dict[bytes, Document] = {}
        self.indexes: dict[str, Index] = {}
        self._statistics = statistics

    def load(self, documents: dict[bytes, Document], specs: Iterable[IndexSpec]) -> None:
        """Load stored documents and build the indexes."""
        self.documents = documents
        self.indexes = {spec.name: self.build_index(spec) for spec in (ID_INDEX, *specs)}

    def build_index(self, spec: IndexSpec) -> Index:
        """Build an index over the existing documents, without adding it to the collection."""
        index = Index(self.namespace, spec)
        index.build(self.documents)
        return index

    def find(self, query: Filter, sort: Sort, skip: int = 0, limit: int = 0) -> list[Document]:
        """The matching documents in order; a limit of 0 means no limit. The caller must not mutate the documents."""
        wanted = skip + limit if limit else 0
        plan = choose_plan(self.indexes.values(), query.predicates, sort, wanted)
        if plan is None:
            candidates: Iterable[Document] = self.documents.values()
        else:
            entries = plan.index.entries
            id_keys = (entries[position][1] for positions in plan.positions for position in positions)
            distinct = dict.fromkeys(id_keys) if plan.index.is_multikey else id_keys
            candidates = (self.documents[id_key] for id_key in distinct)
        found = self._matching(query, candidates)
        if sort and not (plan and plan.is_sorted):
            return sort_documents(found, sort, wanted)[skip:]
        return list(islice(found, skip, wanted or None))

    def count(self, query: Filter, skip: int, limit: int) -> int:
        """The number of matching documents, at most `limit` unless that is 0."""
        if query.is_empty:
            return min(max(len(self.documents) - skip, 0), limit or len(self.documents))
        return len(self.find(query, [], skip, limit))

    def _matching(self, query: Filter, candidates: Iterable[Document]) -> Iterator[Document]:
        for document in candidates:
            self._statistics.documents_examined += 1
            if query.matches(document):
                yield document

    def apply(self, changes: list[Change]) -> None:
        """Apply all changes in order, or none of them if one violates a unique index."""
        for done, change in enumerate(changes):
            try:
                self._apply_one(change)
            except CommandError:
                for made in reversed(changes[:done]):
                    self._apply_one(made.inverse())
                raise

    def _apply_one(self, change: Change) -> None:
        if change.before is None and change.after is not None and change.id_key in self.documents:
            raise self.indexes["_id_"].duplicate_key_error(change.after, change.id_key)
        moves: list[tuple[Index, list[bytes], list[bytes]]] = []
        for index in self.indexes.values():
            old = index.keys(change.before) if change.before is not None else []
            new = index.keys(change.after) if change.after is not None else []
            if old != new:
                taken = index.find_duplicate(new, change.id_key)
                if taken is not None and change.after is not None:
                    raise index.duplicate_key_error(change.after, taken)
                moves.append((index, old, new))
        for index, old, new in moves:
            index.remove(old, change.id_key)
            index.add(new, change.id_key)
        if change.after is None:
            del self.documents[change.id_key]
        else:
            self.documents[change.id_key] = change.after


def id_key_of(document: Document) -> bytes:
    """The key of the document's `_id`. Raises InvalidIdField for an array."""
    value = document["_id"]
    if isinstance(value, list):
        raise CommandError(Code.InvalidIdField, "The '_id' value cannot be of type array")
    return key(value)
