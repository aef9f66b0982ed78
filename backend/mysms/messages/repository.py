"""Reads messages and records their events. Every update is targeted, so that concurrent updates cannot be lost."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Self

from bson import ObjectId
from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING, UpdateOne

from mysms.changes.change import MARKED_FIELDS, UNPUBLISHED, Change, change_one, marked
from mysms.core.words import NO_WORDS, words_of
from mysms.messages.encoding import MESSAGE_FIELDS, TIMELINE_FIELD, Row
from mysms.messages.filter import MessageFilter
from mysms.messages.models import WORDS_VERSION, Countable, Event, Message
from mysms.messages.status import FINAL_RANK, SENT_RANK, TERMINAL, UNSENT_TERMINAL, OutboxState, is_final, rank_of

MAXIMUM_EVENTS = 100
_WITHOUT_WORDS = 2
"""The schema version of messages without words; those of schema 1 are migrated to it first."""
_REDACTED: Mapping[str, object] = {"content": "", "words": NO_WORDS, "media": []}
Order = Literal["created_at", "updated_at"]
"""The time by which a list is sorted."""

_NAIVE_TIMES: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=False)
"""The driver takes twice as long for a page whose times have a time zone."""


async def find_own(user_id: ObjectId, message_id: ObjectId) -> Message | None:
    """Returns a message, also if it is deleted."""
    return await Message.find_one({"_id": message_id, "user_id": user_id})


async def find_by_client_id(user_id: ObjectId, client_id: str) -> Message | None:
    return await Message.find_one({"user_id": user_id, "client_id": client_id})


async def find(message_id: ObjectId) -> Message | None:
    return await Message.find_one({"_id": message_id})


async def find_all(message_ids: Collection[ObjectId], kept: Mapping[str, object]) -> dict[ObjectId, Row]:
    """Returns those of the messages that exist and fulfil `kept`, by id, without their timelines."""
    rows = await _list({"_id": {"$in": list(message_ids)}, **kept}, [], len(message_ids))
    return {row["_id"]: row for row in rows}


async def find_countable(message_ids: Collection[ObjectId]) -> dict[ObjectId, Countable]:
    """Returns what counting each of the messages takes, for those that exist."""
    fields = {"created_at": 1, "direction": 1}
    found = Message.get_pymongo_collection().find({"_id": {"$in": list(message_ids)}}, fields)
    return {
        row["_id"]: Countable(row["created_at"], is_inbound=row.get("direction") == "inbound")
        for row in await found.to_list()
    }


async def find_deletions(message_ids: Collection[ObjectId]) -> dict[ObjectId, ObjectId | None]:
    """Returns the id of the deletion that deleted each of the messages, or None; of those that exist."""
    found = Message.get_pymongo_collection().find({"_id": {"$in": list(message_ids)}}, {"deletion_id": 1})
    return {row["_id"]: row.get("deletion_id") for row in await found.to_list()}


async def mark_changed(message_id: ObjectId) -> Change | None:
    """Marks a message because something about it has changed that is stored elsewhere."""
    return await _change({"_id": message_id}, {})


async def count_own(user_id: ObjectId) -> int:
    return await Message.get_pymongo_collection().count_documents({"user_id": user_id, "deleted_at": None})


async def count_earlier(user_id: ObjectId) -> int:
    """Returns the number of messages that earlier versions have stored, which are in no total.

    It includes the deleted ones: each deletion is counted in the total on its own.
    """
    return await Message.get_pymongo_collection().count_documents({"user_id": user_id, "is_totalled": {"$ne": True}})


async def find_matching(user_id: ObjectId, message_filter: MessageFilter, message_id: ObjectId) -> Row | None:
    """Returns a message without its timeline, if it matches all but the search."""
    found = await _list({**message_filter.query(user_id), "_id": message_id}, [], 1)
    return found[0] if found else None


async def find_detail(user_id: ObjectId, message_id: ObjectId) -> Row | None:
    """Returns a message with its timeline, unless it is deleted."""
    found = await _list(
        {"_id": message_id, "user_id": user_id, "deleted_at": None}, [], 1, further_fields=(TIMELINE_FIELD,)
    )
    return found[0] if found else None


class Anchor(NamedTuple):
    """A position in a list of messages: that of a message, by the time that the list is sorted by."""

    at: datetime
    message_id: ObjectId

    @classmethod
    def of(cls, row: Row, order: Order = "created_at") -> Self:
        return cls(row[order].replace(tzinfo=UTC), row["_id"])


def order_of(message_filter: MessageFilter) -> Order:
    """Returns the time by which a list is sorted. What asks for changes is sorted by change, so that it ends early."""
    return "created_at" if message_filter.updated_since is None else "updated_at"


async def find_anchor(user_id: ObjectId, message_filter: MessageFilter, message_id: ObjectId) -> Anchor | None:
    """Returns the position of a message. That of a deleted one holds, since pages were cut there."""
    order = order_of(message_filter)
    row = await Message.get_pymongo_collection().find_one({"_id": message_id, "user_id": user_id}, {order: 1})
    return None if row is None else Anchor.of(row, order)


async def list_own(
    user_id: ObjectId,
    message_filter: MessageFilter,
    *,
    limit: int,
    before: Anchor | None = None,
    further_fields: Sequence[str] = (),
) -> list[Row]:
    """Returns a page, newest first, by `order_of` and then `_id`, starting after the position `before`."""
    order, query = order_of(message_filter), message_filter.query(user_id)
    sort = [(order, DESCENDING), ("_id", DESCENDING)]
    return await _list(_beyond(query, order, before, "$lt"), sort, limit, further_fields=further_fields)


class ChangePosition(NamedTuple):
    """A position in a list of changes."""

    revision: int
    message_id: ObjectId

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(row["revision"], row["_id"])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the position that `str` has written."""
        revision, _, message_id = text.partition(".")
        return cls(int(revision), ObjectId(message_id))

    def __str__(self) -> str:
        return f"{self.revision}.{self.message_id}"


