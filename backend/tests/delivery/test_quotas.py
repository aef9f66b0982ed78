"""The spend guard: how much may be sent, and to where."""

import pytest

from tests.support.answers import problem_of
from tests.support.person import Person, new_number
from tests.support.servers import Simulator, Start


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("MESSAGES_PER_USER_AND_MINUTE", "minute_quota"),
        ("MESSAGES_PER_USER_AND_DAY", "day_quota"),
        ("MESSAGES_PER_DAY", "installation_quota"),
    ],
)
async def test_more_than_allowed_is_refused_and_not_stored(start: Start, setting: str, code: str) -> None:
    async with start(**{setting: "2"}) as api:
        person = await Person.sign_up(api)
        key_answers = [await person.send(new_number(), key="one key")]
        answers = key_answers + [await person.send(new_number()) for _ in range(5)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert limited
        assert answers[0].status_code == answers[1].status_code == 201
        assert int(problem_of(limited[0], 429, code)["status"]) == 429
        assert int(limited[0].headers["Retry-After"]) >= 1
        assert len(await person.list()) == len(answers) - len(limited)


async def test_a_repeated_request_is_answered_whatever_the_quota_is(start: Start) -> None:
    async with start(MESSAGES_PER_USER_AND_DAY="1") as api:
        person, number = await Person.sign_up(api), new_number()
        first = await person.send(number, key="again")
        assert (await person.send(number, key="again")).json()["_id"] == first.json()["_id"]


async def test_one_person_does_not_use_up_the_quota_of_another(start: Start) -> None:
    async with start(MESSAGES_PER_USER_AND_DAY="1") as api:
        for _ in range(3):
            person = await Person.sign_up(api)
            assert (await person.send(new_number())).status_code == 201


async def test_only_listed_countries_are_written_to(start: Start, simulator: Simulator) -> None:
    async with start(ALLOWED_COUNTRIES="+44, +49") as api:
        person = await Person.sign_up(api)
        problem = problem_of(await person.send("+14155552671", "To nowhere"), 422, "country_not_allowed")
        assert problem["errors"].keys() == {"recipient_number"}
        assert (await person.send("+4930901820", "To Berlin")).status_code == 201
        assert [message["content"] for message in await person.list()] == ["To Berlin"]
