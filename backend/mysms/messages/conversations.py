"""Conversations and totals: counters, so that reading them does not depend on the number of messages.

There is one document for each user and number, and one with the total of each user. The counters are exact without
transactions. A process that stores a message first adds its id to the pending ids of both documents. After the insert
it counts the message and removes the id in one update of each, so that any process may repeat this and the message is
counted once. If the process ends in between, another one finds the pending ids and counts (`InterruptedCounts`). The id
of a message that was never stored stays pending, since the process that stores it may only be slow.

A deletion goes the same way: its id is announced to both counters, the message is deleted, and one update of each takes
the id away and the message out of the count. The message knows which of several deletions deleted it, and only that one
counts; the others withdraw.
"""

import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from mysms.core.database import DatabaseError
from mysms.core.timestamps import to_rfc3339
from mysms.core.words import words_of
from mysms.messages.encoding import CONVERSATION_FIELDS, Row
from mysms.messages.models import WORDS_VERSION, Conversation, Countable, Message

_DUPLICATE_KEY = 11000
MOST_RECENT = 1_000
KNOWN_ARRIVALS = 100
"""So that no document grows for ever."""
_BATCH = 200


class PendingId(NamedTuple):
    """A message that was announced to a counter and is not counted there."""

    counter_id: str
    message_id: ObjectId

    @property
    def is_of_total(self) -> bool:
        return " " not in self.counter_id


class PendingDeletion(NamedTuple):
    """A deletion that was announced to a counter, and is not counted there."""

    counter_id: str
    message_id: ObjectId
    deletion_id: ObjectId

    @property
    def is_of_total(self) -> bool:
        return " " not in self.counter_id


async def insert(message: Message) -> bool:
    """Stores a message with its words, which `count` is to count; returns False if its client_id is already in use."""
    await _add_pending_id(message)
    # The messages of earlier versions are in no total.
    message.is_totalled = True
    message.words, message.schema_version = words_of(message.content), WORDS_VERSION
    try:
        await message.insert()
    except DuplicateKeyError:
        await _remove_pending_id(message)
        return False
    return True


async def count(message: Message) -> None:
    """Counts a stored message. If the database fails, the message is counted later."""
    with contextlib.suppress(DatabaseError):
        await count_all(dict.fromkeys(_pending_ids(message), _countable(message)))


async def count_and_probe(message: Message, probe: UpdateOne) -> bool:
    """Counts a stored message, and returns whether the probe matches a document; both in one command.

    The probe is an update of a document in the same collection that changes nothing.
    """
    counts = _counts(dict.fromkeys(_pending_ids(message), _countable(message)))
    result = await Conversation.get_pymongo_collection().bulk_write([*counts, probe], ordered=False)
    # Each count that matches changes its document. Also for a server that takes any match for a change.
    return result.matched_count > min(result.modified_count, len(counts))


async def count_all(stored: Mapping[PendingId, Countable]) -> None:
    """Counts stored messages. May be repeated."""
    await Conversation.get_pymongo_collection().bulk_write(_counts(stored), ordered=False)


def _counts(stored: Mapping[PendingId, Countable]) -> list[UpdateOne]:
    return [
        UpdateOne(
            {"_id": pending.counter_id, f"pending_message_ids.{pending.message_id}": {"$exists": True}},
            {
                # In one update, so that each is also exactly once an arrival, and unread, and none stays archived.
                "$unset": {
                    f"pending_message_ids.{pending.message_id}": True,
                    **({} if pending.is_of_total else _BROUGHT_BACK),
                },
                "$inc": {"pending_count": -1, "messages": 1, **(_ARRIVAL if _is_arrival(pending, each) else {})},
                "$max": {"last_message_key": _sort_key(each.created_at, pending.message_id)},
                **({"$push": _last_arrival(pending.message_id)} if _is_arrival(pending, each) else {}),
            },
        )
        for pending, each in stored.items()
    ]


async def announce_deletion(message: Message, deletion_id: ObjectId) -> list[PendingDeletion]:
    """Adds a deletion to those that are pending in the counters of a stored message.

    The message is counted first, if it was not: nothing that counts it later can name it as the last one again.
    """
    await count_all(dict.fromkeys(_pending_ids(message), _countable(message)))
    deletions = [PendingDeletion(*pending, deletion_id) for pending in _pending_ids(message)]
    conversation, total = deletions
    announce = {"$set": {f"pending_deletions.{deletion_id}": message.id}, "$inc": {"pending_count": 1}}
    unknown = {f"pending_deletions.{deletion_id}": {"$exists": False}}
    await _write(
        [
            UpdateOne({"_id": conversation.counter_id, **unknown}, announce),
            # The messages of earlier versions have a conversation, but perhaps no total.
            UpdateOne(
                {"_id": total.counter_id, **unknown},
                {**announce, "$setOnInsert": {**_EMPTY, "pending_message_ids": {}}},
                upsert=True,
            ),
        ]
    )
    return deletions


