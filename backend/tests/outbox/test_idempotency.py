"""The Idempotency-Key: the same key with the same message never sends a second SMS."""

import asyncio

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Simulator, Start
from tests.support.status_callbacks import report

ANY_KEY = "0b9f6d8e4a7c"


async def test_a_repeated_request_returns_the_same_message(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    first, second = [await api_user.send(number, key=ANY_KEY) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["_id"] == second.json()["_id"]
    assert len(await simulator.accepted(number)) == 1
    assert len(await api_user.list()) == 1


async def test_a_repeated_request_returns_the_current_status(api_user: ApiUser) -> None:
    number = new_number()
    first = (await api_user.send(number, key=ANY_KEY)).json()
    await api_user.eventually(first["_id"], "delivered")
    assert (await api_user.send(number, key=ANY_KEY)).json()["status"] == "delivered"


async def test_a_repeated_request_reports_a_cancelled_message(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("rate_limited", to=number)
    first = (await api_user.send(number, key=ANY_KEY)).json()
    assert (await api_user.call("POST", f"/api/messages/{first['_id']}/cancel")).status_code == 200
    problem = problem_of(await api_user.send(number, key=ANY_KEY), 422, "message_canceled")
    assert (problem["message"]["_id"], problem["message"]["status"]) == (first["_id"], "canceled")


async def test_a_repeated_request_reports_an_expired_message(start: Start, simulator: Simulator) -> None:
    async with start(SEND_TTL_SECONDS="1") as api:
        api_user, number = await ApiUser.sign_up(api), new_number()
        await simulator.control.set_fault("rate_limited", to=number)
        first = (await api_user.send(number, key=ANY_KEY)).json()
        await api_user.eventually(first["_id"], "failed")
        problem = problem_of(await api_user.send(number, key=ANY_KEY), 422, "message_expired")
        assert (problem["message"]["_id"], problem["message"]["error_code"]) == (first["_id"], "expired")


async def test_a_repeated_request_for_an_undelivered_message_succeeds(api_user: ApiUser, api: Api) -> None:
    """The provider accepted it: the status shows the rest."""
    first = (await api_user.send(new_number(), key=ANY_KEY)).json()
    await report(api, first, "undelivered", ErrorCode="30003")
    second = await api_user.send(first["recipient_number"], key=ANY_KEY)
    assert (second.status_code, second.json()["status"]) == (201, "undelivered")


async def test_the_number_may_be_written_differently(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    first = await api_user.send(number, key=ANY_KEY)
    second = await api_user.send(f"{number[:2]} ({number[2:5]}) {number[5:8]}-{number[8:]}", key=ANY_KEY)
    assert first.json()["_id"] == second.json()["_id"]
    assert len(await simulator.accepted(number)) == 1


async def test_concurrent_requests_with_one_key_create_one_message(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    answers = await asyncio.gather(*(api_user.send(number, key=ANY_KEY) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    (message_id,) = {answer.json()["_id"] for answer in answers}
    await api_user.eventually(message_id, "delivered")
    assert len(await simulator.accepted(number)) == 1
    assert len(await api_user.list()) == 1


async def test_an_invalid_request_does_not_use_up_its_key(api_user: ApiUser) -> None:
    assert (await api_user.send("nonsense", key=ANY_KEY)).status_code == 422
    assert (await api_user.send(new_number(), key=ANY_KEY)).status_code == 201


@pytest.mark.parametrize("other", ["number", "content"])
async def test_a_different_message_with_the_same_key_is_rejected(
    api_user: ApiUser, simulator: Simulator, other: str
) -> None:
    number, another = new_number(), new_number()
    await api_user.send(number, "Hello", key=ANY_KEY)
    changed = (another, "Hello") if other == "number" else (number, "Hello ")
    problem_of(await api_user.send(*changed, key=ANY_KEY), 422, "idempotency_key_reused")
    assert len(await simulator.accepted(number)) == 1
    assert await simulator.accepted(another) == []


async def test_of_concurrent_different_messages_with_one_key_one_is_sent(
    api_user: ApiUser, simulator: Simulator
) -> None:
    numbers = [new_number() for _ in range(10)]
    answers = await asyncio.gather(*(api_user.send(number, key=ANY_KEY) for number in numbers))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 9
    assert sum([len(await simulator.accepted(number)) for number in numbers]) == 1


async def test_two_users_may_use_the_same_key(api: Api, api_user: ApiUser, simulator: Simulator) -> None:
    other = await ApiUser.sign_up(api)
    number = new_number()
    mine, theirs = await api_user.send(number, "mine", key=ANY_KEY), await other.send(number, "theirs", key=ANY_KEY)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["_id"] != theirs.json()["_id"]
    assert len(await simulator.accepted(number)) == 2


@pytest.mark.parametrize("key", ["k", "x" * 255, "!~ \"'%", "message:0123456789abcdef01234567", "a" * 36 + "/?#"])
async def test_a_key_may_be_any_printable_ascii(api_user: ApiUser, key: str) -> None:
    number = new_number()
    first, second = [await api_user.send(number, key=key) for _ in range(2)]
    assert first.status_code == 201
    assert first.json()["_id"] == second.json()["_id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "x" * 5_000, "tab\there", "ümlaut"])
async def test_any_other_key_is_rejected(readonly_user: ApiUser, key: str) -> None:
    draft = {"message": {"recipient_number": new_number(), "content": "Hello"}}
    headers = {b"Authorization": f"Bearer {readonly_user.access_token}".encode(), b"Idempotency-Key": key.encode()}
    response = await readonly_user.api.http.post("/api/messages", json=draft, headers=headers)
    assert field_errors(response).keys() == {"idempotency-key"}
    assert await readonly_user.list() == []


async def test_a_key_cannot_collide_with_a_message_without_a_key(api_user: ApiUser) -> None:
    """Keys and generated client ids share an index, but not a namespace."""
    unkeyed = await api_user.send_accepted(new_number())
    keyed = await api_user.send(new_number(), key=f"message:{unkeyed['_id']}")
    assert keyed.json()["_id"] != unkeyed["_id"]
