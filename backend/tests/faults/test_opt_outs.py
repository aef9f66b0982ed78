"""STOP under faults: once it is stored, nothing is sent that was not on its way before, whatever dies in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, Literal
from unittest.mock import AsyncMock

import httpx
import pytest
from pymongo.errors import AutoReconnect

from mysms.messages.status import OutboxState
from mysms.opt_outs.records import OptOutChange
from mysms.opt_outs.repository import OptOutRepository
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.providers.base import Accepted, ProviderMessage, Rejected, RetryableFailure
from tests.faults.environment import ApiProcess, Environment
from tests.faults.inbound_webhooks import WRITES, catching_up, direct_webhooks, webhooks_of
from tests.faults.mongo_proxy import Command, PausePoint, changes_of_messages, is_message_insert
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.support.api_user import PASSWORD, new_email
from tests.support.inbound import INBOUND_PATH, inbound_form
from tests.support.polling import eventually
from tests.support.servers import FROM_NUMBER, Mongo
from tests.support.status_callbacks import signature_of


def is_opt_out(command: Command) -> bool:
    return command.get("update") == "conversations" and any(
        "history" in each["u"].get("$push", {}) for each in command["updates"]
    )


SETTLING: dict[str, Callable[[Command], bool]] = {**WRITES, "opt-out": is_opt_out}


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    async with catching_up(tmp_path_factory.mktemp("opt-outs"), "opt-outs") as env:
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> AsyncIterator[Environment]:
    async with webhooks_of(shared_env):
        yield shared_env


async def opt_out_of(env: Environment, number: str, api: ApiProcess | None = None) -> dict[str, Any]:
    url = f"{(api or env.running_apis[0]).url}/api/opt_outs/{number}"
    found: dict[str, Any] = (await env.http.get(url, headers=env.headers)).raise_for_status().json()
    return found


async def until(env: Environment, number: str, *, events: int, opted_out: bool) -> None:
    def is_reached(found: dict[str, Any]) -> bool:
        return len(found["history"]) >= events and found["opted_out"] is opted_out

    found = await eventually(lambda: opt_out_of(env, number), is_reached, within=40, what="the opt-outs")
    assert len(found["history"]) == events


async def send(env: Environment, number: str, text: str, api: ApiProcess | None = None) -> httpx.Response:
    url = f"{(api or env.running_apis[0]).url}/api/messages"
    message = {"recipient_number": number, "content": text}
    return await env.http.post(url, json={"message": message}, headers=env.headers)


async def require_refused(env: Environment, number: str, text: str) -> None:
    answer = await send(env, number, text)
    assert (answer.status_code, answer.json()["code"]) == (422, "recipient_opted_out"), answer.text
    assert await env.sids_at_provider(text) == []


@pytest.mark.parametrize("at", ["request", "reply"])
@pytest.mark.parametrize("write", SETTLING)
async def test_a_process_that_is_killed_between_any_two_writes(
    env: Environment, write: str, at: Literal["request", "reply"]
) -> None:
    """Its webhook is not repeated: the other process finds the message in the list, and records the opt-out once."""
    await direct_webhooks(env, "rc=0")
    number = new_number()
    victim, survivor = env.apis
    survivor.is_paused = True
    try:
        pause = victim.mongo_proxy.add(PausePoint(SETTLING[write], at))
        await env.simulator.control.text(number, "STOP")
        async with asyncio.timeout(15):
            await pause.reached.wait()
        await victim.kill_and_wait()
    finally:
        survivor.is_paused = False
    await until(env, number, events=1, opted_out=True)
    await require_refused(env, number, f"After {write} at its {at}")
    await victim.start()


async def test_a_stop_is_in_force_once_its_webhook_is_answered(env: Environment) -> None:
    """The provider tells nothing again afterwards, and its list does not say that ARRET means STOP."""
    number, api = new_number(), env.apis[0]
    form = inbound_form(number, "ARRET", OptOutType="STOP")
    sid = form["MessageSid"]
    signature = signature_of(f"http://127.0.0.1:{env.callback_proxy.port}{INBOUND_PATH}", form)
    # The process has just started, and may read others in the list.
    pause = api.mongo_proxy.add(PausePoint(lambda command: is_opt_out(command) and sid in str(command), "request"))
    answering = asyncio.create_task(
        env.http.post(f"{api.url}{INBOUND_PATH}", data=form, headers={"X-Twilio-Signature": signature})
    )
    async with asyncio.timeout(15):
        await pause.reached.wait()
    assert (await asyncio.wait({answering}, timeout=1))[0] == set()
    pause.release()
    assert (await answering).status_code == 200
    assert (await opt_out_of(env, number, env.apis[1]))["opted_out"]


async def test_a_webhook_that_comes_after_its_message_was_found_in_the_list(env: Environment) -> None:
    """The list does not say that ARRET means STOP, so the message is stored and settled without an opt-out."""
    number, api = new_number(), env.apis[0]
    await env.simulator.control.set_number(sms_url="", sms_fallback_url="")
    sid = (await env.simulator.control.text(number, "ARRET")).sid

    async def is_settled() -> bool:
        row = await env.database["provider_message_ids"].find_one({"_id": sid})
        return row is not None and row["is_settled"]

    await eventually(is_settled, bool, within=20, what="the message being found in the list")
    assert not (await opt_out_of(env, number))["opted_out"]
    form = inbound_form(number, "ARRET", OptOutType="STOP", **dict.fromkeys(("MessageSid", "SmsSid"), sid))
    signature = signature_of(f"http://127.0.0.1:{env.callback_proxy.port}{INBOUND_PATH}", form)
    for _ in range(2):
        answer = await env.http.post(f"{api.url}{INBOUND_PATH}", data=form, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200
    assert [event["source"] for event in (await opt_out_of(env, number))["history"]] == ["provider"]
    await require_refused(env, number, "After ARRET")


async def test_webhooks_lost_doubled_and_in_the_wrong_order(env: Environment) -> None:
    lost, doubled = new_number(), new_number()
    control = env.simulator.control
    await control.set_number(sms_url="", sms_fallback_url="")
    await control.set_fault("list_lag", seconds=4)
    await control.text(lost, "STOP")
    await direct_webhooks(env)
    await control.text(lost, "START")
    await until(env, lost, events=1, opted_out=False)
    # The STOP is made up for: by two clocks, it may be the newer one.
    await until(env, lost, events=2, opted_out=True)
    await require_refused(env, lost, "In doubt")
    await control.text(lost, "START")
    await until(env, lost, events=3, opted_out=False)
    assert (await send(env, lost, "After START")).status_code == 201
    await control.set_fault("duplicate_callbacks", status="received", copies=3)
    await control.text(doubled, "START")
    await until(env, doubled, events=1, opted_out=False)
    await control.text(doubled, "STOP")
    await until(env, doubled, events=2, opted_out=True)
    await require_refused(env, doubled, "After STOP")


async def test_an_opt_out_between_intake_and_attempt_stops_a_new_message(env: Environment) -> None:
    """The message is stored and claimed by one process, and its attempt has not begun, when another stores the STOP."""
    number, text = new_number(), "Stored just before STOP"
    sender, other = env.apis
    pause = sender.mongo_proxy.add(PausePoint(lambda command: _is_insert_of(command, number), "reply"))
    sending = asyncio.create_task(send(env, number, text, sender))
    async with asyncio.timeout(15):
        await pause.reached.wait()
    sender.is_paused = True
    try:
        await env.simulator.control.text(number, "STOP")
        await until(env, number, events=1, opted_out=True)
        assert (await opt_out_of(env, number, other))["opted_out"]
    finally:
        sender.is_paused = False
    pause.release()
    answer = await sending
    assert (answer.status_code, answer.json()["code"]) == (422, "recipient_opted_out"), answer.text
    assert await env.sids_at_provider(text) == []


async def test_a_message_that_is_erased_while_it_is_refused_is_not_sent(env: Environment) -> None:
    """Its account is deleted between its refusal and the answer. The provider would take it: it knows no opt-out."""
    number, text = new_number(), "Erased while it is refused"
    sender, other = env.apis
    by_hand = {"opt_out": {"opted_out": True, "reason": "Asked"}}
    (await env.http.put(f"{sender.url}/api/opt_outs/{number}", json=by_hand, headers=env.headers)).raise_for_status()
    user = {"email": new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
    answer = await env.http.post(f"{other.url}/users", json={"user": user})
    assert answer.status_code == 201, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    pause = sender.mongo_proxy.add(PausePoint(_is_refusal, "reply"))
    message = {"message": {"recipient_number": number, "content": text}}
    sending = asyncio.create_task(env.http.post(f"{sender.url}/api/messages", json=message, headers=headers))
    async with asyncio.timeout(15):
        await pause.reached.wait()
    account = {"user": {"password": PASSWORD}}
    deleted = await env.http.request("DELETE", f"{other.url}/users", json=account, headers=headers)
    assert deleted.status_code == 204, deleted.text

    async def left() -> int:
        return await env.database["messages"].count_documents({"content": text})

    await eventually(left, lambda found: found == 0, what="the erasure")
    pause.release()
    refused = await sending
    assert (refused.status_code, refused.json()["code"]) == (422, "recipient_opted_out"), refused.text
    assert await env.sids_at_provider(text) == []


def _is_refusal(command: Command) -> bool:
    return any(changes.get("error_code") == "recipient_opted_out" for changes in changes_of_messages(command))


def _is_insert_of(command: Command, number: str) -> bool:
    return is_message_insert(command) and command["documents"][0]["recipient_number"] == number


async def test_refusals_of_the_provider_are_recorded_by_every_process(env: Environment) -> None:
    await env.simulator.control.set_number(sms_url="", sms_fallback_url="")
    await env.simulator.control.set_fault("list_lag", seconds=60)
    number = new_number()
    await env.simulator.control.text(number, "STOP")
    first = await send(env, number, "First", env.apis[0])
    assert (first.status_code, first.json()["code"]) == (422, "carrier_refused"), first.text
    second = await send(env, number, "Second", env.apis[1])
    assert (second.status_code, second.json()["code"]) == (422, "recipient_opted_out"), second.text


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


async def opt_out(fixture: OutboxFixture, number: str) -> None:
    await fixture.opt_outs.record(OptOutChange("SM1", FROM_NUMBER, number, "opt_out", fixture.now, "keyword"))


async def test_a_message_in_backoff_fails_at_its_claim_and_frees_its_text(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("sender"), new_number()
    claim = await fixture.enqueue_claimed(outbox, number, "Hello")
    await outbox.settle(claim, RetryableFailure("busy"), 0.5)
    await opt_out(fixture, number)
    fixture.now += timedelta(hours=1)
    assert await fixture.outbox("other").claim_next() is None
    message = await fixture.message(claim.message_id)
    assert (message.outbox_state, message.error_code) == (OutboxState.REJECTED, "recipient_opted_out")
    assert message.status == "failed"
    assert await fixture.database["content_locks"].find({}).to_list() == []


@pytest.mark.parametrize("look", [(OptOutRepository, "is_opted_out"), (ProviderMessageIds, "sid_of")])
async def test_a_claim_whose_checks_the_database_fails_is_given_back(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch, look: tuple[type, str]
) -> None:
    """No attempt began, so nobody is told that the message may have been sent."""
    outbox = fixture.outbox("sender")
    message_id = await fixture.enqueue(outbox, new_number(), "Hello")
    with monkeypatch.context() as failing:
        failing.setattr(*look, AsyncMock(side_effect=AutoReconnect))
        with pytest.raises(AutoReconnect):
            await outbox.claim_next()
    assert (await fixture.message(message_id)).outbox_state is OutboxState.PENDING
    fixture.now += timedelta(seconds=5)
    assert (await fixture.claim(outbox)).message_id == message_id


async def test_a_pending_message_that_another_process_sends_meanwhile_is_not_refused(fixture: OutboxFixture) -> None:
    """It was claimed before the opt-out: whoever stored it must not answer that it is not sent."""
    outbox, number = fixture.outbox("storing"), new_number()
    message = await fixture.message(await fixture.enqueue(outbox, number, "Hello"))
    claim = await fixture.outbox("other").claim_next()
    assert claim is not None
    await opt_out(fixture, number)
    assert await outbox.refuse(message) is None
    now = await fixture.message(claim.message_id)
    assert (now.outbox_state, now.error_code) == (OutboxState.CLAIMED, None)


async def test_a_message_whose_lease_ends_while_it_is_refused_fails_all_the_same(fixture: OutboxFixture) -> None:
    """Its attempt has not begun. Or it would be sent after a START, although its sender was told that it is not."""
    outbox, number = fixture.outbox("slow"), new_number()
    claim = await fixture.enqueue_claimed(outbox, number, "Hello")
    message = await fixture.message(claim.message_id)
    reconciling = fixture.outbox("reconciling")
    assert [await reconciling.end_lease(each) for each in await reconciling.list_claimed(limit=10)] == [True]
    assert (await fixture.message(claim.message_id)).outbox_state is OutboxState.UNCONFIRMED
    refused = await outbox.refuse(message)
    assert refused is not None
    assert (refused.outbox_state, refused.error_code) == (OutboxState.REJECTED, "recipient_opted_out")
    assert await fixture.database["content_locks"].find({}).to_list() == []


async def test_a_start_after_a_refusal_holds_however_late_that_is_recorded(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("sender"), new_number()
    claim = await fixture.enqueue_claimed(outbox, number, "Hello")
    fixture.now += timedelta(seconds=10)
    await fixture.opt_outs.record(OptOutChange("SM2", FROM_NUMBER, number, "opt_in", fixture.now, "keyword"))
    fixture.now += timedelta(seconds=10)
    await outbox.settle(claim, Rejected(21610, "Attempt to send to unsubscribed recipient"), 0.5)
    assert not await fixture.opt_outs.is_opted_out(number)


async def test_a_refusal_that_a_status_check_finds_is_an_opt_out_of_the_time_of_its_claim(
    fixture: OutboxFixture,
) -> None:
    outbox, number = fixture.outbox("sender"), new_number()
    claim = await fixture.enqueue_claimed(outbox, number, "Hello")
    await outbox.settle(claim, Accepted("SM3", "queued"), 0.5)
    fixture.now += timedelta(minutes=10)
    row = ProviderMessage("SM3", FROM_NUMBER, number, "Hello", "undelivered", 21610, None, fixture.now)
    await fixture.timeline.record_answer(claim.message_id, row)
    assert (await fixture.message(claim.message_id)).status == "undelivered"
    record = await fixture.opt_outs.find(number)
    assert record is not None
    assert (record.latest.source, record.latest.at) == ("refused", claim.claimed_at)


async def test_a_refusal_is_recorded_before_the_message_fails(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that whoever repeats the outcome, or sends another message, knows."""
    outbox, number = fixture.outbox("sender"), new_number()
    claim = await fixture.enqueue_claimed(outbox, number, "Hello")
    with monkeypatch.context() as patched:
        patched.setattr(OptOutRepository, "record", AsyncMock(side_effect=AutoReconnect))
        with pytest.raises(AutoReconnect):
            await outbox.settle(claim, Rejected(21610, "Attempt to send to unsubscribed recipient"), 0.5)
    assert (await fixture.message(claim.message_id)).outbox_state is OutboxState.CLAIMED
    for _ in range(2):
        await outbox.settle(claim, Rejected(21610, "Attempt to send to unsubscribed recipient"), 0.5)
    record = await fixture.opt_outs.find(number)
    assert record is not None
    assert [entry.source for entry in record.history] == ["refused"]
    another = await fixture.enqueue_claimed(outbox, new_number(), "Hello")
    await outbox.settle(another, Rejected(21614, "Not a mobile number"), 0.5)
    assert await fixture.opt_outs.find(another.to_number) is None