async def count_deletions(deletions: Collection[PendingDeletion]) -> None:
    """Takes deleted messages out of the counts, and corrects the last messages of conversations. May be repeated."""
    for counter_id in sorted({each.counter_id for each in deletions}):
        # Before the ids go away: if the process ends in between, another one has to repeat it.
        await _correct_last_message(counter_id)
    if await _end_deletions(deletions, {"messages": -1}, except_arrivals=True) < len(deletions):
        for each in deletions:
            if not each.is_of_total:
                await _take_out_arrival(each)


async def withdraw_deletions(deletions: Collection[PendingDeletion]) -> None:
    """Removes the ids of deletions that have deleted nothing and never will. May be repeated."""
    await _end_deletions(deletions, {})
    await Conversation.get_pymongo_collection().delete_many(
        # A total of nothing is what an announcement creates after the account was erased.
        {
            "_id": {"$in": [each.counter_id for each in deletions]},
            "peer_number": None,
            "messages": 0,
            "pending_count": 0,
            "earlier_messages": None,
        }
    )


async def _end_deletions(
    deletions: Collection[PendingDeletion], counts: Mapping[str, int], *, except_arrivals: bool = False
) -> int:
    """Returns how many of the deletions are ended by this: not those that were before."""
    result = await Conversation.get_pymongo_collection().bulk_write(
        [
            UpdateOne(
                {
                    "_id": pending.counter_id,
                    f"pending_deletions.{pending.deletion_id}": {"$exists": True},
                    **({"arrivals": {"$ne": pending.message_id}} if except_arrivals else {}),
                },
                {
                    "$unset": {f"pending_deletions.{pending.deletion_id}": True},
                    "$inc": {"pending_count": -1, **counts},
                },
            )
            for pending in deletions
        ],
        ordered=False,
    )
    return result.matched_count


async def _take_out_arrival(pending: PendingDeletion) -> None:
    """Takes one of the last arrivals out of the counts of its conversation, unless that is done. It is read then."""
    counters = Conversation.get_pymongo_collection()
    deletion = f"pending_deletions.{pending.deletion_id}"
    announced = {"_id": pending.counter_id, deletion: {"$exists": True}}
    while (row := await counters.find_one(announced, {"arrivals": 1, "unread": 1})) is not None:
        arrivals: list[ObjectId] = row.get("arrivals", [])
        if pending.message_id not in arrivals:
            # Others have come in, and it is not among the last ones any more.
            await _end_deletions([pending], {"messages": -1}, except_arrivals=True)
            return
        is_unread = len(arrivals) - arrivals.index(pending.message_id) <= row.get("unread", 0)
        # What comes in or is marked meanwhile changes one of these.
        seen = {"arrivals": arrivals, "unread": row.get("unread")}
        update = {
            "$unset": {deletion: True},
            "$set": {"arrivals": [each for each in arrivals if each != pending.message_id]},
            "$inc": {"pending_count": -1, "messages": -1, **(_READ if is_unread else {})},
        }
        if (await counters.update_one({**announced, **seen}, update)).matched_count:
            return


async def _correct_last_message(counter_id: str) -> None:
    """Makes the newest message the last one of a conversation, and looks again after each correction.

    A message that is counted while this looks may be older than the one that the key names, and would be left out. In a
    conversation without messages, nothing is unread.
    """
    counters = Conversation.get_pymongo_collection()
    while True:
        row = await counters.find_one(
            {"_id": counter_id}, {"user_id": 1, "peer_number": 1, "last_message_key": 1, "inbound": 1}
        )
        if row is None or "peer_number" not in row:
            return
        key = row.get("last_message_key")
        newest = await Message.get_pymongo_collection().find_one(
            {"user_id": row["user_id"], "deleted_at": None, "peer_number": row["peer_number"]},
            {"created_at": 1},
            sort=[("created_at", DESCENDING), ("_id", DESCENDING)],
        )
        newest_key = None if newest is None else _sort_key(newest["created_at"], newest["_id"])
        if key == newest_key:
            return
        corrected: dict[str, Any] = {"last_message_key": newest_key}
        if newest_key is None:
            corrected |= {"read": row.get("inbound", 0), "unread": 0}
        await counters.update_one(
            {"_id": counter_id, "last_message_key": key, "inbound": row.get("inbound")}, {"$set": corrected}
        )


