"""GET /api/messages/{id}."""

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.responses import problem_of
from tests.support.servers import FROM_NUMBER, Api


async def test_a_message_tells_its_story(person: ApiUser) -> None:
    number = new_number()
    sent = await person.send_accepted(number, "Hello")
    message = await person.eventually(sent["_id"], "delivered")

    assert {name: message[name] for name in ("_id", "content", "twilio_sid", "created_at", "segments")} == {
        name: sent[name] for name in ("_id", "content", "twilio_sid", "created_at", "segments")
    }
    assert (message["from_number"], message["recipient_number"], message["peer_number"]) == (
        FROM_NUMBER,
        number,
        number,
    )
    assert message["updated_at"] > message["created_at"]
    timeline = message["timeline"]
    assert [(event["source"], event["status"]) for event in timeline] == [
        ("send", "queued"),
        ("callback", "sent"),
        ("callback", "delivered"),
    ]
    assert all(event["sid"] == sent["twilio_sid"] for event in timeline)
    assert [event["at"] for event in timeline] == sorted(event["at"] for event in timeline)
    assert timeline[0].keys() == {"at", "source", "status", "sid", "error_code", "error_message"}


async def test_it_is_what_the_list_shows_and_the_timeline(person: ApiUser) -> None:
    sent = await person.send_accepted("+15005551002")
    (row,) = await person.list()
    detail = await person.detail(sent["_id"])
    del detail["timeline"]
    assert detail == row


async def test_it_is_not_stored_by_any_cache(person: ApiUser) -> None:
    sent = await person.send_accepted(new_number())
    response = await person.call("GET", f"/api/messages/{sent['_id']}")
    assert response.headers["Cache-Control"] == "no-store"


async def test_somebody_elses_is_not_found(api: Api, person: ApiUser) -> None:
    sent = await person.send_accepted(new_number())
    other = await ApiUser.sign_up(api)
    problem = problem_of(await other.call("GET", f"/api/messages/{sent['_id']}"), 404, "not_found")
    assert problem["detail"] == "There is no such message."


@pytest.mark.parametrize(
    "message_id", ["0123456789abcdef01234567", "nonsense", "0" * 23, "0" * 25, "é", "%00", "null", "x" * 5_000, "$ne"]
)
async def test_neither_is_nonsense(bystander: ApiUser, message_id: str) -> None:
    problem_of(await bystander.call("GET", f"/api/messages/{message_id}"), 404, "not_found")
