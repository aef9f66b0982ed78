"""What is unread: GET /api/conversations/unread, and PUT /api/conversations/{number}/read and /unread."""

from functools import partial

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.messages.test_conversations import conversations
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.inbound import deliver
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Mongo

Unread = list[tuple[str, int]]


async def read_unread(api_user: ApiUser) -> Json:
    response = await api_user.call("GET", "/api/conversations/unread")
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


async def unread(api_user: ApiUser) -> Unread:
    return [(row["peer_number"], row["unread"]) for row in (await read_unread(api_user))["conversations"]]


async def require_unread(api_user: ApiUser, expected: Unread) -> None:
    """A message is counted after the provider has its answer."""
    await eventually(lambda: unread(api_user), lambda found: found == expected, what="the unread counts")
    assert (await read_unread(api_user))["total"] == sum(count for _, count in expected)
    rows = {row["peer_number"]: row["unread"] for row in await conversations(api_user)}
    assert {number: count for number, count in rows.items() if count} == dict(expected)


async def inbound_of(api_user: ApiUser, number: str) -> int:
    """How many messages have come in, as both lists tell."""
    (listed,) = [row["inbound"] for row in await conversations(api_user) if row["peer_number"] == number]
    assert {
        row["inbound"] for row in (await read_unread(api_user))["conversations"] if row["peer_number"] == number
    } <= {listed}
    return int(listed)


async def mark_read(api_user: ApiUser, number: str, inbound: object) -> httpx.Response:
    return await api_user.call("PUT", f"/api/conversations/{number}/read", json={"inbound": inbound})


async def mark_unread(api_user: ApiUser, number: str) -> httpx.Response:
    return await api_user.call("PUT", f"/api/conversations/{number}/unread")


def require_marked(marking: httpx.Response) -> None:
    assert (marking.status_code, marking.content) == (204, b""), marking.text


@pytest.fixture
async def peers(api_user: ApiUser) -> tuple[str, str]:
    """Two numbers that the user has written to."""
    ann, bob = new_number(), new_number()
    for number in (ann, bob):
        await api_user.send_accepted(number, "How are you?")
    return ann, bob


