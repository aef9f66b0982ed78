"""GET /api/conversations: one row for each number, with exact counts."""

import asyncio
from datetime import timedelta

from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.core.timestamps import utc_now
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.responses import field_errors
from tests.support.servers import Api, Mongo

STAYS_QUEUED = "+15005551002"


async def conversations(api_user: ApiUser, **query: str | int) -> list[Json]:
    response = await api_user.call("GET", "/api/conversations", params=query)
    assert response.status_code == 200, response.text
    rows: list[Json] = response.json()
    return rows


def summary(rows: list[Json]) -> list[tuple[str, str, int]]:
    return [(row["peer_number"], row["last_message"]["content"], row["messages"]) for row in rows]


async def test_without_messages_the_list_is_empty(api_user: ApiUser) -> None:
    response = await api_user.call("GET", "/api/conversations")
    assert response.json() == []
    assert "X-Total-Count" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["content-type"] == "application/json"
    assert "Link" not in response.headers


async def test_the_conversation_with_the_newest_message_comes_first(api: Api, api_user: ApiUser) -> None:
    ann, bob = new_number(), new_number()
    for number, text in ((ann, "one"), (bob, "two"), (ann, "three"), (bob, "four"), (ann, "five")):
        last = await api_user.send_accepted(number, text)

    rows = await conversations(api_user)
    assert summary(rows) == [(ann, "five", 3), (bob, "four", 2)]
    assert rows[0]["last_message"]["_id"] == last["_id"]
    documented = api.contract.document["components"]["schemas"]
    assert all(row.keys() == documented["ConversationResponse"]["properties"].keys() for row in rows)
    assert all(row["last_message"].keys() == documented["MessageResponse"]["properties"].keys() for row in rows)
    assert summary(await conversations(await ApiUser.sign_up(api))) == []


async def test_pages_cover_all_conversations_without_gap_or_repeat(api_user: ApiUser) -> None:
    numbers = [new_number() for _ in range(4)]
    for number in numbers:
        await api_user.send_accepted(number)
    for limit in (1, 2, 3, 4, 200):
        seen: list[str] = []
        response = await api_user.call("GET", "/api/conversations", params={"limit": limit})
        while True:
            seen += [row["peer_number"] for row in response.json()]
            if "next" not in response.links:
                break
            assert f"before={response.json()[-1]['last_message']['_id']}" in response.links["next"]["url"]
            response = await api_user.call("GET", response.links["next"]["url"])
        assert seen == numbers[::-1]


async def test_a_conversation_that_moves_up_during_paging_is_not_repeated(api_user: ApiUser) -> None:
    first, second, third = (new_number() for _ in range(3))
    for number in (first, second, third):
        await api_user.send_accepted(number)
    (row,) = await conversations(api_user, limit=1)
    await api_user.send_accepted(third, "again")
    following = await conversations(api_user, before=row["last_message"]["_id"])
    assert [row["peer_number"] for row in following] == [second, first]


async def test_the_etag_changes_only_with_the_page(api_user: ApiUser) -> None:
    number = new_number()
    await api_user.eventually((await api_user.send_accepted(number))["_id"], "delivered")
    tag = await api_user.settled_etag("/api/conversations")
    assert tag.startswith('W/"')

    async def status(**query: str | int) -> int:
        response = await api_user.call("GET", "/api/conversations", params=query, headers={"If-None-Match": tag})
        if response.status_code == 304:
            assert (response.content, response.headers["ETag"]) == (b"", tag)
        return response.status_code

    assert await status() == 304
    assert await status(limit=7) == 200
    await api_user.send_accepted(number, "Another")
    assert await status() == 200


async def test_invalid_parameters_are_rejected(api: Api, api_user: ApiUser) -> None:
    for query in ({"limit": 0}, {"limit": 201}, {"before": "?"}, {"before": str(ObjectId())}):
        response = await api_user.call("GET", "/api/conversations", params=query)
        assert field_errors(response).keys() == query.keys()
    stranger = await ApiUser.sign_up(api)
    theirs = await stranger.send_accepted(new_number())
    response = await api_user.call("GET", "/api/conversations", params={"before": theirs["_id"]})
    assert field_errors(response) == {"before": ["is not one of your messages"]}
    assert (await api.http.get("/api/conversations")).status_code == 401


