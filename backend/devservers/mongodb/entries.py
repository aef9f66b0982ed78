"""The sorted entries of an index, in chunks, so that an insertion moves one chunk and not all entries behind it."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, islice
from typing import Final, Self

# The index key, and the key of the document's `_id`.
Entry = tuple[bytes, bytes]

_CHUNK: Final = 1000


class _Chunk(list[Entry]):
    """Consecutive entries. Copied before the first change after a snapshot, which shares it."""

    def __init__(self, entries: Iterable[Entry], snapshots: int) -> None:
        super().__init__(entries)
        self.snapshots = snapshots
        """The number of snapshots when it was made."""


class Entries:
    """Sorted entries, addressed by position."""

    def __init__(self, entries: Iterable[Entry] = (), chunk: int = _CHUNK) -> None:
        ordered = sorted(entries)
        self._chunk = chunk
        self._snapshots = 0
        self._chunks = [_Chunk(ordered[start : start + chunk], 0) for start in range(0, len(ordered), chunk)]
        self._lasts = [part[-1] for part in self._chunks]
        self._starts: list[int] | None = None

    def __iter__(self) -> Iterator[Entry]:
        return chain.from_iterable(self._chunks)

    def snapshot(self) -> Self:
        """The entries as they are now, whatever is added or removed later; not to be changed."""
        self._snapshots += 1
        snapshot = type(self)(chunk=self._chunk)
        snapshot._chunks, snapshot._lasts = self._chunks[:], self._lasts[:]
        snapshot._starts = self._starts
        return snapshot

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        if not self._chunks:
            self._chunks.append(_Chunk([], self._snapshots))
            self._lasts.append(entry)
        number = min(bisect_left(self._lasts, entry), len(self._chunks) - 1)
        part = self._own(number)
        insort(part, entry)
        half = len(part) // 2
        if len(part) > 2 * self._chunk:
            self._chunks[number : number + 1] = [_Chunk(each, self._snapshots) for each in (part[:half], part[half:])]
            self._lasts[number : number + 1] = part[half - 1], part[-1]
        else:
            self._lasts[number] = part[-1]

    def remove(self, entry: Entry) -> None:
        """Remove an entry, which must be there."""
        number = bisect_left(self._lasts, entry)
        part = self._own(number)
        del part[bisect_left(part, entry)]
        if part:
            self._lasts[number] = part[-1]
        else:
            del self._chunks[number], self._lasts[number]

    def position(self, low: bytes) -> int:
        """The position of the first entry whose key is not less than `low`."""
        number = bisect_left(self._lasts, (low,))
        if number == len(self._chunks):
            return self._all_starts()[-1]
        return self._all_starts()[number] + bisect_left(self._chunks[number], (low,))

    def first(self, low: bytes, count: int) -> list[Entry]:
        """The first `count` entries whose keys are not less than `low`."""
        start = self.position(low)
        return self.at(range(start, min(start + count, self._all_starts()[-1])))

    def at(self, positions: range) -> list[Entry]:
        """The entries at consecutive positions, in either direction."""
        if not positions:
            return []
        start = min(positions[0], positions[-1])
        number = bisect_right(self._all_starts(), start) - 1
        start -= self._all_starts()[number]
        following = chain.from_iterable(self._chunks[each] for each in range(number, len(self._chunks)))
        found = list(islice(following, start, start + len(positions)))
        return found if positions.step > 0 else found[::-1]

    def _own(self, number: int) -> _Chunk:
        """A chunk that may be changed."""
        self._starts = None
        part = self._chunks[number]
        if part.snapshots < self._snapshots:
            part = self._chunks[number] = _Chunk(part, self._snapshots)
        return part

    def _all_starts(self) -> list[int]:
        """The position at which each chunk starts, and then the number of entries. Computed again after a change."""
        if self._starts is None:
            self._starts = list(accumulate(map(len, self._chunks), initial=0))
        return self._starts
