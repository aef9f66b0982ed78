"""GET /api/messages/{id}/media/{index}: pictures that people send, read from the provider under each fault."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from devservers.twilio.media import sample_picture
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.inbound import INBOUND_PATH, deliver
from tests.support.polling import eventually
from tests.support.responses import problem_of
from tests.support.servers import ACCOUNT_SID, Api, Simulator, Start

CARD = b"BEGIN:VCARD\r\nFN:<script>alert(1)</script>\r\nEND:VCARD"


@pytest.fixture
async def webhooks(api: Api, simulator: Simulator) -> AsyncIterator[None]:
    await simulator.control.set_number(sms_url=api.url + INBOUND_PATH, sms_fallback_url="", sms_application_sid="")
    yield
    await simulator.control.set_number(sms_url="")
    await simulator.control.reset_faults()


@pytest.fixture
async def peer(api_user: ApiUser) -> str:
    number = new_number()
    await api_user.send_accepted(number, "Where are you?")
    return number


async def receive(
    simulator: Simulator, user: ApiUser, peer: str, text: str = "", *, media: list[tuple[str, bytes]] | None = None
) -> Json:
    """A phone sends media, by default a picture; returns the message."""
    sent = await simulator.control.text(peer, text, media=media or [("image/png", sample_picture())])
    await simulator.wait_for_webhook(sent.sid)
    (message,) = [row for row in await user.list(peer_number=peer) if row["twilio_sid"] == sent.sid]
    return message


def path_of(message: Json, index: int | str = 0) -> str:
    return f"/api/messages/{message['_id']}/media/{index}"


@pytest.fixture
async def picture(simulator: Simulator, api_user: ApiUser, peer: str, webhooks: None) -> Json:
    return await receive(simulator, api_user, peer)


async def test_a_picture_is_served_as_itself_and_can_run_nothing(api_user: ApiUser, picture: Json) -> None:
    assert (picture["num_media"], picture["media"]) == (1, [{"index": 0, "content_type": "image/png"}])
    answer = await api_user.call("GET", path_of(picture))
    assert (answer.status_code, answer.content) == (200, sample_picture())
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == f'inline; filename="attachment-{picture["_id"]}-1.png"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_the_client_has_is_not_read_again(simulator: Simulator, api_user: ApiUser, picture: Json) -> None:
    etag = (await api_user.call("GET", path_of(picture))).headers["ETag"]
    await simulator.control.set_fault("unavailable", on="media")
    answer = await api_user.call("GET", path_of(picture), headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    assert (await api_user.call("GET", path_of(picture), headers={"If-None-Match": '"other"'})).status_code == 503


async def test_other_files_are_downloads_whatever_they_claim_to_be(
    simulator: Simulator, api_user: ApiUser, peer: str, webhooks: None
) -> None:
    types = ["text/html", "image/svg+xml", "text/vcard", "application/xhtml+xml", "no type", "image/png,text/html"]
    message = await receive(simulator, api_user, peer, "files", media=[(each, CARD) for each in types])
    assert [each["content_type"] for each in message["media"]] == [
        *types[:4],
        "application/octet-stream",
        "application/octet-stream",
    ]
    for index in range(len(types)):
        answer = await api_user.call("GET", path_of(message, index))
        assert (answer.status_code, answer.content) == (200, CARD)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


async def test_the_type_is_that_of_the_webhook(simulator: Simulator, api_user: ApiUser, picture: Json) -> None:
    for content_type in ("text/html", None):
        await simulator.control.set_fault("media_type", content_type=content_type, times=1)
        answer = await api_user.call("GET", path_of(picture))
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")


async def test_a_medium_is_only_its_users(api: Api, api_user: ApiUser, picture: Json) -> None:
    stranger = await ApiUser.sign_up(api)
    assert (await stranger.call("GET", path_of(picture))).status_code == 404
    assert (await api.http.get(path_of(picture))).status_code == 401
    for index in ("1", "-1", "00", "x", "0.0", "²"):
        problem_of(await api_user.call("GET", path_of(picture, index)), 404, "not_found")
    sent = (await api_user.list(direction="outbound"))[0]
    assert (await api_user.call("GET", path_of(sent))).status_code == 404


async def test_a_deleted_message_has_no_media(api_user: ApiUser, picture: Json) -> None:
    assert (await api_user.call("DELETE", f"/api/messages/{picture['_id']}")).status_code == 204
    assert (await api_user.call("GET", path_of(picture))).status_code == 404
    (deleted,) = [
        row for row in await api_user.list(updated_since=picture["created_at"]) if row["_id"] == picture["_id"]
    ]
    assert deleted["media"] == []


async def test_an_export_lists_the_media(api_user: ApiUser, picture: Json) -> None:
    exported = (await api_user.call("GET", "/api/export")).json()
    assert [row["media"] for row in exported["messages"] if row["_id"] == picture["_id"]] == [picture["media"]]


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("refuse", {"on": "media", "code": 20404, "status": 404}),
    ("refuse", {"on": "media", "code": 20003, "status": 403}),
    ("unauthorized", {"on": "media"}),
    ("rate_limited", {"on": "media"}),
    ("unavailable", {"on": "media"}),
    ("reset_connection", {"on": "media"}),
    ("refuse", {"on": "media_content", "code": 20003, "status": 403}),
    ("error_500", {"on": "media_content"}),
    ("reset_connection", {"on": "media_content"}),
    ("media_cut", {}),
    ("media_cut", {"chunked": True}),
    ("media_redirect", {"location": "https://example.com/picture"}),
    ("media_redirect", {"location": "http://169.254.169.254/latest/meta-data"}),
    ("media_redirect", {"location": "file:///etc/passwd"}),
    ("media_redirect", {"location": "/_control/loop"}),
]


@pytest.mark.parametrize(("kind", "parameters"), FAULTS, ids=[f"{kind} {list(p.values())}" for kind, p in FAULTS])
async def test_a_fault_is_told_and_passes(
    simulator: Simulator, api_user: ApiUser, picture: Json, kind: str, parameters: dict[str, Any]
) -> None:
    await simulator.control.set_fault(kind, **parameters)
    answer = await api_user.call("GET", path_of(picture))
    problem_of(answer, 503, "medium_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert "Cache-Control" not in answer.headers or answer.headers["Cache-Control"] == "no-store"
    await simulator.control.reset_faults()
    assert (await api_user.call("GET", path_of(picture))).content == sample_picture()


@pytest.mark.parametrize("fault", [{"size": 5_000_001, "announced": True}, {"size": 5_000_001}, {}])
async def test_a_large_one_is_not_read_to_its_end(
    simulator: Simulator, api_user: ApiUser, picture: Json, fault: dict[str, Any]
) -> None:
    await simulator.control.set_fault("media_large", times=1, **fault)
    answer = await api_user.call("GET", path_of(picture))
    problem = problem_of(answer, 413, "medium_too_large")
    assert problem["detail"] == "This attachment is larger than 5 MB, so it is not shown here."


async def test_the_largest_one_is_read(simulator: Simulator, api_user: ApiUser, picture: Json) -> None:
    await simulator.control.set_fault("media_large", times=1, size=5_000_000)
    assert len((await api_user.call("GET", path_of(picture))).content) == 5_000_000


async def test_the_credentials_stay_with_the_api_host(simulator: Simulator, api_user: ApiUser, picture: Json) -> None:
    """The other host refuses every request that has any."""
    assert (await api_user.call("GET", path_of(picture))).status_code == 200
    requests = [each for each in await simulator.control.requests() if each["operation"].startswith("media")]
    assert [(each["operation"], each["status"]) for each in requests[-2:]] == [("media", 307), ("media_content", 200)]


async def test_addresses_elsewhere_are_dropped(api: Api, api_user: ApiUser, peer: str) -> None:
    sid = "MM" + "d" * 32
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}/Media/ME{'e' * 32}"
    fields = {"MessageSid": sid, "NumMedia": "3"}
    fields |= {"MediaUrl0": f"https://example.com{path}", "MediaContentType0": "image/png"}
    fields |= {"MediaUrl1": f"{api.environment['TWILIO_API_BASE_URL']}{path}", "MediaContentType1": "image/png"}
    await deliver(api, peer, "three", **fields)
    (message,) = await api_user.list(peer_number=peer, direction="inbound")
    assert (message["num_media"], message["media"]) == (3, [{"index": 1, "content_type": "image/png"}])
    await api.eventually_logs("Dropped a medium of an inbound message")


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("hang", {"on": "media"}),
        ("hang", {"on": "media_content"}),
        ("trickle", {"on": "media_content", "seconds": 60}),
    ],
)
async def test_a_slow_one_ends(
    start: Start, simulator: Simulator, kind: str, parameters: dict[str, Any], webhooks: None
) -> None:
    async with start(TWILIO_TIMEOUT_SECONDS="0.5") as api:
        await simulator.control.set_number(sms_url=api.url + INBOUND_PATH)
        user = await ApiUser.sign_up(api)
        number = new_number()
        await user.send_accepted(number, "Where are you?")
        picture = await receive(simulator, user, number)
        await simulator.control.set_fault(kind, **parameters)
        async with asyncio.timeout(10):
            answer = await user.call("GET", path_of(picture))
        problem_of(answer, 503, "medium_unavailable")


async def test_a_picture_whose_webhook_was_missed_comes_from_the_list(start: Start, simulator: Simulator) -> None:
    await simulator.control.set_number(sms_url="", sms_fallback_url="")
    async with start(INBOUND_CATCH_UP_SECONDS="2") as api:
        user = await ApiUser.sign_up(api)
        number = new_number()
        await user.send_accepted(number, "Where are you?")
        await simulator.control.text(number, "", media=[("image/png", sample_picture()), ("text/vcard", CARD)])
        found = await eventually(
            lambda: user.list(peer_number=number, direction="inbound"), bool, within=30, what="the picture"
        )
        assert found[0]["media"] == [
            {"index": 0, "content_type": "image/png"},
            {"index": 1, "content_type": "text/vcard"},
        ]
        assert (await user.call("GET", path_of(found[0], 1))).content == CARD