async def list_changed(user_id: ObjectId, since: int, *, limit: int, after: ChangePosition | None) -> list[Row]:
    """Returns a page of the messages that have changed since a revision, also deleted ones: by revision and `_id`.

    Those whose change is not published yet come first. One that is published meanwhile may come twice.
    """
    rows: list[Row] = []
    if after is None or after.revision == UNPUBLISHED:
        waiting: dict[str, Any] = {"user_id": user_id, "revision": UNPUBLISHED}
        if after is not None:
            waiting["_id"] = {"$gt": after.message_id}
        rows = await _list_by_revision(waiting, limit)
    if len(rows) < limit:
        # Read second: a message that gets its revision in between is in this list, if it was not in the first one.
        published: dict[str, Any] = {"user_id": user_id, "revision": {"$gt": since}}
        if after is not None and after.revision != UNPUBLISHED:
            same = {"revision": after.revision, "_id": {"$gt": after.message_id}}
            published["revision"] = {"$gte": after.revision}
            published["$or"] = [{"revision": {"$gt": after.revision}}, same]
        rows += await _list_by_revision(published, limit - len(rows))
    return rows


async def _list_by_revision(query: Mapping[str, Any], limit: int) -> list[Row]:
    sort = [("revision", ASCENDING), ("_id", ASCENDING)]
    return await _list(query, sort, limit, further_fields=("revision",))


async def find_newest(user_id: ObjectId, peer_number: str) -> Row | None:
    """Returns the newest message of a conversation, without its timeline; None if it has none."""
    sort = [("created_at", DESCENDING), ("_id", DESCENDING)]
    found = await _list({"user_id": user_id, "deleted_at": None, "peer_number": peer_number}, sort, 1)
    return found[0] if found else None


