"""A collection in memory: documents in natural order with their indexes, and queries and changes."""

import contextlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from devservers.mongodb.documents import Document, decode, encode
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.indexes import ID_INDEX, NO_KEYS, Index, IndexKeys, IndexSpec, ValueKeys
from devservers.mongodb.matching import Filter
from devservers.mongodb.ordering import key
from devservers.mongodb.planning import Plan, choose_plan
from devservers.mongodb.scans import Scan
from devservers.mongodb.sorting import Sort, Sorter
from devservers.mongodb.turns import Turn, give_way


class Change(NamedTuple):
    """A document before and after a write; None before an insert and after a delete. `data` is `after` as BSON."""

    id_key: bytes
    before: Document | None
    after: Document | None
    data: bytes = b""

    def inverse(self) -> "Change":
        """The change that undoes this one."""
        return Change(self.id_key, self.after, self.before, b"" if self.before is None else encode(self.before))


class Statistics:
    """Counters for `serverStatus`."""

    def __init__(self) -> None:
        self.documents_examined = 0


class Collection:
    """Documents as BSON, by the key of their `_id`, in natural order."""

    def __init__(self, namespace: str, statistics: Statistics, turn: Turn) -> None:
        self.namespace = namespace
        self.documents: dict[bytes, bytes] = {}
        self.indexes: dict[str, Index] = {}
        self.changes = 0
        """How many changes were applied, for commands that must know of those that were made while they gave way."""
        self._statistics = statistics
        self._turn = turn
        self._detached_scans: list[Scan] = []

    def load(self, documents: dict[bytes, bytes], specs: Iterable[IndexSpec]) -> None:
        """Load stored documents and build the indexes."""
        self.documents = documents
        self.indexes = {index.spec.name: index for index in self.build_indexes([ID_INDEX, *specs])}

    def build_indexes(self, specs: Iterable[IndexSpec]) -> list[Index]:
        """Build indexes over the existing documents, without adding them to the collection."""
        indexes = [Index(self.namespace, spec) for spec in specs]
        for id_key, data in self.documents.items() if indexes else ():
            self._statistics.documents_examined += 1
            values = ValueKeys(decode(data))
            for index in indexes:
                index.append(index.keys(values), id_key)
        for index in indexes:
            index.complete(self.documents)
        return indexes

    async def find(self, query: Filter, sort: Sort, skip: int = 0, limit: int = 0) -> list[bytes]:
        """The matching documents in order, all as they were at one moment; a limit of 0 means no limit."""
        wanted = skip + limit if limit else 0
        plan = choose_plan(self.indexes.values(), query, sort, wanted)
        sorter = Sorter[bytes](sort, wanted) if sort and not (plan and plan.is_sorted) else None
        found: list[bytes] = []
        with self._scan(plan) as scan:
            while candidates := scan.documents():
                for data in candidates:
                    document = decode(data)
                    self._statistics.documents_examined += 1
                    if query.matches(document):
                        if sorter is not None:
                            sorter.add(document, data)
                        else:
                            found.append(data)
                            if len(found) == wanted:
                                return found[skip:]
                    if self._turn.is_over():
                        await self._give_way(scan)
        return found[skip:] if sorter is None else await self._first(sorter, skip, wanted)

    async def count(self, query: Filter, skip: int, limit: int) -> int:
        """The number of matching documents, at most `limit` unless that is 0."""
        wanted = skip + limit if limit else 0
        plan = choose_plan(self.indexes.values(), query, [], wanted, counting=True)
        if query.is_empty:
            total = len(self.documents)
        elif plan is not None and plan.is_exact:
            total = await self._count_entries(plan, wanted)
        else:
            total = len(await self.find(query, [], 0, wanted))
        return max(min(total, wanted or total) - skip, 0)

    async def _count_entries(self, plan: Plan, wanted: int) -> int:
        if not plan.has_duplicates:
            return sum(map(len, plan.positions))
        total = 0
        with self._scan(plan) as scan:
            while (found := len(scan.id_keys())) and (not wanted or total < wanted):
                total += found
                if self._turn.is_over():
                    await self._give_way(scan)
        return total

    async def _first(self, sorter: Sorter[bytes], skip: int, wanted: int) -> list[bytes]:
        found = []
        for position, data in enumerate(islice(sorter.items(), wanted or None)):
            if position >= skip:
                found.append(data)
            if self._turn.is_over():
                await give_way()
        return found

    @contextlib.contextmanager
    def _scan(self, plan: Plan | None) -> Iterator[Scan]:
        scan = Scan(self.documents, plan)
        try:
            yield scan
        finally:
            if scan.is_detached:
                self._detached_scans.remove(scan)

    async def _give_way(self, scan: Scan) -> None:
        if not scan.is_detached:
            scan.detach()
            self._detached_scans.append(scan)
        await give_way()

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
        moves: list[tuple[Index, IndexKeys, IndexKeys]] = []
        before = None if change.before is None else ValueKeys(change.before)
        after = None if change.after is None else ValueKeys(change.after)
        for index in self.indexes.values():
            old = NO_KEYS if before is None else index.keys(before)
            new = NO_KEYS if after is None else index.keys(after)
            if old != new:
                taken = index.find_duplicate(new, change.id_key)
                if taken is not None and change.after is not None:
                    raise index.duplicate_key_error(change.after, taken)
                moves.append((index, old, new))
        self.changes += 1
        for scan in self._detached_scans:
            scan.keep(change.id_key, self.documents.get(change.id_key))
        for index, old, new in moves:
            index.remove(old, change.id_key)
            index.add(new, change.id_key)
        if change.after is None:
            del self.documents[change.id_key]
        else:
            self.documents[change.id_key] = change.data


def id_key_of(document: Document) -> bytes:
    """The key of the document's `_id`. Raises InvalidIdField for an array."""
    value = document["_id"]
    if isinstance(value, list):
        raise CommandError(Code.InvalidIdField, "The '_id' value cannot be of type array")
    return key(value)
