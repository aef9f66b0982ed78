"""Stores pictures, one document for each with its content, and which messages they are bound to (ADR 26)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bson import Binary, ObjectId
from pymongo import ASCENDING

from mysms.attachments.errors import AttachmentUsedUpError
from mysms.attachments.records import DueAttachment, PictureUses, StoredAttachment
from mysms.core.database import Database
from mysms.core.timestamps import Clock

KEPT_FOR = timedelta(days=1)
"""How long a picture stays that no message has, and how long after it was bound a message may be stored."""
MOST_USES = 1_000
"""With how many messages a picture can be sent, so that no document grows for ever. Then it is uploaded again."""
_FIELDS = ("content_type", "bytes", "created_at")


class AttachmentStore:
    """The pictures of all users.

    A picture is bound to a message before that is stored, and is only removed if nothing was bound to it since it was
    found to be unneeded: each binding moves `check_at` and counts `revision`, and the removal names those that it saw.
    One of them is not enough: two things may happen in the same millisecond, and processes of an earlier version do not
    count.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._attachments = database["attachments"]
        self._clock = clock

    async def create_indexes(self) -> None:
        """Creates the indexes; safe for several processes at once."""
        await self._attachments.create_index([("user_id", ASCENDING), ("is_used", ASCENDING)], name="unused")
        await self._attachments.create_index([("user_id", ASCENDING), ("_id", ASCENDING)], name="own")
        await self._attachments.create_index([("check_at", ASCENDING)], name="checks")

    async def add(self, user_id: ObjectId, content_type: str, content: bytes) -> StoredAttachment:
        now = self._clock()
        row = {
            "_id": ObjectId(),
            "user_id": user_id,
            "content_type": content_type,
            "bytes": len(content),
            "content": Binary(content),
            "is_used": False,
            "message_ids": {},
            "uses": 0,
            "created_at": now,
            "check_at": now + KEPT_FOR,
        }
        await self._attachments.insert_one(row)
        return StoredAttachment.of(row)

    async def count_unused(self, user_id: ObjectId, most: int) -> int:
        """Returns how many pictures of a user were never bound to a message, up to `most`."""
        return await self._attachments.count_documents({"user_id": user_id, "is_used": False}, limit=most)

    async def find_own(self, user_id: ObjectId, attachment_ids: Sequence[ObjectId]) -> list[StoredAttachment] | None:
        """Returns these pictures of a user, in this order; None if one of them is gone, or was never there.

        Raises AttachmentUsedUpError.
        """
        found = self._attachments.find(_own(user_id, attachment_ids), (*_FIELDS, "uses"))
        rows = {row["_id"]: row for row in await found.to_list()}
        if len(rows) < len(attachment_ids):
            return None
        if any(row["uses"] >= MOST_USES for row in rows.values()):
            raise AttachmentUsedUpError
        return [StoredAttachment.of(rows[attachment_id]) for attachment_id in attachment_ids]

    async def list_own(self, user_id: ObjectId, *, limit: int, after: ObjectId | None = None) -> list[PictureUses]:
        """Returns up to `limit` pictures of a user, oldest upload first; `after`: those after this one."""
        beyond = {} if after is None else {"_id": {"$gt": after}}
        rows = self._attachments.find(
            {"user_id": user_id, **beyond}, (*_FIELDS, "message_ids"), sort=[("_id", ASCENDING)], limit=limit
        )
        return [PictureUses.of(row) for row in await rows.to_list()]

    async def bind(self, user_id: ObjectId, attachment_ids: Sequence[ObjectId], message_id: ObjectId) -> bool:
        """Keeps these pictures for a message that is stored next; returns False if one of them cannot be."""
        bound = await self._attachments.update_many(
            {**_own(user_id, attachment_ids), "uses": {"$lt": MOST_USES}},
            {
                "$inc": {"uses": 1, "revision": 1},
                "$set": {"is_used": True, f"message_ids.{message_id}": True},
                "$max": {"check_at": self._clock() + KEPT_FOR},
            },
        )
        return bound.matched_count == len(attachment_ids)

    async def find(self, attachment_id: ObjectId) -> StoredAttachment | None:
        row = await self._attachments.find_one({"_id": attachment_id}, _FIELDS)
        return None if row is None else StoredAttachment.of(row)

    async def read(self, attachment_id: ObjectId) -> bytes | None:
        """Returns the content of a picture; None if it is gone."""
        row = await self._attachments.find_one({"_id": attachment_id}, {"content": 1})
        return None if row is None else bytes(row["content"])

    async def check_now(self, attachment_ids: Collection[ObjectId]) -> None:
        """Makes it due to see whether these pictures are still needed."""
        await self._attachments.update_many(
            {"_id": {"$in": list(attachment_ids)}}, {"$set": {"check_at": self._clock()}, "$inc": {"revision": 1}}
        )

    async def list_due(self, limit: int) -> list[DueAttachment]:
        """Returns up to `limit` pictures that are due, those that have been due longest first."""
        rows = self._attachments.find(
            {"check_at": {"$lte": self._clock()}},
            ("message_ids", "created_at", "check_at", "revision"),
            sort=[("check_at", ASCENDING)],
            limit=limit,
        )
        return [DueAttachment.of(row) for row in await rows.to_list()]

    async def keep(self, due: DueAttachment, check_at: datetime) -> None:
        """Puts off the next look at a picture that is needed."""
        await self._attachments.update_one(_as_seen(due), {"$set": {"check_at": check_at}})

    async def remove(self, due: DueAttachment) -> bool:
        """Removes a picture, unless it was bound to a message or became due anew; returns whether it did."""
        removed = await self._attachments.delete_one(_as_seen(due))
        return bool(removed.deleted_count)

    async def remove_unused(self, user_id: ObjectId, attachment_id: ObjectId) -> bool:
        """Removes a picture of a user, unless it was bound to a message; returns whether it did."""
        removed = await self._attachments.delete_one({"_id": attachment_id, "user_id": user_id, "is_used": False})
        return bool(removed.deleted_count)

    async def has(self, user_id: ObjectId, attachment_id: ObjectId) -> bool:
        """Whether it is a picture of this user."""
        return await self._attachments.find_one(_own(user_id, [attachment_id]), {"_id": 1}) is not None

    async def erase(self, user_id: ObjectId) -> None:
        """Removes all pictures of a user. May be repeated."""
        await self._attachments.delete_many({"user_id": user_id})


def _own(user_id: ObjectId, attachment_ids: Sequence[ObjectId]) -> dict[str, object]:
    """Returns the query for those of these pictures that are a user's."""
    return {"_id": {"$in": list(attachment_ids)}, "user_id": user_id}


def _as_seen(due: DueAttachment) -> dict[str, object]:
    """Returns the query for a picture with which nothing has happened since it was read."""
    # Without a value, `revision` is missing.
    return {"_id": due.attachment_id, "check_at": due.check_at, "revision": due.revision}
