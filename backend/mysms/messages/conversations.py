"""Conversations: one document for each user and number, so that listing them does not depend on the message count.

The counters are exact without transactions. A process that stores a message first adds its id to the conversation's
pending ids. After the insert it counts the message and removes the id in one update, so that any process may repeat
this and the message is counted once. If the process ends in between, the next reader finds the pending id and counts.
The id of a message that was never stored stays pending, since the process that stores it may only be slow.
"""

import contextlib
from datetime import datetime

from beanie import PydanticObjectId
from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.core.database import DatabaseError
from mysms.core.timestamps import to_rfc3339
from mysms.messages.models import Conversation, Message


async def store(message: Message) -> bool:
    """Stores a message and counts it in its conversation; returns False if its client_id is already in use."""
    user_id, message_id = ObjectId(message.user_id), ObjectId(message.id)
    conversation = _id_of(user_id, message.peer_number)
    if not await _add_pending_id(conversation, message_id):
        await _create(user_id, message.peer_number)
        await _add_pending_id(conversation, message_id)
    try:
        await message.insert()
    except DuplicateKeyError:
        await _remove_pending_id(conversation, message_id)
        return False
    # The message is stored even if this fails; then a reader counts it.
    with contextlib.suppress(DatabaseError):
        await _count(conversation, message_id, message.created_at)
    return True


async def repair_counts(user_id: ObjectId) -> None:
    """Counts messages whose process ended before it counted them."""
    uncounted = await Conversation.find({"user_id": user_id, "pending_count": {"$gt": 0}}).to_list()
    pending = {ObjectId(message_id): each.id for each in uncounted for message_id in each.pending_message_ids}
    if not pending:
        return
    stored = Message.get_pymongo_collection().find({"_id": {"$in": list(pending)}}, {"created_at": 1})
    for row in await stored.to_list():
        await _count(pending[row["_id"]], row["_id"], row["created_at"])


async def list_own(user_id: ObjectId, *, limit: int, before: Message | None = None) -> list[Conversation]:
    """Returns a page of a user's conversations, newest message first, starting after the message `before`."""
    last = {"$gt": ""} if before is None else {"$gt": "", "$lt": _sort_key(before.created_at, ObjectId(before.id))}
    return (
        await Conversation.find({"user_id": user_id, "last_message_key": last})
        .sort("-last_message_key")
        .limit(limit)
        .to_list()
    )


async def count_own(user_id: ObjectId) -> int:
    return await Conversation.find({"user_id": user_id, "last_message_key": {"$gt": ""}}).count()


async def count_messages(user_id: ObjectId, peer_number: str) -> int:
    """Returns the number of messages in one conversation."""
    found = await Conversation.find_one({"_id": _id_of(user_id, peer_number)})
    return 0 if found is None else found.messages


async def erase(user_id: ObjectId) -> None:
    await Conversation.get_pymongo_collection().delete_many({"user_id": user_id})


def last_message_id(conversation: Conversation) -> ObjectId:
    """Returns the id of the newest message of a conversation that has messages."""
    return ObjectId((conversation.last_message_key or "").partition(" ")[2])


async def _add_pending_id(conversation: str, message_id: ObjectId) -> bool:
    """Adds a message to the pending ids; returns False if the conversation does not exist yet."""
    added = await Conversation.get_pymongo_collection().update_one(
        {"_id": conversation, f"pending_message_ids.{message_id}": {"$exists": False}},
        {"$set": {f"pending_message_ids.{message_id}": True}, "$inc": {"pending_count": 1}},
    )
    return bool(added.matched_count)


async def _count(conversation: str, message_id: ObjectId, created_at: datetime) -> None:
    await Conversation.get_pymongo_collection().update_one(
        {"_id": conversation, f"pending_message_ids.{message_id}": {"$exists": True}},
        {
            "$unset": {f"pending_message_ids.{message_id}": True},
            "$inc": {"pending_count": -1, "messages": 1},
            "$max": {"last_message_key": _sort_key(created_at, message_id)},
        },
    )


async def _remove_pending_id(conversation: str, message_id: ObjectId) -> None:
    """Removes the pending id of a rejected insert, or counts the message if a retry by the driver had stored it."""
    stored = await Message.get_pymongo_collection().find_one({"_id": message_id}, {"created_at": 1})
    if stored is not None:
        await _count(conversation, message_id, stored["created_at"])
        return
    await Conversation.get_pymongo_collection().update_one(
        {"_id": conversation, f"pending_message_ids.{message_id}": {"$exists": True}},
        {"$unset": {f"pending_message_ids.{message_id}": True}, "$inc": {"pending_count": -1}},
    )


async def _create(user_id: ObjectId, peer_number: str) -> None:
    """Creates a conversation without messages, unless it exists."""
    conversation = Conversation(
        id=_id_of(user_id, peer_number), user_id=PydanticObjectId(user_id), peer_number=peer_number
    )
    with contextlib.suppress(DuplicateKeyError):
        await conversation.insert()


def _id_of(user_id: ObjectId, peer_number: str) -> str:
    return f"{user_id} {peer_number}"


def _sort_key(created_at: datetime, message_id: ObjectId) -> str:
    return f"{to_rfc3339(created_at)} {message_id}"
