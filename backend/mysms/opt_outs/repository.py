"""Stores opt-outs: one document for each of our numbers and each number that has ever opted out.

They are in the collection of the counters, so that the command that counts a new message tells whether its recipient
has opted out (ADR 19). They belong to no user: `user_id` would have them erased with an account. Reports may come in
any order, several times, and from several processes: the newest holds.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from pymongo import DESCENDING, UpdateOne
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.phone_numbers import spellings
from mysms.opt_outs.records import OptOutChange, OptOutRecord, Scope

MAXIMUM_HISTORY = 100
_SCHEMA_VERSION = 2
_MOST_SENDERS = 1_000
_NOTHING_CHANGES = {"$set": {"opted_out": True}}


class OptOutRepository:
    """The opt-outs from one sender's point of view. `scope` decides whether those of other senders hold for it too."""

    def __init__(self, database: Database, sender: str, scope: Scope) -> None:
        self._records = database["conversations"]
        self._sender = sender
        self._scope = scope

    async def record(self, change: OptOutChange) -> None:
        """Records a change, which holds if it is the newest. May be repeated.

        Of two at the same time, the opt-out holds.
        """
        record_id, entry = _id_of(change.sender, change.number), _entry_of(change)
        unknown = {"_id": record_id, "history.key": {"$ne": change.key}}
        push = {"$push": {"history": {"$each": [entry], "$slice": -MAXIMUM_HISTORY}}}
        newest: dict[str, Any] = {**unknown, "at": {"$lte" if change.opted_out else "$lt": change.at}}
        if change.spares_manual:
            newest["source"] = {"$ne": "manual"}
        current = {name: entry[name] for name in ("opted_out", "at", "source", "reason", "recorded_by")}
        created = {
            "sender": change.sender,
            "number": canonical(change.number),
            "schema_version": _SCHEMA_VERSION,
        }
        # The second try is for a record that another process has just created.
        for _ in range(2):
            with contextlib.suppress(DuplicateKeyError):
                done = await self._records.update_one(
                    newest, {"$set": current, "$setOnInsert": created, **push}, upsert=not change.spares_manual
                )
                if done.matched_count or done.upserted_id is not None:
                    return
        # It is not the newest, or known.
        await self._records.update_one(unknown, push)

    def probe(self, number: str) -> UpdateOne:
        """Returns an update that changes nothing, and matches if the number has opted out."""
        return UpdateOne(self._opted_out(number), _NOTHING_CHANGES)

    async def is_opted_out(self, number: str) -> bool:
        return await self._records.find_one(self._opted_out(number), {"_id": 1}) is not None

    async def find(self, number: str) -> OptOutRecord | None:
        """Returns the record that decides; None if the number has never opted out."""
        row = await self._records.find_one(
            {"_id": self._ids(number)}, sort=[("opted_out", DESCENDING), ("at", DESCENDING)]
        )
        return None if row is None else OptOutRecord.of(row)

    async def senders_of(self, number: str) -> list[str]:
        """Returns the senders whose records decide about the number, this one always among them."""
        rows = self._records.find({"_id": self._ids(number)}, {"sender": 1}, limit=_MOST_SENDERS)
        return sorted({self._sender} | {row["sender"] async for row in rows})

    def _opted_out(self, number: str) -> Mapping[str, object]:
        return {"_id": self._ids(number), "opted_out": True}

    def _ids(self, number: str) -> object:
        """Returns the condition for the ids of the records that decide about a number."""
        if self._scope == "sender":
            return _id_of(self._sender, number)
        # The character after the space.
        return {"$gt": _id_of("", number), "$lt": f"opt-out {canonical(number)}!"}


def canonical(number: str) -> str:
    """Returns the one of several spellings of a number that stands for all of them: a provider may rewrite numbers."""
    return min(spellings(number), key=lambda each: (len(each), each))


def _id_of(sender: str, number: str) -> str:
    return f"opt-out {canonical(number)} {sender}"


def _entry_of(change: OptOutChange) -> Mapping[str, Any]:
    return {
        "key": change.key,
        "opted_out": change.opted_out,
        "at": change.at,
        "source": change.source,
        "reason": change.reason,
        "recorded_by": change.recorded_by,
    }
