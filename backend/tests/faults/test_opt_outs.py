"""STOP under faults: once it is stored, nothing is sent that was not on its way before, whatever dies in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, Literal

import httpx
import pytest

from mysms.messages.status import OutboxState
from mysms.opt_outs.records import OptOutChange
from mysms.providers.base import Rejected, RetryableFailure
from tests.faults.environment import ApiProcess, Environment, running_environment
from tests.faults.mongo_proxy import Command, PausePoint, is_message_insert
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.faults.test_inbound import WRITES, direct_webhooks
from tests.support.polling import eventually
from tests.support.servers import FROM_NUMBER, Mongo

CATCH_UP_SECONDS = 2


def is_opt_out(command: Command) -> bool:
    return command.get("update") == "conversations" and any(
        "history" in each["u"].get("$push", {}) for each in command["updates"]
    )


SETTLING: dict[str, Callable[[Command], bool]] = {**WRITES, "opt-out": is_opt_out}


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory = tmp_path_factory.mktemp("opt-outs")
    async with running_environment(directory, name="opt-outs", INBOUND_CATCH_UP_SECONDS=str(CATCH_UP_SECONDS)) as env:
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> AsyncIterator[Environment]:
    await direct_webhooks(shared_env)
    yield shared_env
    await shared_env.simulator.control.reset_faults()


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


async def test_webhooks_lost_doubled_and_in_the_wrong_order(env: Environment) -> None:
    lost, doubled = new_number(), new_number()
    control = env.simulator.control
    await control.set_number(sms_url="", sms_fallback_url="")
    await control.set_fault("list_lag", seconds=4)
    # The times of the list are whole seconds.
    await control.text(lost, "STOP")
    await asyncio.sleep(1.1)
    await direct_webhooks(env)
    await control.text(lost, "START")
    await until(env, lost, events=1, opted_out=False)
    # The STOP is made up for: it is older.
    await until(env, lost, events=2, opted_out=False)
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
    change = OptOutChange("SM1", FROM_NUMBER, number, opted_out=True, at=fixture.now, source="keyword")
    await fixture.opt_outs.record(change)


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


async def test_a_refusal_is_recorded_before_the_message_fails(fixture: OutboxFixture) -> None:
    """So that whoever repeats the outcome, or sends another message, knows."""
    outbox, number = fixture.outbox("sender"), new_number()
    claim = await fixture.enqueue_claimed(outbox, number, "Hello")
    for _ in range(2):
        await outbox.settle(claim, Rejected(21610, "Attempt to send to unsubscribed recipient"), 0.5)
    record = await fixture.opt_outs.find(number)
    assert record is not None
    assert [entry.source for entry in record.history] == ["refused"]
    another = await fixture.enqueue_claimed(outbox, new_number(), "Hello")
    await outbox.settle(another, Rejected(21614, "Not a mobile number"), 0.5)
    assert await fixture.opt_outs.find(another.to_number) is None