async def list_newer(
    user_id: ObjectId, message_filter: MessageFilter, *, limit: int, after: Anchor, including: bool = False
) -> list[Row]:
    """Returns the messages that directly follow a position in time, newest first as in `list_own`.

    `including`: also the one at the position, if it matches.
    """
    order, query = order_of(message_filter), message_filter.query(user_id)
    sort = [(order, ASCENDING), ("_id", ASCENDING)]
    return (await _list(_beyond(query, order, after, "$gt", including=including), sort, limit))[::-1]


async def _list(
    query: Mapping[str, Any], sort: Sequence[tuple[str, int]], limit: int, *, further_fields: Sequence[str] = ()
) -> list[Row]:
    """Returns up to `limit` messages with the fields that the API shows, in one command. Their times are naive UTC."""
    fields = (*MESSAGE_FIELDS, *further_fields)
    messages = Message.get_pymongo_collection().with_options(_NAIVE_TIMES)
    # Without a batch size, the server would return the first hundred only.
    return await messages.find(query, fields, sort=sort or None, limit=limit, batch_size=limit).to_list()


def _beyond(
    query: dict[str, Any],
    order: str,
    anchor: Anchor | None,
    operator: Literal["$lt", "$gt"],
    *,
    including: bool = False,
) -> dict[str, Any]:
    """Returns the query for the older or newer ones of some messages; the range on the time is for the index."""
    if anchor is None:
        return query
    of_same_time = f"{operator}e" if including else operator
    times = query.get(order, {})
    at = max(anchor.at, times.get("$gte", anchor.at)) if operator == "$gt" else anchor.at
    return {
        **query,
        order: {**times, f"{operator}e": at},
        "$or": [{order: {operator: anchor.at}}, {order: anchor.at, "_id": {of_same_time: anchor.message_id}}],
    }


class MediaUse(NamedTuple):
    """What a message to which an attachment was bound needs of it."""

    message_id: ObjectId
    has_media: bool
    is_at_provider: bool
    """Whether the provider has it and has not sent it yet, as far as is known."""
    removed_at: datetime
    """When its content was removed, if it was."""


async def find_media_uses(message_ids: Sequence[ObjectId]) -> list[MediaUse]:
    """Returns those of the messages that exist, also deleted ones."""
    if not message_ids:
        return []
    fields = ("media", "outbound.state", "status_rank", "content_removed_at", "updated_at")
    found = Message.get_pymongo_collection().find({"_id": {"$in": list(message_ids)}}, fields)
    return [
        MediaUse(
            row["_id"],
            has_media=bool(row.get("media")),
            is_at_provider=row["outbound"]["state"] == OutboxState.ACCEPTED and row["status_rank"] < SENT_RANK,
            removed_at=row.get("content_removed_at") or row["updated_at"],
        )
        for row in await found.to_list()
    ]


class Written(NamedTuple):
    """Who wrote to a number, as it is written in the conversation."""

    user_id: ObjectId
    peer_number: str


async def find_last_written(from_number: str, peer_numbers: Collection[str]) -> Written | None:
    """Returns who last wrote from our number to this number, in any of its spellings; None if nobody has.

    What was certainly never sent cannot be answered.
    """
    row = await Message.get_pymongo_collection().find_one(
        {
            "peer_number": {"$in": list(peer_numbers)},
            "from_number": from_number,
            "erase_at": None,
            "outbound.state": {"$nin": [OutboxState.PENDING, *UNSENT_TERMINAL]},
        },
        {"user_id": 1, "peer_number": 1},
        sort=[("created_at", DESCENDING)],
    )
    return None if row is None else Written(row["user_id"], row["peer_number"])


async def find_unpublished(message_ids: Collection[ObjectId]) -> list[Change]:
    """Returns the changes of those of the messages that are marked as unpublished."""
    query = {"_id": {"$in": list(message_ids)}, "revision": UNPUBLISHED}
    found = Message.get_pymongo_collection().find(query, MARKED_FIELDS)
    return [Change.of(row) for row in await found.to_list()]


