"""The stored log of changes, which all processes append to and read.

The entries are numbered without gaps: an entry is only inserted after its predecessor was seen to exist. So a reader
that has read an entry has not missed one before it, whatever the clocks say and however slow a writer is. Old entries
are deleted, so a number may only follow one that was seen lately: otherwise it could be one that was deleted, which all
readers have passed.

A document gets a number only once the log has it. So a document that is ahead of the log proves that the log was lost,
or that a dump was restored whose collections are of different moments. The log then goes on above both: with a gap,
at which readers start over, and with numbers that raise every revision.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

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
    nonce: str | None = None
    """Tells it from another entry that got the number after this one was lost. Earlier versions stored none."""
    contacts: Collection[ObjectId] = ()
    """Those of the users whose contacts have changed."""
    begins_epoch: bool = False
    """Whether no version that clients know from before it counts, since the log may have been restored."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            row["_id"],
            row["users"],
            row["signed_out"],
            row.get("nonce"),
            row.get("contacts", ()),
            row.get("begins_epoch", False),
        )

    def is_same(self, other: Self) -> bool:
        return (self.number, self.nonce) == (other.number, other.nonce)


class ChangeLog:
    """The collection `changes`."""

    def __init__(self, database: Database, documents: ChangedDocuments, clock: Clock) -> None:
        self._entries = database["changes"]
        # A writer follows what the primary has. If a majority never gets that, it does not get the next entry either.
        self._entries_of_primary = self._entries.with_options(read_concern=ReadConcern("local"))
        self._documents = documents
        self._clock = clock
        self._last = NO_NUMBER
        """The highest number that is known to be taken."""
        self._seen_at = datetime.min.replace(tzinfo=UTC)

    async def create_indexes(self) -> None:
        await self._entries.create_index([("created_at", ASCENDING)], name="created_at")

    async def append(
        self,
        users: Collection[ObjectId],
        signed_out: Collection[ObjectId],
        contacts: Collection[ObjectId] = (),
        *,
        begins_epoch: bool = False,
    ) -> Entry:
        """Appends an entry. If the database does not answer, there may be one or none: append another one."""
        if not timedelta() <= self._clock() - self._seen_at < _SEEN_LATELY:
            await self._find_end(self._entries_of_primary)
        while True:
            number = self._last + 1
            row = {
                "_id": number,
                "users": list(users),
                "signed_out": list(signed_out),
                "nonce": secrets.token_hex(8),
                **({"contacts": list(contacts)} if contacts else {}),
                **({"begins_epoch": True} if begins_epoch else {}),
                "created_at": self._clock(),
            }
            try:
                await self._entries.insert_one(row)
            except DuplicateKeyError:
                # Another process was first.
                await self._find_end(self._entries_of_primary)
            else:
                self._see(number)
                return Entry.of(row)

    async def begin_epoch(self) -> Entry:
        """Appends an entry after the newest one, and above all documents."""
        await self._find_end(self._entries)
        return await self.append((), (), begins_epoch=True)

    async def find_last(self) -> Entry:
        """Returns the newest entry, after appending one without content if there is none or documents are ahead."""
        last = await self._find_end(self._entries)
        return last if last is not None and last.number == self._last else await self.append((), ())

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
        newest = (await self.find_last()).number
        await self._entries.delete_many(
            {"created_at": {"$lt": self._clock() - KEPT_FOR}, "_id": {"$lte": newest - KEPT}}
        )

    def _see(self, number: int) -> None:
        self._last = number
        self._seen_at = self._clock()

    async def _find_end(self, entries: AsyncCollection[dict[str, Any]]) -> Entry | None:
        """Finds the highest number that is taken; returns the newest entry."""
        # In this order: the log already has the revision of each document that is found.
        revision = await self._documents.find_highest_revision()
        row = await entries.find_one({}, sort=[("_id", DESCENDING)])
        last = None if row is None else Entry.of(row)
        self._see(max(last.number if last else NO_NUMBER, revision))
        return last
