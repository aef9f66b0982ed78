"""A collection in memory: documents in natural order, their indexes, and reads and writes that keep both in step."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from devservers.mongodb.documents import Document
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.indexes import ID_INDEX, Index, IndexSpec
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import key
from devservers.mongodb.planning import choose
from devservers.mongodb.sorting import Sort, in_order


class Change(NamedTuple):
    """One document before and after; None before an insert and after a delete. `data` is `after` as BSON."""

    identity: bytes
    before: Document | None
    after: Document | None
    data: bytes = b""

    def undone(self) -> "Change":
        """The change back."""
        return Change(self.identity, self.after, self.before)


class Statistics:
    """What the server counts, for `serverStatus`."""

    def __init__(self) -> None:
        self.documents_examined = 0


class Collection:
    """Documents by the key of their `_id`. A stored document is never changed, only replaced by another."""

    def __init__(self, namespace: str, statistics: Statistics) -> None:
        self.namespace = namespace
        self.documents: dict[bytes, Document] = {}
        self.indexes: dict[str, Index] = {}
        self._statistics = statistics

    def load(self, documents: dict[bytes, Document], specs: Iterable[IndexSpec]) -> None:
        """Take over what was stored."""
        self.documents = documents
        self.indexes = {spec.name: self.built(spec) for spec in (ID_INDEX, *specs)}

    def built(self, spec: IndexSpec) -> Index:
        """A new index over the documents there are, not yet one of the collection's."""
        index = Index(self.namespace, spec)
        index.build(self.documents)
        return index

    def find(self, query: Filter, sort: Sort, skip: int = 0, limit: int = 0) -> list[Document]:
        """The matching documents in order; a limit of 0 is none. The list is the caller's, the documents are not."""
        wanted = skip + limit if limit else 0
        plan = choose(self.indexes.values(), query.leaves, sort, wanted)
        if plan is None:
            candidates: Iterable[Document] = self.documents.values()
        else:
            entries = plan.index.entries
            identities = (entries[position][1] for positions in plan.positions for position in positions)
            distinct = dict.fromkeys(identities) if plan.index.is_multikey else identities
            candidates = (self.documents[identity] for identity in distinct)
        found = self._matching(query, candidates)
        if sort and not (plan and plan.in_order):
            return in_order(found, sort, wanted)[skip:]
        return list(islice(found, skip, wanted or None))

    def count(self, query: Filter, skip: int, limit: int) -> int:
        """How many documents match, at most `limit` of them unless that is 0."""
        if query.is_empty:
            return min(max(len(self.documents) - skip, 0), limit or len(self.documents))
        return len(self.find(query, [], skip, limit))

    def _matching(self, query: Filter, candidates: Iterable[Document]) -> Iterator[Document]:
        for document in candidates:
            self._statistics.documents_examined += 1
            if query.matches(document):
                yield document

    def apply(self, changes: list[Change]) -> None:
        """Make all changes, in order, or none of them if one breaks a unique index."""
        for done, change in enumerate(changes):
            try:
                self._swap(change)
            except CommandError:
                for made in reversed(changes[:done]):
                    self._swap(made.undone())
                raise

    def _swap(self, change: Change) -> None:
        if change.before is None and change.after is not None and change.identity in self.documents:
            raise self.indexes["_id_"].duplicate(change.after, change.identity)
        moves: list[tuple[Index, list[bytes], list[bytes]]] = []
        for index in self.indexes.values():
            old = index.keys(change.before) if change.before is not None else []
            new = index.keys(change.after) if change.after is not None else []
            if old != new:
                taken = index.taken(new, change.identity)
                if taken is not None and change.after is not None:
                    raise index.duplicate(change.after, taken)
                moves.append((index, old, new))
        for index, old, new in moves:
            index.remove(old, change.identity)
            index.add(new, change.identity)
        if change.after is None:
            del self.documents[change.identity]
        else:
            self.documents[change.identity] = change.after


def identity_of(document: Document) -> bytes:
    """The key of the document's `_id`; refuses what cannot be one."""
    value = document["_id"]
    if isinstance(value, list):
        raise CommandError(Code.InvalidIdField, "The '_id' value cannot be of type array")
    return key(value)
