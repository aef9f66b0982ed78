"""What a process of the previous version writes to the database when it stores, sends and reports messages.

It has no check of the schema: it goes on while a newer version migrates the database.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

Json = dict[str, Any]

LINE = "AC1 +15005550006"


def now() -> datetime:
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class PreviousVersion:
    database: AsyncDatabase[Json]
    user_id: ObjectId
    random: Random
    worker_id: str
    request_seconds: float = 0.05
    sent: list[ObjectId] = field(default_factory=list)
    """The ids of the messages that it has sent, in the order of the requests."""

    async def store(self, number: str, text: str) -> ObjectId:
        """Store a message and count it in its conversation."""
        message_id, at = ObjectId(), now()
        conversation = f"{self.user_id} {number}"
        announced = f"storing.{message_id}"
        conversations = self.database["conversations"]
        for _ in range(2):
            found = await conversations.update_one(
                {"_id": conversation, announced: {"$exists": False}}, {"$set": {announced: True}, "$inc": {"open": 1}}
            )
            if found.matched_count:
                break
            await self._create_conversation(conversation, number)
        await self.database["messages"].insert_one(self._message(message_id, number, text, at))
        await self._pause()
        await conversations.update_one(
            {"_id": conversation, announced: {"$exists": True}},
            {
                "$unset": {announced: True},
                "$inc": {"open": -1, "messages": 1},
                "$max": {"last": f"{at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')} {message_id}"},
            },
        )
        return message_id

    async def send_next(self) -> None:
        """Send a due message, if there is one: lock its text, claim it, make the request, record the SID."""
        messages = self.database["messages"]
        row = await messages.find_one({"line": LINE, "dispatch": "pending", "next_attempt_at": {"$lte": now()}})
        if row is None:
            return
        attempt = row["attempt"] + 1
        if not await self._lock(row, attempt):
            await messages.update_one(
                {"_id": row["_id"], "dispatch": "pending", "attempt": row["attempt"]},
                {"$set": {"next_attempt_at": now() + timedelta(seconds=0.2)}},
            )
            return
        claimed = await messages.update_one(
            {"_id": row["_id"], "dispatch": {"$in": ["pending"]}, "attempt": row["attempt"]},
            {"$set": {"dispatch": "claimed", "attempt": attempt, "owner": self.worker_id, "first_claimed_at": now()}},
        )
        if not claimed.matched_count:
            return
        await self._pause()
        self.sent.append(row["_id"])
        await asyncio.sleep(self.request_seconds)
        await self._record(row["_id"], attempt, row["text_key"], f"SM{row['_id']}")

    async def cancel_unconfirmed(self, message_id: ObjectId) -> None:
        """Record that the user does not want an unconfirmed message to be sent again, and release its text."""
        row = await self.database["messages"].find_one_and_update(
            {"_id": message_id, "dispatch": "unconfirmed"}, {"$set": {"withdrawn": True, "updated_at": now()}}
        )
        assert row is not None
        await self.database["inflight"].delete_one({"_id": row["text_key"], "message_id": message_id})

    async def report(self, message_id: ObjectId, status: str, rank: int) -> None:
        """Record a callback."""
        messages, sid = self.database["messages"], f"SM{message_id}"
        event = {"key": f"callback:{sid}:{status}:", "at": now(), "source": "callback", "status": status, "sid": sid}
        new = {"_id": message_id, "events.key": {"$ne": event["key"]}}
        push = {"$push": {"events": {"$each": [event], "$slice": -100}}}
        moved = await messages.update_one(
            {**new, "rank": {"$lt": rank}, "twilio_sid": sid},
            {"$set": {"carrier_status": status, "rank": rank, "updated_at": now()}, **push},
        )
        if not moved.matched_count:
            await messages.update_one(new, {"$set": {"updated_at": now()}, **push})

    async def _lock(self, row: Mapping[str, Any], attempt: int) -> bool:
        try:
            await self.database["inflight"].find_one_and_update(
                {"_id": row["text_key"], "message_id": row["_id"]}, {"$max": {"attempt": attempt}}, upsert=True
            )
        except DuplicateKeyError:
            return False
        return True

    async def _record(self, message_id: ObjectId, attempt: int, text_key: str, sid: str) -> None:
        await self.database["carrier_messages"].insert_one(
            {"_id": sid, "message_id": message_id, "attempt": attempt, "created_at": now()}
        )
        await self._pause()
        await self.database["messages"].update_one(
            {"_id": message_id, "dispatch": {"$in": ["claimed", "unconfirmed", "pending"]}, "twilio_sid": None},
            {"$set": {"dispatch": "settled", "twilio_sid": sid, "owner": None, "check_at": now(), "updated_at": now()}},
        )
        await self.database["inflight"].delete_one({"_id": text_key, "message_id": message_id, "attempt": attempt})

    async def _create_conversation(self, conversation: str, number: str) -> None:
        figures: Json = {"messages": 0, "last": None, "storing": {}, "open": 0}
        try:
            await self.database["conversations"].insert_one(
                {"_id": conversation, "user_id": self.user_id, "peer_number": number, **figures}
            )
        except DuplicateKeyError:
            return

    async def _pause(self) -> None:
        await asyncio.sleep(self.random.random() * 0.02)

    def _message(self, message_id: ObjectId, number: str, text: str, at: datetime) -> Json:
        return {
            "_id": message_id,
            "user_id": self.user_id,
            "client_id": f"message:{message_id}",
            "request_hash": "-",
            "direction": "outbound",
            "from_number": "+15005550006",
            "recipient_number": number,
            "peer_number": number,
            "content": text,
            "content_removed_at": None,
            "segments": 1,
            "line": LINE,
            "text_key": f"{number} {text}",
            "dispatch": "pending",
            "attempt": 0,
            "owner": None,
            "due_at": at,
            "next_attempt_at": at,
            "first_claimed_at": None,
            "unknown_since": None,
            "absent_since": None,
            "withdrawn": False,
            "check_at": None,
            "checks": 0,
            "retry_of": None,
            "request_id": None,
            "erase_at": None,
            "twilio_sid": None,
            "second_sids": [],
            "carrier_status": None,
            "rank": 0,
            "error_code": None,
            "error_message": None,
            "events": [],
            "created_at": at,
            "updated_at": at,
        }
