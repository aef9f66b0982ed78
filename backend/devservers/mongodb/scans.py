"""Scans: the candidates of a query, as the collection was when the scan began."""

from collections import deque
from itertools import islice
from typing import Final

from devservers.mongodb.planning import Plan

_PORTION: Final = 50


class Scan:
    """Yields candidates in portions. Before other commands run between two portions, it must be detached.

    A detached scan has a snapshot of the index, and is told of every change by `keep`.
    """

    def __init__(self, documents: dict[bytes, bytes], plan: Plan | None) -> None:
        self.is_detached = False
        self._documents = documents
        self._changed: dict[bytes, bytes | None] = {}
        self._seen: set[bytes] | None = set() if plan is not None and plan.has_duplicates else None
        self._entries = None if plan is None else plan.index.entries
        self._ranges = deque([] if plan is None else plan.positions)
        self._all_id_keys = iter(list(documents) if plan is None else [])

    def id_keys(self) -> list[bytes]:
        """The next candidates by the keys of their `_id`s; none at the end."""
        while portion := self._portion():
            if self._seen is None:
                return portion
            new = [each for each in dict.fromkeys(portion) if each not in self._seen]
            self._seen.update(new)
            if new:
                return new
        return []

    def _portion(self) -> list[bytes]:
        while self._ranges:
            positions = self._ranges.popleft()
            if len(positions) > _PORTION:
                self._ranges.appendleft(positions[_PORTION:])
            if positions:
                return self._from_index(positions[:_PORTION])
        return list(islice(self._all_id_keys, _PORTION))

    def _from_index(self, positions: range) -> list[bytes]:
        return [] if self._entries is None else [id_key for _, id_key in self._entries.at(positions)]

    def documents(self) -> list[bytes]:
        """The next candidates as BSON; none at the end."""
        found = self.id_keys()
        if not self._changed:
            return [self._documents[id_key] for id_key in found]
        versions = (self._changed[id_key] if id_key in self._changed else self._documents[id_key] for id_key in found)
        return [data for data in versions if data is not None]

    def detach(self) -> None:
        """Become independent of later changes of the index."""
        if self._entries is not None:
            self._entries = self._entries.snapshot()
        self.is_detached = True

    def keep(self, id_key: bytes, data: bytes | None) -> None:
        """Remember the version of a document that is about to change; None if there is none."""
        self._changed.setdefault(id_key, data)
