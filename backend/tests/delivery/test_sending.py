"""POST /api/messages."""

import asyncio

import pytest

from tests.support.answers import field_errors, problem_of
from tests.support.person import Person, new_number
from tests.support.polling import eventually
from tests.support.servers import FROM_NUMBER, Api, Simulator


async def test_a_message_is_answered_as_the_carrier_accepted_it(person: Person, simulator: Simulator) -> None:
    number = new_number()
    response = await person.send(number, "Grüße 😜")

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    message = response.json()
    (accepted,) = await simulator.accepted(number)
    assert message["twilio_sid"] == accepted.sid
    assert message["status"] in {"queued", "sent", "delivered"}
    assert message["created_at"] <= message["updated_at"]
    promised = {
        "direction": "outbound",
        "from_number": FROM_NUMBER,
        "recipient_number": number,
        "peer_number": number,
        "content": "Grüße 😜",
        "error_code": None,
        "error_message": None,
        "segments": 1,
    }
    assert {name: message[name] for name in promised} == promised


async def test_it_is_delivered_by_signed_callbacks(person: Person, simulator: Simulator) -> None:
    sent = await person.sent(new_number())
    await person.eventually(sent["_id"], "delivered")
    callbacks = await simulator.callbacks_answered(sent["twilio_sid"], "sent", "delivered")
    assert {callback.answer for callback in callbacks} == {204}


async def test_the_carrier_gets_it_once_with_the_address_for_its_reports(
    api: Api, person: Person, simulator: Simulator
) -> None:
    number = new_number()
    sent = await person.sent(number, "  as it was written\n")
    assert len(await simulator.create_requests(number)) == 1
    (accepted,) = await simulator.accepted(number)
    assert accepted.request["Body"] == "  as it was written\n"
    assert accepted.request["From"] == FROM_NUMBER
    url = accepted.request["StatusCallback"]
    assert url == f"{api.callback_url}?message_id={sent['_id']}&attempt=1#rc=5&rp=all"


async def test_a_number_may_be_written_with_punctuation(person: Person, simulator: Simulator) -> None:
    number = new_number()
    message = await person.sent(f" ({number[:4]}) {number[4:7]}-{number[7:9]}.{number[9:]} ")
    assert message["recipient_number"] == number
    assert len(await simulator.accepted(number)) == 1


async def test_the_carrier_judges_whether_a_number_exists(person: Person) -> None:
    await person.sent("+1234567890", f"From {person.email}")


async def test_a_long_text_is_counted_in_segments(person: Person) -> None:
    assert (await person.sent(new_number(), "1" * 1600))["segments"] == 11
    assert (await person.sent(new_number(), "Á" * 71))["segments"] == 2


@pytest.mark.parametrize(
    ("draft", "errors"),
    [
        ({"content": "x"}, {"recipient_number": ["can't be blank"]}),
        ({"recipient_number": "", "content": "x"}, {"recipient_number": ["can't be blank"]}),
        ({"recipient_number": "+14155552671", "content": ""}, {"content": ["can't be blank"]}),
        ({"recipient_number": "+14155552671", "content": " \n"}, {"content": ["can't be blank"]}),
        (
            {"recipient_number": "+14155552671", "content": "x" * 1601},
            {"content": ["is too long (maximum is 1600 characters)"]},
        ),
        (
            {"recipient_number": "+14155552671", "content": "x" * 500_000},
            {"content": ["is too long (maximum is 1600 characters)"]},
        ),
        ({"recipient_number": "+14155552671", "content": "\ud800"}, {"content": ["contains an invalid character"]}),
        ({"recipient_number": "+14155552671", "content": "x\udfff"}, {"content": ["contains an invalid character"]}),
        (
            {"recipient_number": 14155552671, "content": 7},
            {n: ["must be a text"] for n in ("recipient_number", "content")},
        ),
        ({"recipient_number": {"$ne": ""}, "content": "x"}, {"recipient_number": ["must be a text"]}),
        ({}, {"recipient_number": ["can't be blank"], "content": ["can't be blank"]}),
        (
            {"recipient_number": "+14155552671", "content": "x", "from_number": "+1", "status": "delivered"},
            {"from_number": ["is not a known field"], "status": ["is not a known field"]},
        ),
        (None, {"message": ["must be an object"]}),
    ],
)
async def test_what_cannot_be_sent_is_refused_by_field(bystander: Person, draft: object, errors: object) -> None:
    assert field_errors(await bystander.post_message(draft)) == errors
    assert await bystander.list() == []


