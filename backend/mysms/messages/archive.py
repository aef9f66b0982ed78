"""Which conversations are archived: a flag, which the update that counts a message removes (ADR 24).

So a message that comes in or is sent brings its conversation back, however it races with the archiving. Each update
here marks the conversation as changed, as one of what is read does.
"""

from collections.abc import AsyncIterator

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING

from mysms.changes.change import Change, change_one
from mysms.messages.conversations import own
from mysms.messages.encoding import ARCHIVED_FIELDS, Row
from mysms.messages.models import Conversation

_BATCH = 200


async def archive(user_id: ObjectId, peer_number: str, inbound: int) -> Change | None:
    """Archives a conversation of which the user knows so many arrivals; returns None if it is, or if it has more.

    With more, it is as if these had come in just after.
    """
    return await change_one(
        Conversation.get_pymongo_collection(),
        # Those of earlier versions have no number of arrivals.
        {**own(user_id, peer_number), "archived": None, "inbound": {"$not": {"$gt": inbound}}},
        {"$set": {"archived": True}},
    )


async def unarchive(user_id: ObjectId, peer_number: str) -> Change | None:
    """Returns None if it is not archived."""
    return await change_one(
        Conversation.get_pymongo_collection(),
        {**own(user_id, peer_number), "archived": True},
        {"$unset": {"archived": True}},
    )


async def list_own(user_id: ObjectId, limit: int, before: str | None = None) -> list[Row]:
    """Returns up to `limit` archived conversations of a user, newest message first; `before`: those after this key."""
    last = {"$gt": ""} if before is None else {"$gt": "", "$lt": before}
    found = Conversation.get_pymongo_collection().find(
        {"user_id": user_id, "archived": True, "last_message_key": last},
        ARCHIVED_FIELDS,
        sort=[("archived", ASCENDING), ("last_message_key", DESCENDING)],
        limit=limit,
        batch_size=limit,
    )
    return await found.to_list()


async def batches_of_numbers(user_id: ObjectId) -> AsyncIterator[list[str]]:
    """Yields the numbers of a user's archived conversations, newest message first, each batch when it is asked for."""
    last: str | None = None
    while True:
        rows = await list_own(user_id, _BATCH, last)
        yield [row["peer_number"] for row in rows]
        if len(rows) < _BATCH:
            return
        last = rows[-1]["last_message_key"]
