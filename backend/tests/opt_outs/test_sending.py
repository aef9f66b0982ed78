"""STOP means stop: who has opted out is not written to, whatever way a message came to be sent."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api_user import PASSWORD, ApiUser, Json, new_number
from tests.support.inbound import deliver
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Simulator, Start

UNSUBSCRIBED = "+15005550004"
"""Twilio refuses messages to it with 21610."""


async def opt_out_of(user: ApiUser, number: str) -> Json:
    answer = await user.call("GET", f"/api/opt_outs/{number}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def until(user: ApiUser, number: str, *, opted_out: bool) -> Json:
    return await eventually(
        lambda: opt_out_of(user, number), lambda found: found["opted_out"] is opted_out, what=f"opted out: {opted_out}"
    )


async def set_by_hand(user: ApiUser, number: str, reason: str, *, opted_out: bool) -> Json:
    body = {"opt_out": {"opted_out": opted_out, "reason": reason}}
    answer = await user.call("PUT", f"/api/opt_outs/{number}", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture
async def peer(api_user: ApiUser) -> str:
    """A number that the user has written to."""
    number = new_number()
    await api_user.send_accepted(number, "How are you?")
    return number


async def test_after_stop_nothing_is_sent_until_start(
    api: Api, api_user: ApiUser, peer: str, simulator: Simulator
) -> None:
    await deliver(api, peer, " Stop\n")
    state = await until(api_user, peer, opted_out=True)
    assert (state["number"], state["latest"]["source"], state["latest"]["reason"]) == (peer, "keyword", "STOP")
    answer = await api_user.send(peer, "Are you sure?", key="again")
    refused = problem_of(answer, 422, "recipient_opted_out")["message"]
    assert (refused["status"], refused["error_code"]) == ("failed", "recipient_opted_out")
    assert refused["explanation"]["retryable"] is False
    # The same request, and a retry of what it has stored.
    assert (
        problem_of(await api_user.send(peer, "Are you sure?", key="again"), 422, "recipient_opted_out")["message"]
        == refused
    )
    retried = await api_user.call("POST", f"/api/messages/{refused['_id']}/retry")
    problem_of(retried, 422, "recipient_opted_out")
    assert len(await simulator.create_requests(peer)) == 1
    filtered = await api_user.list(error_code="recipient_opted_out")
    assert {row["status"] for row in filtered} == {"failed"}
    (failed,) = (await api_user.detail(refused["_id"]))["timeline"]
    assert (failed["status"], failed["error_code"]) == ("failed", "recipient_opted_out")

    await deliver(api, peer, "START")
    state = await until(api_user, peer, opted_out=False)
    assert [(event["opted_out"], event["source"]) for event in state["history"]] == [
        (True, "keyword"),
        (False, "keyword"),
    ]
    await api_user.send_accepted(peer, "Welcome back")


async def test_an_opt_out_holds_for_all_users_who_write_to_the_number(api: Api, api_user: ApiUser, peer: str) -> None:
    await deliver(api, peer, "UNSUBSCRIBE")
    await until(api_user, peer, opted_out=True)
    other = await ApiUser.sign_up(api)
    problem_of(await other.send(peer), 422, "recipient_opted_out")
    # Nobody else is held.
    await api_user.send_accepted(new_number())


async def test_what_the_provider_says_about_a_message_holds(api: Api, api_user: ApiUser, peer: str) -> None:
    await deliver(api, peer, "ARRET", OptOutType="STOP")
    assert (await until(api_user, peer, opted_out=True))["latest"]["source"] == "provider"
    await deliver(api, peer, "STOP", OptOutType="START")
    assert (await until(api_user, peer, opted_out=False))["latest"]["source"] == "provider"


async def test_other_wordings_do_not_opt_out(api: Api, api_user: ApiUser, peer: str) -> None:
    for text in ("opt out", "Please stop texting me", "Stop it!"):
        await deliver(api, peer, text)
    await deliver(api, "12345", "STOP")
    assert (await opt_out_of(api_user, peer)) == {"number": peer, "opted_out": False, "latest": None, "history": []}
    await api_user.send_accepted(peer, "Sorry")


async def test_an_opt_out_by_hand_is_undone_by_hand_or_by_start(api: Api, api_user: ApiUser, peer: str) -> None:
    state = await set_by_hand(api_user, peer, "Asked on the phone", opted_out=True)
    assert state["latest"]["by_you"]
    other = await ApiUser.sign_up(api)
    latest = (await opt_out_of(other, peer))["latest"]
    assert (latest["source"], latest["reason"], latest["by_you"]) == ("manual", "Asked on the phone", False)
    problem_of(await api_user.send(peer), 422, "recipient_opted_out")
    # The answer to something else.
    await deliver(api, peer, "Yes")
    await deliver(api, peer, "And now?")
    await eventually(
        lambda: api_user.list(peer_number=peer, direction="inbound"), lambda rows: len(rows) == 2, what="the answers"
    )
    assert (await opt_out_of(api_user, peer))["opted_out"]
    await set_by_hand(api_user, peer, "A mistake", opted_out=False)
    await api_user.send_accepted(peer, "Hello again")
    await set_by_hand(api_user, peer, "Asked again", opted_out=True)
    await deliver(api, peer, "start")
    await until(api_user, peer, opted_out=False)


async def test_an_opt_out_by_hand_outlives_the_account(api: Api, api_user: ApiUser, peer: str) -> None:
    await set_by_hand(api_user, peer, "Asked on the phone", opted_out=True)
    answer = await api_user.call("DELETE", "/users", json={"user": {"password": PASSWORD}})
    assert answer.status_code == 204, answer.text
    other = await ApiUser.sign_up(api)
    problem_of(await other.send(peer), 422, "recipient_opted_out")


async def test_a_refusal_of_the_provider_is_an_opt_out(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.text(number, "STOP")
    # The provider knows, and its webhook has not come yet, or never will.
    problem = problem_of(await api_user.send(number), 422, "carrier_refused")
    assert problem["message"]["error_code"] == 21610
    state = await opt_out_of(api_user, number)
    assert (state["opted_out"], state["latest"]["source"]) == (True, "refused")
    problem_of(await api_user.send(number, "Again"), 422, "recipient_opted_out")
    # An opt-in by hand moves nothing at the provider, which refuses again.
    await set_by_hand(api_user, number, "They say that they have not", opted_out=False)
    problem_of(await api_user.send(number, "And again"), 422, "carrier_refused")
    assert (await opt_out_of(api_user, number))["opted_out"]
    assert len(await simulator.create_requests(number)) == 2


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"opted_out": True, "reason": " "}, {"reason": ["can't be blank"]}),
        ({"opted_out": True}, {"reason": ["can't be blank"]}),
        ({"opted_out": True, "reason": "x" * 201}, {"reason": ["is too long (maximum is 200 characters)"]}),
    ],
)
async def test_by_hand_a_reason_is_required(api_user: ApiUser, fields: Json, errors: Json) -> None:
    answer = await api_user.call("PUT", f"/api/opt_outs/{new_number()}", json={"opt_out": fields})
    assert field_errors(answer) == errors


async def test_by_hand_a_number_is_neither_true_nor_false(api_user: ApiUser) -> None:
    fields = {"opted_out": 0, "reason": "Asked"}
    answer = await api_user.call("PUT", f"/api/opt_outs/{new_number()}", json={"opt_out": fields})
    assert list(field_errors(answer)) == ["opted_out"]


@pytest.mark.parametrize("number", ["MYBANK", "12345", "+1"])
async def test_only_phone_numbers_opt_out(api_user: ApiUser, number: str) -> None:
    for method, body in (("GET", None), ("PUT", {"opt_out": {"opted_out": True, "reason": "Asked"}})):
        answer = await api_user.call(method, f"/api/opt_outs/{number}", json=body)
        assert list(field_errors(answer)) == ["number"]


@pytest.fixture
async def paused(start: Start) -> AsyncIterator[Api]:
    async with start(SENDING_ENABLED="off") as api:
        yield api


async def test_a_message_that_waits_is_not_sent_after_an_opt_out(
    paused: Api, start: Start, simulator: Simulator
) -> None:
    user, number = await ApiUser.sign_up(paused), new_number()
    waiting = await user.send(number, "Waiting")
    assert waiting.status_code == 202
    other = await user.send(new_number(), "To somebody else")
    await deliver(paused, number, "STOP")
    await until(user, number, opted_out=True)
    # Also one that is stored as pending.
    problem_of(await user.send(number, "Another"), 422, "recipient_opted_out")
    async with start() as sending:
        user.api = sending
        await user.eventually(other.json()["_id"], "delivered")
        failed = await user.eventually(waiting.json()["_id"], "failed")
        assert failed["error_code"] == "recipient_opted_out"
    assert await simulator.create_requests(number) == []


async def test_with_the_scope_all_an_opt_out_holds_for_other_senders(start: Start) -> None:
    number, other_sender = new_number(), "+15005550999"
    async with start() as api:
        user = await ApiUser.sign_up(api)
        await user.send_accepted(number, "Hello")
        await deliver(api, number, "STOP", To=other_sender)
        await deliver(api, number, "The next one")
        await eventually(
            lambda: user.list(peer_number=number, direction="inbound"), lambda rows: len(rows) == 2, what="both"
        )
        assert not (await opt_out_of(user, number))["opted_out"]
        await user.send_accepted(number, "Hello again")
    async with start(OPT_OUT_SCOPE="all") as api:
        user.api = api
        problem_of(await user.send(number), 422, "recipient_opted_out")
        assert not (await set_by_hand(user, number, "A mistake", opted_out=False))["opted_out"]
        await user.send_accepted(number, "And again")
