"""POST /api/messages."""

import asyncio
import random
from urllib.parse import quote

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from tests.support.api_user import ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import FROM_NUMBER, Api, Mongo, Simulator, Start


async def test_the_response_shows_the_message_as_the_provider_accepted_it(
    api_user: ApiUser, simulator: Simulator
) -> None:
    number = new_number()
    response = await api_user.send(number, "Grüße 😜")

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


async def test_signed_callbacks_report_the_delivery(api_user: ApiUser, simulator: Simulator) -> None:
    sent = await api_user.send_accepted(new_number())
    await api_user.eventually(sent["_id"], "delivered")
    callbacks = await simulator.wait_for_callbacks(sent["twilio_sid"], "sent", "delivered")
    assert {callback.status_code for callback in callbacks} == {204}


async def test_the_provider_gets_a_message_once_with_its_callback_url(
    api: Api, api_user: ApiUser, simulator: Simulator
) -> None:
    number = new_number()
    sent = await api_user.send_accepted(number, "  as it was written\n")
    assert len(await simulator.create_requests(number)) == 1
    (accepted,) = await simulator.accepted(number)
    assert accepted.request["Body"] == "  as it was written\n"
    assert accepted.request["From"] == FROM_NUMBER
    url = accepted.request["StatusCallback"]
    assert url == f"{api.callback_url}?message_id={sent['_id']}&attempt=1#rc=5&rp=all"


async def test_a_number_may_be_written_with_punctuation(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    message = await api_user.send_accepted(f" ({number[:4]}) {number[4:7]}-{number[7:9]}.{number[9:]} ")
    assert message["recipient_number"] == number
    assert len(await simulator.accepted(number)) == 1


async def test_the_provider_decides_whether_a_number_exists(api_user: ApiUser) -> None:
    await api_user.send_accepted("+1234567890", f"From {api_user.email}")


async def test_a_long_text_is_counted_in_segments(api_user: ApiUser) -> None:
    assert (await api_user.send_accepted(new_number(), "1" * 1600))["segments"] == 11
    assert (await api_user.send_accepted(new_number(), "Á" * 71))["segments"] == 2


@pytest.mark.parametrize(
    ("draft", "errors"),
    [
        ({"content": "x"}, {"recipient_number": ["can't be blank"]}),
        ({"recipient_number": "", "content": "x"}, {"recipient_number": ["can't be blank"]}),
        ({"recipient_number": "+14155552671", "content": ""}, {"content": ["can't be blank"]}),
        ({"recipient_number": "+14155552671", "content": " \n"}, {"content": ["can't be blank"]}),
        ({"recipient_number": "+14155552671", "content": "\u200b\0\ufeff"}, {"content": ["can't be blank"]}),
        ({"recipient_number": "+14155552671", "content": "a\0b"}, {"content": ["contains an invalid character"]}),
        (
            {"recipient_number": "1-800-FLOWERS", "content": "\u2800"},
            {"recipient_number": ["has letters in it: write the number in digits"], "content": ["can't be blank"]},
        ),
        (
            {"recipient_number": "+14155552671", "content": "x" * 1601},
            {"content": ["is too long (maximum is 1600 characters)"]},
        ),
        (
            {"recipient_number": "+14155552671", "content": "x" * 20_000},
            {"content": ["is too long (maximum is 1600 characters)"]},
        ),
        ({"recipient_number": "+14155552671", "content": "\ud800"}, {"content": ["contains an invalid character"]}),
        ({"recipient_number": "+14155552671", "content": "x\udfff"}, {"content": ["contains an invalid character"]}),
        (
            {"recipient_number": 14155552671, "content": 7},
            {n: ["must be a string"] for n in ("recipient_number", "content")},
        ),
        ({"recipient_number": {"$ne": ""}, "content": "x"}, {"recipient_number": ["must be a string"]}),
        ({}, {"recipient_number": ["can't be blank"], "content": ["can't be blank"]}),
        (
            {"recipient_number": "+14155552671", "content": "x", "from_number": "+1", "status": "delivered"},
            {"from_number": ["is not a known field"], "status": ["is not a known field"]},
        ),
        (None, {"message": ["must be an object"]}),
    ],
)
async def test_an_invalid_message_is_rejected_by_field(readonly_user: ApiUser, draft: object, errors: object) -> None:
    assert field_errors(await readonly_user.post_message(draft)) == errors
    assert await readonly_user.list() == []


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("4155552671", "must begin with + and the country code, as in +1 415 555 2671"),
        ("+0123", "has a 0 after the +, where the country code belongs, as in +1 415 555 2671"),
        ("nonsense", "has letters in it: write the number in digits"),
        ("+1 415 555 2671 x12", "has an extension, which an SMS cannot be sent to"),
        ("+1415555267*", "has “*” in it, which is not part of a phone number"),
        ("+1415555267\ud800", "has “\ufffd” in it, which is not part of a phone number"),
        ("+" + "1" * 20_000, "is too long to be a phone number (maximum is 15 digits)"),
    ],
)
async def test_an_invalid_number_is_explained(readonly_user: ApiUser, number: str, sentence: str) -> None:
    assert field_errors(await readonly_user.send(number)) == {"recipient_number": [sentence]}