class CounterKey(NamedTuple):
    """The position of a counter in the order in which those with pending ids are listed."""

    pending_count: int
    counter_id: str


BEFORE_ALL = CounterKey(0, "")


async def list_pending(after: CounterKey, limit: int) -> tuple[list[PendingId | PendingDeletion], CounterKey | None]:
    """Returns what is pending in up to `limit` counters of all users, and the last one's key if more may follow."""
    beyond = [
        {"pending_count": {"$gt": after.pending_count}},
        {"pending_count": after.pending_count, "_id": {"$gt": after.counter_id}},
    ]
    # The range on the number, which the other condition implies, is for the index.
    rows = await (
        Conversation.get_pymongo_collection()
        .find(
            {"pending_count": {"$gte": max(after.pending_count, 1)}, "$or": beyond},
            {"pending_count": 1, "pending_message_ids": 1, "pending_deletions": 1},
            sort=[("pending_count", ASCENDING), ("_id", ASCENDING)],
            limit=limit,
        )
        .to_list()
    )
    pending: list[PendingId | PendingDeletion] = []
    for row in rows:
        pending += [PendingId(row["_id"], ObjectId(each)) for each in row.get("pending_message_ids", {})]
        deletions: Mapping[str, ObjectId] = row.get("pending_deletions", {})
        pending += [PendingDeletion(row["_id"], each, ObjectId(by)) for by, each in deletions.items()]
    return pending, CounterKey(rows[-1]["pending_count"], rows[-1]["_id"]) if len(rows) == limit else None


async def list_own(
    user_id: ObjectId, *, limit: int, before: tuple[datetime, ObjectId] | None, archived: bool = False
) -> list[Row]:
    """Returns a page of a user's conversations, archived ones or all others, newest message first, in one command.

    It starts after the conversation whose newest message was created at this time and has this id.
    """
    last = {"$gt": ""} if before is None else {"$gt": "", "$lt": _sort_key(*before)}
    rows = Conversation.get_pymongo_collection().find(
        {"user_id": user_id, "archived": True if archived else None, "last_message_key": last},
        CONVERSATION_FIELDS,
        # All of a list have the same first value: it keeps the database from an index that has both lists in one.
        sort=[("archived", ASCENDING), ("last_message_key", DESCENDING)],
        limit=limit,
        batch_size=limit,
    )
    return await rows.to_list()


async def exists(user_id: ObjectId, peer_number: str) -> bool:
    return await Conversation.get_pymongo_collection().find_one(own(user_id, peer_number), {"_id": 1}) is not None


async def find_own(user_id: ObjectId, peer_number: str) -> Row | None:
    """Returns a user's conversation with a number; None if it has no messages."""
    return await Conversation.get_pymongo_collection().find_one(own(user_id, peer_number), CONVERSATION_FIELDS)


async def list_recent_peers(user_id: ObjectId) -> list[str]:
    """Returns the numbers of a user's conversations, newest message first; only the `MOST_RECENT` newest."""
    rows = Conversation.get_pymongo_collection().find(
        {"user_id": user_id, "last_message_key": {"$gt": ""}},
        {"peer_number": 1},
        sort=[("last_message_key", DESCENDING)],
        limit=MOST_RECENT,
        batch_size=MOST_RECENT,
    )
    return [row["peer_number"] for row in await rows.to_list()]


async def batches_of_own(user_id: ObjectId, fields: Sequence[str]) -> AsyncIterator[list[Row]]:
    """Yields these fields of a user's conversations, by number, each batch when it is asked for.

    Of those that have messages.
    """
    last = id_of(user_id, "")
    while True:
        found = Conversation.get_pymongo_collection().find(
            # The character after the space.
            {"_id": {"$gt": last, "$lt": f"{user_id}!"}, "last_message_key": {"$gt": ""}},
            fields,
            sort=[("_id", ASCENDING)],
            limit=_BATCH,
            batch_size=_BATCH,
        )
        rows = await found.to_list()
        yield rows
        if len(rows) < _BATCH:
            return
        last = rows[-1]["_id"]


async def count_messages(user_id: ObjectId, peer_numbers: Collection[str]) -> int:
    """Returns the number of messages in the conversations with these numbers."""
    ids = [id_of(user_id, number) for number in peer_numbers]
    rows = Conversation.get_pymongo_collection().find({"_id": {"$in": ids}}, {"messages": 1})
    return sum([row["messages"] for row in await rows.to_list()])


