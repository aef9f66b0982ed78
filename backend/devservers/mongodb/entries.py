"""The sorted entries of an index, in chunks, so that an insertion moves one chunk and not all entries behind it."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

# The index key, and the key of the document's `_id`.
Entry = tuple[bytes, bytes]

_CHUNK: Final = 1000


class Entries:
    """Sorted entries, addressed by position."""

    def __init__(self, entries: Iterable[Entry] = (), chunk: int = _CHUNK) -> None:
        ordered = sorted(entries)
        self._chunk = chunk
        self._chunks = [ordered[start : start + chunk] for start in range(0, len(ordered), chunk)]
        self._lasts = [part[-1] for part in self._chunks]

    def __iter__(self) -> Iterator[Entry]:
        return chain.from_iterable(self._chunks)

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        number = min(bisect_left(self._lasts, entry), max(len(self._chunks) - 1, 0))
        if not self._chunks:
            self._chunks.append([])
            self._lasts.append(entry)
        part = self._chunks[number]
        insort(part, entry)
        half = len(part) // 2
        if len(part) > 2 * self._chunk:
            self._chunks[number : number + 1] = part[:half], part[half:]
            self._lasts[number : number + 1] = part[half - 1], part[-1]
        else:
            self._lasts[number] = part[-1]

    def remove(self, entry: Entry) -> None:
        """Remove an entry, which must be there."""
        number = bisect_left(self._lasts, entry)
        part = self._chunks[number]
        del part[bisect_left(part, entry)]
        if part:
            self._lasts[number] = part[-1]
        else:
            del self._chunks[number], self._lasts[number]

    def position(self, low: bytes) -> int:
        """The position of the first entry whose key is not less than `low`."""
        number = bisect_left(self._lasts, (low,))
        before = sum(map(len, islice(self._chunks, number)))
        return before + (bisect_left(self._chunks[number], (low,)) if number < len(self._chunks) else 0)

    def first(self, low: bytes, count: int) -> list[Entry]:
        """The first `count` entries whose keys are not less than `low`."""
        number = bisect_left(self._lasts, (low,))
        if number == len(self._chunks):
            return []
        start = bisect_left(self._chunks[number], (low,))
        rest = chain.from_iterable(islice(self._chunks, number + 1, None))
        return list(islice(chain(islice(self._chunks[number], start, None), rest), count))

    def at(self, positions: range) -> list[Entry]:
        """The entries at consecutive positions, in either direction."""
        if not positions:
            return []
        start, stop = min(positions[0], positions[-1]), max(positions[0], positions[-1]) + 1
        found: list[Entry] = []
        for part in self._chunks:
            if stop <= 0:
                break
            if start < len(part):
                found += part[max(start, 0) : stop]
            start, stop = start - len(part), stop - len(part)
        return found if positions.step > 0 else found[::-1]