async def test_only_what_comes_in_is_unread(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    nothing = {"total": 0, "conversations": [], "archived": [], "muted": []}
    assert await read_unread(api_user) == nothing
    await deliver(api, ann, "one")
    await deliver(api, bob, "two")
    await require_unread(api_user, [(bob, 1), (ann, 1)])
    await deliver(api, ann, "three")
    await require_unread(api_user, [(ann, 2), (bob, 1)])
    assert await read_unread(await ApiUser.sign_up(api)) == nothing
    documented = api.contract.document["components"]["schemas"]
    found = await read_unread(api_user)
    assert found.keys() == documented["UnreadResponse"]["properties"].keys()
    assert all(row.keys() == documented["UnreadConversation"]["properties"].keys() for row in found["conversations"])


async def test_a_message_that_is_reported_twice_is_unread_once(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, _ = peers
    sid = await deliver(api, ann, "once")
    await require_unread(api_user, [(ann, 1)])
    await deliver(api, ann, "once", MessageSid=sid, SmsSid=sid, SmsMessageSid=sid)
    await deliver(api, ann, "twice")
    await require_unread(api_user, [(ann, 2)])


async def test_what_comes_in_after_it_was_shown_stays_unread(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, bob = peers
    for text in ("one", "two"):
        await deliver(api, ann, text)
    await require_unread(api_user, [(ann, 2)])
    shown = await inbound_of(api_user, ann)
    await deliver(api, ann, "three")
    await deliver(api, bob, "one")
    await require_unread(api_user, [(bob, 1), (ann, 3)])
    for _ in range(2):
        require_marked(await mark_read(api_user, ann, shown))
        await require_unread(api_user, [(bob, 1), (ann, 1)])
    require_marked(await mark_read(api_user, ann, shown + 1))
    await require_unread(api_user, [(bob, 1)])


async def test_marks_may_come_in_any_order(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    for text in ("one", "two"):
        await deliver(api, ann, text)
    await require_unread(api_user, [(ann, 2)])
    require_marked(await mark_read(api_user, ann, 2))
    require_marked(await mark_read(api_user, ann, 1))
    await require_unread(api_user, [])


async def test_what_was_not_there_is_not_read(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    """Such as by a client that knows the database from before it was restored."""
    ann, _ = peers
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    require_marked(await mark_read(api_user, ann, 1_000))
    await deliver(api, ann, "two")
    await require_unread(api_user, [(ann, 1)])


async def test_a_conversation_can_be_marked_as_unread(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    # It is already.
    require_marked(await mark_unread(api_user, ann))
    await require_unread(api_user, [(ann, 1)])
    require_marked(await mark_read(api_user, ann, 1))
    for number in (ann, bob, bob):
        require_marked(await mark_unread(api_user, number))
    await require_unread(api_user, [(ann, 1), (bob, 1)])
    await deliver(api, ann, "two")
    await require_unread(api_user, [(ann, 2), (bob, 1)])
    for number, inbound in ((ann, 2), (bob, 0)):
        require_marked(await mark_read(api_user, number, inbound))
    await require_unread(api_user, [])


async def test_deleting_the_last_message_leaves_nothing_unread(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, _ = peers
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    await eventually_delivered(api_user)
    for message in await api_user.list(peer_number=ann):
        assert (await api_user.call("DELETE", f"/api/messages/{message['_id']}")).status_code == 204
    await require_unread(api_user, [])
    problem_of(await mark_unread(api_user, ann), 404, "not_found")
    await deliver(api, ann, "two")
    await require_unread(api_user, [(ann, 1)])


async def test_a_message_that_is_deleted_is_not_unread_any_more(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, _ = peers
    for count, text in enumerate(("one", "two", "three", "four"), 1):
        await deliver(api, ann, text)
        await require_unread(api_user, [(ann, count)])
    require_marked(await mark_read(api_user, ann, 2))
    ids = {row["content"]: row["_id"] for row in await api_user.list(peer_number=ann, direction="inbound")}
    # The newest first, and one that is read.
    for text, left in (("one", 2), ("four", 1), ("three", 0), ("two", 0)):
        assert (await api_user.call("DELETE", f"/api/messages/{ids[text]}")).status_code == 204
        await require_unread(api_user, [(ann, left)] if left else [])
    await deliver(api, ann, "five")
    await require_unread(api_user, [(ann, 1)])
    assert await inbound_of(api_user, ann) == 5


async def eventually_delivered(api_user: ApiUser) -> None:
    for message in await api_user.list(direction="outbound"):
        await api_user.eventually(message["_id"], "delivered")


async def test_every_mark_changes_what_a_poll_shows(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    await eventually_delivered(api_user)
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    paths = ("/api/conversations", "/api/conversations/unread", "/api/messages")

    async def require_changed(marking: httpx.Response, *, is_changed: bool) -> None:
        assert marking.status_code == 204
        statuses = {
            path: (await api_user.call("GET", path, headers={"If-None-Match": tags[path]})).status_code
            for path in paths
        }
        assert set(statuses.values()) == {200 if is_changed else 304}, statuses

    for mark, is_changed in (
        (partial(mark_read, api_user, ann, 1), True),
        (partial(mark_read, api_user, ann, 1), False),
        (partial(mark_unread, api_user, ann), True),
        (partial(mark_unread, api_user, ann), False),
    ):
        tags = {path: await api_user.settled_etag(path) for path in paths}
        await require_changed(await mark(), is_changed=is_changed)


async def test_a_new_process_knows_that_something_was_marked(
    api: Api, api_user: ApiUser, peers: tuple[str, str], mongodb: Mongo
) -> None:
    """The revision that it loads from the database is that of the conversation, which no message has."""
    ann, _ = peers
    await eventually_delivered(api_user)
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    await api_user.settled_etag("/api/conversations/unread")
    await mark_read(api_user, ann, 1)
    await api_user.settled_etag("/api/conversations/unread")
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        database = client.get_default_database()
        conversation = await database["conversations"].find_one({"_id": f"{api_user.id} {ann}"})
        assert conversation is not None
        newest = await database["messages"].find_one({"peer_number": ann}, sort=[("revision", -1)])
        assert newest is not None
        assert conversation["revision"] > newest["revision"] > 0


async def test_marks_need_ones_own_conversation(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    stranger = await ApiUser.sign_up(api)
    for number, by in ((ann, stranger), (new_number(), api_user)):
        problem_of(await mark_read(by, number, 1), 404, "not_found")
        problem_of(await mark_unread(by, number), 404, "not_found")
    await require_unread(api_user, [(ann, 1)])
    for path in ("read", "unread"):
        assert (await api.http.put(f"/api/conversations/{ann}/{path}", json={"inbound": 1})).status_code == 401
    assert (await api.http.get("/api/conversations/unread")).status_code == 401


async def test_invalid_numbers_are_rejected(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    for inbound in (-1, 1.5, "many", "1", True, None, 2**53):
        assert field_errors(await mark_read(api_user, ann, inbound)).keys() == {"inbound"}
    assert field_errors(await mark_read(api_user, "hello%20%20world!", 1)).keys() == {"peer_number"}


async def test_a_number_may_be_written_in_any_way(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    require_marked(await mark_read(api_user, f"%2B1%20({ann[2:5]})%20{ann[5:]}", 1))
    await require_unread(api_user, [])


async def test_what_an_earlier_version_has_counted_is_read(
    api: Api, api_user: ApiUser, peers: tuple[str, str], mongodb: Mongo
) -> None:
    ann, bob = peers
    await deliver(api, ann, "one")
    await deliver(api, bob, "one")
    await require_unread(api_user, [(bob, 1), (ann, 1)])
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        earlier = {"inbound": True, "read": True, "unread": True, "revision": True, "change_count": True}
        own = client.get_default_database()["conversations"]
        for number in (ann, bob):
            assert (await own.update_one({"_id": f"{api_user.id} {number}"}, {"$unset": earlier})).modified_count
    assert await unread(api_user) == []
    assert {row["unread"] for row in await conversations(api_user)} == {0}
    require_marked(await mark_read(api_user, ann, 1))
    require_marked(await mark_unread(api_user, bob))
    await deliver(api, ann, "two")
    await require_unread(api_user, [(ann, 1), (bob, 1)])
    for number, inbound in ((ann, 1), (bob, 0)):
        require_marked(await mark_read(api_user, number, inbound))
    await require_unread(api_user, [])
