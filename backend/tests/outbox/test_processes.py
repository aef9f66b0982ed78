"""Several API processes, and processes that are killed."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.polling import eventually
from tests.support.processes import free_port
from tests.support.servers import Api, Mongo, Simulator, Start, api_environment, running_api


def at(api: Api, api_user: ApiUser) -> ApiUser:
    """The same user, at another process."""
    return ApiUser(api, api_user.id, api_user.email, api_user.access_token, api_user.refresh_token)


@pytest.fixture
async def second_api(mongodb: Mongo, simulator: Simulator, tmp_path: Path) -> AsyncIterator[Api]:
    """A second process with the same database and sender."""
    environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=simulator.url)
    async with running_api(tmp_path, environment) as api:
        yield api


async def test_two_processes_send_each_message_once(api_user: ApiUser, second_api: Api, simulator: Simulator) -> None:
    clients = [api_user, at(second_api, api_user)]
    numbers = [new_number() for _ in range(10)]
    answers = await asyncio.gather(
        *(client.send(number, key=number) for number in numbers for client in clients), return_exceptions=False
    )
    assert {answer.status_code for answer in answers} <= {201, 202}
    for answer in answers:
        await api_user.eventually(answer.json()["_id"], "delivered", within=20)
    for number in numbers:
        assert len(await simulator.accepted(number)) == 1
    assert len(await api_user.list()) == 10

    # A sign-out at one process takes effect at the other with the next reading of the change feed.
    await api_user.call("DELETE", "/users/sign_out")
    await eventually(
        lambda: clients[1].call("GET", "/users"),
        lambda answer: answer.status_code == 401,
        within=5.0,
        what="a sign-out",
    )


async def test_a_message_is_sent_again_once_its_absence_is_confirmed(start: Start, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("reset_connection", to=number, times=1)
    async with start(RECONCILE_AFTER_SECONDS="1", ABSENCE_CONFIRMED_AFTER_SECONDS="1") as api:
        api_user = await ApiUser.sign_up(api)
        message = (await api_user.send(number, api_user.email)).json()
        assert message["status"] == "unconfirmed"
        delivered = await api_user.eventually(message["_id"], "delivered", within=15)
    assert len(await simulator.accepted(number)) == 1
    assert [(event["source"], event["status"]) for event in delivered["timeline"]][:2] == [
        ("send", "unconfirmed"),
        ("reconciler", "pending"),
    ]


async def test_a_killed_process_neither_loses_nor_duplicates_messages(start: Start, simulator: Simulator) -> None:
    committed, lost = new_number(), new_number()
    await simulator.control.set_fault("late_commit", to=committed, times=1, seconds=1)
    await simulator.control.set_fault("hang", to=lost, times=1, seconds=1)
    quick = {"TWILIO_TIMEOUT_SECONDS": "0.3", "RECONCILE_AFTER_SECONDS": "1", "ABSENCE_CONFIRMED_AFTER_SECONDS": "1"}
    async with start(**quick) as api:
        api_user = await ApiUser.sign_up(api)
        sending = [asyncio.create_task(api_user.send(number, number)) for number in (committed, lost)]
        for number in (committed, lost):
            await eventually(partial(simulator.create_requests, number), bool, what="a request to the provider")
        api.process.kill()
        await asyncio.gather(*sending, return_exceptions=True)

    async with start(**quick) as api:
        messages = await at(api, api_user).list()
        assert len(messages) == 2
        for message in messages:
            await at(api, api_user).eventually(message["_id"], "delivered", within=25)
    for number, requests in ((committed, 1), (lost, 2)):
        assert len(await simulator.accepted(number)) == 1
        assert len(await simulator.create_requests(number)) == requests


async def test_a_message_that_cannot_be_sent_in_time_expires(start: Start, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("queue_full", to=number)
    async with start(SEND_TTL_SECONDS="1") as api:
        api_user = await ApiUser.sign_up(api)
        message = (await api_user.send(number)).json()
        expired = await api_user.eventually(message["_id"], "failed")
        assert expired["error_code"] == "expired"
    assert await simulator.accepted(number) == []


async def test_without_callbacks_statuses_are_polled(start: Start, simulator: Simulator) -> None:
    async with start(TWILIO_STATUS_CALLBACK_URL="") as api:
        assert "Twilio cannot call TWILIO_STATUS_CALLBACK_URL" in api.process.text()
        api_user = await ApiUser.sign_up(api)
        message = await api_user.send_accepted(new_number())
        delivered = await api_user.eventually(message["_id"], "delivered", within=15)
    assert "callback" not in {event["source"] for event in delivered["timeline"]}
    assert await simulator.control.callbacks(message["twilio_sid"]) == []