async def find_total(user_id: ObjectId) -> int:
    """Returns the number of a user's messages, once `MessageTotals` has counted those of earlier versions."""
    row = await Conversation.get_pymongo_collection().find_one(
        {"_id": str(user_id)}, {"messages": 1, "earlier_messages": 1}
    )
    return 0 if row is None else int(row["messages"]) + int(row.get("earlier_messages", 0))


async def add_earlier_messages(user_id: ObjectId, number: int) -> None:
    """Sets the number of a user's messages that earlier versions have stored. May be repeated."""
    update = {"$set": {"earlier_messages": number}, "$setOnInsert": {**_EMPTY, "pending_count": 0}}
    with contextlib.suppress(DuplicateKeyError):  # A message has just created it.
        await Conversation.get_pymongo_collection().update_one({"_id": str(user_id)}, update, upsert=True)
        return
    await Conversation.get_pymongo_collection().update_one({"_id": str(user_id)}, update)


async def erase(user_id: ObjectId) -> None:
    counters = Conversation.get_pymongo_collection()
    await counters.delete_many({"user_id": user_id})
    await counters.delete_one({"_id": str(user_id)})


def last_message_id(conversation: Row) -> ObjectId:
    """Returns the id of the newest message of a conversation that has messages."""
    return ObjectId(conversation["last_message_key"].partition(" ")[2])


async def _add_pending_id(message: Message) -> None:
    """Adds a message to the pending ids of its counters, which are created if necessary. May be repeated."""
    own: Sequence[Mapping[str, Any]] = [{"user_id": message.user_id, "peer_number": message.peer_number}, {}]
    updates = [
        UpdateOne(
            {"_id": pending.counter_id, f"pending_message_ids.{pending.message_id}": {"$exists": False}},
            {
                "$set": {f"pending_message_ids.{pending.message_id}": True},
                "$inc": {"pending_count": 1},
                "$setOnInsert": {**_EMPTY, **fields},
            },
            upsert=True,
        )
        for pending, fields in zip(_pending_ids(message), own, strict=True)
    ]
    await _write(updates)


async def _write(updates: Sequence[UpdateOne]) -> None:
    """Writes updates that may create counters. Each matches only once."""
    for _ in range(2):
        try:
            await Conversation.get_pymongo_collection().bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != _DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise
            # Another process has just created the counter, or the driver has repeated the update. The second try does
            # what is left.
        else:
            return


async def _remove_pending_id(message: Message) -> None:
    """Removes the pending id of a rejected insert, or counts the message if a retry by the driver had stored it."""
    if await Message.get_pymongo_collection().find_one({"_id": message.id}, {"_id": 1}) is not None:
        await count(message)
        return
    await Conversation.get_pymongo_collection().bulk_write(
        [
            UpdateOne(
                {"_id": pending.counter_id, f"pending_message_ids.{pending.message_id}": {"$exists": True}},
                {"$unset": {f"pending_message_ids.{pending.message_id}": True}, "$inc": {"pending_count": -1}},
            )
            for pending in _pending_ids(message)
        ],
        ordered=False,
    )


_EMPTY: Mapping[str, Any] = {"messages": 0, "schema_version": 2}


_ARRIVAL: Mapping[str, Any] = {"inbound": 1, "unread": 1}
_READ: Mapping[str, Any] = {"read": 1, "unread": -1}
_BROUGHT_BACK: Mapping[str, Any] = {"archived": True}


def _countable(message: Message) -> Countable:
    return Countable(message.created_at, is_inbound=message.direction == "inbound")


def _is_arrival(pending: PendingId, message: Countable) -> bool:
    """Whether the counter is that of a conversation in which the message has come in."""
    return message.is_inbound and not pending.is_of_total


def _last_arrival(message_id: ObjectId) -> Mapping[str, Any]:
    return {"arrivals": {"$each": [message_id], "$slice": -KNOWN_ARRIVALS}}


def _pending_ids(message: Message) -> Iterable[PendingId]:
    """The conversation of a message, and the total of its user."""
    user_id, message_id = ObjectId(message.user_id), ObjectId(message.id)
    return PendingId(id_of(user_id, message.peer_number), message_id), PendingId(str(user_id), message_id)


def own(user_id: ObjectId, peer_number: str) -> dict[str, object]:
    """The condition for a conversation that has messages."""
    return {"_id": id_of(user_id, peer_number), "last_message_key": {"$gt": ""}}


def id_of(user_id: ObjectId, peer_number: str) -> str:
    return f"{user_id} {peer_number}"


def _sort_key(created_at: datetime, message_id: ObjectId) -> str:
    return f"{to_rfc3339(created_at)} {message_id}"
