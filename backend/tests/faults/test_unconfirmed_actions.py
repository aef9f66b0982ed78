"""Cancelling and retrying messages that are pending, in flight or unconfirmed."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.faults.environment import Environment, Json, running_environment
from tests.faults.mongo_proxy import PausePoint, is_claim

_counter = itertools.count(1)


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory, list_order: str) -> AsyncIterator[Environment]:
    directory = tmp_path_factory.mktemp("actions")
    async with running_environment(
        directory, list_order=list_order, processes=1, name="actions", RECONCILE_AFTER_SECONDS="2"
    ) as env:
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> AsyncIterator[Environment]:
    yield shared_env
    await shared_env.simulator.control.reset_faults()


@pytest.fixture
def number() -> str:
    return f"+1322555{next(_counter):04}"


async def unconfirmed(env: Environment, number: str, fault: str, **parameters: Any) -> Json:
    """An unconfirmed message: the provider's response was lost."""
    await env.simulator.control.set_fault(fault, to=number, times=1, **parameters)
    message = await env.post(number, f"To {number}")
    assert message["status"] == "unconfirmed"
    return message


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_cancelled_pending_message_is_never_sent(env: Environment, number: str) -> None:
    await env.simulator.control.set_fault("rate_limited", to=number)
    message = await env.post(number, "Better not")
    canceled = await env.post_action(message["_id"], "cancel")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    await env.simulator.control.reset_faults()
    await env.make_all_due()
    await env.eventually((await env.post(number, "Rather this"))["_id"], "delivered")
    assert await env.sids_at_provider("Better not") == []


async def test_a_message_being_sent_cannot_be_cancelled(env: Environment, number: str) -> None:
    claim = env.apis[0].mongo_proxy.add(PausePoint(is_claim, "reply"))
    sending = asyncio.create_task(env.post(number, "On its way"))
    await asyncio.wait_for(claim.reached.wait(), 10)
    row = await env.database["messages"].find_one({"recipient_number": number})
    assert row is not None
    try:
        assert problem(await env.post_action(str(row["_id"]), "cancel")) == (409, "not_cancellable")
    finally:
        claim.release()
    message = await sending
    assert problem(await env.post_action(message["_id"], "cancel")) == (409, "not_cancellable")
    assert len(await env.sids_at_provider("On its way")) == 1


async def test_a_cancelled_unconfirmed_message_is_canceled_once_absent(env: Environment, number: str) -> None:
    message = await unconfirmed(env, number, "reset_connection")
    asked = await env.post_action(message["_id"], "cancel")
    assert (asked.status_code, asked.json()["status"]) == (200, "unconfirmed")
    await env.eventually(message["_id"], "canceled")
    assert await env.sids_at_provider(message["content"]) == []


async def test_an_unconfirmed_message_is_retried_only_if_a_duplicate_is_accepted(env: Environment, number: str) -> None:
    message = await unconfirmed(env, number, "reset_connection")
    assert problem(await env.post_action(message["_id"], "retry")) == (409, "possible_duplicate")
    again = await env.post_action(message["_id"], "retry", accept_possible_duplicate="true")
    assert again.status_code == 201, again.text
    await env.eventually(again.json()["_id"], "delivered")
    # The original is not retried automatically any more.
    await env.eventually(message["_id"], "canceled")
    assert len(await env.sids_at_provider(message["content"])) == 1


async def test_a_late_callback_confirms_the_original_after_a_retry(env: Environment, number: str) -> None:
    await env.simulator.control.set_fault("delay_callbacks", to=number, times=2, seconds=4)
    await env.simulator.control.set_fault("list_lag", seconds=60)
    message = await unconfirmed(env, number, "lose_201")
    again = await env.post_action(message["_id"], "retry", accept_possible_duplicate="true")
    await env.eventually(again.json()["_id"], "delivered")
    await env.eventually(message["_id"], "delivered")
    rows = [await env.document(message_id) for message_id in (message["_id"], again.json()["_id"])]
    assert [row["twilio_sid"] for row in rows] == await env.sids_at_provider(message["content"])
    assert [row["outbound"]["duplicate_sids"] for row in rows] == [[], []]


async def test_repeated_retries_of_a_rejected_message_create_one_message(env: Environment) -> None:
    refused = await env.post("+15005550001", "Nobody there")
    answers = await asyncio.gather(*(env.post_action(refused["_id"], "retry") for _ in range(5)))
    answers.append(await env.post_action(refused["_id"], "retry"))
    assert {problem(answer) for answer in answers} == {(422, "carrier_refused")}
    assert len({answer.json()["message"]["_id"] for answer in answers} - {refused["_id"]}) == 1


async def test_repeated_retries_of_an_undelivered_message_create_one_message(env: Environment) -> None:
    lost = await env.post("+15005553003", "Are you there?")
    await env.eventually(lost["_id"], "undelivered")
    answers = await asyncio.gather(*(env.post_action(lost["_id"], "retry") for _ in range(5)))
    answers.append(await env.post_action(lost["_id"], "retry"))
    assert {answer.status_code for answer in answers} <= {201, 202}
    (again,) = {answer.json()["_id"] for answer in answers}
    detail = await env.eventually(again, "undelivered")
    assert detail["retry_of"] == lost["_id"]
    assert len(await env.sids_at_provider("Are you there?")) == 2


async def test_a_delivered_message_cannot_be_retried(env: Environment, number: str) -> None:
    message = await env.post(number, "Here")
    await env.eventually(message["_id"], "delivered")
    assert problem(await env.post_action(message["_id"], "retry")) == (409, "not_retryable")


async def test_concurrent_requests_with_one_key_create_one_message(env: Environment, number: str) -> None:
    messages = await asyncio.gather(*(env.post(number, "Once", key=f"once {number}") for _ in range(8)))
    messages.append(await env.post(number, "Once", key=f"once {number}"))
    assert len({message["_id"] for message in messages}) == 1
    assert len(await env.sids_at_provider("Once")) == 1
    rows = await env.database["messages"].count_documents({"recipient_number": number})
    assert rows == 1


async def test_a_late_commit_before_the_absence_check_is_found(env: Environment, number: str) -> None:
    await env.simulator.control.set_fault("drop_callbacks", to=number)
    message = await unconfirmed(env, number, "late_commit", seconds=2.5)
    found = await env.eventually(message["_id"], "queued", "sent", "delivered")
    assert await env.sids_at_provider(message["content"]) == [found["twilio_sid"]]
    assert (await env.document(message["_id"]))["outbound"]["attempt"] == 1


async def test_a_message_that_stays_queued_is_found(env: Environment, number: str) -> None:
    await env.simulator.control.set_fault("outcome", to=number, status="queued")
    message = await unconfirmed(env, number, "lose_201")
    found = await env.eventually(message["_id"], "queued")
    assert await env.sids_at_provider(message["content"]) == [found["twilio_sid"]]


async def test_a_failed_list_request_proves_no_absence(env: Environment, number: str) -> None:
    await env.simulator.control.set_fault("drop_callbacks", to=number)
    await env.simulator.control.set_fault("error_500", on="list", times=2)
    message = await unconfirmed(env, number, "lose_201")
    found = await env.eventually(message["_id"], "queued", "sent", "delivered")
    assert await env.sids_at_provider(message["content"]) == [found["twilio_sid"]]
