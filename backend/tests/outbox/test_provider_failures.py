"""Provider failures: unsent messages are sent later, unconfirmed messages are not sent again."""

from pathlib import Path
from typing import Any

import pytest

from mysms.core.timestamps import to_rfc3339, utc_now
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.processes import free_port
from tests.support.servers import Api, Mongo, Simulator, api_environment, running_api
from tests.support.status_callbacks import report


async def send_unfinished(api_user: ApiUser, number: str, status: str) -> Json:
    response = await api_user.send(number)
    assert response.status_code == 202, response.text
    message: Json = response.json()
    assert (message["status"], message["twilio_sid"], message["error_code"]) == (status, None, None)
    return message


async def wait_for_a_retry(api_user: ApiUser, simulator: Simulator) -> None:
    """Wait until the dispatcher has retried a message: by then it would have retried any other one, too."""
    number = new_number()
    await simulator.control.set_fault("rate_limited", to=number, times=1)
    repeated = await send_unfinished(api_user, number, "pending")
    await api_user.eventually(repeated["_id"], "delivered")


@pytest.mark.parametrize("fault", ["rate_limited", "refuse_connections"])
async def test_an_unsent_message_is_sent_later(api_user: ApiUser, simulator: Simulator, fault: str) -> None:
    number = new_number()
    await simulator.control.set_fault(fault, to=number)
    message = await send_unfinished(api_user, number, "pending")
    assert await simulator.accepted(number) == []

    await simulator.control.reset_faults()
    delivered = await api_user.eventually(message["_id"], "delivered")
    assert delivered["error_code"] is None
    (accepted,) = await simulator.accepted(number)
    assert "&attempt=2#" in accepted.request["StatusCallback"], "each attempt has its own callback URL"


async def test_an_unconfirmed_message_is_not_sent_again(api_user: ApiUser, simulator: Simulator) -> None:
    """Neither automatically before its absence is confirmed, nor as an identical text."""
    messages = []
    for fault in ("reset_connection", "error_500", "unavailable"):
        number = new_number()
        await simulator.control.set_fault(fault, to=number)
        messages.append(await send_unfinished(api_user, number, "unconfirmed"))
    await simulator.control.reset_faults()
    checks_before = await list_checks(simulator)
    identical = await send_unfinished(api_user, messages[0]["recipient_number"], "pending")

    await eventually(lambda: list_checks(simulator), lambda now: now > checks_before, what="a list check")
    await wait_for_a_retry(api_user, simulator)
    for message in messages:
        assert (await api_user.detail(message["_id"]))["status"] == "unconfirmed"
        assert len(await simulator.create_requests(message["recipient_number"])) == 1
        assert await simulator.accepted(message["recipient_number"]) == []
    assert (await api_user.detail(identical["_id"]))["status"] == "pending"


async def list_checks(simulator: Simulator) -> int:
    return sum(request["operation"] == "list" for request in await simulator.control.requests())


@pytest.mark.parametrize(
    ("fault", "parameters"), [("lose_201", {}), ("unreadable_201", {}), ("error_500", {"commit": True})]
)
async def test_a_callback_proves_that_a_message_was_sent(
    api_user: ApiUser, simulator: Simulator, fault: str, parameters: dict[str, Any]
) -> None:
    number = new_number()
    await simulator.control.set_fault(fault, to=number, **parameters)
    message = (await api_user.send(number)).json()
    delivered = await api_user.eventually(message["_id"], "delivered")

    (accepted,) = await simulator.accepted(number)
    assert delivered["twilio_sid"] == accepted.sid
    assert len(await simulator.create_requests(number)) == 1
    assert ("callback", "sent") in [(event["source"], event["status"]) for event in delivered["timeline"]]


