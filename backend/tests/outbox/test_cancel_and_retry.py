"""Cancelling a message, and sending a failed one again."""

import pytest

from tests.support.api_user import ApiUser, Json, new_number
from tests.support.responses import problem_of
from tests.support.servers import Api, Simulator, Start


async def post(api_user: ApiUser, message: Json, action: str, query: str = "") -> Json:
    """The response to an action that must succeed."""
    response = await api_user.call("POST", f"/api/messages/{message['_id']}/{action}{query}")
    assert response.is_success, response.text
    assert response.headers["Cache-Control"] == "no-store"
    answer: Json = response.json()
    return answer


@pytest.fixture
async def pending(api_user: ApiUser, simulator: Simulator) -> Json:
    """A message that stays pending because the provider's queue is full."""
    number = new_number()
    await simulator.control.set_fault("queue_full", to=number)
    message: Json = (await api_user.send(number)).json()
    assert message["status"] == "pending"
    return message


@pytest.fixture
async def unconfirmed(api_user: ApiUser, simulator: Simulator) -> Json:
    """A message whose outcome is unknown."""
    number = new_number()
    await simulator.control.set_fault("reset_connection", to=number, times=1)
    message: Json = (await api_user.send(number)).json()
    assert message["status"] == "unconfirmed"
    return message


async def test_a_cancelled_pending_message_is_not_sent(api_user: ApiUser, simulator: Simulator, pending: Json) -> None:
    assert (await post(api_user, pending, "cancel"))["status"] == "canceled"
    await simulator.control.reset_faults()
    assert (await api_user.detail(pending["_id"]))["status"] == "canceled"
    assert await simulator.accepted(pending["recipient_number"]) == []


async def test_an_accepted_message_cannot_be_cancelled(api_user: ApiUser) -> None:
    sent = await api_user.send_accepted("+15005551002", api_user.email)
    response = await api_user.call("POST", f"/api/messages/{sent['_id']}/cancel")
    problem_of(response, 409, "not_cancellable")


async def test_a_retry_rejected_by_a_quota_changes_nothing(start: Start, simulator: Simulator) -> None:
    """Otherwise the message would be cancelled without being sent again."""
    async with start(MESSAGES_PER_USER_PER_MINUTE="1", MESSAGES_PER_USER_PER_DAY="1") as api:
        api_user, number = await ApiUser.sign_up(api), new_number()
        await simulator.control.set_fault("reset_connection", to=number, times=1)
        await simulator.control.set_fault("error_500", on="list")
        message = (await api_user.send(number)).json()
        retry = f"/api/messages/{message['_id']}/retry?accept_possible_duplicate=true"
        assert (await api_user.call("POST", retry)).status_code == 429
        now = await api_user.detail(message["_id"])
        assert (now["status"], now["cancel_requested"]) == ("unconfirmed", False)


async def test_a_cancelled_unconfirmed_message_stays_unconfirmed(api_user: ApiUser, unconfirmed: Json) -> None:
    assert not unconfirmed["cancel_requested"]
    cancelled = await post(api_user, unconfirmed, "cancel")
    assert (cancelled["status"], cancelled["cancel_requested"]) == ("unconfirmed", True)
    assert cancelled["updated_at"] > unconfirmed["updated_at"], "updated_since must list the message"
    assert [message["cancel_requested"] for message in await api_user.list()] == [True]


async def test_a_cancelled_message_can_be_sent_again_once(
    api_user: ApiUser, simulator: Simulator, pending: Json
) -> None:
    await post(api_user, pending, "cancel")
    await simulator.control.reset_faults()
    again = await post(api_user, pending, "retry")
    assert (again["retry_of"], again["content"]) == (pending["_id"], pending["content"])
    assert again["_id"] != pending["_id"]
    assert (await post(api_user, pending, "retry"))["_id"] == again["_id"]
    await api_user.eventually(again["_id"], "delivered")
    assert len(await simulator.accepted(pending["recipient_number"])) == 1


@pytest.mark.parametrize("status", ["sent", "delivered"])
async def test_a_message_that_did_not_fail_cannot_be_retried(
    api_user: ApiUser, simulator: Simulator, status: str
) -> None:
    message = await api_user.send_accepted("+15005551002", api_user.email)
    await simulator.control.set_status(message["twilio_sid"], status)
    await api_user.eventually(message["_id"], status)
    response = await api_user.call("POST", f"/api/messages/{message['_id']}/retry")
    problem_of(response, 409, "not_retryable")


async def test_retrying_a_rejected_message_creates_another_rejected_message(api_user: ApiUser) -> None:
    refused = (await api_user.send("+15005550001", api_user.email)).json()["message"]
    response = await api_user.call("POST", f"/api/messages/{refused['_id']}/retry")
    problem = problem_of(response, 422, "carrier_refused")
    assert problem["message"]["retry_of"] == refused["_id"]
    assert len(await api_user.list()) == 2


async def test_retrying_an_unconfirmed_message_requires_accepting_a_duplicate(
    api_user: ApiUser, simulator: Simulator, unconfirmed: Json
) -> None:
    response = await api_user.call("POST", f"/api/messages/{unconfirmed['_id']}/retry")
    problem_of(response, 409, "possible_duplicate")
    assert len(await simulator.create_requests(unconfirmed["recipient_number"])) == 1

    again = await post(api_user, unconfirmed, "retry", "?accept_possible_duplicate=true")
    assert again["retry_of"] == unconfirmed["_id"]


@pytest.mark.parametrize("action", ["cancel", "retry"])
async def test_other_users_can_neither_cancel_nor_retry(api: Api, pending: Json, action: str) -> None:
    stranger = await ApiUser.sign_up(api)
    for message_id in (pending["_id"], "0123456789abcdef01234567", "nonsense"):
        response = await stranger.call("POST", f"/api/messages/{message_id}/{action}")
        problem_of(response, 404, "not_found")
    problem_of(await api.http.post(f"/api/messages/{pending['_id']}/{action}"), 401, "not_signed_in")
