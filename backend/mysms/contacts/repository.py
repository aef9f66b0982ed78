"""Stores contacts: one document for each user and number (ADR 22)."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from bson import ObjectId
from pymongo import ASCENDING, InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from mysms.changes.change import UNPUBLISHED, Change, change_one, marked
from mysms.contacts.models import Contact
from mysms.contacts.terms import ContactQuestion, sort_key_of, terms_of
from mysms.core.batches import delete_in_batches
from mysms.core.giving_way import giving_way
from mysms.core.phone_numbers import canonical

CHECKED = 1_000
"""The most contacts of which a page checks whether they match."""

Row = dict[str, Any]
"""A stored contact, or those of its fields that are named here."""

NewRow = tuple[str, Mapping[str, Any], Row | None]
"""Of a contact that is stored with others: its number, its fields, and what is stored as `find_many` returned it."""

_FIELDS = ("number", "name", "note", "labels", "consent", "created_at", "updated_at", "deleted_at", "change_count")
_BY_NAME = [("sort_key", ASCENDING)]
_BY_REVISION = [("revision", ASCENDING), ("_id", ASCENDING)]
_BY_ID = [("_id", ASCENDING)]
_DUPLICATE_KEY = 11000
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class ChangePosition(NamedTuple):
    """A position in a list of changes."""

    revision: int
    number: str

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(row["revision"], row["number"])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the position that `str` has written."""
        revision, _, digits = text.partition(".")
        return cls(int(revision), f"+{digits}")

    def __str__(self) -> str:
        return f"{self.revision}.{self.number.removeprefix('+')}"


class Found(NamedTuple):
    """A page of contacts by name, and where the next one begins, if there may be more."""

    rows: list[Row]
    next: str | None


async def list_own(user_id: ObjectId, *, limit: int, after: str) -> Found:
    """Returns a page of a user's contacts by name: those whose sort keys are greater than `after`."""
    query = {"user_id": user_id, "deleted_at": None, "sort_key": {"$gt": after}}
    return _page(await _find(query, _BY_NAME, limit + 1), limit)


async def list_by_number(user_id: ObjectId, *, limit: int, after: str) -> list[Row]:
    """Returns the next of a user's contacts after a number, or the first ones after an empty text."""
    # "!" follows the space of `_id_of`.
    own = {"$gt": _id_of(user_id, after), "$lt": f"{user_id}!"}
    return await _find({"_id": own, "deleted_at": None}, _BY_ID, limit)


async def search(user_id: ObjectId, question: ContactQuestion, *, limit: int, after: str) -> Found:
    """Returns a page of the contacts that match, by name, of the next `CHECKED`: it may be short, and not the last."""
    (first, *others), pattern = question.terms, question.number
    beyond: dict[str, Any] = {"$gt": after}
    query = {"user_id": user_id, "terms": first, "sort_key": beyond}
    if not others and pattern is None:
        return _page(await _find(query, _BY_NAME, limit + 1), limit)
    # Of one that is beyond those to be checked, the key.
    contacts = Contact.get_pymongo_collection()
    end = await contacts.find(query, {"sort_key": 1}, sort=_BY_NAME, skip=CHECKED - 1, limit=1).to_list()
    last = end[0]["sort_key"] if end else None
    if last is not None:
        beyond = {**beyond, "$lte": last}
    query = {"user_id": user_id, "terms": {"$all": [first, *others]}, "sort_key": beyond}
    if pattern is not None:
        query["number"] = {"$regex": pattern}
    found = _page(await _find(query, _BY_NAME, limit + 1), limit)
    return found if found.next is not None else Found(found.rows, last)


async def list_changed(user_id: ObjectId, since: int, *, limit: int, after: ChangePosition | None) -> list[Row]:
    """Returns a page of the contacts that have changed since a revision, also deleted ones.

    As of messages, those whose change is not published yet come first.
    """
    rows: list[Row] = []
    if after is None or after.revision == UNPUBLISHED:
        waiting: dict[str, Any] = {"user_id": user_id, "revision": UNPUBLISHED}
        if after is not None:
            waiting["_id"] = {"$gt": _id_of(user_id, after.number)}
        rows = await _find(waiting, _BY_REVISION, limit)
    if len(rows) < limit:
        # Read second: a contact that gets its revision in between is in this list, if it was not in the first one.
        published: dict[str, Any] = {"user_id": user_id, "revision": {"$gt": since}}
        if after is not None and after.revision != UNPUBLISHED:
            same = {"revision": after.revision, "_id": {"$gt": _id_of(user_id, after.number)}}
            published["revision"] = {"$gte": after.revision}
            published["$or"] = [{"revision": {"$gt": after.revision}}, same]
        rows += await _find(published, _BY_REVISION, limit - len(rows))
    return rows


async def find(user_id: ObjectId, number: str) -> Row | None:
    """Returns the contact with this number, in any of its spellings."""
    found = await _find({"_id": _id_of(user_id, canonical(number)), "deleted_at": None}, _BY_REVISION, 1)
    return found[0] if found else None


