"""Messages that wait for their statuses, and the status callbacks that report them."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bson import ObjectId
from pymongo import AsyncMongoClient

from tests.bench.servers import Bench
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.status_callbacks import form_of, query_of, signature_of

_STATUSES = ("sending", "sent", "delivered")
_BATCH = 1000


async def store_messages(bench: Bench, api_user: ApiUser, count: int) -> list[Json]:
    """Stores messages as the API has them when Twilio has accepted them; returns what their callbacks name."""
    sent = await api_user.eventually((await api_user.send_accepted(new_number()))["_id"], "delivered")
    # Copies of a message that is marked as changed would be published, one after the other, during the measurements.
    await api_user.settled_etag("/api/messages")
    async with AsyncMongoClient[Json](bench.api.mongodb_uri) as client:
        database = client.get_default_database()
        template = await database["messages"].find_one({"_id": ObjectId(sent["_id"])})
        owner = await database["provider_message_ids"].find_one({"message_id": ObjectId(sent["_id"])})
        assert template is not None
        assert owner is not None
        template |= {"provider_status": "accepted", "status_rank": 0, "events": template["events"][:1]}
        template["outbound"] |= {"next_check_at": None}
        rows = []
        for _ in range(count):
            message_id = ObjectId()
            rows.append(
                {
                    **template,
                    "_id": message_id,
                    "client_id": f"message:{message_id}",
                    "twilio_sid": f"SM{message_id}{0:08}",
                }
            )
        for first in range(0, count, _BATCH):
            batch = rows[first : first + _BATCH]
            await database["messages"].insert_many(batch)
            await database["provider_message_ids"].insert_many(
                [{**owner, "_id": row["twilio_sid"], "message_id": row["_id"]} for row in batch]
            )
    return [{**row, "_id": str(row["_id"])} for row in rows]


def write_callbacks(bench: Bench, path: str, messages: list[Json], *, files: int, name: str = "") -> Iterator[Path]:
    """Writes the callbacks of the messages for `requests.lua`, in that many files; each message has several."""
    callbacks = [(message, status) for status in _STATUSES for message in messages]
    size = -(-len(callbacks) // files)
    for number in range(files):
        batch = callbacks[number * size : (number + 1) * size]
        file = bench.directory / f"callbacks{path.replace('/', '-')}-{name}-{number}.txt"
        file.write_text("".join(_line(bench, path, message, status) for message, status in batch))
        yield file


def _line(bench: Bench, path: str, message: Json, status: str) -> str:
    query, form = query_of(message), form_of(message, status)
    return f"{path}?{query}\t{signature_of(f'{bench.api.callback_url}?{query}', form)}\t{urlencode(form)}\n"