async def test_without_callbacks_the_providers_list_proves_it(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("drop_callbacks", to=number)
    await simulator.control.set_fault("lose_201", to=number)
    message = await send_unfinished(api_user, number, "unconfirmed")
    delivered = await api_user.eventually(message["_id"], "delivered")

    (accepted,) = await simulator.accepted(number)
    assert delivered["twilio_sid"] == accepted.sid
    assert "reconciler" in {event["source"] for event in delivered["timeline"]}


async def test_two_unconfirmed_texts_to_one_number_are_not_confused(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("drop_callbacks", to=number)
    await simulator.control.set_fault("lose_201", to=number)
    messages = [(await api_user.send(number, text)).json() for text in ("first", "second")]
    by_text = {entry.request["Body"]: entry.sid for entry in await simulator.accepted(number)}
    for message in messages:
        settled = await api_user.eventually(message["_id"], "delivered")
        assert settled["twilio_sid"] == by_text[message["content"]]


async def test_a_callback_before_the_response_is_applied(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("early_callbacks", to=number, until="final")
    message = await api_user.send_accepted(number)
    # The API may respond as soon as the first callback proves that the provider has the message.
    detail = await eventually(
        lambda: api_user.detail(message["_id"]), lambda seen: len(seen["timeline"]) > 2, what="the end of the attempt"
    )
    assert [event["status"] for event in detail["timeline"]] == ["sent", "delivered", "queued"]
    assert detail["status"] == "delivered"
    (accepted,) = await simulator.accepted(number)
    assert detail["twilio_sid"] == accepted.sid
    assert len(await simulator.create_requests(number)) == 1


async def test_contradicting_final_callbacks_are_resolved_by_a_fetch(api_user: ApiUser, simulator: Simulator) -> None:
    message = await api_user.send_accepted("+15005551006", api_user.email)
    settled = await api_user.eventually(message["_id"], "undelivered")
    assert settled["error_code"] == 30003


async def test_a_failed_fetch_is_repeated(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("unavailable", on="fetch", times=1)
    await simulator.control.set_fault("conflicting_finals", to=number)
    message = await api_user.send_accepted(number, api_user.email)
    await api_user.eventually(message["_id"], "undelivered", within=40)


async def test_a_failed_delivery_has_its_error_code(api_user: ApiUser) -> None:
    message = await api_user.send_accepted("+15005553003", api_user.email)
    failed = await api_user.eventually(message["_id"], "undelivered")
    assert failed["error_code"] == 30003
    assert failed["timeline"][-1]["error_code"] == 30003


async def test_a_second_sid_is_recorded_and_changes_nothing_else(
    api: Api, api_user: ApiUser, simulator: Simulator
) -> None:
    message = await api_user.send_accepted("+15005551002", api_user.email)
    stranger = {**message, "twilio_sid": "SM" + message["_id"].rjust(32, "0")}
    await report(api, stranger, "delivered")
    now = await api_user.detail(message["_id"])
    assert (now["twilio_sid"], now["status"]) == (message["twilio_sid"], "queued")
    assert ("delivered", stranger["twilio_sid"]) in [(event["status"], event["sid"]) for event in now["timeline"]]


async def test_rejected_credentials_pause_sending_and_are_reported_by_ready(
    mongodb: Mongo, simulator: Simulator, tmp_path: Path
) -> None:
    """With a separate API process that has a wrong token, so that no other test has to wait."""
    # With a separate sender, too: the other process must not send this one's messages.
    environment = api_environment(
        port=free_port(), mongodb_uri=mongodb.uri, twilio_url=simulator.url, TWILIO_AUTH_TOKEN="wrong",
        TWILIO_FROM_NUMBER="+15005550009",
    )  # fmt: skip
    async with running_api(tmp_path, environment) as api:
        api_user = await ApiUser.sign_up(api)
        assert (await api_user.call("GET", "/api/sending")).json() == {
            "paused": None,
            "default_country": None,
            "sender": "+15005550009",
            "simulator_url": simulator.url,
            "pictures": {"maximum_count": 10, "maximum_bytes": 5_000_000},
        }
        number = new_number()
        begun = utc_now()
        await send_unfinished(api_user, number, "pending")
        response = await eventually(
            lambda: api.http.get("/ready"), lambda answer: answer.status_code == 503, what="a pause"
        )
        assert response.json()["problems"].keys() == {"provider"}
        sending = await api_user.call("GET", "/api/sending")
        assert sending.headers["Cache-Control"] == "no-store"
        paused = sending.json()["paused"]
        assert paused["reason"].startswith("Twilio rejects this server's credentials.")
        assert to_rfc3339(begun) <= paused["since"] <= to_rfc3339(utc_now())
        assert (await api.http.get("/api/sending")).status_code == 401
        # The next message is not attempted, and the response comes at once.
        another = new_number()
        await send_unfinished(api_user, another, "pending")
        assert await simulator.create_requests(another) == []
        assert (await api.http.get("/up")).status_code == 200


async def test_a_message_of_another_sender_is_not_sent(
    api: Api, mongodb: Mongo, simulator: Simulator, tmp_path: Path
) -> None:
    """A message that was stored for one account or number is never sent through another."""
    unreachable = f"http://127.0.0.1:{free_port()}"
    environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=unreachable)
    async with running_api(tmp_path, environment) as elsewhere:
        api_user = await ApiUser.sign_up(elsewhere)
        message = await send_unfinished(api_user, new_number(), "pending")
    here = ApiUser(api, api_user.id, api_user.email, api_user.access_token, api_user.refresh_token)
    await wait_for_a_retry(here, simulator)
    assert (await here.detail(message["_id"]))["status"] == "pending"
    assert await simulator.create_requests(message["recipient_number"]) == []