async def record_event(message_id: ObjectId, event: Event) -> Change | None:
    """Adds an event to the timeline, and raises the status if the event's is further along. Idempotent.

    The status changes in the same update that adds the event. If a second, different final status is reported for a
    SID, the first stays and a status check becomes due at once. Any other event is only added. A final callback does
    not stop the status checks; a final fetch does, since another callback may have been missed (ADR 6). Returns the
    change, unless the event was known.
    """
    return await raise_status(message_id, event) or await record_without_raising(message_id, event)


async def raise_status(message_id: ObjectId, event: Event) -> Change | None:
    """Adds an event that is further along than the status, if the message has its SID; see `record_event`."""
    # Only the provider's status of the message's own SID counts.
    if event.sid is None or not rank_of(event.status):
        return None
    return await _change(
        {**_unknown(message_id, event), "status_rank": {"$lt": rank_of(event.status)}, "twilio_sid": event.sid},
        {"$set": {"updated_at": event.at, **status_of(event)}, "$push": {"events": push_of(event)}},
    )


async def record_without_raising(message_id: ObjectId, event: Event) -> Change | None:
    """Adds an event that is not further along than the status; see `record_event`."""
    unknown, push = _unknown(message_id, event), {"$push": {"events": push_of(event)}}
    if event.sid is not None and event.error_code is not None:
        # The same status was reported before, without its error code.
        explained = await _change(
            {**unknown, "twilio_sid": event.sid, "provider_status": event.status, "error_code": None},
            {"$set": {"updated_at": event.at, **_error_of(event)}, **push},
        )
        if explained is not None:
            return explained
    if event.sid is not None and rank_of(event.status) == FINAL_RANK:
        contradicted = await _change(
            {**unknown, "status_rank": FINAL_RANK, "twilio_sid": event.sid, "provider_status": {"$ne": event.status}},
            {"$set": {"outbound.next_check_at": event.at, "updated_at": event.at}, **push},
        )
        if contradicted is not None:
            return contradicted
    return await _change(
        {**unknown, f"events.{MAXIMUM_EVENTS - 1}": {"$exists": False}}, {"$set": {"updated_at": event.at}, **push}
    )


async def replace_final_status(message_id: ObjectId, event: Event) -> Change | None:
    """Replaces another status, and its error, by the final one that the provider returned to a status check.

    That is a contradicting final status, or one that did not rise although the timeline has the event: a process of the
    previous version can add an event to a migrated message. Returns the change, if there was one.
    """
    return await _change(
        {
            "_id": message_id,
            "twilio_sid": event.sid,
            "status_rank": {"$lte": FINAL_RANK},
            "provider_status": {"$ne": event.status},
        },
        {
            "$set": {
                "provider_status": event.status,
                "status_rank": rank_of(event.status),
                "updated_at": event.at,
                **_error_of(event),
            }
        },
    )


class Redacted(NamedTuple):
    """Messages whose content was removed, and the attachments that they had."""

    message_ids: list[ObjectId]
    attachment_ids: list[ObjectId]


