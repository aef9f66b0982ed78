"""Which messages of each conversation are read: a watermark, as a number of arrivals.

A conversation counts the inbound messages that have ever arrived (`conversations`), and keeps how many of them are
read. A time would not do: a message that the provider reports late may be older than others that are read. Each update
here marks the conversation as changed, as a change of a message does with the message (ADR 20).
"""

from bson import ObjectId
from pymongo import DESCENDING

from mysms.changes.change import Change, change_one
from mysms.messages.conversations import id_of, own
from mysms.messages.encoding import UNREAD_FIELDS, Row
from mysms.messages.models import Conversation, Message


async def list_own(user_id: ObjectId, limit: int) -> list[Row]:
    """Returns up to `limit` conversations of a user with unread messages; if there are more, those with the most."""
    rows = Conversation.get_pymongo_collection().find(
        {"user_id": user_id, "unread": {"$gt": 0}},
        UNREAD_FIELDS,
        sort=[("unread", DESCENDING)],
        limit=limit,
        batch_size=limit,
    )
    # A process of an earlier version deletes the last message of one without reading it.
    return [row for row in await rows.to_list() if row.get("last_message_key")]


async def is_no_news(message: Message) -> bool:
    """Whether nobody is to be told of a message that has come in: its conversation is muted, or it was read.

    It was read if it is counted, and nothing in its conversation is unread.
    """
    is_read = {"unread": {"$in": [0, None]}, f"pending_message_ids.{message.id}": {"$exists": False}}
    query = {"_id": id_of(ObjectId(message.user_id), message.peer_number), "$or": [{"muted": True}, is_read]}
    return await Conversation.get_pymongo_collection().find_one(query, {"_id": 1}) is not None


async def mark_read(user_id: ObjectId, peer_number: str, inbound: int) -> Change | None:
    """Marks the first so many arrivals as read; returns None if they are already. What arrives later stays unread."""
    conversations, condition = Conversation.get_pymongo_collection(), own(user_id, peer_number)
    while True:
        row = await conversations.find_one(condition, {"inbound": 1, "read": 1})
        read = 0 if row is None else row.get("read", 0)
        reached = 0 if row is None else min(inbound, row.get("inbound", 0))
        if row is None or reached <= read:
            return None
        # Arrivals do not matter: they raise both of the others by one.
        seen = {**condition, "read": row.get("read")}
        change = await change_one(conversations, seen, {"$set": {"read": reached}, "$inc": {"unread": read - reached}})
        if change is not None:
            return change


async def mark_unread(user_id: ObjectId, peer_number: str) -> Change | None:
    """Marks one message as unread; returns None if there is an unread one. Also of what an earlier version counted."""
    return await change_one(
        Conversation.get_pymongo_collection(),
        {**own(user_id, peer_number), "unread": {"$in": [0, None]}},
        {"$inc": {"read": -1, "unread": 1}},
    )
