"""The stored log of changes, which all processes append to and read.

The entries are numbered without gaps: an entry is only inserted after its predecessor was seen to exist. So a reader
that has read an entry has not missed one before it, whatever the clocks say and however slow a writer is. Old entries
are deleted, so a number may only follow one that was seen lately: otherwise it could be one that was deleted, which all
readers have passed.

A document gets a number only once the log has it. So a document that is ahead of the log proves that the log was lost,
or that a dump was restored whose collections are of different moments. The log then goes on above both: with a gap,
at which readers start over, and with numbers that raise every revision.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from mysms.changes.documents import ChangedDocuments
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

    def __init__(self, database: Database, documents: ChangedDocuments, clock: Clock) -> None:
        self._entries = database["changes"]
        self._documents = documents
        self._clock = clock
        self._last = NO_NUMBER
        """The highest number that is known to be taken."""
        self._seen_at = datetime.min.replace(tzinfo=UTC)

    async def create_indexes(self) -> None:
        await self._entries.create_index([("created_at", ASCENDING)], name="created_at")

    async def append(self, users: Collection[ObjectId], signed_out: Collection[ObjectId]) -> Entry:
        """Appends an entry. If the database does not answer, there may be one or none: append another one."""
        if not timedelta() <= self._clock() - self._seen_at < _SEEN_LATELY:
            await self._find_end()
        while True:
            number = self._last + 1
            row = {"_id": number, "users": list(users), "signed_out": list(signed_out), "created_at": self._clock()}
            try:
                await self._entries.insert_one(row)
            except DuplicateKeyError:
                # Another process was first.
                await self._find_end()
            else:
                self._see(number)
                return Entry.of(row)

    async def find_last(self) -> int:
        """Returns the number of the newest entry.

        Appends one without content before, if there is none, or if documents are ahead of the log.
        """
        last = await self._find_end()
        return last if NO_NUMBER < last == self._last else (await self.append((), ())).number

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
        # This process may have started before the end of a restore: the newest entry is one above the documents.
        newest = await self.find_last()
        await self._entries.delete_many(
            {"created_at": {"$lt": self._clock() - KEPT_FOR}, "_id": {"$lte": newest - KEPT}}
        )

    def _see(self, number: int) -> None:
        self._last = number
        self._seen_at = self._clock()

    async def _find_end(self) -> int:
        """Finds the highest number that is taken; returns that of the newest entry."""
        # In this order: the log already has the revision of each document that is found.
        revision = await self._documents.find_highest_revision()
        row = await self._entries.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        last = NO_NUMBER if row is None else int(row["_id"])
        self._see(max(last, revision))
        return last
