"""STOP means stop: who has opted out is not written to, whatever way a message came to be sent."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from tests.contacts.test_contacts import store
from tests.support.api_user import PASSWORD, ApiUser, Json, new_number
from tests.support.inbound import deliver, new_sid
from tests.support.polling import eventually
from tests.support.processes import Process, free_port
from tests.support.responses import field_errors, problem_of
from tests.support.servers import FROM_NUMBER, Api, Mongo, Simulator, Start, api_environment
from tests.support.status_callbacks import report

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
    # Recorded before the provider has its answer, after which it tells nothing again.
    await deliver(api, peer, " Stop\n")
    state = await opt_out_of(api_user, peer)
    assert state["opted_out"]
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


async def test_one_request_asks_about_many_numbers(api: Api, api_user: ApiUser, peer: str) -> None:
    other, stranger = new_number(), new_number()
    await deliver(api, peer, "STOP")
    await until(api_user, peer, opted_out=True)
    await set_by_hand(api_user, other, "A mistake", opted_out=False)
    answer = await api_user.call("GET", "/api/opt_outs", params={"number": [peer, stranger, other]})
    assert answer.status_code == 200, answer.text
    assert {each["number"]: each["opted_out"] for each in answer.json()} == {peer: True, other: False}
    assert [each for each in answer.json() if each["number"] == peer] == [await opt_out_of(api_user, peer)]
    for wrong in ([], ["Ada"], [peer] * 101):
        answer = await api_user.call("GET", "/api/opt_outs", params={"number": wrong})
        assert list(problem_of(answer, 422, "invalid_fields")["errors"]) == ["number"]


async def test_an_opt_out_holds_for_all_users_who_write_to_the_number(api: Api, api_user: ApiUser, peer: str) -> None:
    await deliver(api, peer, "UNSUBSCRIBE")
    await until(api_user, peer, opted_out=True)
    other = await ApiUser.sign_up(api)
    problem_of(await other.send(peer), 422, "recipient_opted_out")
    # Nobody else is held.
    await api_user.send_accepted(new_number())


async def test_what_the_provider_says_about_a_message_holds(api: Api, api_user: ApiUser, peer: str) -> None:
    await deliver(api, peer, "ARRET", OptOutType="STOP")
    state = await opt_out_of(api_user, peer)
    assert (state["opted_out"], state["latest"]["source"]) == (True, "provider")
    await deliver(api, peer, "STOP", OptOutType="START")
    assert (await until(api_user, peer, opted_out=False))["latest"]["source"] == "provider"


async def test_other_wordings_do_not_opt_out(api: Api, api_user: ApiUser, peer: str) -> None:
    for text in ("opt out", "Please stop texting me", "Stop it!"):
        await deliver(api, peer, text)
    await deliver(api, "12345", "STOP")
    assert (await opt_out_of(api_user, peer)) == {"number": peer, "opted_out": False, "latest": None, "history": []}
    await api_user.send_accepted(peer, "Sorry")


async def test_an_opt_out_by_hand_is_undone_by_hand_or_by_start(api: Api, api_user: ApiUser, peer: str) -> None:
    await set_by_hand(api_user, peer, "Asked on the phone", opted_out=True)
    latest = (await opt_out_of(await ApiUser.sign_up(api), peer))["latest"]
    assert (latest["source"], latest["reason"]) == ("manual", "Asked on the phone")
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


async def test_who_has_opted_out_alone_undoes_it(api: Api, api_user: ApiUser, peer: str) -> None:
    await set_by_hand(api_user, peer, "Asked on the phone", opted_out=True)
    await deliver(api, peer, "STOP")
    await eventually(
        lambda: opt_out_of(api_user, peer), lambda found: found["latest"]["source"] == "keyword", what="the STOP"
    )
    body = {"opt_out": {"opted_out": False, "reason": "A mistake"}}
    problem_of(await api_user.call("PUT", f"/api/opt_outs/{peer}", json=body), 409, "opted_out_by_recipient")
    problem_of(await api_user.send(peer), 422, "recipient_opted_out")
    await deliver(api, peer, "START")
    await until(api_user, peer, opted_out=False)


async def test_opt_outs_by_hand_are_limited(api: Api) -> None:
    user, number = await ApiUser.sign_up(api), new_number()
    for _ in range(100):
        await set_by_hand(user, number, "Asked", opted_out=True)
    body = {"opt_out": {"opted_out": True, "reason": "Asked"}}
    problem_of(await user.call("PUT", f"/api/opt_outs/{number}", json=body), 429, "rate_limited")


async def test_messages_that_an_opt_out_refuses_are_stored_and_therefore_limited(start: Start) -> None:
    async with start(MESSAGES_PER_USER_PER_MINUTE="2") as api:
        user, number = await ApiUser.sign_up(api), new_number()
        await set_by_hand(user, number, "Asked", opted_out=True)
        for attempt in range(2):
            problem_of(await user.send(number, f"Number {attempt}"), 422, "recipient_opted_out")
        problem_of(await user.send(number, "Number 2"), 429, "minute_quota")


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
    assert len(await simulator.create_requests(number)) == 1


async def test_all_opt_outs_are_exported_as_csv(
    api: Api, api_user: ApiUser, peer: str, tmp_path: Path, mongodb: Mongo, simulator: Simulator
) -> None:
    other = new_number()
    await deliver(api, peer, "STOP")
    await set_by_hand(api_user, peer, '=HYPERLINK("x")', opted_out=True)
    await deliver(api, other, "STOP")
    await deliver(api, other, "START")
    environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=simulator.url)
    command = Process("opt-outs", ["mysms", "opt-outs"], tmp_path, environment)
    assert await command.wait_for_exit() == 0
    first, *lines = csv.reader(command.text().removeprefix("\ufeff").splitlines())
    assert first == ["number", "sender", "opted_out", "said_by", "source", "reason", "at"]
    assert [line[:-1] for line in lines if line[0] in {peer, other}] == sorted(
        [
            [peer, FROM_NUMBER, "true", "recipient", "keyword", "STOP"],
            [peer, FROM_NUMBER, "true", "user", "manual", '\'=HYPERLINK("x")'],
            [other, FROM_NUMBER, "false", "recipient", "keyword", "START"],
        ]
    )


async def test_an_account_is_exported_with_the_opt_outs_of_its_people(api: Api, api_user: ApiUser, peer: str) -> None:
    stranger = new_number()
    contact = new_number()
    for number in (peer, contact):
        await store(api_user, number, "Ada")
    await deliver(api, peer, "STOP")
    await deliver(api, peer, "START")
    for number in (contact, stranger):
        await set_by_hand(await ApiUser.sign_up(api), number, "On the phone", opted_out=True)
    exported = (await api_user.call("GET", "/api/export")).json()["opt_outs"]
    assert exported == [await opt_out_of(api_user, number) for number in (peer, contact)]


async def test_an_export_has_the_opt_outs_of_many_people(
    api: Api, api_user: ApiUser, peer: str, mongodb: Mongo
) -> None:
    """Of more than one batch."""
    await deliver(api, peer, "STOP")
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        own = client.get_default_database()["conversations"]
        stored = await own.find_one({"_id": f"{api_user.id} {peer}"})
        assert stored is not None
        # Before and behind its number.
        names = [f"{sign}{index:03}" for sign in ("+0", "n") for index in range(250)]
        await own.insert_many([{**stored, "_id": f"{api_user.id} {name}", "peer_number": name} for name in names])
    exported = (await api_user.call("GET", "/api/export")).json()["opt_outs"]
    assert exported == [await opt_out_of(api_user, peer)]


@pytest.mark.parametrize("is_known", [True, False], ids=["after the response", "before the response"])
async def test_a_refusal_in_a_status_callback_is_an_opt_out(
    api: Api, api_user: ApiUser, peer: str, is_known: bool
) -> None:
    message = await api_user.send_accepted(peer, "Accepted, and refused then")
    if not is_known:
        message |= {"twilio_sid": new_sid()}
    for _ in range(2):
        await report(api, message, "undelivered", ErrorCode="21610")
    state = await opt_out_of(api_user, peer)
    assert (state["opted_out"], state["latest"]["source"]) == (True, "refused")
    assert len(state["history"]) == 1
    problem_of(await api_user.send(peer, "Again"), 422, "recipient_opted_out")


async def test_a_refusal_of_what_is_not_ours_is_none(api: Api, api_user: ApiUser, peer: str) -> None:
    message = await api_user.send_accepted(peer, "Accepted")
    await report(api, {**message, "twilio_sid": new_sid(), "_id": "0" * 24}, "undelivered", ErrorCode="21610")
    await report(api, message, "undelivered", ErrorCode="30003")
    assert not (await opt_out_of(api_user, peer))["opted_out"]


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


async def test_an_opt_out_by_hand_holds_after_a_change_of_our_number(start: Start) -> None:
    by_hand, by_word = new_number(), new_number()
    async with start() as api:
        user = await ApiUser.sign_up(api)
        await set_by_hand(user, by_hand, "Asked on the phone", opted_out=True)
        await deliver(api, by_word, "STOP")
        await until(user, by_word, opted_out=True)
    async with start(TWILIO_FROM_NUMBER="+15005550999") as api:
        user.api = api
        problem_of(await user.send(by_hand), 422, "recipient_opted_out")
        assert (await opt_out_of(user, by_hand))["latest"]["reason"] == "Asked on the phone"
        # As at Twilio.
        assert not (await opt_out_of(user, by_word))["opted_out"]
        await set_by_hand(user, by_hand, "A mistake", opted_out=False)
    async with start() as api:
        user.api = api
        assert not (await opt_out_of(user, by_hand))["opted_out"]
        await user.send_accepted(by_hand, "Hello again")


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
        body = {"opt_out": {"opted_out": False, "reason": "A mistake"}}
        problem_of(await user.call("PUT", f"/api/opt_outs/{number}", json=body), 409, "opted_out_by_recipient")
        by_hand = new_number()
        await set_by_hand(user, by_hand, "Asked", opted_out=True)
        assert not (await set_by_hand(user, by_hand, "A mistake", opted_out=False))["opted_out"]
        await user.send_accepted(by_hand, "And again")
