"""From schema 1 to 2: messages nest what the outbox stores, and fields and collections have other names.

Processes of the previous version may still run, as in every rolling deployment. They know nothing of this migration:

- They must not send anything any more, because the two versions keep identical texts and the owners of SIDs apart in
  different collections. `_stop_old_senders` sees to it; then their sends in progress are waited for.
- They may store further messages, which stay pending until they are migrated too. Therefore the migration is repeated
  in the background.
- Every document is replaced by one update that only matches what was read. An update of theirs in between makes it read
  the document again; one that comes later matches nothing, since it looks for fields that no longer exist. The
  outcome of a callback that is lost in this way is fetched by the status checks.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from mysms.core.backoff import Backoff
from mysms.core.database import Database
from mysms.core.heartbeat import MonotonicClock
from mysms.core.migrations.field_names import (
    OLD_CONVERSATION_FIELDS,
    OLD_MESSAGE_FIELDS,
    Row,
    conversation_values,
    message_values,
)
from mysms.core.migrations.lock import MigrationLock
from mysms.core.timestamps import to_rfc3339

_VERSION = 2
_OLD = {"schema_version": None}
"""The query for documents of schema 1, which has no such field."""
_BATCH = 500
_FIRST_RETRY_SECONDS = 0.05
_LOG_SECONDS = 10.0
_FENCE_ID = ObjectId(b"mysms-fence ")
_FENCED = {"fence": {"$exists": True}}
"""The query for locks in `inflight` that were there before the fence."""
_QUICK_RETRIES = 20
_POLL_SECONDS = 1.0

_DUPLICATE_KEY = 11000
_INDEX_NOT_FOUND = frozenset({26, 27})
"""NamespaceNotFound, IndexNotFound. https://www.mongodb.com/docs/manual/reference/error-codes/"""

Collection = AsyncCollection[dict[str, Any]]

_log = logging.getLogger(__name__)


class UnsuitableDatabaseError(Exception):
    """The database does not reject a second document without a field that has a unique index."""

    def __init__(self) -> None:
        super().__init__(
            "The database cannot be migrated while processes of the earlier version may run: its unique indexes allow "
            "several documents without the field. Use MongoDB, or a server that treats them as MongoDB does."
        )


