"""Quotas and allowed number prefixes."""

import asyncio

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.responses import problem_of
from tests.support.servers import Simulator, Start


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("MESSAGES_PER_USER_PER_MINUTE", "minute_quota"),
        ("MESSAGES_PER_USER_PER_DAY", "day_quota"),
        ("MESSAGES_PER_DAY", "installation_quota"),
    ],
)
async def test_messages_over_the_quota_are_rejected_and_not_stored(start: Start, setting: str, code: str) -> None:
    async with start(**{setting: "2"}) as api:
        api_user = await ApiUser.sign_up(api)
        key_answers = [await api_user.send(new_number(), key="one key")]
        answers = key_answers + [await api_user.send(new_number()) for _ in range(5)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert limited
        assert answers[0].status_code == answers[1].status_code == 201
        assert int(problem_of(limited[0], 429, code)["status"]) == 429
        assert int(limited[0].headers["Retry-After"]) >= 1
        assert len(await api_user.list()) == len(answers) - len(limited)


async def test_a_repeated_request_succeeds_when_the_quota_is_used_up(start: Start) -> None:
    async with start(MESSAGES_PER_USER_PER_DAY="1") as api:
        api_user, number = await ApiUser.sign_up(api), new_number()
        first = await api_user.send(number, key="again")
        assert (await api_user.send(number, key="again")).json()["_id"] == first.json()["_id"]


async def test_each_user_has_their_own_quota(start: Start) -> None:
    async with start(MESSAGES_PER_USER_PER_DAY="1") as api:
        for _ in range(3):
            api_user = await ApiUser.sign_up(api)
            assert (await api_user.send(new_number())).status_code == 201


async def test_only_allowed_prefixes_are_sent_to(start: Start, simulator: Simulator) -> None:
    async with start(ALLOWED_NUMBER_PREFIXES="+44, +49") as api:
        api_user = await ApiUser.sign_up(api)
        problem = problem_of(await api_user.send("+14155552671", "To nowhere"), 422, "country_not_allowed")
        assert problem["errors"].keys() == {"recipient_number"}
        assert (await api_user.send("+4930901820", "To Berlin")).status_code == 201
        assert [message["content"] for message in await api_user.list()] == ["To Berlin"]


async def test_a_rejection_by_the_total_quota_does_not_use_up_the_users_quota(start: Start) -> None:
    quotas = {"MESSAGES_PER_USER_PER_DAY": "3", "MESSAGES_PER_USER_PER_MINUTE": "3"}
    async with start(MESSAGES_PER_DAY="1", **quotas) as api:
        other, api_user = await ApiUser.sign_up(api), await ApiUser.sign_up(api)
        assert (await other.send(new_number())).status_code == 201
        for _ in range(5):
            problem_of(await api_user.send(new_number()), 429, "installation_quota")
    async with start(MESSAGES_PER_DAY="100", **quotas) as api:
        api_user.api = api
        assert [(await api_user.send(new_number())).status_code for _ in range(4)] == [201, 201, 201, 429]


async def test_a_rejection_by_the_users_quota_does_not_use_up_the_total_quota(start: Start) -> None:
    async with start(MESSAGES_PER_USER_PER_DAY="1", MESSAGES_PER_DAY="2") as api:
        greedy, other = await ApiUser.sign_up(api), await ApiUser.sign_up(api)
        answers = [(await greedy.send(new_number())).status_code for _ in range(5)]
        assert answers == [201, 429, 429, 429, 429]
        assert (await other.send(new_number())).status_code == 201


async def test_a_concurrent_rejected_request_does_not_use_up_the_quota(start: Start) -> None:
    """If a rejected request were counted, it could cause the rejection of another one."""
    async with start(MESSAGES_PER_USER_PER_DAY="5") as api:
        api_user = await ApiUser.sign_up(api)
        answers = await asyncio.gather(*(api_user.send(new_number()) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers)[:5] == [201] * 5
        assert [answer.status_code for answer in answers].count(429) == 15


async def test_invalid_and_repeated_requests_do_not_use_up_the_quota(start: Start) -> None:
    async with start(MESSAGES_PER_USER_PER_DAY="10", ALLOWED_NUMBER_PREFIXES="+1") as api:
        api_user, number = await ApiUser.sign_up(api), new_number()
        for recipient, content in (("nobody", "Hello"), (number, ""), ("+4930901820", "Hello")):
            assert (await api_user.send(recipient, content)).status_code == 422
        repeated = await asyncio.gather(*(api_user.send(number, key="the same") for _ in range(8)))
        assert {answer.status_code for answer in repeated} <= {201, 202}
        assert len({answer.json()["_id"] for answer in repeated}) == 1
        others = [(await api_user.send(new_number())).status_code for _ in range(10)]
        assert others == [201] * 9 + [429]