async def count(user_id: ObjectId, most: int) -> int:
    """Returns the number of a user's contacts, `most` if there are more."""
    query = {"user_id": user_id, "deleted_at": None}
    return int(await Contact.get_pymongo_collection().count_documents(query, limit=most))


async def store(
    user_id: ObjectId, number: str, fields: Mapping[str, Any], now: datetime, *, is_new: bool
) -> tuple[Row, Change]:
    """Stores a contact, in place of one that exists or was deleted. May be repeated."""
    found_by = {"sort_key": sort_key_of(fields["name"], number), "terms": terms_of(fields["name"], number)}
    values = {**fields, **found_by, "updated_at": now, "deleted_at": None}
    created = {"user_id": user_id, "number": number, "schema_version": 1}
    (values if is_new else created)["created_at"] = now
    update = marked({"$set": values, "$setOnInsert": created})
    # The second try is for a contact that another request has just created.
    with contextlib.suppress(DuplicateKeyError):
        return await _store(_id_of(user_id, number), update)
    return await _store(_id_of(user_id, number), update)


async def find_many(user_id: ObjectId, numbers: Iterable[str]) -> dict[str, Row]:
    """Returns the contacts with these canonical numbers by number, also deleted ones."""
    ids = [_id_of(user_id, number) for number in numbers]
    return {row["number"]: row for row in await _find({"_id": {"$in": ids}}, _BY_ID, len(ids))}


async def store_many(user_id: ObjectId, rows: Iterable[NewRow], now: datetime) -> None:
    """Stores contacts in one command. One that has changed since it was found stays as it is."""
    # Their terms take a while.
    writes = await asyncio.to_thread(_writes_of, user_id, rows, now)
    try:
        await Contact.get_pymongo_collection().bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        # Another request has just created it.
        if any(each["code"] != _DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise


def unpublished(user_id: ObjectId, number: str, row: Row) -> Change | None:
    """Returns the change of a contact that is marked as changed."""
    is_marked = row["revision"] == UNPUBLISHED
    return Change(user_id, _id_of(user_id, number), row["change_count"], "contacts") if is_marked else None


async def delete(user_id: ObjectId, number: str, now: datetime) -> Change | None:
    """Removes all but the number of a contact; returns None if there is none."""
    nothing: Mapping[str, Any] = {"name": "", "note": "", "labels": [], "consent": None, "sort_key": "", "terms": []}
    return await change_one(
        Contact.get_pymongo_collection(),
        {"_id": _id_of(user_id, canonical(number)), "deleted_at": None},
        {"$set": {**nothing, "deleted_at": now, "updated_at": now}},
    )


async def delete_old(before: datetime) -> None:
    """Deletes what is left of contacts that were deleted before this time."""
    await delete_in_batches(Contact.get_pymongo_collection(), {"deleted_at": {"$gt": _EVER, "$lt": before}})


async def erase(user_id: ObjectId) -> None:
    await Contact.get_pymongo_collection().delete_many({"user_id": user_id})


def _writes_of(user_id: ObjectId, rows: Iterable[NewRow], now: datetime) -> list[InsertOne[dict[str, Any]] | UpdateOne]:
    writes: list[InsertOne[dict[str, Any]] | UpdateOne] = []
    for number, fields, known in giving_way(rows):
        values = {
            **fields,
            "sort_key": sort_key_of(fields["name"], number),
            "terms": terms_of(fields["name"], number),
            "updated_at": now,
            "deleted_at": None,
        }
        contact_id = _id_of(user_id, number)
        if known is None:
            created = {"user_id": user_id, "number": number, "created_at": now, "schema_version": 1}
            mark = {"revision": UNPUBLISHED, "change_count": 1}
            writes.append(InsertOne({"_id": contact_id, **created, **values, **mark}))
            continue
        if known["deleted_at"] is not None:
            values["created_at"] = now
        seen = {"_id": contact_id, "change_count": known["change_count"]}
        writes.append(UpdateOne(seen, marked({"$set": values})))
    return writes


async def _store(contact_id: str, update: Mapping[str, Any]) -> tuple[Row, Change]:
    contacts = Contact.get_pymongo_collection()
    row: Any = await contacts.find_one_and_update(
        {"_id": contact_id}, update, upsert=True, return_document=ReturnDocument.AFTER
    )
    return row, Change.of(row, contacts.name)


async def _find(query: Mapping[str, Any], sort: list[tuple[str, int]], limit: int) -> list[Row]:
    found = Contact.get_pymongo_collection().find(
        query, [*_FIELDS, "revision", "sort_key"], sort=sort, limit=limit, batch_size=limit
    )
    return await found.to_list()


def _page(rows: list[Row], limit: int) -> Found:
    return Found(rows[:limit], rows[limit - 1]["sort_key"] if len(rows) > limit else None)


def _id_of(user_id: ObjectId, number: str) -> str:
    return f"{user_id} {number}"
