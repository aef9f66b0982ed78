"""A rollback to a version without change feed, totals and words, which stores messages, and an upgrade again."""

from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.database import AsyncDatabase

from mysms.core import database as connection
from mysms.core.timestamps import to_rfc3339, utc_now
from tests.support.api_user import ApiUser
from tests.support.polling import eventually
from tests.support.servers import Mongo, Start

Json = dict[str, Any]

STAYS_QUEUED = "+15005551002"
LATER_FIELDS = ("revision", "change_count", "is_totalled", "words", "deleted_at", "deletion_id")
"""Those that the earlier version does not store."""


async def store_as_earlier_version(database: AsyncDatabase[Json], copied: str, content: str) -> None:
    """Store a copy of a message as the earlier version stores a new one, and count it in its conversation."""
    row = await database["messages"].find_one({"_id": ObjectId(copied)})
    assert row is not None
    message_id, at = ObjectId(), utc_now()
    own = {"_id": message_id, "client_id": f"message:{message_id}", "twilio_sid": f"SM{message_id}", "content": content}
    kept = {name: row[name] for name in row if name not in LATER_FIELDS}
    await database["messages"].insert_one({**kept, **own, "created_at": at, "updated_at": at, "schema_version": 2})
    await database["conversations"].update_one(
        {"_id": f"{row['user_id']} {row['peer_number']}"},
        {"$inc": {"messages": 1}, "$max": {"last_message_key": f"{to_rfc3339(at)} {message_id}"}},
    )


async def deliver_as_earlier_version(database: AsyncDatabase[Json], message_id: str) -> None:
    """Raise a status without a mark."""
    await database["messages"].update_one(
        {"_id": ObjectId(message_id)}, {"$set": {"provider_status": "delivered", "updated_at": utc_now()}}
    )


async def test_what_an_earlier_version_stores_after_a_rollback_counts(mongodb: Mongo, start: Start) -> None:
    uri = mongodb.other_database("rollback")
    async with connection.connect(uri) as client:
        database = connection.database_of(client)
        async with start(MONGODB_URI=uri) as api:
            api_user = await ApiUser.sign_up(api)
            message = await api_user.send_accepted(STAYS_QUEUED, "Before the rollback")
            await completed(database)
            before = await api_user.settled_etag("/api/messages")
        await store_as_earlier_version(database, message["_id"], "Stored meanwhile")
        async with start(MONGODB_URI=uri) as api:
            api_user.api = api
            await require(api_user, "Stored meanwhile", "Before the rollback")
            # A process of the earlier version has not ended yet.
            tag = await api_user.settled_etag("/api/messages")
            await deliver_as_earlier_version(database, message["_id"])
            answer = await api_user.call("GET", "/api/messages", headers={"If-None-Match": tag})
            assert (answer.status_code, answer.json()[1]["status"]) == (200, "delivered")
            await store_as_earlier_version(database, message["_id"], "Stored beside")
            await require(api_user, "Stored beside", "Stored meanwhile", "Before the rollback")
            await eventually(
                lambda: database["messages"].count_documents({"words": None}), lambda found: not found, what="all words"
            )
        # A day later.
        await database["schema"].update_one(
            {"_id": "change_feed"}, {"$set": {"upgrade_ends_at": utc_now() - timedelta(seconds=1)}}
        )
        async with start(MONGODB_URI=uri) as api:
            api_user.api = api
            await completed(database)
            await require(api_user, "Stored beside", "Stored meanwhile", "Before the rollback")
            # A tab that has slept since before the rollback.
            answer = await api_user.call("GET", "/api/messages", headers={"If-None-Match": before})
            assert answer.status_code == 200
        await client.drop_database(database.name)


async def completed(database: AsyncDatabase[Json]) -> None:
    """Wait until the totals of the present upgrade are complete."""

    async def are_complete() -> bool:
        upgrade = await database["schema"].find_one({"_id": "change_feed"})
        totals = await database["schema"].find_one({"_id": "message_totals"})
        assert upgrade is not None
        return totals is not None and totals["upgrade_ended_at"] == upgrade["upgrade_ends_at"]

    await eventually(are_complete, bool, what="complete totals")


async def require(api_user: ApiUser, *contents: str) -> None:
    """Lists, totals and searches have these messages of one conversation, newest first."""

    async def read() -> tuple[list[str], str]:
        answer = await api_user.call("GET", "/api/messages")
        return [row["content"] for row in answer.json()], answer.headers["X-Total-Count"]

    await eventually(read, lambda seen: seen == (list(contents), str(len(contents))), what="the list and its total")
    for content in contents:
        assert [row["content"] for row in await api_user.list(search=content)] == [content]
    (conversation,) = (await api_user.call("GET", "/api/conversations")).json()
    assert (conversation["messages"], conversation["last_message"]["content"]) == (len(contents), contents[0])
