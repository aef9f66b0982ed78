"""POST /api/twilio/status_callback: the status is never false."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.support.api_user import ApiUser, Json
from tests.support.responses import problem_of
from tests.support.servers import Api, Simulator
from tests.support.status_callbacks import PATH, form_of, post_signed, query_of, report, signature_of

STAYS_QUEUED = "+15005551002"


@pytest.fixture
async def message(api_user: ApiUser) -> Json:
    """A message for which only the test reports statuses."""
    return await api_user.send_accepted(STAYS_QUEUED, api_user.email)


@pytest.fixture(scope="module")
async def shared_readonly_user(shared_api: Api) -> ApiUser:
    """A user for this file alone, because this one has a message."""
    return await ApiUser.sign_up(shared_api)


@pytest.fixture(scope="module")
async def untouched(shared_readonly_user: ApiUser) -> Json:
    """A message for callbacks that must change nothing."""
    return await shared_readonly_user.send_accepted(STAYS_QUEUED, "Leave me alone")


async def test_a_callback_raises_the_status(api: Api, api_user: ApiUser, message: Json) -> None:
    response = await post_signed(api, query_of(message), form_of(message, "sent"))
    assert (response.status_code, response.content) == (204, b"")
    now = await api_user.detail(message["_id"])
    assert now["status"] == "sent"
    assert now["updated_at"] > message["updated_at"]
    assert [(event["source"], event["status"]) for event in now["timeline"]] == [
        ("send", "queued"),
        ("callback", "sent"),
    ]


async def test_a_repeated_callback_changes_nothing(api: Api, api_user: ApiUser, message: Json) -> None:
    await report(api, message, "sent")
    before = await api_user.detail(message["_id"])
    for _ in range(3):
        await report(api, message, "sent")
    assert await api_user.detail(message["_id"]) == before


@pytest.mark.parametrize(
    ("reported", "shown"),
    [
        (["delivered", "sent"], "delivered"),
        (["delivered", "sent", "sending", "queued", "accepted", "scheduled"], "delivered"),
        (["sent", "sending"], "sent"),
        (["read", "delivered"], "read"),
        (["delivered", "read"], "read"),
        (["undelivered", "sent"], "undelivered"),
        (["canceled", "sending"], "canceled"),
        (["failed", "queued"], "failed"),
    ],
)
async def test_a_late_callback_never_lowers_the_status(
    api: Api, api_user: ApiUser, message: Json, reported: list[str], shown: str
) -> None:
    for status in reported:
        await report(api, message, status)
    now = await api_user.detail(message["_id"])
    assert now["status"] == shown
    known = {event["status"] for event in now["timeline"]}
    assert set(reported) <= known, "a late status is recorded nevertheless"


async def test_an_error_is_shown_and_explained(api: Api, api_user: ApiUser, message: Json) -> None:
    await report(api, message, "undelivered", ErrorCode="30003", ErrorMessage="Unreachable destination handset")
    now = await api_user.detail(message["_id"])
    assert (now["status"], now["error_code"]) == ("undelivered", 30003)
    assert now["error_message"] == "Unreachable destination handset"


async def test_an_error_names_no_address(api: Api, api_user: ApiUser, message: Json) -> None:
    """That of a picture lets anybody fetch it."""
    text = "Unable to fetch https://sms.example.com/api/twilio/media/1/2/c2VjcmV0 now"
    await report(api, message, "undelivered", ErrorCode="30019", ErrorMessage=text)
    now = await api_user.detail(message["_id"])
    assert now["error_message"] == "Unable to fetch … now"
    assert "c2VjcmV0" not in str(now)


async def test_an_error_belongs_to_its_status(api: Api, api_user: ApiUser, message: Json) -> None:
    """A delivered message has no error, whatever was reported before."""
    await report(api, message, "sent", ErrorCode="30008", ErrorMessage="Unknown error")
    assert (await api_user.detail(message["_id"]))["error_code"] == 30008
    await report(api, message, "delivered")
    now = await api_user.detail(message["_id"])
    assert (now["status"], now["error_code"], now["error_message"], now["explanation"]) == ("delivered", *[None] * 3)
    assert 30008 in [event["error_code"] for event in now["timeline"]]


async def test_the_same_status_without_an_error_does_not_clear_the_error(
    api: Api, api_user: ApiUser, message: Json
) -> None:
    await report(api, message, "undelivered", ErrorCode="30003", ErrorMessage="Unreachable")
    await report(api, message, "undelivered")
    await report(api, message, "undelivered", ErrorCode="")
    await report(api, message, "sent", ErrorCode="30008")
    now = await api_user.detail(message["_id"])
    assert (now["status"], now["error_code"], now["error_message"]) == ("undelivered", 30003, "Unreachable")


@pytest.mark.parametrize("status", ["partially_delivered", "teleported", "Delivered", "x" * 500])
async def test_an_unknown_status_is_recorded_but_not_shown(
    api: Api, api_user: ApiUser, message: Json, status: str
) -> None:
    await report(api, message, status)
    now = await api_user.detail(message["_id"])
    assert now["status"] == "queued"
    assert now["timeline"][-1]["status"] == status


async def test_the_timeline_is_limited_but_the_status_still_changes(api: Api, api_user: ApiUser, message: Json) -> None:
    for number in range(110):
        await report(api, message, f"unknown-{number}")
    assert len((await api_user.detail(message["_id"]))["timeline"]) == 100
    await report(api, message, "delivered")
    assert (await api_user.detail(message["_id"]))["status"] == "delivered"


@pytest.mark.parametrize("to", ["+5215512345678", "+14155550000", "", None])
async def test_the_signed_url_identifies_the_message_whatever_number_is_reported(
    api: Api, api_user: ApiUser, message: Json, to: str | None
) -> None:
    """Providers rewrite numbers: messages to +525512345678 are reported as to +5215512345678."""
    await report(api, message, "delivered", To=to)
    assert (await api_user.detail(message["_id"]))["status"] == "delivered"


@pytest.mark.parametrize(
    "changes",
    [
        {"MessageStatus": None, "SmsStatus": None},
        {"MessageStatus": ""},
        {"MessageSid": None},
        {"MessageSid": ""},
        {"AccountSid": "AC" + "9" * 32},
        {"AccountSid": None},
    ],
)
async def test_a_callback_that_is_not_about_our_message_is_ignored(
    api: Api, readonly_user: ApiUser, untouched: Json, changes: dict[str, str | None]
) -> None:
    await assert_ignored(api, readonly_user, untouched, query_of(untouched), form_of(untouched, "delivered", **changes))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "message_id=&attempt=",
        "message_id=nonsense&attempt=1",
        "message_id=0123456789abcdef01234567&attempt=1",
        "message_id={0}&attempt=0",
        "message_id={0}&attempt=2",
        "message_id={0}&attempt=-1",
        "message_id={0}&attempt=x",
        "message_id={0}&attempt=99999999999999999999999",
        "message_id={0}",
        "attempt=1",
    ],
)
async def test_an_unassigned_sid_needs_the_message_id_and_attempt(
    api: Api, readonly_user: ApiUser, untouched: Json, query: str
) -> None:
    unowned = {**untouched, "twilio_sid": "SM" + "e" * 32}
    await assert_ignored(api, readonly_user, untouched, query.format(untouched["_id"]), form_of(unowned, "delivered"))


@pytest.mark.parametrize(
    "query", ["", "message_id=nonsense&attempt=x", "attempt=" + "9" * 30, "attempt=" + "9" * 5_000, "attempt=²"]
)
async def test_an_assigned_sid_is_enough(api: Api, api_user: ApiUser, message: Json, query: str) -> None:
    """If an operator changes the callback URL, our query parameters may be missing."""
    response = await post_signed(api, str(httpx.QueryParams(query)), form_of(message, "delivered"))
    assert response.status_code == 204, response.text
    assert (await api_user.detail(message["_id"]))["status"] == "delivered"


async def test_a_sid_belongs_to_one_message(api: Api, api_user: ApiUser, message: Json) -> None:
    """A callback with another message's SID is about that message, whatever its URL says."""
    other = await api_user.send_accepted(STAYS_QUEUED, "another")
    await post_signed(api, query_of(other), form_of(message, "delivered"))
    assert (await api_user.detail(message["_id"]))["status"] == "delivered"
    assert (await api_user.detail(other["_id"]))["status"] == "queued"


