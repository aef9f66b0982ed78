"""DELETE /api/conversations/{number}: what its user has seen of a conversation is deleted in parts."""

from datetime import UTC, datetime, timedelta

import httpx
from pymongo import AsyncMongoClient

from mysms.messages.deletion import AT_ONCE
from tests.messages.test_conversations import conversations, total
from tests.messages.test_unread import require_unread
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.inbound import deliver
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Mongo, Simulator
from tests.support.status_callbacks import report

STAYS_QUEUED = "+15005551002"


async def revision_of(api_user: ApiUser) -> int:
    """A revision that all that the user has now is known by."""
    await api_user.settled_etag("/api/messages")

    async def revision_and_later() -> tuple[int, list[Json]]:
        revision = int((await api_user.call("GET", "/api/messages")).headers["X-Revision"])
        later = await api_user.call("GET", "/api/messages/changes", params={"since": revision})
        return revision, later.json()

    revision, _ = await eventually(revision_and_later, lambda found: not found[1], what="a revision of all messages")
    return revision


async def delete(api_user: ApiUser, number: str, revision: int, **query: str) -> httpx.Response:
    return await api_user.call("DELETE", f"/api/conversations/{number}", params={"revision": revision, **query})


async def delete_all(api_user: ApiUser, number: str, revision: int) -> list[Json]:
    """Deletes all parts; returns the answers."""
    parts: list[Json] = []
    query: dict[str, str] = {}
    while True:
        answer = await delete(api_user, number, revision, **query)
        assert answer.status_code == 200, answer.text
        parts.append(answer.json())
        if parts[-1]["before"] is None:
            return parts
        query = {"before": parts[-1]["before"]}


async def test_a_conversation_is_deleted_in_parts_and_others_stay(api: Api, api_user: ApiUser) -> None:
    number, other = new_number(), new_number()
    await api_user.send_accepted(other, "Stays")
    await api_user.send_accepted(number, "The first one")
    for index in range(AT_ONCE + 1):
        await deliver(api, number, f"Text {index}")
    await require_unread(api_user, [(number, AT_ONCE + 1)])
    revision = await revision_of(api_user)
    parts = await delete_all(api_user, number, revision)
    assert [(part["deleted"], part["kept"]) for part in parts] == [(AT_ONCE, 0), (2, 0)]
    assert [row["peer_number"] for row in await conversations(api_user)] == [other]
    assert [row["content"] for row in await api_user.list()] == ["Stays"]
    assert await total(api_user) == 1
    await require_unread(api_user, [])
    problem_of(await delete(api_user, number, revision, before=parts[0]["before"]), 404, "not_found")


async def test_a_part_may_be_deleted_again(api: Api, api_user: ApiUser) -> None:
    number = new_number()
    await api_user.send_accepted(number)
    for index in range(AT_ONCE + 1):
        await deliver(api, number, f"Text {index}")
    await require_unread(api_user, [(number, AT_ONCE + 1)])
    revision = await revision_of(api_user)
    assert (await delete(api_user, number, revision)).json()["deleted"] == AT_ONCE
    # As if the response had been lost.
    assert (await delete(api_user, number, revision)).json() == {"deleted": 2, "kept": 0, "before": None}
    problem_of(await delete(api_user, number, revision), 404, "not_found")


async def test_what_the_user_has_not_seen_is_kept(api: Api, api_user: ApiUser) -> None:
    number = new_number()
    message = await api_user.send_accepted(number, "Seen")
    await api_user.eventually(message["_id"], "delivered")
    revision = await revision_of(api_user)
    await deliver(api, number, "Not seen yet")
    assert await delete_all(api_user, number, revision) == [{"deleted": 1, "kept": 1, "before": None}]
    assert [row["content"] for row in await api_user.list()] == ["Not seen yet"]
    await require_unread(api_user, [(number, 1)])
    assert await delete_all(api_user, number, await revision_of(api_user)) == [
        {"deleted": 1, "kept": 0, "before": None}
    ]
    assert await conversations(api_user) == []
    # It begins anew.
    await deliver(api, number, "Hello again")
    await require_unread(api_user, [(number, 1)])


async def test_a_message_of_their_own_is_not_kept_because_its_status_has_changed_since(
    api: Api, api_user: ApiUser
) -> None:
    message = await api_user.send_accepted(STAYS_QUEUED)
    revision = await revision_of(api_user)
    await report(api, message, "sent")
    assert await revision_of(api_user) > revision
    assert await delete_all(api_user, STAYS_QUEUED, revision) == [{"deleted": 1, "kept": 0, "before": None}]
    assert await api_user.list() == []


async def test_a_message_that_comes_late_is_kept_although_it_is_older_than_what_was_seen(
    api: Api, api_user: ApiUser, mongodb: Mongo
) -> None:
    number = new_number()
    await api_user.send_accepted(number, "Seen")
    await deliver(api, number, "Also seen")
    await require_unread(api_user, [(number, 1)])
    revision = await revision_of(api_user)
    sid = await deliver(api, number, "Late")
    await require_unread(api_user, [(number, 2)])
    # As if its webhook had failed, and the provider's list had told of it.
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        earlier = {"$set": {"created_at": datetime.now(UTC) - timedelta(hours=1)}}
        await client.get_default_database()["messages"].update_one({"twilio_sid": sid}, earlier)
    assert [row["content"] for row in await api_user.list()] == ["Also seen", "Seen", "Late"]
    assert await delete_all(api_user, number, revision) == [{"deleted": 2, "kept": 1, "before": None}]
    assert [row["content"] for row in await api_user.list()] == ["Late"]


async def test_what_may_still_be_sent_is_kept(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    sent = await api_user.send_accepted(number, "Sent")
    await api_user.eventually(sent["_id"], "delivered")
    await simulator.control.set_fault("rate_limited", to=number)
    pending = (await api_user.send(number, "Not yet")).json()
    parts = await delete_all(api_user, number, await revision_of(api_user))
    assert parts == [{"deleted": 1, "kept": 1, "before": None}]
    assert [row["_id"] for row in await api_user.list()] == [pending["_id"]]
    assert (await api_user.call("POST", f"/api/messages/{pending['_id']}/cancel")).status_code == 200


async def test_a_client_that_follows_changes_is_told(api_user: ApiUser) -> None:
    number = new_number()
    for text in ("One", "Two"):
        message = await api_user.send_accepted(number, text)
        await api_user.eventually(message["_id"], "delivered")
    revision = await revision_of(api_user)
    await delete_all(api_user, number, revision)
    changed = (await api_user.call("GET", "/api/messages/changes", params={"since": revision})).json()
    assert [(row["content"], row["deleted_at"] is not None) for row in changed] == [("", True)] * 2


async def test_invalid_requests_delete_nothing(api: Api, api_user: ApiUser) -> None:
    number, stranger = new_number(), await ApiUser.sign_up(api)
    await api_user.send_accepted(number)
    foreign = await stranger.send_accepted(new_number())
    revision = await revision_of(api_user)
    for before in ("nothing", foreign["_id"]):
        assert field_errors(await delete(api_user, number, revision, before=before)).keys() == {"before"}
    for wrong in (-1, 2**53):
        assert field_errors(await delete(api_user, number, wrong)).keys() == {"revision"}
    assert field_errors(await api_user.call("DELETE", f"/api/conversations/{number}")).keys() == {"revision"}
    problem_of(await delete(stranger, number, revision), 404, "not_found")
    assert len(await api_user.list()) == 1
