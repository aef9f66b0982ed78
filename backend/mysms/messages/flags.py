"""What a user has made of a conversation: archived it, or muted it. Each is a flag in its document, true or absent.

The update that counts a message removes `archived`, so a message that comes in or is sent brings its conversation back,
however it races with the archiving (ADR 24); `muted` stays (ADR 25). Each update here marks the conversation as
changed, as one of what is read does.
"""

from collections.abc import AsyncIterator
from typing import Any, Literal

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING

from mysms.changes.change import Change, change_one
from mysms.messages.conversations import own
from mysms.messages.encoding import FLAGGED_FIELDS, Row
from mysms.messages.models import Conversation

Flag = Literal["archived", "muted"]

_BATCH = 200


async def set_flag(user_id: ObjectId, peer_number: str, flag: Flag, known: int | None = None) -> Change | None:
    """Sets a flag of a conversation; returns None if it is set, or if there are more arrivals than the user knows.

    With more, it is as if these had come in just after.
    """
    # Those of earlier versions have no number of arrivals.
    condition: dict[str, Any] = {} if known is None else {"inbound": {"$not": {"$gt": known}}}
    return await change_one(
        Conversation.get_pymongo_collection(),
        {**own(user_id, peer_number), flag: None, **condition},
        {"$set": {flag: True}},
    )


async def remove_flag(user_id: ObjectId, peer_number: str, flag: Flag) -> Change | None:
    """Returns None if it is not set."""
    return await change_one(
        Conversation.get_pymongo_collection(),
        {**own(user_id, peer_number), flag: True},
        {"$unset": {flag: True}},
    )


async def list_own(user_id: ObjectId, flag: Flag, limit: int, before: str | None = None) -> list[Row]:
    """Returns up to `limit` flagged conversations of a user, newest message first; `before`: those after this key."""
    last = {"$gt": ""} if before is None else {"$gt": "", "$lt": before}
    found = Conversation.get_pymongo_collection().find(
        {"user_id": user_id, flag: True, "last_message_key": last},
        FLAGGED_FIELDS,
        sort=[(flag, ASCENDING), ("last_message_key", DESCENDING)],
        limit=limit,
        batch_size=limit,
    )
    return await found.to_list()


async def batches_of_numbers(user_id: ObjectId, flag: Flag) -> AsyncIterator[list[str]]:
    """Yields the numbers of a user's flagged conversations, newest message first, each batch when it is asked for."""
    last: str | None = None
    while True:
        rows = await list_own(user_id, flag, _BATCH, last)
        yield [row["peer_number"] for row in rows]
        if len(rows) < _BATCH:
            return
        last = rows[-1]["last_message_key"]
