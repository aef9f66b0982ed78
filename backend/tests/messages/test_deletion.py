"""DELETE /api/messages/{id}: a message leaves everything that its user sees, and nothing is sent twice."""

import asyncio
import csv
import io

import httpx
import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.core.timestamps import utc_now
from tests.messages.test_conversations import STAYS_QUEUED, conversations, eventually_listed, summary, total
from tests.support.api_user import PASSWORD, ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Mongo, Simulator
from tests.support.status_callbacks import report

LONG_AGO = "2026-01-01T00:00:00.000Z"


async def delete(api_user: ApiUser, message: Json) -> httpx.Response:
    return await api_user.call("DELETE", f"/api/messages/{message['_id']}")


async def require_deleted(api_user: ApiUser, *messages: Json) -> None:
    for message in messages:
        answer = await delete(api_user, message)
        assert (answer.status_code, answer.content) == (204, b""), answer.text


async def test_a_deleted_message_is_nowhere(api_user: ApiUser, simulator: Simulator, mongodb: Mongo) -> None:
    number = new_number()
    kept = await api_user.send_accepted(number, "Kept walnut")
    deleted = await api_user.send_accepted(number, "Deleted walnut")
    await api_user.eventually(deleted["_id"], "delivered")
    await require_deleted(api_user, deleted)

    for query in (
        {},
        {"peer_number": number},
        {"search": "walnut"},
        {"search": number[-6:]},
        {"search": "walnut", "direction": "outbound"},
        {"direction": "outbound"},
        {"status": "delivered", "search": "walnut"},
        {"created_from": LONG_AGO},
        {"around": kept["_id"]},
        {"after": kept["_id"]},
    ):
        listed = [row["_id"] for row in await api_user.list(**query)]
        assert listed == ([] if "after" in query else [kept["_id"]]), query
    assert await total(api_user) == 1
    search = await api_user.call("GET", "/api/messages", params={"search": "walnut"})
    assert search.headers["X-Total-Count"] == "1"
    assert summary(await conversations(api_user)) == [(number, "Kept walnut", 1)]
    exported = (await api_user.call("GET", "/api/messages/export.csv")).content.decode("utf-8-sig")
    assert [row["content"] for row in csv.DictReader(io.StringIO(exported))] == ["Kept walnut"]
    account = (await api_user.call("GET", "/api/export")).json()
    assert [row["_id"] for row in account["messages"]] == [kept["_id"]]
    problem_of(await api_user.call("GET", f"/api/messages/{deleted['_id']}"), 404, "not_found")
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        for name in await client.get_default_database().list_collection_names():
            rows = [str(row) async for row in client.get_default_database()[name].find()]
            assert not any("Deleted walnut" in row for row in rows), name
    # The provider still has it.
    assert len(await simulator.accepted(number)) == 2


async def test_a_message_can_be_deleted_again(api_user: ApiUser) -> None:
    message = await api_user.send_accepted(new_number())
    await require_deleted(api_user, message, message)
    answers = [await answer for answer in asyncio.as_completed([delete(api_user, message) for _ in range(5)])]
    assert {answer.status_code for answer in answers} == {204}
    assert await total(api_user) == 0


