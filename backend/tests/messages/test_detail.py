"""GET /api/messages/{id}."""

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.responses import problem_of
from tests.support.servers import FROM_NUMBER, Api


async def test_a_message_has_its_timeline(api_user: ApiUser) -> None:
    number = new_number()
    sent = await api_user.send_accepted(number, "Hello")
    message = await api_user.eventually(sent["_id"], "delivered")

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


async def test_the_detail_is_the_list_row_plus_the_timeline(api_user: ApiUser) -> None:
    sent = await api_user.send_accepted("+15005551002")
    (row,) = await api_user.list()
    detail = await api_user.detail(sent["_id"])
    del detail["timeline"]
    assert detail == row


async def test_the_detail_is_not_cached(api_user: ApiUser) -> None:
    sent = await api_user.send_accepted(new_number())
    response = await api_user.call("GET", f"/api/messages/{sent['_id']}")
    assert response.headers["Cache-Control"] == "no-store"


async def test_another_users_message_is_not_found(api: Api, api_user: ApiUser) -> None:
    sent = await api_user.send_accepted(new_number())
    other = await ApiUser.sign_up(api)
    problem = problem_of(await other.call("GET", f"/api/messages/{sent['_id']}"), 404, "not_found")
    assert problem["detail"] == "There is no such message."


@pytest.mark.parametrize(
    "message_id", ["0123456789abcdef01234567", "nonsense", "0" * 23, "0" * 25, "é", "%00", "null", "x" * 5_000, "$ne"]
)
async def test_an_invalid_id_is_not_found(readonly_user: ApiUser, message_id: str) -> None:
    problem_of(await readonly_user.call("GET", f"/api/messages/{message_id}"), 404, "not_found")
