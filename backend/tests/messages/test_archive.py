"""PUT and DELETE /api/conversations/{number}/archived, and the list of archived conversations."""

from functools import partial

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.messages.test_conversations import conversations
from tests.messages.test_export import export
from tests.messages.test_unread import eventually_delivered, mark_read, mark_unread, read_unread, require_unread
from tests.support.api_user import PASSWORD, ApiUser, Json, new_number
from tests.support.inbound import deliver
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Mongo

Lists = tuple[list[str], list[str]]
"""The numbers that are not archived, and those that are."""


async def archive(api_user: ApiUser, number: str, inbound: object = 0) -> httpx.Response:
    return await api_user.call("PUT", f"/api/conversations/{number}/archived", json={"inbound": inbound})


async def unarchive(api_user: ApiUser, number: str) -> httpx.Response:
    return await api_user.call("DELETE", f"/api/conversations/{number}/archived")


def require_done(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.content) == (204, b""), answer.text


async def lists(api_user: ApiUser) -> Lists:
    others, archived = await conversations(api_user), await conversations(api_user, archived="true")
    assert {row["archived"] for row in others} <= {False}
    assert {row["archived"] for row in archived} <= {True}
    return [row["peer_number"] for row in others], [row["peer_number"] for row in archived]


async def require_lists(api_user: ApiUser, others: list[str], archived: list[str]) -> None:
    """An inbound message is counted after the provider has its answer."""
    await eventually(lambda: lists(api_user), lambda found: found == (others, archived), what="the lists")


@pytest.fixture
async def peers(api_user: ApiUser) -> tuple[str, str]:
    """Two numbers that the user has written to, the second one last."""
    ann, bob = new_number(), new_number()
    for number in (ann, bob):
        await api_user.send_accepted(number, "How are you?")
    await eventually_delivered(api_user)
    return ann, bob


