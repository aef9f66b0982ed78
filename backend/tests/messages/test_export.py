"""GET /api/export: all data of the user, and of nobody else."""

import asyncio
import os
from base64 import b64decode

from tests.messages.many_messages import ManyMessages
from tests.messages.test_unread import mark_read, require_unread
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.inbound import deliver
from tests.support.polling import eventually
from tests.support.push_service import Browser
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import problem_of
from tests.support.servers import Api

MANY = 12_000
LONG = "x" * 1_500
GIF = b"GIF89a" + bytes(200)


async def export(api_user: ApiUser) -> Json:
    response = await api_user.call("GET", "/api/export")
    assert response.status_code == 200, response.text
    document: Json = response.json()
    return document


async def test_an_export_holds_account_sessions_and_messages_with_their_timelines(api: Api, api_user: ApiUser) -> None:
    stranger = await ApiUser.sign_up(api)
    await stranger.send_accepted(new_number(), "Not yours")
    assert (await export(api_user))["messages"] == []
    sent = [await api_user.send_accepted(new_number(), f"Message {number}") for number in range(3)]
    for message in sent:
        await api_user.eventually(message["_id"], "delivered")

    document = await export(api_user)
    assert document.keys() == {
        "exported_at",
        "account",
        "sessions",
        "push_subscriptions",
        "messages",
        "contacts",
        "opt_outs",
        "read_marks",
        "archived_conversations",
        "muted_conversations",
        "pictures",
    }
    documented = api.contract.document["components"]["schemas"]["ExportResponse"]
    assert document.keys() == documented["properties"].keys()
    assert document["account"] == (await api_user.call("GET", "/users")).json()
    assert document["sessions"] == (await api_user.call("GET", "/users/sessions")).json()
    assert document["messages"] == [await api_user.detail(message["_id"]) for message in reversed(sent)]
    assert all(message["timeline"] for message in document["messages"])


async def test_the_export_is_an_uncached_file(api: Api, api_user: ApiUser) -> None:
    response = await api_user.call("GET", "/api/export")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["Content-Disposition"] == 'attachment; filename="mysms.json"'
    assert response.headers["Cache-Control"] == "no-store"
    problem_of(await api.http.get("/api/export"), 401, "not_signed_in")


async def test_the_export_has_what_is_read(api: Api, api_user: ApiUser) -> None:
    assert (await export(api_user))["read_marks"] == []
    ann, bob = sorted([new_number(), new_number()])
    for number in (ann, bob):
        await api_user.send_accepted(number, "How are you?")
    for text in ("one", "two", "three"):
        await deliver(api, bob, text)
    await require_unread(api_user, [(bob, 3)])
    assert (await mark_read(api_user, bob, 2)).status_code == 204
    assert (await export(api_user))["read_marks"] == [
        {"peer_number": ann, "inbound": 0, "unread": 0},
        {"peer_number": bob, "inbound": 3, "unread": 1},
    ]


async def test_the_export_tells_which_browsers_are_subscribed_and_nothing_to_push_with(api_user: ApiUser) -> None:
    assert (await export(api_user))["push_subscriptions"] == []
    browser = Browser("", "https://push.example.com/send/known-to-the-browser-alone")
    subscription = {"endpoint": browser.endpoint, "keys": browser.keys, "shows_text": True}
    answer = await api_user.call("PUT", "/api/push/subscription", json={"subscription": subscription})
    assert answer.status_code == 204, answer.text
    document = await export(api_user)
    (session,), (subscribed,) = document["sessions"], document["push_subscriptions"]
    at = subscribed.pop("subscribed_at")
    assert subscribed == {"session_id": session["_id"], "service": "https://push.example.com", "shows_text": True}
    assert session["created_at"] <= at <= document["exported_at"]
    for secret in ("known-to-the-browser-alone", *browser.keys.values()):
        assert secret not in str(document)


async def test_the_export_has_the_pictures_that_one_has_sent_or_may_send(api: Api, api_user: ApiUser) -> None:
    assert (await export(api_user))["pictures"] == []
    stranger = await ApiUser.sign_up(api)
    await stranger.uploaded(GIF)
    # Of several pieces, and of a whole number of them.
    files = [GIF + os.urandom(size - len(GIF)) for size in (301, 786_432, 786_433, 2_000_000)]
    ids = [await api_user.uploaded(content) for content in files]
    numbers = [new_number(), new_number()]
    sent = [(await api_user.send_media(number, "Look", ids[:2])).json()["_id"] for number in numbers]
    pictures = (await export(api_user))["pictures"]
    assert [picture["_id"] for picture in pictures] == ids
    assert [b64decode(picture["content"], validate=True) for picture in pictures] == files
    assert [set(picture["message_ids"]) for picture in pictures] == [set(sent), set(sent), set(), set()]
    assert {picture["content_type"] for picture in pictures} == {"image/gif"}
    assert [picture["bytes"] for picture in pictures] == [len(content) for content in files]
    documented = api.contract.document["components"]["schemas"]["StoredPicture"]
    assert pictures[0].keys() == documented["properties"].keys()


async def test_the_export_has_no_picture_whose_messages_are_deleted(api_user: ApiUser) -> None:
    picture = await api_user.uploaded(GIF)
    kept, deleted = [(await api_user.send_media(new_number(), "", [picture])).json()["_id"] for _ in range(2)]
    for message_id in (kept, deleted):
        await api_user.eventually(message_id, "delivered")
    assert (await api_user.call("DELETE", f"/api/messages/{deleted}")).status_code == 204
    (found,) = (await export(api_user))["pictures"]
    assert found["message_ids"] == [kept]
    assert (await api_user.call("DELETE", f"/api/messages/{kept}")).status_code == 204
    assert (await export(api_user))["pictures"] == []


async def test_exports_are_rate_limited(api: Api, api_user: ApiUser) -> None:
    await wait_for_fresh_window(3600)
    for _ in range(10):
        await export(api_user)
    answer = await api_user.call("GET", "/api/export")
    problem_of(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    await export(await ApiUser.sign_up(api))


async def test_a_long_history_is_streamed_at_the_clients_pace(many_messages: ManyMessages) -> None:
    """The API reads only as fast as the client does, so that it never holds much of the history."""
    await many_messages.store(0, MANY, text=LONG)
    signed = {"Authorization": f"Bearer {many_messages.api_user.access_token}"}
    before = await many_messages.examined()
    async with many_messages.api_user.api.http.stream("GET", "/api/export", headers=signed) as response:
        assert response.status_code == 200
        assert "content-length" not in response.headers
        pieces = response.aiter_raw()
        text = await anext(pieces)
        seen = -1

        async def is_waiting() -> bool:
            nonlocal seen
            # Longer than reading a page takes.
            await asyncio.sleep(0.5)
            earlier, seen = seen, await many_messages.examined() - before
            return seen - earlier < 50 and seen > 100

        await eventually(is_waiting, bool, within=30, what="the API to wait for the client")
        assert seen < 0.7 * MANY
        text += b"".join([piece async for piece in pieces])
    assert await many_messages.examined() - before >= MANY, "the counter must work"
    contents = [row.split(b'"')[0] for row in text.split(b'"content":"')[1:]]
    assert len(contents) == len(set(contents)) == MANY + 2, "with those that the storing sends"
