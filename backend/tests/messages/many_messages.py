"""Somebody with many messages, and a database that counts what it looks at for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from pymongo import AsyncMongoClient

from tests.support.person import Json, Person

CONVERSATIONS = 60
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Before anything that a test sends."""
_BATCH = 5_000


@dataclass(frozen=True)
class ManyMessages:
    person: Person
    client: AsyncMongoClient[Json]

    async def store(self, start: int, stop: int, *, text: str = "Number") -> None:
        """Messages as they are stored, in each conversation equally many; all of them done with."""
        messages = self.client.get_default_database()["messages"]
        sent = await self.person.eventually((await self.person.sent("+13275559999"))["_id"], "delivered")
        model = await messages.find_one({"_id": ObjectId(sent["_id"])})
        assert model is not None
        done: Json = {"dispatch": "settled", "check_at": None, "carrier_status": "delivered", "rank": 5, "events": []}
        for first in range(start, stop, _BATCH):
            rows = []
            for place in range(first, min(first + _BATCH, stop)):
                at = _BEGIN + timedelta(seconds=place)
                own = {"_id": ObjectId(), "client_id": f"many:{place}", "created_at": at, "updated_at": at}
                to = {
                    "peer_number": number_of(place),
                    "recipient_number": number_of(place),
                    "twilio_sid": f"SM{place:032}",
                }
                rows.append({**model, **done, **own, **to, "content": f"{text} {place}"})
            await messages.insert_many(rows)

    async def examined(self) -> int:
        """How many documents the server has looked at so far."""
        status = await self.client.admin.command("serverStatus")
        return int(status["metrics"]["queryExecutor"]["scannedObjects"])


def number_of(place: int) -> str:
    return f"+1327555{place % CONVERSATIONS:04}"