async def redact(stored_before: datetime, now: datetime, *, limit: int) -> Redacted:
    """Removes the contents of up to `limit` finished messages, oldest first, and marks them as changed.

    An inbound message may be stored long after it was received, which its id tells: until then nobody could read it.
    They are read in the order of their ids: in that of their creation, those that came in late would be read each time.
    Unfinished messages keep their texts, which may have to be sent, or to be matched with the provider's list. Any
    number of processes may do this at once.
    """
    messages = Message.get_pymongo_collection()
    finished = [{"outbound.state": {"$in": list(TERMINAL)}}, {"direction": "inbound"}]
    kept: dict[str, Any] = {"content_removed_at": None, "$or": finished}
    is_old = {"created_at": {"$lt": stored_before}, "_id": {"$lt": ObjectId.from_datetime(stored_before)}}
    fields = {"media.attachment_id": 1}
    old = await messages.find({**kept, **is_old}, fields, sort=[("_id", ASCENDING)], limit=limit).to_list()
    message_ids = [row["_id"] for row in old]
    attachment_ids = [
        each["attachment_id"] for row in old for each in row.get("media", ()) if each.get("attachment_id")
    ]
    await messages.update_many(
        {"_id": {"$in": message_ids}, **kept},
        marked({"$set": {**_REDACTED, "content_removed_at": now, "updated_at": now}}),
    )
    return Redacted(message_ids, attachment_ids)


async def delete(message_id: ObjectId, deletion_id: ObjectId, now: datetime) -> Change | None:
    """Removes the text of a message, and hides it; returns None if it is deleted already. It must be deletable."""
    removed = {**_REDACTED, "content_removed_at": now, "updated_at": now}
    return await _change(
        {"_id": message_id, "deleted_at": None},
        {"$set": {**removed, "deleted_at": now, "deletion_id": deletion_id}},
    )


async def remove_left_words(redacted_since: datetime) -> None:
    """Removes the words of texts that a process of an earlier version, which does not know of them, has removed."""
    left = {"content_removed_at": {"$gte": redacted_since}, "words": {"$nin": [None, *NO_WORDS]}}
    await Message.get_pymongo_collection().update_many(left, {"$set": _REDACTED})


async def list_without_words(limit: int) -> list[Row]:
    """Returns up to `limit` messages of an earlier version, for `add_words`, and whether they are in a total."""
    messages = Message.get_pymongo_collection()
    fields = {"content": 1, "is_totalled": 1}
    return await messages.find({"schema_version": _WITHOUT_WORDS}, fields, limit=limit, batch_size=limit).to_list()


async def add_words(rows: Sequence[Row]) -> None:
    """Stores the words of messages of an earlier version.

    Any number of processes may do this at once, also while others change the messages or remove their texts.
    """
    updates = []
    for row in rows:
        # Finding the words takes time, and requests come in between.
        await asyncio.sleep(0)
        updates.append(
            UpdateOne(
                {"_id": row["_id"], "schema_version": _WITHOUT_WORDS, "content": row["content"]},
                {"$set": {"words": words_of(row["content"]), "schema_version": WORDS_VERSION}},
            )
        )
    await Message.get_pymongo_collection().bulk_write(updates, ordered=False)


def _unknown(message_id: ObjectId, event: Event) -> dict[str, object]:
    """Returns the condition for a message whose timeline does not have the event."""
    return {"_id": message_id, "events.key": {"$ne": event.key}}


async def _change(condition: Mapping[str, object], update: Mapping[str, Mapping[str, Any]]) -> Change | None:
    return await change_one(Message.get_pymongo_collection(), condition, update)


def push_of(event: Event) -> dict[str, object]:
    """Returns the operand of `$push` that adds an event and keeps the first hundred."""
    return {"$each": [event.model_dump()], "$slice": MAXIMUM_EVENTS}


def status_of(event: Event) -> Mapping[str, object]:
    """Returns the fields that change when the event's status becomes that of the message; none if it is unknown.

    A final fetch stops the status checks; a callback does not.
    """
    if not rank_of(event.status):
        return {}
    is_final_fetch = event.source == "reconciler" and is_final(event.status)
    return {
        "provider_status": event.status,
        "status_rank": rank_of(event.status),
        **_error_of(event),
        **({"outbound.next_check_at": None} if is_final_fetch else {}),
    }


def _error_of(event: Event) -> Mapping[str, object]:
    """Returns the error fields. An error belongs to its status: a status without one clears the previous error."""
    return {"error_code": event.error_code, "error_message": event.error_message}