async def test_retries_and_rejected_messages_count_but_repeated_keys_do_not(api_user: ApiUser) -> None:
    refused = "+15005550001"
    failed = (await api_user.send(refused)).json()["message"]
    for _ in range(2):
        await api_user.call("POST", f"/api/messages/{failed['_id']}/retry")
    number = new_number()
    for _ in range(3):
        await api_user.send(number, "Once", key="the key")
    assert summary(await conversations(api_user)) == [(number, "Once", 1), (refused, "Hello", 2)]


async def test_concurrent_messages_are_all_counted(api_user: ApiUser) -> None:
    """Also if several concurrent requests use one key."""
    sends = [api_user.send(STAYS_QUEUED, f"At once {number}") for number in range(10)]
    sends += [api_user.send(STAYS_QUEUED, "Raced", key="raced") for _ in range(10)]
    answers = [await answer for answer in asyncio.as_completed(sends)]
    assert {answer.status_code for answer in answers} <= {201, 202}
    (row,) = await conversations(api_user)
    newest, *_ = await api_user.list()
    assert (row["messages"], row["last_message"]["_id"]) == (11, newest["_id"])


async def test_deleting_an_account_deletes_its_conversations(api_user: ApiUser, mongodb: Mongo) -> None:
    number = new_number()
    await api_user.send_accepted(number)
    await conversations(api_user)
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        kept = client.get_default_database()["conversations"]
        own = {"user_id": ObjectId(api_user.id)}
        assert await kept.count_documents({**own, "peer_number": number}) == 1
        answer = await api_user.call("DELETE", "/users", json={"user": {"password": "correct horse battery"}})
        assert answer.status_code == 204, answer.text
        assert await kept.count_documents(own) == 0


async def test_an_interrupted_count_is_completed(api_user: ApiUser, mongodb: Mongo) -> None:
    """A process can end after announcing a message, or after storing it."""
    ann, bob = new_number(), new_number()
    await api_user.send_accepted(ann)
    await api_user.send_accepted(bob)
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        database = client.get_default_database()
        own = {"user_id": ObjectId(api_user.id)}
        never_stored, uncounted = ObjectId(), ObjectId()
        message = await database["messages"].find_one({**own, "peer_number": ann})
        assert message is not None
        at = utc_now() + timedelta(seconds=1)
        copy = {**message, "_id": uncounted, "client_id": f"message:{uncounted}", "created_at": at, "content": "Late"}
        for message_id in (never_stored, uncounted):
            for counter in (f"{api_user.id} {ann}", api_user.id):
                await database["conversations"].update_one(
                    {"_id": counter},
                    {"$set": {f"pending_message_ids.{message_id}": True}, "$inc": {"pending_count": 1}},
                )
        assert summary(await conversations(api_user)) == [(bob, "Hello", 1), (ann, "Hello", 1)]
        await database["messages"].insert_one(copy)
        await eventually_listed(api_user, [(ann, "Late", 2), (bob, "Hello", 1)])
        assert await total(api_user) == 3
        # The process was only slow: a message that it stores later is counted.
        again = {**copy, "_id": never_stored, "client_id": f"message:{never_stored}", "content": "Last"}
        await database["messages"].insert_one({**again, "created_at": at + timedelta(seconds=1)})
        await eventually_listed(api_user, [(ann, "Last", 3), (bob, "Hello", 1)])
        assert await total(api_user) == 4


async def eventually_listed(api_user: ApiUser, expected: list[tuple[str, str, int]]) -> None:
    """Also for a client that repeats its ETag."""
    etag, rows = "", list[Json]()

    async def listed() -> list[tuple[str, str, int]]:
        nonlocal etag, rows
        response = await api_user.call("GET", "/api/conversations", headers={"If-None-Match": etag})
        if response.status_code == 200:
            etag, rows = response.headers["ETag"], response.json()
        return summary(rows)

    await eventually(listed, lambda now: now == expected, within=30, what="the counts")


async def total(api_user: ApiUser) -> int:
    return int((await api_user.call("GET", "/api/messages")).headers["X-Total-Count"])
