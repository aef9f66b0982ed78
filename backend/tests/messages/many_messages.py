"""A user with many messages, and a count of the documents that the database examines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from pymongo import AsyncMongoClient, UpdateOne

from mysms.core.timestamps import to_rfc3339
from mysms.core.words import words_of
from tests.faults.mongo_proxy import Command, MongoProxy, PausePoint
from tests.support.api_user import ApiUser, Json
from tests.support.polling import eventually

CONVERSATIONS = 60
FIRST_CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Before all messages that a test sends."""
_BATCH = 5_000


@dataclass
class ManyMessages:
    api_user: ApiUser
    client: AsyncMongoClient[Json]
    proxy: MongoProxy
    """Between the API and its database."""
    reads: int = 0
    """The number of commands so far that read messages of the user, or the conversations; nearly all are requests."""

    def __post_init__(self) -> None:
        self.proxy.add(PausePoint(self._count_read, "request"))

    def _count_read(self, command: Command) -> bool:
        query = command.get("filter", {})
        is_of_user = query.get("user_id") == ObjectId(self.api_user.id) or "$in" in str(query.get("_id"))
        self.reads += "getMore" in command or is_of_user
        return False

    async def store(self, start: int, stop: int, *, text: str = "Number") -> None:
        """Store delivered messages, evenly distributed over the conversations, and count them there."""
        messages = self.client.get_default_database()["messages"]
        sent = await self._send("To be copied")
        template = await messages.find_one({"_id": ObjectId(sent["_id"])})
        assert template is not None
        revision = await self._reserve_revisions(stop - start) - start
        done: Json = {
            "outbound": {**template["outbound"], "state": "accepted", "next_check_at": None},
            "provider_status": "delivered",
            "status_rank": 5,
            "events": [],
        }
        for first in range(start, stop, _BATCH):
            rows = []
            for index in range(first, min(first + _BATCH, stop)):
                at = FIRST_CREATED_AT + timedelta(seconds=index)
                own = {"_id": ObjectId(), "client_id": f"many:{index}", "created_at": at, "updated_at": at}
                to = {
                    "peer_number": phone_number(index),
                    "recipient_number": phone_number(index),
                    "twilio_sid": f"SM{index:032}",
                }
                content = f"{text} {index} {'odd' if index % 2 else 'even'}"
                found = {"content": content, "words": words_of(content)}
                changed = {"revision": revision + index}
                rows.append({**template, **done, **own, **to, **found, **changed})
            await messages.insert_many(rows)
            await self._count(rows)
        # So that the API reads the total again.
        await self._send(f"After {stop}")

    async def _reserve_revisions(self, number: int) -> int:
        """Let the log go on above so many numbers, as if they had been given; returns the first of them."""
        changes = self.client.get_default_database()["changes"]
        last = await changes.find_one({}, sort=[("_id", -1)])
        assert last is not None
        first = last["_id"] + 1
        above = {"_id": first + number, "users": [], "signed_out": [], "created_at": datetime.now(UTC)}
        await changes.insert_one(above)

        async def position() -> int:
            answer = await self.api_user.call("GET", "/api/messages", params={"limit": 1})
            return int(answer.headers["X-Revision"])

        # At the gap, the API starts over, with an entry of its own.
        await eventually(position, lambda found: found >= first + number, what="a log that goes on")
        return int(first)

    async def _send(self, text: str) -> Json:
        """Send a message, and wait until it is delivered and that is published."""
        sent = await self.api_user.send_accepted("+13275559999", text)
        delivered = await self.api_user.eventually(sent["_id"], "delivered")
        await self.api_user.settled_etag("/api/messages")
        return delivered

    async def _count(self, rows: Sequence[Json]) -> None:
        """Add messages, the oldest first, to the counters of their conversations and to the total."""
        counts = Counter(row["peer_number"] for row in rows)
        newest = {row["peer_number"]: row for row in rows}
        user_id = ObjectId(self.api_user.id)
        await self.client.get_default_database()["conversations"].bulk_write(
            [
                UpdateOne(
                    {"_id": f"{user_id} {number}"},
                    {
                        "$setOnInsert": {
                            "user_id": user_id,
                            "peer_number": number,
                            "pending_message_ids": {},
                            "pending_count": 0,
                            "schema_version": 2,
                        },
                        "$inc": {"messages": count},
                        "$max": {
                            "last_message_key": f"{to_rfc3339(newest[number]['created_at'])} {newest[number]['_id']}"
                        },
                    },
                    upsert=True,
                )
                for number, count in counts.items()
            ]
            + [UpdateOne({"_id": str(user_id)}, {"$inc": {"messages": len(rows)}})]
        )

    async def examined(self) -> int:
        """The number of documents that the server has examined so far."""
        status = await self.client.admin.command("serverStatus")
        return int(status["metrics"]["queryExecutor"]["scannedObjects"])


def phone_number(index: int) -> str:
    return f"+1327555{index % CONVERSATIONS:04}"
