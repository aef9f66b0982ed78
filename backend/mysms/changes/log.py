"""The stored log of changes, which all processes append to and read.

The entries are numbered without gaps: an entry is only inserted after its predecessor was seen to exist. So a reader
that has read an entry has not missed one before it, whatever the clocks say and however slow a writer is. Old entries
are deleted, so a number may only follow one that was seen lately: otherwise it could be one that was deleted, which all
readers have passed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.timestamps import Clock

KEPT_FOR = timedelta(hours=1)
KEPT = 1000
"""The newest entries, which are kept however old they are: clocks that differ must not delete what a writer follows."""
_SEEN_LATELY = timedelta(minutes=1)
READ_AT_ONCE = 500
"""The most entries that `read_from` returns."""
NO_NUMBER = 0
"""The number of an entry that is not in the log."""


@dataclass(frozen=True)
class Entry:
    """An entry of the log: the users for whom something has changed, and the users of whom sessions have ended."""

    number: int
    users: Collection[ObjectId]
    signed_out: Collection[ObjectId]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["_id"], row["users"], row["signed_out"])


class ChangeLog:
    """The collection `changes`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._entries = database["changes"]
        self._clock = clock
        self._last = NO_NUMBER
        """The newest entry that is known to exist."""
        self._seen_at = datetime.min.replace(tzinfo=UTC)

    async def create_indexes(self) -> None:
        await self._entries.create_index([("created_at", ASCENDING)], name="created_at")

    async def append(self, users: Collection[ObjectId], signed_out: Collection[ObjectId]) -> Entry:
        """Appends an entry. If the database does not answer, there may be one or none: append another one."""
        if not timedelta() <= self._clock() - self._seen_at < _SEEN_LATELY:
            self._see(await self._read_last())
        while True:
            number = self._last + 1
            row = {"_id": number, "users": list(users), "signed_out": list(signed_out), "created_at": self._clock()}
            try:
                await self._entries.insert_one(row)
            except DuplicateKeyError:
                # Another process was first.
                self._see(await self._read_last())
            else:
                self._see(number)
                return Entry.of(row)

    async def find_last(self) -> int:
        """Returns the number of the newest entry, after appending one without content if there is none."""
        self._see(await self._read_last())
        return self._last or (await self.append((), ())).number

    async def read_from(self, number: int) -> list[Entry]:
        """Returns this entry, if it exists, and those after it, oldest first; a limited number of them."""
        rows = await self._entries.find(
            {"_id": {"$gte": number}}, sort=[("_id", ASCENDING)], limit=READ_AT_ONCE
        ).to_list()
        entries = [Entry.of(row) for row in rows]
        if entries:
            self._see(max(self._last, entries[-1].number))
        return entries

    async def delete_old(self) -> None:
        """Deletes entries that are older than an hour, but not the newest thousand."""
        await self._entries.delete_many(
            {"created_at": {"$lt": self._clock() - KEPT_FOR}, "_id": {"$lte": await self._read_last() - KEPT}}
        )

    def _see(self, number: int) -> None:
        self._last = number
        self._seen_at = self._clock()

    async def _read_last(self) -> int:
        row = await self._entries.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        return NO_NUMBER if row is None else int(row["_id"])