class OutboundFields:
    """The migration of one database. Every step may be repeated and interrupted."""

    def __init__(
        self, database: Database, lock: MigrationLock, *, send_lease: timedelta, monotonic: MonotonicClock
    ) -> None:
        self._messages = database["messages"]
        self._conversations = database["conversations"]
        self._old_locks = database["inflight"]
        self._old_owners = database["carrier_messages"]
        self._locks = database["content_locks"]
        self._owners = database["provider_message_ids"]
        self._lock = lock
        self._send_lease_seconds = send_lease.total_seconds()
        self._monotonic = monotonic

    async def is_needed(self) -> bool:
        for collection in (self._messages, self._conversations):
            if await collection.find_one(_OLD, {"_id": 1}) is not None:
                return True
        return await self._old_owners.find_one({}, {"_id": 1}) is not None

    async def run(self) -> None:
        """Raises UnsuitableDatabaseError if the previous version cannot be kept from sending."""
        for collection in (self._messages, self._conversations):
            await collection.create_index([("schema_version", ASCENDING)], name="schema_version")
        await self._stop_old_senders()
        await self._wait_for_sends()
        await self._copy(self._old_locks, self._locks, _FENCED)
        await self._old_locks.delete_many(_FENCED)
        await self._copy(self._old_owners, self._owners, {})
        await self._migrate_messages()
        await self._migrate_conversations()
        await _drop_index(self._conversations, "open")
        await self._delete_copied_owners()

    async def _stop_old_senders(self) -> None:
        """Makes it impossible for processes of the previous version to lock a text, which they do before each claim.

        They insert the lock into `inflight`. From here on, a unique index rejects that: their locks have no `fence`,
        and the one document without it is the one stored here. They take the rejection for a lock that is held, and try
        again later. They never delete that document, because its id is no text.
        """
        await self._old_locks.update_one({"_id": _FENCE_ID}, {"$setOnInsert": {"message_id": _FENCE_ID}}, upsert=True)
        backoff = Backoff(_FIRST_RETRY_SECONDS, _POLL_SECONDS)
        while True:
            held = self._old_locks.find({"_id": {"$ne": _FENCE_ID}, "fence": None}, {"_id": 1})
            for row in await held.to_list():
                await self._old_locks.update_one({"_id": row["_id"]}, {"$set": {"fence": row["_id"]}})
            try:
                await self._old_locks.create_index([("fence", ASCENDING)], name="fence", unique=True)
            except OperationFailure as error:
                if error.code != _DUPLICATE_KEY:
                    raise
                # Another lock was inserted meanwhile.
                await self._lock.renew()
                await asyncio.sleep(backoff.next_wait())
            else:
                break
        await self._require_fence()

    async def _require_fence(self) -> None:
        """Some MongoDB-compatible servers do not count a missing field as a value of a unique index."""
        probe = ObjectId()
        with contextlib.suppress(DuplicateKeyError):
            await self._old_locks.insert_one({"_id": probe, "message_id": probe})
            await self._old_locks.delete_one({"_id": probe})
            raise UnsuitableDatabaseError

    async def _wait_for_sends(self) -> None:
        """Waits until each send in progress has an outcome, or until its lease is over."""
        since: dict[tuple[object, ...], float] = {}
        while True:
            claimed = self._messages.find({**_OLD, "dispatch": "claimed"}, {"attempt": 1, "owner": 1})
            sends = {(row["_id"], row.get("attempt"), row.get("owner")) for row in await claimed.to_list()}
            now = self._monotonic()
            since = {send: since.get(send, now) for send in sends}
            if all(now - seen_at > self._send_lease_seconds for seen_at in since.values()):
                return
            await self._lock.renew()
            await asyncio.sleep(_POLL_SECONDS)

    async def _copy(self, source: Collection, target: Collection, condition: Row) -> None:
        """Copies documents under their ids. Those that the target has already stay as they are there."""
        last: Row = {}
        while True:
            rows = await source.find({**condition, **last}, sort=[("_id", ASCENDING)], limit=_BATCH).to_list()
            if not rows:
                return
            await _insert_missing(target, [{key: row[key] for key in row if key != "fence"} for row in rows])
            await self._lock.renew()
            last = {"_id": {"$gt": rows[-1]["_id"]}}

    async def _delete_copied_owners(self) -> None:
        """Deletes the owners that were copied. One that was stored since then stays for the next run."""
        last: Row = {}
        while rows := await self._old_owners.find(last, {"_id": 1}, sort=[("_id", ASCENDING)], limit=_BATCH).to_list():
            ids = [row["_id"] for row in rows]
            copied = self._owners.find({"_id": {"$in": ids}}, {"_id": 1})
            await self._old_owners.delete_many({"_id": {"$in": [row["_id"] for row in await copied.to_list()]}})
            await self._lock.renew()
            last = {"_id": {"$gt": ids[-1]}}

    async def _migrate_messages(self) -> None:
        count = 0
        logged_at = self._monotonic()
        async for rows in self._batches(self._messages):
            await self._own_sids(rows)
            await self._count(rows)
            updates = [_replace_fields(row, OLD_MESSAGE_FIELDS, message_values(row)) for row in rows]
            count += (await self._messages.bulk_write(updates, ordered=False)).modified_count
            await self._unlock_cancelled(rows)
            if self._monotonic() - logged_at > _LOG_SECONDS:
                _log.info("Migrated %d messages so far.", count)
                logged_at = self._monotonic()
        _log.info("Migrated %d messages.", count)

    async def _unlock_cancelled(self, rows: Sequence[Row]) -> None:
        """Releases locks that the previous version releases when a user cancels an unconfirmed message.

        It may have done so in its own collection, after the locks had been copied.
        """
        for row in rows:
            if row.get("dispatch") == "unconfirmed" and row.get("withdrawn") and row.get("erase_at") is None:
                await self._locks.delete_one({"_id": row["text_key"], "message_id": row["_id"]})

    async def _migrate_conversations(self) -> None:
        async for rows in self._batches(self._conversations):
            updates = [_replace_fields(row, OLD_CONVERSATION_FIELDS, conversation_values(row)) for row in rows]
            await self._conversations.bulk_write(updates, ordered=False)

    async def _batches(self, collection: Collection) -> AsyncIterator[list[dict[str, Any]]]:
        """Yields batches of documents of schema 1 until there are none."""
        before: list[object] = []
        in_vain = 0
        while rows := await collection.find(_OLD, limit=_BATCH).to_list():
            await self._lock.renew()
            ids = [row["_id"] for row in rows]
            in_vain = in_vain + 1 if ids == before else 0
            if in_vain > _QUICK_RETRIES:
                _log.warning("Documents of %s keep changing; trying again. One of them: %s.", collection.name, ids[0])
                await asyncio.sleep(_POLL_SECONDS)
            before = ids
            yield rows

    async def _own_sids(self, rows: Sequence[Row]) -> None:
        """Copies the owners of SIDs that came after all owners had been copied."""
        sids = {
            sid: row for row in rows for sid in (row.get("twilio_sid"), *row.get("second_sids", [])) if sid is not None
        }
        known = {row["_id"] async for row in self._owners.find({"_id": {"$in": list(sids)}}, {"_id": 1})}
        missing = [
            {"_id": sid, "message_id": row["_id"], "attempt": row.get("attempt", 0), "created_at": row["updated_at"]}
            for sid, row in sids.items()
            if sid not in known
        ]
        await _insert_missing(self._owners, missing)

    async def _count(self, rows: Sequence[Row]) -> None:
        """Counts messages that no conversation has counted.

        These are messages of users for whom no version with conversations has counted them yet, and messages that the
        previous version stores in a conversation that is migrated already.
        """
        # The messages of a deleted account stay for a while, but not its conversations.
        rows = [row for row in rows if row.get("erase_at") is None]
        ids = {_conversation_of(row): row for row in rows}
        found = self._conversations.find({"_id": {"$in": list(ids)}}, {"schema_version": 1})
        versions = {row["_id"]: row.get("schema_version") for row in await found.to_list()}
        for conversation in ids.keys() - versions.keys():
            await self._create_conversation(ids[conversation])
        for row in rows:
            if versions.get(_conversation_of(row)) is not None:
                await self._count_late(row)

    async def _count_late(self, row: Row) -> None:
        """Counts a message in a migrated conversation.

        The previous version announces a message in `storing`, and counts it in the update that removes it from there.
        Whichever version removes it counts it.
        """
        conversation, announced = _conversation_of(row), f"storing.{row['_id']}"
        await self._conversations.update_one(
            {"_id": conversation, announced: {"$exists": True}},
            {"$unset": {announced: True}, "$inc": {"messages": 1, "open": -1}},
        )
        await self._conversations.update_one({"_id": conversation}, {"$max": {"last_message_key": _sort_key(row)}})
        await self._conversations.update_one(
            {"_id": conversation, "storing": {}}, {"$unset": dict.fromkeys(OLD_CONVERSATION_FIELDS, True)}
        )

    async def _create_conversation(self, row: Row) -> None:
        """Creates the conversation of a message with the counts of all its messages, unless it exists.

        The messages are counted first. No message is stored before its conversation exists, so if this process creates
        the conversation, none has been stored since.
        """
        own = {"user_id": row["user_id"], "peer_number": row["peer_number"]}
        newest = await self._messages.find_one(own, sort=[("created_at", DESCENDING), ("_id", DESCENDING)])
        if newest is None:
            return  # The account was deleted meanwhile.
        figures = {"messages": await self._messages.count_documents(own), "last": _sort_key(newest)}
        with contextlib.suppress(DuplicateKeyError):
            await self._conversations.insert_one(
                {"_id": _conversation_of(row), **own, **figures, "storing": {}, "open": 0}
            )
        if await self._messages.find_one({**own, "erase_at": None}, {"_id": 1}) is None:
            # The account was deleted meanwhile.
            await self._conversations.delete_one({"_id": _conversation_of(row)})


def _replace_fields(row: Row, old_fields: Sequence[str], values: Row) -> UpdateOne:
    """Replaces fields of a document, if none of those involved has changed since it was read."""
    unchanged = {name: row.get(name, {"$exists": False}) for name in {*old_fields, *values}}
    return UpdateOne(
        {"_id": row["_id"], **_OLD, **unchanged},
        {"$set": {**values, "schema_version": _VERSION}, "$unset": dict.fromkeys(old_fields, True)},
    )


def _conversation_of(message: Row) -> str:
    return f"{message['user_id']} {message['peer_number']}"


def _sort_key(message: Row) -> str:
    """The text that sorts conversations by their newest message."""
    return f"{to_rfc3339(message['created_at'])} {message['_id']}"


async def _insert_missing(collection: Collection, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    try:
        await collection.insert_many(rows, ordered=False)
    except BulkWriteError as error:
        is_known = all(each["code"] == _DUPLICATE_KEY for each in error.details["writeErrors"])
        if not is_known or error.details["writeConcernErrors"]:
            raise


async def _drop_index(collection: Collection, name: str) -> None:
    try:
        await collection.drop_index(name)
    except OperationFailure as error:
        if error.code not in _INDEX_NOT_FOUND:
            raise