async def test_requests_at_the_same_time_delete_a_message_once(api_user: ApiUser) -> None:
    number = new_number()
    kept, deleted = [await api_user.send_accepted(number, text) for text in ("Kept", "Deleted")]
    answers = await asyncio.gather(*(delete(api_user, deleted) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {204}
    assert summary(await conversations(api_user)) == [(number, "Kept", 1)]
    assert [row["_id"] for row in await api_user.list()] == [kept["_id"]]
    assert await total(api_user) == 1


async def test_what_may_still_be_sent_cannot_be_deleted(api_user: ApiUser, simulator: Simulator) -> None:
    number, doubtful = new_number(), new_number()
    await simulator.control.set_fault("rate_limited", to=number)
    await simulator.control.set_fault("error_500", to=doubtful)
    pending = (await api_user.send(number, "Not yet")).json()
    unconfirmed = await api_user.eventually((await api_user.send(doubtful)).json()["_id"], "unconfirmed")
    for message in (pending, unconfirmed):
        problem = problem_of(await delete(api_user, message), 409, "message_in_flight")
        assert "Cancel it first" in problem["detail"]
        assert (await api_user.detail(message["_id"]))["content"] == message["content"]
    assert (await api_user.call("POST", f"/api/messages/{pending['_id']}/cancel")).status_code == 200
    await require_deleted(api_user, pending)
    assert [row["_id"] for row in await api_user.list()] == [unconfirmed["_id"]]


@pytest.mark.parametrize("text", ["?", "6921f0c2a4b1c93e5d0f7a12"])
async def test_an_unknown_message_cannot_be_deleted(api_user: ApiUser, text: str) -> None:
    problem_of(await delete(api_user, {"_id": text}), 404, "not_found")


async def test_nobody_deletes_the_messages_of_others(api: Api, api_user: ApiUser) -> None:
    message = await api_user.send_accepted(new_number())
    problem_of(await delete(await ApiUser.sign_up(api), message), 404, "not_found")
    assert (await api.http.delete(f"/api/messages/{message['_id']}")).status_code == 401
    assert await api_user.list() != []


async def test_a_deleted_message_is_not_sent_again(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    message = (await api_user.send(number, "Once", key="the key")).json()
    await require_deleted(api_user, message)
    problem = problem_of(await api_user.send(number, "Once", key="the key"), 409, "message_deleted")
    assert "message" not in problem
    problem_of(await api_user.send(number, "Twice", key="the key"), 422, "idempotency_key_reused")
    for action in ("retry", "cancel"):
        problem_of(await api_user.call("POST", f"/api/messages/{message['_id']}/{action}"), 404, "not_found")
    assert len(await simulator.accepted(number)) == 1

    failed = (await api_user.send("+15005550001")).json()["message"]
    retry = (await api_user.call("POST", f"/api/messages/{failed['_id']}/retry")).json()["message"]
    await require_deleted(api_user, retry)
    problem_of(await api_user.call("POST", f"/api/messages/{failed['_id']}/retry"), 409, "message_deleted")


async def test_a_poll_learns_that_a_message_was_deleted(api_user: ApiUser) -> None:
    number, before = new_number(), utc_now()
    message = await api_user.send_accepted(number, "Poppy seed")
    message = await api_user.eventually(message["_id"], "delivered")
    await require_deleted(api_user, message)
    for query in (
        {},
        {"peer_number": number},
        {"search": "poppy"},
        {"search": "something else", "direction": "outbound"},
        {"status": "delivered"},
        {"around": message["_id"]},
    ):
        (row,) = await api_user.list(updated_since=before.isoformat(), **query)
        assert row["_id"] == message["_id"], query
        assert row["deleted_at"] >= message["updated_at"]
        assert (row["content"], row["peer_number"], row["status"]) == ("", number, "delivered")
        assert row["version"] > message["version"]
    assert await api_user.list(updated_since=before.isoformat(), peer_number=new_number()) == []
    assert await api_user.list(updated_since=before.isoformat(), direction="inbound") == []
    assert message["deleted_at"] is None


async def test_a_deletion_changes_the_etag(api_user: ApiUser) -> None:
    message = await api_user.send_accepted(new_number())
    await api_user.eventually(message["_id"], "delivered")
    for path in ("/api/messages", "/api/conversations"):
        tag = await api_user.settled_etag(path)
        if path == "/api/messages":
            await require_deleted(api_user, message)
            answer = await api_user.call("GET", path, headers={"If-None-Match": tag})
            assert (answer.status_code, answer.json()) == (200, [])


async def test_a_late_callback_changes_nothing_that_is_seen(api: Api, api_user: ApiUser) -> None:
    message = await api_user.send_accepted(STAYS_QUEUED)
    await require_deleted(api_user, message)
    before = utc_now()
    await report(api, message, "delivered")
    assert await api_user.list() == []
    assert await conversations(api_user) == []
    assert await total(api_user) == 0
    (row,) = await api_user.list(updated_since=before.isoformat())
    assert (row["status"], row["content"], row["deleted_at"] is None) == ("delivered", "", False)


async def test_the_message_before_becomes_the_last_one(api_user: ApiUser) -> None:
    ann, bob = new_number(), new_number()
    first, second = [await api_user.send_accepted(ann, text) for text in ("first", "second")]
    await api_user.send_accepted(bob, "between")
    third = await api_user.send_accepted(ann, "third")
    await require_deleted(api_user, second)
    assert summary(await conversations(api_user)) == [(ann, "third", 2), (bob, "between", 1)]
    await require_deleted(api_user, third)
    assert summary(await conversations(api_user)) == [(bob, "between", 1), (ann, "first", 1)]
    await require_deleted(api_user, first)
    assert summary(await conversations(api_user)) == [(bob, "between", 1)]
    assert await total(api_user) == 1
    await api_user.send_accepted(ann, "anew")
    assert summary(await conversations(api_user)) == [(ann, "anew", 1), (bob, "between", 1)]
    assert await total(api_user) == 2


async def test_pages_continue_after_a_message_that_was_deleted(api_user: ApiUser) -> None:
    number = new_number()
    messages = [await api_user.send_accepted(number, f"Number {index}") for index in range(4)]
    await require_deleted(api_user, messages[2])
    for query in ({}, {"search": "number"}, {"direction": "outbound"}):
        older = await api_user.list(before=messages[2]["_id"], **query)
        assert [row["content"] for row in older] == ["Number 1", "Number 0"]
        newer = await api_user.list(after=messages[2]["_id"], **query)
        assert [row["content"] for row in newer] == ["Number 3"]
        answer = await api_user.call("GET", "/api/messages", params={"around": messages[2]["_id"], **query})
        assert field_errors(answer) == {"around": ["does not match the filter"]}


async def test_a_received_message_can_be_deleted(api_user: ApiUser, mongodb: Mongo) -> None:
    number = new_number()
    sent = await api_user.send_accepted(number, "Asked")
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        database = client.get_default_database()
        copied = await database["messages"].find_one({"_id": ObjectId(sent["_id"])})
        assert copied is not None
        received = {**copied, "_id": ObjectId(), "client_id": "received", "direction": "inbound", "outbound": None}
        await database["messages"].insert_one({**received, "content": "Answered", "twilio_sid": "SM-received"})
        for counter in (f"{api_user.id} {number}", api_user.id):
            await database["conversations"].update_one({"_id": counter}, {"$inc": {"messages": 1}})
    assert await total(api_user) == 2
    await require_deleted(api_user, {"_id": str(received["_id"])})
    assert [row["content"] for row in await api_user.list()] == ["Asked"]
    assert summary(await conversations(api_user)) == [(number, "Asked", 1)]


async def test_what_an_ended_process_has_left_is_completed(api_user: ApiUser, mongodb: Mongo) -> None:
    """Also for a client that repeats its ETag. Until then the last message is the one before."""
    number = new_number()
    await api_user.send_accepted(number, "first")
    last = await api_user.send_accepted(number, "last")
    await api_user.eventually(last["_id"], "delivered")
    deletion_id, in_vain, now = ObjectId(), ObjectId(), utc_now()
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        database = client.get_default_database()
        for counter in (f"{api_user.id} {number}", api_user.id):
            announced = {f"pending_deletions.{each}": ObjectId(last["_id"]) for each in (deletion_id, in_vain)}
            await database["conversations"].update_one(
                {"_id": counter}, {"$set": announced, "$inc": {"pending_count": 2}}
            )
        assert summary(await conversations(api_user)) == [(number, "last", 2)]
        await database["messages"].update_one(
            {"_id": ObjectId(last["_id"])},
            {"$set": {"content": "", "deleted_at": now, "deletion_id": deletion_id, "updated_at": now}},
        )
        assert [row[1] for row in summary(await conversations(api_user))] == ["first"]
        # Each counter is completed by itself.
        await eventually_listed(api_user, [(number, "first", 1)])
        await eventually(lambda: total(api_user), lambda now: now == 1, within=30, what="the total")
        counters = [row async for row in database["conversations"].find({"_id": {"$regex": api_user.id}})]
        assert [(row["pending_count"], row["pending_deletions"]) for row in counters] == [(0, {}), (0, {})]


async def test_deleting_an_account_erases_what_is_left_of_its_deleted_messages(
    api_user: ApiUser, mongodb: Mongo
) -> None:
    message = await api_user.send_accepted(new_number())
    await require_deleted(api_user, message)
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        messages = client.get_default_database()["messages"]
        assert await messages.count_documents({"_id": ObjectId(message["_id"])}) == 1
        answer = await api_user.call("DELETE", "/users", json={"user": {"password": PASSWORD}})
        assert answer.status_code == 204, answer.text
        assert await messages.count_documents({"_id": ObjectId(message["_id"])}) == 0
