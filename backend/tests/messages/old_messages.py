"""Messages that were stored long ago, which their ids tell, too."""

from datetime import datetime

from bson import ObjectId
from pymongo.asynchronous.collection import AsyncCollection

from tests.support.api_user import Json


async def make_older(messages: AsyncCollection[Json], message_id: ObjectId, stored_at: datetime) -> ObjectId:
    """Let a message have been stored at this time, which its id tells; returns the id that it has then."""
    row = await messages.find_one_and_delete({"_id": message_id})
    assert row is not None
    older = older_id(stored_at)
    await messages.insert_one({**row, "_id": older, "created_at": stored_at})
    return older


def older_id(at: datetime) -> ObjectId:
    """An id of this time."""
    return ObjectId(ObjectId.from_datetime(at).binary[:4] + ObjectId().binary[4:])