async def test_an_archived_conversation_is_in_the_other_list(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    assert await lists(api_user) == ([bob, ann], [])
    for _ in range(2):
        require_done(await archive(api_user, bob))
        assert await lists(api_user) == ([ann], [bob])
    require_done(await archive(api_user, ann))
    assert await lists(api_user) == ([], [bob, ann])
    for _ in range(2):
        require_done(await unarchive(api_user, bob))
        assert await lists(api_user) == ([bob], [ann])
    # Nothing is lost, and the search and the messages do not care.
    assert {row["peer_number"] for row in await api_user.list()} == {ann, bob}


async def test_a_message_that_comes_in_brings_it_back(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    require_done(await archive(api_user, ann))
    sid = await deliver(api, ann, "Fine")
    await require_lists(api_user, [ann, bob], [])
    require_done(await archive(api_user, ann, 1))
    # The same message again is no new one.
    await deliver(api, ann, "Fine", MessageSid=sid, SmsSid=sid, SmsMessageSid=sid)
    assert await lists(api_user) == ([bob], [ann])
    await deliver(api, ann, "And you?")
    await require_lists(api_user, [ann, bob], [])


async def test_a_message_that_is_sent_brings_it_back(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    require_done(await archive(api_user, ann))
    sent = await api_user.send_accepted(ann, "One more thing")
    assert await lists(api_user) == ([ann, bob], [])
    require_done(await archive(api_user, ann))
    # What only happens to it is no message.
    await api_user.eventually(sent["_id"], "delivered")
    assert await lists(api_user) == ([bob], [ann])


async def test_it_is_not_archived_with_a_message_that_the_client_does_not_know(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, bob = peers
    for text in ("one", "two"):
        await deliver(api, ann, text)
    await require_unread(api_user, [(ann, 2)])
    require_done(await archive(api_user, ann, 1))
    assert await lists(api_user) == ([ann, bob], [])
    require_done(await archive(api_user, ann, 2))
    assert await lists(api_user) == ([bob], [ann])


async def test_a_client_that_knows_more_than_there_is_may_archive(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    """Such as one that knows the database from before it was restored."""
    ann, bob = peers
    require_done(await archive(api_user, ann, 1_000))
    assert await lists(api_user) == ([bob], [ann])
    await deliver(api, ann, "one")
    await require_lists(api_user, [ann, bob], [])


async def test_what_is_unread_stays_unread(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    assert (await read_unread(api_user))["archived"] == []
    require_done(await archive(api_user, ann, 1))
    found = await read_unread(api_user)
    (row,) = await conversations(api_user, archived="true")
    assert found == {
        "total": 1,
        "conversations": [{"peer_number": ann, "unread": 1, "inbound": 1}],
        "archived": [{"peer_number": ann, "last_message_at": row["last_message"]["created_at"]}],
        "muted": [],
    }
    require_done(await mark_read(api_user, ann, 1))
    require_done(await mark_unread(api_user, ann))
    assert await lists(api_user) == ([bob], [ann])


async def test_every_change_of_it_changes_what_a_poll_shows(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    polls: dict[str, tuple[str, dict[str, str]]] = {
        "others": ("/api/conversations", {}),
        "archived": ("/api/conversations", {"archived": "true"}),
        "unread": ("/api/conversations/unread", {}),
        "messages": ("/api/messages", {}),
    }
    for change, is_change in (
        (partial(archive, api_user, ann), True),
        (partial(archive, api_user, ann), False),
        (partial(unarchive, api_user, ann), True),
        (partial(unarchive, api_user, ann), False),
    ):
        tags = {name: await api_user.settled_etag(path, **query) for name, (path, query) in polls.items()}
        assert len(set(tags.values())) == len(polls)
        require_done(await change())
        statuses = {
            name: (await api_user.call("GET", path, params=query, headers={"If-None-Match": tags[name]})).status_code
            for name, (path, query) in polls.items()
        }
        assert set(statuses.values()) == {200 if is_change else 304}, statuses


async def test_pages_of_both_lists_have_no_gap_or_repeat(api_user: ApiUser) -> None:
    numbers = [new_number() for _ in range(6)]
    for number in numbers:
        await api_user.send_accepted(number)
    for number in numbers[::2]:
        require_done(await archive(api_user, number))
    for archived, expected in (("false", numbers[1::2]), ("true", numbers[::2])):
        for limit in (1, 2, 3, 4):
            seen: list[str] = []
            query: dict[str, str | int] = {"limit": limit, "archived": archived}
            response = await api_user.call("GET", "/api/conversations", params=query)
            while True:
                seen += [row["peer_number"] for row in response.json()]
                if "next" not in response.links:
                    break
                response = await api_user.call("GET", response.links["next"]["url"])
            assert seen == expected[::-1]


async def test_a_conversation_without_messages_is_in_neither_list(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, bob = peers
    require_done(await archive(api_user, ann))
    for message in await api_user.list(peer_number=ann):
        assert (await api_user.call("DELETE", f"/api/messages/{message['_id']}")).status_code == 204
    assert await lists(api_user) == ([bob], [])
    problem_of(await archive(api_user, ann), 404, "not_found")
    problem_of(await unarchive(api_user, ann), 404, "not_found")
    await deliver(api, ann, "Still there")
    await require_lists(api_user, [ann, bob], [])


async def test_deleting_one_of_its_messages_does_not_bring_it_back(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    sent = await api_user.send_accepted(ann, "Oops")
    await eventually_delivered(api_user)
    require_done(await archive(api_user, ann))
    assert (await api_user.call("DELETE", f"/api/messages/{sent['_id']}")).status_code == 204
    assert await lists(api_user) == ([bob], [ann])


async def test_only_ones_own_conversations_can_be_archived(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    stranger = await ApiUser.sign_up(api)
    for number, by in ((ann, stranger), (new_number(), api_user)):
        problem_of(await archive(by, number), 404, "not_found")
        problem_of(await unarchive(by, number), 404, "not_found")
    assert await lists(api_user) == ([bob, ann], [])
    assert await lists(stranger) == ([], [])
    path = f"/api/conversations/{ann}/archived"
    assert (await api.http.put(path, json={"inbound": 0})).status_code == 401
    assert (await api.http.delete(path)).status_code == 401


async def test_a_conversation_can_be_read_by_its_number(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    await deliver(api, ann, "one")
    await require_unread(api_user, [(ann, 1)])
    (row,) = [row for row in await conversations(api_user) if row["peer_number"] == ann]
    for number in (ann, f"%2B1%20({ann[2:5]})%20{ann[5:]}"):
        assert (await api_user.call("GET", f"/api/conversations/{number}")).json() == row
    require_done(await archive(api_user, ann, row["inbound"]))
    assert (await api_user.call("GET", f"/api/conversations/{ann}")).json() == {**row, "archived": True}
    problem_of(await api_user.call("GET", f"/api/conversations/{new_number()}"), 404, "not_found")
    problem_of(await (await ApiUser.sign_up(api)).call("GET", f"/api/conversations/{ann}"), 404, "not_found")


async def test_invalid_requests_are_rejected(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    for inbound in (-1, 1.5, "many", "1", True, None, 2**53):
        assert field_errors(await archive(api_user, ann, inbound)).keys() == {"inbound"}
    assert field_errors(await archive(api_user, "hello%20%20world!", 1)).keys() == {"peer_number"}
    answer = await api_user.call("GET", "/api/conversations", params={"archived": "perhaps"})
    assert field_errors(answer).keys() == {"archived"}


async def test_a_number_may_be_written_in_any_way(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    written = f"%2B1%20({ann[2:5]})%20{ann[5:]}"
    require_done(await archive(api_user, written))
    assert await lists(api_user) == ([bob], [ann])
    require_done(await unarchive(api_user, written))
    assert await lists(api_user) == ([bob, ann], [])


async def test_what_an_earlier_version_has_stored_can_be_archived(
    api: Api, api_user: ApiUser, peers: tuple[str, str], mongodb: Mongo
) -> None:
    ann, bob = peers
    earlier = {"inbound": True, "read": True, "unread": True, "revision": True, "change_count": True}
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        own = client.get_default_database()["conversations"]
        await own.update_one({"_id": f"{api_user.id} {ann}"}, {"$unset": earlier})
    require_done(await archive(api_user, ann))
    assert await lists(api_user) == ([bob], [ann])
    await deliver(api, ann, "one")
    await require_lists(api_user, [ann, bob], [])


async def test_the_export_has_what_is_archived(api_user: ApiUser) -> None:
    numbers = [new_number() for _ in range(3)]
    for number in numbers:
        await api_user.send_accepted(number)
    assert (await export(api_user))["archived_conversations"] == []
    for number in numbers[:2]:
        require_done(await archive(api_user, number))
    assert (await export(api_user))["archived_conversations"] == [numbers[1], numbers[0]]


async def test_the_export_has_more_than_one_batch_of_them(api_user: ApiUser, mongodb: Mongo) -> None:
    number = new_number()
    await api_user.send_accepted(number)
    require_done(await archive(api_user, number))
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        own = client.get_default_database()["conversations"]
        stored = await own.find_one({"_id": f"{api_user.id} {number}"})
        assert stored is not None
        key = stored["last_message_key"]
        copies = [
            {
                **stored,
                "_id": f"{api_user.id} n{index}",
                "peer_number": f"n{index}",
                "last_message_key": f"1{index:03}{key}",
            }
            for index in range(400)
        ]
        await own.insert_many(copies)
    expected = [number, *(f"n{index}" for index in reversed(range(400)))]
    assert (await export(api_user))["archived_conversations"] == expected


async def test_deleting_the_account_deletes_what_is_archived(
    api_user: ApiUser, peers: tuple[str, str], mongodb: Mongo
) -> None:
    ann, _ = peers
    require_done(await archive(api_user, ann))
    answer = await api_user.call("DELETE", "/users", json={"user": {"password": PASSWORD}})
    assert answer.status_code in {200, 204}, answer.text
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        own = client.get_default_database()["conversations"]

        async def count() -> int:
            return await own.count_documents({"_id": {"$regex": f"^{api_user.id}"}})

        await eventually(count, lambda left: left == 0, what="nothing left")
