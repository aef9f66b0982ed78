"""What the author of a message may still do while nobody knows where it is."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.faults.environment import Json, World, running_world
from tests.faults.mongo_proxy import Trap, is_claim

_places = itertools.count(1)


@pytest.fixture(scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory, list_order: str) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("author")
    async with running_world(
        directory, list_order=list_order, processes=1, name="author", RECONCILE_AFTER_SECONDS="2"
    ) as world:
        yield world


@pytest.fixture
async def world(shared_world: World) -> AsyncIterator[World]:
    yield shared_world
    await shared_world.simulator.control.reset_faults()


@pytest.fixture
def number() -> str:
    return f"+1322555{next(_places):04}"


async def unconfirmed(world: World, number: str, fault: str, **parameters: Any) -> Json:
    """A message that nobody knows the whereabouts of."""
    await world.simulator.control.set_fault(fault, to=number, times=1, **parameters)
    message = await world.post(number, f"To {number}")
    assert message["status"] == "unconfirmed"
    return message


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_what_is_pending_can_be_cancelled_and_is_never_sent(world: World, number: str) -> None:
    await world.simulator.control.set_fault("rate_limited", to=number)
    message = await world.post(number, "Better not")
    canceled = await world.act(message["_id"], "cancel")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    await world.simulator.control.reset_faults()
    await world.let_time_pass()
    await world.eventually((await world.post(number, "Rather this"))["_id"], "delivered")
    assert await world.sids_at_carrier("Better not") == []


async def test_what_is_being_sent_cannot_be_cancelled(world: World, number: str) -> None:
    claim = world.apis[0].tap.set(Trap(is_claim, "reply"))
    sending = asyncio.create_task(world.post(number, "On its way"))
    await asyncio.wait_for(claim.sprung.wait(), 10)
    row = await world.database["messages"].find_one({"recipient_number": number})
    assert row is not None
    try:
        assert problem(await world.act(str(row["_id"]), "cancel")) == (409, "not_cancellable")
    finally:
        claim.release()
    message = await sending
    assert problem(await world.act(message["_id"], "cancel")) == (409, "not_cancellable")
    assert len(await world.sids_at_carrier("On its way")) == 1


async def test_what_is_unconfirmed_stays_so_when_cancelled_until_it_is_known_to_be_absent(
    world: World, number: str
) -> None:
    message = await unconfirmed(world, number, "reset_connection")
    asked = await world.act(message["_id"], "cancel")
    assert (asked.status_code, asked.json()["status"]) == (200, "unconfirmed")
    await world.eventually(message["_id"], "canceled")
    assert await world.sids_at_carrier(message["content"]) == []


async def test_an_unconfirmed_message_is_sent_again_only_with_a_double_accepted(world: World, number: str) -> None:
    message = await unconfirmed(world, number, "reset_connection")
    assert problem(await world.act(message["_id"], "retry")) == (409, "possible_double")
    again = await world.act(message["_id"], "retry", accept_possible_double="true")
    assert again.status_code == 201, again.text
    await world.eventually(again.json()["_id"], "delivered")
    # The old one is not sent by itself any more.
    await world.eventually(message["_id"], "canceled")
    assert len(await world.sids_at_carrier(message["content"])) == 1


async def test_a_callback_proves_the_old_one_although_it_was_sent_again(world: World, number: str) -> None:
    await world.simulator.control.set_fault("delay_callbacks", to=number, times=2, seconds=4)
    await world.simulator.control.set_fault("list_lag", seconds=60)
    message = await unconfirmed(world, number, "lose_201")
    again = await world.act(message["_id"], "retry", accept_possible_double="true")
    await world.eventually(again.json()["_id"], "delivered")
    await world.eventually(message["_id"], "delivered")
    rows = [await world.document(message_id) for message_id in (message["_id"], again.json()["_id"])]
    assert [row["twilio_sid"] for row in rows] == await world.sids_at_carrier(message["content"])
    assert [row["second_sids"] for row in rows] == [[], []]


async def test_a_refused_message_is_refused_again_once_however_often_it_is_asked_for(world: World) -> None:
    refused = await world.post("+15005550001", "Nobody there")
    answers = await asyncio.gather(*(world.act(refused["_id"], "retry") for _ in range(5)))
    answers.append(await world.act(refused["_id"], "retry"))
    assert {problem(answer) for answer in answers} == {(422, "carrier_refused")}
    assert len({answer.json()["message"]["_id"] for answer in answers} - {refused["_id"]}) == 1


async def test_an_undelivered_message_is_sent_again_once_however_often_it_is_asked_for(world: World) -> None:
    lost = await world.post("+15005553003", "Are you there?")
    await world.eventually(lost["_id"], "undelivered")
    answers = await asyncio.gather(*(world.act(lost["_id"], "retry") for _ in range(5)))
    answers.append(await world.act(lost["_id"], "retry"))
    assert {answer.status_code for answer in answers} <= {201, 202}
    (again,) = {answer.json()["_id"] for answer in answers}
    detail = await world.eventually(again, "undelivered")
    assert detail["retry_of"] == lost["_id"]
    assert len(await world.sids_at_carrier("Are you there?")) == 2


async def test_what_arrived_is_not_sent_again(world: World, number: str) -> None:
    message = await world.post(number, "Here")
    await world.eventually(message["_id"], "delivered")
    assert problem(await world.act(message["_id"], "retry")) == (409, "not_retryable")


async def test_one_key_is_one_message_however_many_requests_race(world: World, number: str) -> None:
    messages = await asyncio.gather(*(world.post(number, "Once", key=f"once {number}") for _ in range(8)))
    messages.append(await world.post(number, "Once", key=f"once {number}"))
    assert len({message["_id"] for message in messages}) == 1
    assert len(await world.sids_at_carrier("Once")) == 1
    rows = await world.database["messages"].count_documents({"recipient_number": number})
    assert rows == 1


async def test_a_late_commit_within_the_wait_is_found_and_not_sent_again(world: World, number: str) -> None:
    await world.simulator.control.set_fault("drop_callbacks", to=number)
    message = await unconfirmed(world, number, "late_commit", seconds=2.5)
    found = await world.eventually(message["_id"], "queued", "sent", "delivered")
    assert await world.sids_at_carrier(message["content"]) == [found["twilio_sid"]]
    assert (await world.document(message["_id"]))["attempt"] == 1


async def test_what_stays_in_the_carriers_queue_is_found_and_not_sent_again(world: World, number: str) -> None:
    await world.simulator.control.set_fault("outcome", to=number, status="queued")
    message = await unconfirmed(world, number, "lose_201")
    found = await world.eventually(message["_id"], "queued")
    assert await world.sids_at_carrier(message["content"]) == [found["twilio_sid"]]


async def test_a_list_that_breaks_off_proves_no_absence(world: World, number: str) -> None:
    await world.simulator.control.set_fault("drop_callbacks", to=number)
    await world.simulator.control.set_fault("error_500", on="list", times=2)
    message = await unconfirmed(world, number, "lose_201")
    found = await world.eventually(message["_id"], "queued", "sent", "delivered")
    assert await world.sids_at_carrier(message["content"]) == [found["twilio_sid"]]