async def test_a_pasted_number_is_normalised_for_sending_and_filtering(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    pasted = f"\u202a{number[:2]}\u00a0({number[2:5]})\u00a0{number[5:8]}\u2011{number[8:]}\u202c"
    message = await api_user.send_accepted(pasted, "Hello")
    assert (message["recipient_number"], message["peer_number"]) == (number, number)
    assert len(await simulator.accepted(number)) == 1
    spelt = f"/api/messages?peer_number=+{number[1]}%20{number[2:5]}%20{number[5:8]}%20{number[8:]}"
    for address in (spelt, spelt.replace("=+", "=%2B"), f"/api/messages?peer_number={quote(pasted)}"):
        assert [found["_id"] for found in (await api_user.call("GET", address)).json()] == [message["_id"]]
    (conversation,) = (await api_user.call("GET", "/api/conversations")).json()
    assert conversation["peer_number"] == number


async def test_national_numbers_of_the_default_country_are_accepted(start: Start, simulator: Simulator) -> None:
    async with start(DEFAULT_COUNTRY="ch", ALLOWED_NUMBER_PREFIXES="+41, +44") as api:
        api_user = await ApiUser.sign_up(api)
        assert (await api_user.call("GET", "/api/sending")).json()["default_country"] == "CH"
        for written, number in (("079 123 45 67", "+41791234567"), ("0044 (0)7700 900123", "+447700900123")):
            message = await api_user.send_accepted(written, f"To {written}")
            assert message["recipient_number"] == number
            assert [row["_id"] for row in await api_user.list(peer_number=written)] == [message["_id"]]
        assert field_errors(await api_user.send("112")) == {
            "recipient_number": [
                "is too short for a number in CH (+41): for another country, begin with + and its code, as in "
                "+1 415 555 2671"
            ]
        }
        problem_of(await api_user.send("001 415 555 2671", "To nowhere"), 422, "country_not_allowed")


async def test_a_message_stored_by_older_rules_can_be_retried_and_found(api_user: ApiUser, mongodb: Mongo) -> None:
    """The older rules kept the trunk prefix of a number, and accepted blank texts."""
    local = f"79{random.randrange(10**6):06}"
    kept, now = f"+44020{local}", f"+4420{local}"
    failed = problem_of(await api_user.send("+15005550001", api_user.email), 422, "carrier_refused")["message"]
    older = {"recipient_number": kept, "peer_number": kept, "content": "\u200b"}
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        messages = client.get_default_database()["messages"]
        await messages.update_one({"_id": ObjectId(failed["_id"])}, {"$set": older})
        again = (await api_user.call("POST", f"/api/messages/{failed['_id']}/retry")).json()
        # The conversation counts the older message too.
        await client.get_default_database()["conversations"].update_one(
            {"_id": f"{api_user.id} {kept}"}, {"$inc": {"messages": 1}}
        )
    assert {name: again[name] for name in older} == older
    answer = await api_user.send_accepted(kept, "Hello")
    assert answer["peer_number"] == now
    everything = await api_user.call("GET", "/api/messages", params={"peer_number": kept})
    assert [row["_id"] for row in everything.json()] == [answer["_id"], again["_id"], failed["_id"]]
    assert everything.headers["X-Total-Count"] == "3"
    assert [row["_id"] for row in await api_user.list(peer_number=now)] == [answer["_id"]]


@pytest.mark.parametrize(
    ("number", "code"), [("+15005550001", 21211), ("+15005550004", 21610), ("+15005550009", 21614)]
)
async def test_a_rejected_message_is_kept_as_failed(
    api_user: ApiUser, simulator: Simulator, number: str, code: int
) -> None:
    problem = problem_of(await api_user.send(number, api_user.email), 422, "carrier_refused")
    refused = problem["message"]
    assert (refused["status"], refused["error_code"], refused["twilio_sid"]) == ("failed", code, None)
    assert refused["error_message"] == problem["detail"]

    (row,) = await api_user.list()
    assert row == refused
    detail = await api_user.detail(refused["_id"])
    assert [(event["source"], event["status"], event["error_code"]) for event in detail["timeline"]] == [
        ("send", "failed", code)
    ]
    assert [entry for entry in await simulator.accepted(number) if entry.request["Body"] == api_user.email] == []


async def test_a_rejection_is_repeated_for_the_same_key(api_user: ApiUser) -> None:
    first, second = [await api_user.send("+15005550001", api_user.email, key="k") for _ in range(2)]
    assert first.status_code == second.status_code == 422
    assert first.json() == second.json()
    assert len(await api_user.list()) == 1


async def test_a_message_is_stored_before_the_provider_gets_it(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("late_commit", to=number, seconds=0.5)
    sending = asyncio.create_task(api_user.send(number))
    await eventually(lambda: simulator.create_requests(number), bool, what="a request to the provider")

    (stored,) = await api_user.list()
    assert (stored["status"], stored["twilio_sid"], stored["recipient_number"]) == ("pending", None, number)
    response = await sending
    assert (response.status_code, response.json()["_id"]) == (201, stored["_id"])


async def test_a_message_is_sent_even_if_its_request_is_cancelled(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("late_commit", to=number, seconds=0.5)
    sending = asyncio.create_task(api_user.send(number))
    await eventually(lambda: simulator.create_requests(number), bool, what="a request to the provider")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    (stored,) = await api_user.list()
    await api_user.eventually(stored["_id"], "delivered")
    assert len(await simulator.create_requests(number)) == 1


async def test_the_response_does_not_wait_for_a_slow_provider(api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("late_commit", to=number, seconds=3.2)
    response = await api_user.send(number)
    assert response.status_code == 202
    assert (response.json()["status"], response.json()["twilio_sid"]) == ("pending", None)

    await api_user.eventually(response.json()["_id"], "delivered")
    assert len(await simulator.create_requests(number)) == 1


async def test_concurrent_messages_all_arrive(api_user: ApiUser, simulator: Simulator) -> None:
    numbers = [new_number() for _ in range(20)]
    answers = await asyncio.gather(*(api_user.send(number, "At once") for number in numbers))
    assert {answer.status_code for answer in answers} <= {201, 202}
    for answer in answers:
        await api_user.eventually(answer.json()["_id"], "delivered", within=20)
    for number in numbers:
        assert len(await simulator.accepted(number)) == 1


async def test_the_same_text_can_be_sent_twice(api_user: ApiUser, simulator: Simulator) -> None:
    """Without a key, two requests are two messages; the second waits until the first one is settled."""
    number = new_number()
    answers = await asyncio.gather(*(api_user.send(number, "Ring ring") for _ in range(2)))
    for answer in answers:
        await api_user.eventually(answer.json()["_id"], "delivered")
    assert len(await simulator.accepted(number)) == 2
