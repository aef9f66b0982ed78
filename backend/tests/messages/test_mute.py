"""PUT and DELETE /api/conversations/{number}/muted."""

from functools import partial

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.messages.test_archive import archive, lists, require_done, require_lists
from tests.messages.test_conversations import conversations
from tests.messages.test_export import export
from tests.messages.test_unread import eventually_delivered, mark_read, mark_unread, read_unread
from tests.support.api_user import ApiUser, Json, new_number, sign_in
from tests.support.inbound import deliver
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Mongo


async def mute(api_user: ApiUser, number: str) -> httpx.Response:
    return await api_user.call("PUT", f"/api/conversations/{number}/muted")


async def unmute(api_user: ApiUser, number: str) -> httpx.Response:
    return await api_user.call("DELETE", f"/api/conversations/{number}/muted")


async def muted(api_user: ApiUser) -> list[str]:
    """The numbers, newest message first. Its row, its list and what is unread agree."""
    found: list[str] = (await read_unread(api_user))["muted"]
    listed = [*await conversations(api_user), *await conversations(api_user, archived="true")]
    assert {row["peer_number"] for row in listed if row["muted"]} == set(found)
    for row in listed:
        single = (await api_user.call("GET", f"/api/conversations/{row['peer_number']}")).json()
        # The status of its last message may have changed since.
        assert single.keys() == row.keys()
        assert {**single, "last_message": None} == {**row, "last_message": None}
    return found


async def require_counts(api_user: ApiUser, total: int, **rows: int) -> None:
    """So many are unread in all that is not muted, and in the row of each number."""

    async def counts() -> tuple[int, Json]:
        found = await read_unread(api_user)
        return found["total"], {row["peer_number"]: row["unread"] for row in found["conversations"]}

    await eventually(counts, lambda found: found == (total, rows), what="the unread counts")
    assert {row["peer_number"]: row["unread"] for row in await conversations(api_user) if row["unread"]} == rows


@pytest.fixture
async def peers(api_user: ApiUser) -> tuple[str, str]:
    """Two numbers that the user has written to, the second one last."""
    ann, bob = new_number(), new_number()
    for number in (ann, bob):
        await api_user.send_accepted(number, "How are you?")
    await eventually_delivered(api_user)
    return ann, bob


async def test_a_conversation_is_muted_until_it_is_unmuted(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    assert await muted(api_user) == []
    for _ in range(2):
        require_done(await mute(api_user, ann))
        assert await muted(api_user) == [ann]
    await deliver(api, ann, "Fine")
    await require_counts(api_user, 0, **{ann: 1})
    await api_user.send_accepted(ann, "I see")
    assert await muted(api_user) == [ann]
    require_done(await mute(api_user, bob))
    assert await muted(api_user) == [ann, bob]
    for _ in range(2):
        require_done(await unmute(api_user, ann))
        assert await muted(api_user) == [bob]


async def test_what_is_unread_there_counts_in_its_row_alone(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, bob = peers
    require_done(await mute(api_user, ann))
    for number in (ann, ann, bob):
        await deliver(api, number, "Hello")
    await require_counts(api_user, 1, **{ann: 2, bob: 1})
    require_done(await mute(api_user, bob))
    await require_counts(api_user, 0, **{ann: 2, bob: 1})
    require_done(await unmute(api_user, ann))
    await require_counts(api_user, 2, **{ann: 2, bob: 1})
    require_done(await mute(api_user, ann))
    require_done(await mark_read(api_user, ann, 2))
    require_done(await mark_unread(api_user, ann))
    await require_counts(api_user, 0, **{ann: 1, bob: 1})


async def test_an_archived_one_comes_back_with_a_message_and_stays_muted(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, bob = peers
    require_done(await mute(api_user, ann))
    require_done(await archive(api_user, ann))
    assert await lists(api_user) == ([bob], [ann])
    assert await muted(api_user) == [ann]
    await deliver(api, ann, "Fine")
    await require_lists(api_user, [ann, bob], [])
    assert await muted(api_user) == [ann]


async def test_every_change_of_it_changes_what_another_session_polls(
    api: Api, api_user: ApiUser, peers: tuple[str, str]
) -> None:
    ann, _ = peers
    other = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
    polls = {"/api/conversations": {}, "/api/conversations/unread": {}, "/api/messages/changes": {"since": 1}}
    for change, is_change in (
        (partial(mute, api_user, ann), True),
        (partial(mute, api_user, ann), False),
        (partial(unmute, api_user, ann), True),
        (partial(unmute, api_user, ann), False),
    ):
        tags = {path: await other.settled_etag(path, **query) for path, query in polls.items()}
        require_done(await change())
        statuses = {
            path: (await other.call("GET", path, params=query, headers={"If-None-Match": tags[path]})).status_code
            for path, query in polls.items()
        }
        assert set(statuses.values()) == {200 if is_change else 304}, statuses


async def test_it_stays_muted_while_it_has_no_messages(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    require_done(await mute(api_user, ann))
    for message in await api_user.list(peer_number=ann):
        assert (await api_user.call("DELETE", f"/api/messages/{message['_id']}")).status_code == 204
    assert await muted(api_user) == []
    problem_of(await mute(api_user, ann), 404, "not_found")
    problem_of(await unmute(api_user, ann), 404, "not_found")
    await deliver(api, ann, "Still there")
    await require_counts(api_user, 0, **{ann: 1})
    assert await muted(api_user) == [ann]


async def test_only_ones_own_conversations_can_be_muted(api: Api, api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    stranger = await ApiUser.sign_up(api)
    for number, by in ((ann, stranger), (new_number(), api_user)):
        problem_of(await mute(by, number), 404, "not_found")
        problem_of(await unmute(by, number), 404, "not_found")
    assert await muted(api_user) == []
    path = f"/api/conversations/{ann}/muted"
    assert (await api.http.put(path)).status_code == 401
    assert (await api.http.delete(path)).status_code == 401


async def test_a_number_may_be_written_in_any_way(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, _ = peers
    written = f"%2B1%20({ann[2:5]})%20{ann[5:]}"
    require_done(await mute(api_user, written))
    assert await muted(api_user) == [ann]
    require_done(await unmute(api_user, written))
    assert await muted(api_user) == []
    assert field_errors(await mute(api_user, "hello%20%20world!")).keys() == {"peer_number"}


async def test_what_an_earlier_version_has_stored_can_be_muted(
    api: Api, api_user: ApiUser, peers: tuple[str, str], mongodb: Mongo
) -> None:
    ann, _ = peers
    earlier = {"inbound": True, "read": True, "unread": True, "revision": True, "change_count": True}
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        own = client.get_default_database()["conversations"]
        await own.update_one({"_id": f"{api_user.id} {ann}"}, {"$unset": earlier})
    require_done(await mute(api_user, ann))
    assert await muted(api_user) == [ann]
    await deliver(api, ann, "one")
    await require_counts(api_user, 0, **{ann: 1})


async def test_the_export_has_what_is_muted(api_user: ApiUser, peers: tuple[str, str]) -> None:
    ann, bob = peers
    assert (await export(api_user))["muted_conversations"] == []
    require_done(await mute(api_user, ann))
    require_done(await archive(api_user, bob))
    document = await export(api_user)
    assert (document["archived_conversations"], document["muted_conversations"]) == ([bob], [ann])