@pytest.mark.parametrize("number", ["4155552671", "+0123", "nonsense", "+1415555267\ud800", "+" + "1" * 100_000])
async def test_what_is_no_number_is_explained(bystander: Person, number: str) -> None:
    (sentence,) = field_errors(await bystander.send(number))["recipient_number"]
    assert "begins with + and the country" in sentence


@pytest.mark.parametrize(
    ("number", "code"), [("+15005550001", 21211), ("+15005550004", 21610), ("+15005550009", 21614)]
)
async def test_what_the_carrier_refuses_for_good_is_kept_as_failed(
    person: Person, simulator: Simulator, number: str, code: int
) -> None:
    problem = problem_of(await person.send(number, person.email), 422, "carrier_refused")
    refused = problem["message"]
    assert (refused["status"], refused["error_code"], refused["twilio_sid"]) == ("failed", code, None)
    assert refused["error_message"] == problem["detail"]

    (row,) = await person.list()
    assert row == refused
    detail = await person.detail(refused["_id"])
    assert [(event["source"], event["status"], event["error_code"]) for event in detail["timeline"]] == [
        ("send", "failed", code)
    ]
    assert [entry for entry in await simulator.accepted(number) if entry.request["Body"] == person.email] == []


async def test_a_refusal_is_repeated_for_the_same_key(person: Person) -> None:
    first, second = [await person.send("+15005550001", person.email, key="k") for _ in range(2)]
    assert first.status_code == second.status_code == 422
    assert first.json() == second.json()
    assert len(await person.list()) == 1


async def test_it_is_stored_before_the_carrier_is_asked(person: Person, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("late_commit", to=number, seconds=0.5)
    sending = asyncio.create_task(person.send(number))
    await eventually(lambda: simulator.create_requests(number), bool, what="a request to the carrier")

    (stored,) = await person.list()
    assert (stored["status"], stored["twilio_sid"], stored["recipient_number"]) == ("pending", None, number)
    response = await sending
    assert (response.status_code, response.json()["_id"]) == (201, stored["_id"])


async def test_a_message_outlives_the_request_that_sent_it(person: Person, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("late_commit", to=number, seconds=0.5)
    sending = asyncio.create_task(person.send(number))
    await eventually(lambda: simulator.create_requests(number), bool, what="a request to the carrier")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    (stored,) = await person.list()
    await person.eventually(stored["_id"], "delivered")
    assert len(await simulator.create_requests(number)) == 1


async def test_a_slow_carrier_is_not_waited_for(person: Person, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("late_commit", to=number, seconds=3.2)
    response = await person.send(number)
    assert response.status_code == 202
    assert (response.json()["status"], response.json()["twilio_sid"]) == ("pending", None)

    await person.eventually(response.json()["_id"], "delivered")
    assert len(await simulator.create_requests(number)) == 1


async def test_many_at_once_all_arrive(person: Person, simulator: Simulator) -> None:
    numbers = [new_number() for _ in range(20)]
    answers = await asyncio.gather(*(person.send(number, "At once") for number in numbers))
    assert {answer.status_code for answer in answers} <= {201, 202}
    for answer in answers:
        await person.eventually(answer.json()["_id"], "delivered", within=20)
    for number in numbers:
        assert len(await simulator.accepted(number)) == 1


async def test_the_same_text_may_be_meant_twice(person: Person, simulator: Simulator) -> None:
    """Without a key, two requests are two messages; the second waits until the first one is settled."""
    number = new_number()
    answers = await asyncio.gather(*(person.send(number, "Ring ring") for _ in range(2)))
    for answer in answers:
        await person.eventually(answer.json()["_id"], "delivered")
    assert len(await simulator.accepted(number)) == 2
