"""Stores opt-outs: one document for each of our numbers and each number that has ever opted out.

They are in the collection of the counters, so that the command that counts a new message tells whether its recipient
has opted out (ADR 19). They belong to no user: `user_id` would have them erased with an account. Reports may come in
any order, several times, and from several processes: the newest holds, as far as the clocks tell which that is. What
the number wishes itself, and what users have recorded by hand, are kept apart, so that neither hides or undoes the
other. What users have recorded holds for all of our numbers, and a START to any of them takes its place.
"""

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.phone_numbers import canonical
from mysms.opt_outs.records import OptOutChange, OptOutRecord, Scope, StoredOptOut

MAXIMUM_HISTORY = 100
CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much the clocks may differ that date the reports: ours those of webhooks, the provider's those of its list.

An opt-out from so little before an opt-in may be the newer one. In doubt, nothing is sent.
"""
_SCHEMA_VERSION = 2
_MOST_SENDERS = 1_000
_FIRST_ID, _BEYOND_ID = "opt-out ", "opt-out!"
"""Between them are the ids of all records: the second one has the character after the space."""
_NOTHING_CHANGES = {"$set": {"schema_version": _SCHEMA_VERSION}}


class OptOutRepository:
    """The opt-outs from one sender's point of view.

    `scope` decides whether what a number wishes of other senders holds for it too.
    """

    def __init__(self, database: Database, sender: str, scope: Scope) -> None:
        self._records = database["conversations"]
        self._sender = sender
        self._scope = scope

    async def record(self, change: OptOutChange) -> None:
        """Records a change, which holds if it is the newest, or an opt-out that may be. May be repeated.

        Of two at the same time, the opt-out holds. An assent opts in whoever has opted out by themselves; an opt-in
        also undoes an opt-out by hand.
        """
        record_id, entry = _id_of(change.sender, change.number), _entry_of(change)
        name = "manual" if change.source == "manual" else "own"
        unknown = {"_id": record_id, "history.key": {"$ne": change.key}}
        push = {"$push": {"history": {"$each": [entry], "$slice": -MAXIMUM_HISTORY}}}
        values = {field: entry[field] for field in ("opted_out", "at", "source", "reason")}
        created = {"sender": change.sender, "number": canonical(change.number), "schema_version": _SCHEMA_VERSION}
        update = {"$set": {name: values}, "$setOnInsert": created, **push}
        # The second try is for a record that another process has just created.
        for _ in range(2):
            with contextlib.suppress(DuplicateKeyError):
                done = await self._records.update_one(
                    {**unknown, **_holds(change, name)}, update, upsert=change.wish != "assent"
                )
                if done.matched_count or done.upserted_id is not None:
                    break
        else:
            # It is not the newest, or known.
            await self._records.update_one(unknown, push)
        if change.wish == "opt_in" and change.source != "manual":
            # Nothing refuses what is sent after an opt-out by hand, so it is to be older by any clock.
            since = change.at - (CLOCKS_DIFFER if change.is_dated_by_provider else timedelta())
            # By hand, it is recorded for all senders.
            await self._records.update_many(
                {"_id": _ids_of(change.number), "manual.opted_out": True, "manual.at": {"$lt": since}},
                # A set, since the record of the number that it was said to has the entry already.
                {"$set": {"manual": values}, "$addToSet": {"history": entry}},
            )

    def probe(self, number: str) -> UpdateOne:
        """Returns an update that changes nothing, and matches if the number has opted out."""
        return UpdateOne(self._opted_out(number), _NOTHING_CHANGES)

    async def is_opted_out(self, number: str) -> bool:
        return await self._records.find_one(self._opted_out(number), {"_id": 1}) is not None

    async def find(self, number: str) -> OptOutRecord | None:
        """Returns the record that decides; None if nothing was ever recorded."""
        return (await self.find_all([number])).get(number)

    async def find_all(self, numbers: Collection[str]) -> dict[str, OptOutRecord]:
        """Returns the records that decide about those of the numbers of which anything was ever recorded.

        In one command, whatever their number.
        """
        ids = [{"_id": _ids_of(number)} for number in numbers]
        rows = await self._records.find({"$or": ids}).to_list() if ids else []
        records: defaultdict[str, list[OptOutRecord]] = defaultdict(list)
        for row in rows:
            record = self._as_seen_from_here(row)
            if record is not None:
                records[row["number"]].append(record)
        return {
            number: max(records[canonical(number)], key=_decisiveness)
            for number in numbers
            if canonical(number) in records
        }

    async def list_all(self) -> AsyncIterator[StoredOptOut]:
        """Yields all records, of all senders, in the order of numbers."""
        rows = self._records.find({"_id": {"$gt": _FIRST_ID, "$lt": _BEYOND_ID}}, sort=[("_id", ASCENDING)])
        async for row in rows:
            yield StoredOptOut(row["sender"], row["number"], OptOutRecord.of(row))

    async def senders_of(self, number: str) -> list[str]:
        """Returns the senders for which something was recorded about the number, and this one."""
        rows = self._records.find({"_id": _ids_of(number)}, {"sender": 1}, limit=_MOST_SENDERS)
        return sorted({self._sender} | {row["sender"] async for row in rows})

    def _opted_out(self, number: str) -> Mapping[str, object]:
        own = {"_id": _id_of(self._sender, number)} if self._scope == "sender" else {}
        return {"_id": _ids_of(number), "$or": [{"manual.opted_out": True}, {**own, "own.opted_out": True}]}

    def _as_seen_from_here(self, row: Mapping[str, Any]) -> OptOutRecord | None:
        """Returns as much of a record as holds for this sender; None if nothing does."""
        record = OptOutRecord.of(row)
        if self._scope == "all" or row["_id"] == _id_of(self._sender, row["number"]):
            return record
        return record.by_hand()


def _decisiveness(record: OptOutRecord) -> tuple[bool, bool, datetime]:
    """Of the records of several senders, the one with the highest decides."""
    return record.opted_out_by_recipient, record.latest.opted_out, record.latest.at


def _holds(change: OptOutChange, name: str) -> Mapping[str, object]:
    """Returns the condition on a record under which a change that it does not know holds."""
    at = f"{name}.at"
    if change.source == "manual":
        # Recorded as it is said: what is newer was dated by a clock that is ahead.
        return {}
    if not change.opted_out:
        return {"$or": [{at: None}, {at: {"$lt": change.at}}]}
    is_newest = [{at: None}, {at: {"$lte": change.at}}]
    if change.source == "refused":
        # As long as it is in force, the provider refuses the next message, too.
        return {"$or": is_newest}
    return {"$or": [*is_newest, {f"{name}.opted_out": False, at: {"$lte": change.at + CLOCKS_DIFFER}}]}


def _ids_of(number: str) -> object:
    """Returns the condition for the ids of the records about a number, of all senders."""
    # The character after the space.
    return {"$gt": f"opt-out {canonical(number)} ", "$lt": f"opt-out {canonical(number)}!"}


def _id_of(sender: str, number: str) -> str:
    return f"opt-out {canonical(number)} {canonical(sender)}"


def _entry_of(change: OptOutChange) -> Mapping[str, Any]:
    return {
        "key": change.key,
        "opted_out": change.opted_out,
        "at": change.at,
        "source": change.source,
        "reason": change.reason,
    }
