"""Records which message owns a provider's SID. `_id` enforces that it is one.

The owner never changes, but that of an inbound message whose user leaves before it is settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.timestamps import Clock

_INBOUND_ATTEMPT = 0


@dataclass(frozen=True)
class InboundOwner:
    """The user that an inbound message is for."""

    user_id: ObjectId | None
    """None once the message is settled: nothing is left to do for it, and the account may be deleted."""
    reported_at: datetime
    """When it was reported first."""


class ProviderMessageIds:
    """The owners of SIDs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._owners = database["provider_message_ids"]
        self._clock = clock

    async def create_indexes(self) -> None:
        """Creates the index for finding a message's SIDs; safe for several processes at once."""
        await self._owners.create_index([("message_id", ASCENDING)], name="message")

    async def own(self, sid: str, message_id: ObjectId, attempt: int) -> bool:
        """Makes the message the owner of the SID; returns False if another message owns it. May be repeated."""
        row = {"_id": sid, "message_id": message_id, "attempt": attempt, "created_at": self._clock()}
        try:
            await self._owners.insert_one(row)
        except DuplicateKeyError:
            return await self.owner_of(sid) == message_id
        return True

    async def own_inbound(self, sid: str, message_id: ObjectId, user_id: ObjectId) -> InboundOwner | None:
        """Makes the user the owner of an inbound message's SID; returns who owns it, None if it is not inbound."""
        now = self._clock()
        row = {
            "_id": sid,
            "message_id": message_id,
            "attempt": _INBOUND_ATTEMPT,
            "user_id": user_id,
            "is_settled": False,
            "created_at": now,
        }
        try:
            await self._owners.insert_one(row)
        except DuplicateKeyError:
            stored = await self._owners.find_one({"_id": sid})
            if stored is None:
                # It was disowned meanwhile.
                return await self.own_inbound(sid, message_id, user_id)
            if "is_settled" not in stored:
                return None
            return InboundOwner(None if stored["is_settled"] else stored["user_id"], stored["created_at"])
        return InboundOwner(user_id, reported_at=now)

    async def mark_settled(self, sid: str, user_id: ObjectId) -> None:
        """Marks an inbound message as settled, unless it has another user by now. Forgets whose it is."""
        await self._owners.update_one(
            {"_id": sid, "user_id": user_id}, {"$set": {"is_settled": True}, "$unset": {"user_id": ""}}
        )

    async def disown_inbound(self, sid: str, user_id: ObjectId) -> None:
        """Takes an inbound message that is not settled from this user: the next report of it finds another one."""
        await self._owners.delete_one({"_id": sid, "user_id": user_id, "is_settled": False})

    async def settled_among(self, sids: Sequence[str]) -> set[str]:
        """Returns those of the SIDs whose inbound messages are settled."""
        rows = self._owners.find({"_id": {"$in": list(sids)}, "is_settled": True}, {"_id": 1})
        return {str(row["_id"]) async for row in rows}

    async def owner_of(self, sid: str) -> ObjectId | None:
        row = await self._owners.find_one({"_id": sid})
        return ObjectId(row["message_id"]) if row is not None else None

    async def sid_of(self, message_id: ObjectId) -> str | None:
        """Returns a SID that the message owns, if there is one."""
        row = await self._owners.find_one({"message_id": message_id})
        return str(row["_id"]) if row is not None else None

    async def owned_among(self, sids: list[str]) -> set[str]:
        """Returns those of the SIDs that have an owner."""
        return {str(row["_id"]) async for row in self._owners.find({"_id": {"$in": sids}}, {"_id": 1})}
