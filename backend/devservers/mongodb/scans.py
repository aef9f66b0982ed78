"""Scans: the candidates of a query, as the collection was when the scan began."""

from collections import deque
from collections.abc import Sequence
from itertools import chain
from typing import Final

from devservers.mongodb.planning import Plan

_PORTION: Final = 50


class Scan:
    """Yields candidates in portions. Before other commands run between two portions, it must be detached.

    A detached scan has a copy of its index entries, and is told of every change by `keep`.
    """

    def __init__(self, documents: dict[bytes, bytes], plan: Plan | None) -> None:
        self.is_detached = False
        self._documents = documents
        self._changed: dict[bytes, bytes | None] = {}
        self._seen: set[bytes] | None = set() if plan is not None and plan.has_duplicates else None
        self._entries: Sequence[tuple[bytes, bytes]] = plan.index.entries if plan is not None else ()
        self._id_keys: Sequence[bytes] | None = list(documents) if plan is None else None
        self._ranges = deque(plan.positions if plan is not None else [range(len(documents))])

    def id_keys(self) -> list[bytes]:
        """The next candidates by the keys of their `_id`s; none at the end."""
        while self._ranges:
            positions = self._ranges.popleft()
            portion, rest = positions[:_PORTION], positions[_PORTION:]
            if rest:
                self._ranges.appendleft(rest)
            found = [self._id_keys[at] if self._id_keys is not None else self._entries[at][1] for at in portion]
            if self._seen is not None:
                found = [each for each in dict.fromkeys(found) if each not in self._seen]
                self._seen.update(found)
            if found:
                return found
        return []

    def documents(self) -> list[bytes]:
        """The next candidates as BSON; none at the end."""
        found = self.id_keys()
        if not self._changed:
            return [self._documents[id_key] for id_key in found]
        versions = (self._changed[id_key] if id_key in self._changed else self._documents[id_key] for id_key in found)
        return [data for data in versions if data is not None]

    def detach(self) -> None:
        """Become independent of later changes of the index."""
        self.is_detached = True
        if self._id_keys is None:
            self._entries = list(chain.from_iterable(map(self._slice, self._ranges)))
            self._ranges = deque([range(len(self._entries))])

    def keep(self, id_key: bytes, data: bytes | None) -> None:
        """Remember the version of a document that is about to change; None if there is none."""
        self._changed.setdefault(id_key, data)

    def _slice(self, positions: range) -> Sequence[tuple[bytes, bytes]]:
        ends = sorted((positions[0], positions[-1])) if positions else [0, -1]
        entries = self._entries[ends[0] : ends[1] + 1]
        return entries if positions.step > 0 else entries[::-1]