@pytest.mark.parametrize(
    "code", ["nonsense", "-1", "99999999999999999999999999", "9" * 5_000, "²", "٣", "30003.0", " 30003"]
)
async def test_an_invalid_error_code_is_ignored(api: Api, api_user: ApiUser, message: Json, code: str) -> None:
    await report(api, message, "undelivered", ErrorCode=code)
    assert (await api_user.detail(message["_id"]))["status"] == "undelivered"


class TestForgedCallbacks:
    async def assert_rejected(
        self, api: Api, api_user: ApiUser, message: Json, signature: str | bytes | None, **request: Any
    ) -> None:
        """Assert that a callback is rejected and changes nothing."""
        before = await api_user.detail(message["_id"])
        headers: Any = {} if signature is None else {"X-Twilio-Signature": signature}
        request = {"data": form_of(message, "delivered"), **request}
        response = await api.http.post(f"{PATH}?{query_of(message)}", headers=headers, **request)
        problem_of(response, 403, "bad_signature")
        assert await api_user.detail(message["_id"]) == before

    @pytest.mark.parametrize("signature", [None, "", "nonsense", "=", "Zm9yZ2Vk", "é".encode(), b"\xff" * 28])
    async def test_a_missing_or_invalid_signature_is_rejected(
        self, api: Api, readonly_user: ApiUser, untouched: Json, signature: str | bytes | None
    ) -> None:
        await self.assert_rejected(api, readonly_user, untouched, signature)

    @pytest.mark.parametrize(
        "url_of",
        [
            lambda api, query: f"https://elsewhere.example{PATH}?{query}",
            lambda api, query: api.callback_url,
            lambda api, query: f"{api.callback_url}?{query}&more=1",
            lambda api, query: f"{api.callback_url}/?{query}",
            lambda api, query: f"{api.callback_url.replace('http:', 'https:')}?{query}",
        ],
    )
    async def test_a_signature_for_another_url_is_rejected(
        self, api: Api, readonly_user: ApiUser, untouched: Json, url_of: Callable[[Api, str], str]
    ) -> None:
        signature = signature_of(url_of(api, query_of(untouched)), form_of(untouched, "delivered"))
        await self.assert_rejected(api, readonly_user, untouched, signature)

    async def test_a_signature_with_another_token_is_rejected(
        self, api: Api, readonly_user: ApiUser, untouched: Json
    ) -> None:
        url = f"{api.callback_url}?{query_of(untouched)}"
        await self.assert_rejected(
            api, readonly_user, untouched, signature_of(url, form_of(untouched, "delivered"), token="other")
        )

    async def test_a_signature_for_another_form_is_rejected(
        self, api: Api, readonly_user: ApiUser, untouched: Json
    ) -> None:
        url = f"{api.callback_url}?{query_of(untouched)}"
        await self.assert_rejected(api, readonly_user, untouched, signature_of(url, form_of(untouched, "sent")))

    async def test_the_host_header_is_not_trusted(self, api: Api, readonly_user: ApiUser, untouched: Json) -> None:
        """A signature for an attacker's own address must not be replayed with that address as the host."""
        form, query = form_of(untouched, "delivered"), query_of(untouched)
        before = await readonly_user.detail(untouched["_id"])
        signature = signature_of(f"http://evil.example{PATH}?{query}", form)
        headers = {"X-Twilio-Signature": signature, "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        problem_of(await api.http.post(f"{PATH}?{query}", data=form, headers=headers), 403, "bad_signature")
        assert await readonly_user.detail(untouched["_id"]) == before

    @pytest.mark.parametrize("body", [b"", b"\xff\x00=%zz&&&="])
    async def test_any_other_form_is_rejected(self, api: Api, body: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        problem_of(await api.http.post(PATH, content=body, headers=headers), 403, "bad_signature")

    @pytest.mark.parametrize(
        "content_type", ["", "application/json", "multipart/form-data; boundary=x; charset=punycode"]
    )
    async def test_other_types_of_bodies_are_rejected(
        self, api: Api, readonly_user: ApiUser, untouched: Json, content_type: str
    ) -> None:
        """Even with a valid signature. The framework would decode a multipart form in any charset that it names."""
        form, query = form_of(untouched, "delivered"), query_of(untouched)
        before = await readonly_user.detail(untouched["_id"])
        signature = signature_of(f"{api.callback_url}?{query}", form)
        headers = {"Content-Type": content_type, "X-Twilio-Signature": signature}
        response = await api.http.post(f"{PATH}?{query}", content=urlencode(form), headers=headers)
        problem_of(response, 415, "unsupported_media_type")
        assert await readonly_user.detail(untouched["_id"]) == before

    async def test_forged_callbacks_of_the_simulator_are_rejected(
        self, api: Api, api_user: ApiUser, message: Json, simulator: Simulator
    ) -> None:
        url = f"{api.callback_url}?{query_of(message)}#rc=0"
        for signature in ("forged", "missing"):
            (attempt,) = await simulator.control.send_callback(url, form_of(message, "delivered"), signature)
            assert attempt.status_code == 403
        (attempt,) = await simulator.control.send_callback(url, form_of(message, "delivered"))
        assert attempt.status_code == 204
        assert (await api_user.detail(message["_id"]))["status"] == "delivered"


async def test_unknown_signed_fields_are_ignored(api: Api, api_user: ApiUser, message: Json) -> None:
    await report(api, message, "delivered", RawDlrDoneDate="2611221042", SomethingNew="ünïcode & more", Blank="")
    assert (await api_user.detail(message["_id"]))["status"] == "delivered"


async def test_callbacks_are_counted_by_result(api: Api, api_user: ApiUser, message: Json) -> None:
    name, forged = "mysms_callbacks_total", {"result": "bad_signature", "status": ""}
    before = await api.metric(name, **forged)
    await api.http.post(PATH, data=form_of(message, "delivered"))
    assert await api.metric(name, **forged) == before + 1

    for status, label in (("delivered", "delivered"), ("surprising", "other")):
        before = await api.metric(name, result="applied", status=label)
        await report(api, message, status)
        assert await api.metric(name, result="applied", status=label) == before + 1


async def assert_ignored(api: Api, api_user: ApiUser, message: Json, query: str, form: dict[str, str]) -> None:
    """Assert that a validly signed callback succeeds but changes nothing."""
    before = await api_user.detail(message["_id"])
    response = await post_signed(api, query, form)
    assert response.status_code == 204, response.text
    assert await api_user.detail(message["_id"]) == before
