"""GET /api/export: all data of the user, and of nobody else."""

import asyncio

from tests.messages.many_messages import ManyMessages
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import problem_of
from tests.support.servers import Api

MANY = 12_000
LONG = "x" * 1_500


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
        "messages",
        "contacts",
        "opt_outs",
        "archived_conversations",
        "muted_conversations",
    }
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
