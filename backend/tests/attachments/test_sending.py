"""Sending pictures: from the upload to what the simulated phone has."""

import asyncio
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from devservers.twilio.media import sample_picture
from mysms.attachments.store import MOST_USES
from tests.support.api_user import ApiUser, new_number
from tests.support.responses import problem_of
from tests.support.servers import Api, Simulator, Start

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
GIF = b"GIF89a" + bytes(300)


async def test_a_picture_reaches_the_phone(simulator: Simulator, api_user: ApiUser) -> None:
    number, pictures = new_number(), [sample_picture(), JPEG, GIF]
    media = [await api_user.uploaded(content) for content in pictures]
    answer = await api_user.send_media(number, "Look", media)
    assert answer.status_code == 201, answer.text
    message = answer.json()
    types = ["image/png", "image/jpeg", "image/gif"]
    assert message["media"] == [{"index": index, "content_type": kind} for index, kind in enumerate(types)]
    assert (message["num_media"], message["segments"], message["content"]) == (3, 1, "Look")
    await api_user.eventually(message["_id"], "delivered")
    (accepted,) = await simulator.accepted(number)
    assert accepted.sid == message["twilio_sid"]
    assert (accepted.message["body"], accepted.message["num_media"]) == ("Look", "3")
    fetches = [each for each in await simulator.control.media_fetches() if each["message_sid"] == accepted.sid]
    assert [(each["status"], each["bytes"]) for each in fetches] == [(200, len(content)) for content in pictures]
    for index, content in enumerate(pictures):
        shown = await api_user.call("GET", f"/api/messages/{message['_id']}/media/{index}")
        assert (shown.status_code, shown.content, shown.headers["Content-Type"]) == (200, content, types[index])


async def test_a_picture_needs_no_text(simulator: Simulator, api_user: ApiUser) -> None:
    number = new_number()
    answer = await api_user.send_media(number, " ", [await api_user.uploaded(GIF)])
    assert answer.status_code == 201, answer.text
    assert answer.json()["content"] == ""
    (accepted,) = await simulator.accepted(number)
    assert "Body" not in accepted.request
    assert accepted.sid.startswith("MM")


async def test_a_picture_is_sent_to_several_people(simulator: Simulator, api_user: ApiUser) -> None:
    media, numbers = [await api_user.uploaded(GIF)], [new_number(), new_number()]
    for number in numbers:
        assert (await api_user.send_media(number, "Look", media)).status_code == 201
    for number in numbers:
        (accepted,) = await simulator.accepted(number)
        assert accepted.message["num_media"] == "1"


async def test_invalid_media_are_errors_of_the_field(api: Api, api_user: ApiUser) -> None:
    own, foreign = await api_user.uploaded(GIF), await (await ApiUser.sign_up(api)).uploaded(GIF)
    unknown = "names something that you have not uploaded, or that is gone"
    number = new_number()
    for media, sentence in [
        ([foreign], unknown),
        ([own, foreign], unknown),
        ([str(ObjectId())], unknown),
        (["x"], unknown),
        ([own.upper()], unknown),
        ([own, own], "names something twice"),
        ([str(ObjectId()) for _ in range(11)], "has more than 10 of them, which is the maximum"),
        ([None], "must be a string"),
        (own, "must be a list, also with one item"),
    ]:
        problem = problem_of(await api_user.post_message({**_to(number), "media": media}), 422, "invalid_fields")
        assert problem["errors"] == {"media": [sentence]}, media
    problem = problem_of(
        await api_user.post_message({"recipient_number": number, "content": "", "media": []}), 422, "invalid_fields"
    )
    assert problem["errors"] == {"content": ["can't be blank"]}
    assert await api_user.list() == []


async def test_pictures_and_text_have_a_maximum_together(simulator: Simulator, api_user: ApiUser) -> None:
    half = GIF + bytes(2_500_000 - len(GIF))
    media, number = [await api_user.uploaded(half), await api_user.uploaded(half)], new_number()
    problem = problem_of(await api_user.send_media(number, "x", media), 422, "invalid_fields")
    assert problem["errors"] == {"media": ["is larger than 5 MB, together with the text"]}
    assert await simulator.accepted(number) == []
    assert (await api_user.send_media(number, "", media)).status_code == 201


async def test_a_repeated_request_returns_the_first_message(simulator: Simulator, api: Api, api_user: ApiUser) -> None:
    number, media = new_number(), [await api_user.uploaded(GIF), await api_user.uploaded(JPEG)]
    first = (await api_user.send_media(number, "", media, key="pictures")).json()
    answers = await asyncio.gather(*(api_user.send_media(number, "", media, key="pictures") for _ in range(4)))
    assert {answer.json()["_id"] for answer in answers} == {first["_id"]}
    for other in ([], media[:1], media[::-1]):
        problem_of(
            await api_user.send_media(number, "x" if not other else "", other, key="pictures"),
            422,
            "idempotency_key_reused",
        )
    # Also once they are gone, which a new message could not be sent with.
    async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
        attachments = client.get_default_database()["attachments"]
        await attachments.delete_many({"_id": {"$in": [ObjectId(each) for each in media]}})
    assert (await api_user.send_media(number, "", media, key="pictures")).json()["_id"] == first["_id"]
    assert (await api_user.send_media(number, "", media, key="other")).status_code == 422
    assert len(await simulator.accepted(number)) == 1


async def test_the_same_text_without_its_picture_is_another_request(api_user: ApiUser) -> None:
    number = new_number()
    sent = await api_user.send_media(number, "Look", [await api_user.uploaded(GIF)], key="one key")
    assert sent.status_code == 201
    problem_of(await api_user.send(number, "Look", key="one key"), 422, "idempotency_key_reused")


async def test_a_failed_message_is_sent_again_with_its_pictures(simulator: Simulator, api_user: ApiUser) -> None:
    number = new_number()
    await simulator.control.set_fault("refuse", code=30003, status=400, to=number)
    refused = await api_user.send_media(number, "Look", [await api_user.uploaded(GIF)])
    problem_of(refused, 422, "carrier_refused")
    await simulator.control.reset_faults()
    again = await api_user.call("POST", f"/api/messages/{refused.json()['message']['_id']}/retry")
    assert again.status_code == 201, again.text
    assert again.json()["media"] == [{"index": 0, "content_type": "image/gif"}]
    (accepted,) = await simulator.accepted(number)
    assert (accepted.message["body"], accepted.message["num_media"]) == ("Look", "1")


async def test_a_server_that_twilio_cannot_reach_sends_none(start: Start, simulator: Simulator) -> None:
    async with start() as api:
        user = await ApiUser.sign_up(api)
        media, number = [await user.uploaded(GIF)], new_number()
    async with start(TWILIO_STATUS_CALLBACK_URL="") as api:
        user.api = api
        problem_of(await user.send_media(number, "Look", media), 409, "media_disabled")
        assert await user.list() == []
        assert (await user.send(number, "Look")).status_code == 201
    (accepted,) = await simulator.accepted(number)
    assert accepted.message["num_media"] == "0"


async def test_a_message_waits_rather_than_goes_without_its_pictures(start: Start, simulator: Simulator) -> None:
    async with start(SENDING_ENABLED="off") as api:
        user = await ApiUser.sign_up(api)
        number = new_number()
        message = (await user.send_media(number, "Look", [await user.uploaded(GIF)])).json()
    async with start(TWILIO_STATUS_CALLBACK_URL="") as api:
        user.api = api
        await api.eventually_logs("The attempt has ended: NotAttempted")
        assert (await user.detail(message["_id"]))["status"] == "pending"
        assert await simulator.accepted(number) == []
    async with start() as api:
        user.api = api
        await user.eventually(message["_id"], "delivered", within=30)
    (accepted,) = await simulator.accepted(number)
    assert accepted.message["num_media"] == "1"


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"kind": "gone"}, 11200), ({"kind": "outcome", "status": "failed", "error_code": 30019}, 30019)],
)
async def test_what_twilio_cannot_send_fails_with_a_reason(
    simulator: Simulator, api: Api, api_user: ApiUser, fault: dict[str, Any], code: int
) -> None:
    number = new_number()
    media = [await api_user.uploaded(GIF)]
    if fault["kind"] == "gone":
        await simulator.control.set_fault("media_fetch", to=number, delay=1)
    else:
        await simulator.control.set_fault(**fault, to=number)
    sent = (await api_user.send_media(number, "", media)).json()
    if fault["kind"] == "gone":
        async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
            await client.get_default_database()["attachments"].delete_one({"_id": ObjectId(media[0])})
    failed = await api_user.eventually(sent["_id"], "failed")
    assert failed["error_code"] == code
    assert failed["explanation"]["cause"] != "Twilio gave an unknown error code."


@pytest.mark.parametrize("fault", [{"copies": 2}, {"seconds": 1}, {"delay": 1}])
async def test_it_does_not_matter_how_often_and_when_twilio_fetches(
    simulator: Simulator, api_user: ApiUser, fault: dict[str, Any]
) -> None:
    number = new_number()
    await simulator.control.set_fault("media_fetch", to=number, **fault)
    sent = (await api_user.send_media(number, "", [await api_user.uploaded(sample_picture())])).json()
    await api_user.eventually(sent["_id"], "delivered")
    fetches = [each for each in await simulator.control.media_fetches() if each["message_sid"] == sent["twilio_sid"]]
    assert [each["status"] for each in fetches] == [200] * fault.get("copies", 1)


async def test_what_is_never_fetched_stays_queued(simulator: Simulator, api_user: ApiUser) -> None:
    number = new_number()
    await simulator.control.set_fault("media_fetch", to=number, never=True)
    media = [await api_user.uploaded(GIF)]
    sent = (await api_user.send_media(number, "", media)).json()
    # By when another one has been delivered, this one would have got somewhere, too.
    later = (await api_user.send_media(new_number(), "", media)).json()
    await api_user.eventually(later["_id"], "delivered")
    assert (await api_user.detail(sent["_id"]))["status"] == "queued"
    (accepted,) = await simulator.accepted(number)
    assert await simulator.control.callbacks(accepted.sid) == []


async def test_a_picture_that_was_sent_a_thousand_times_is_to_be_uploaded_again(
    simulator: Simulator, api: Api, api_user: ApiUser
) -> None:
    number, media = new_number(), [await api_user.uploaded(GIF)]
    await simulator.control.set_fault("refuse", code=30003, status=400, to=number, times=1)
    refused = (await api_user.send_media(number, "", media)).json()
    async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
        used_up = await client.get_default_database()["attachments"].update_one(
            {"_id": ObjectId(media[0])}, {"$set": {"uses": MOST_USES}}
        )
        assert used_up.modified_count == 1
    for answer in (
        await api_user.send_media(new_number(), "", media),
        await api_user.call("POST", f"/api/messages/{refused['message']['_id']}/retry"),
    ):
        problem = problem_of(answer, 409, "attachment_used_up")
        assert problem["detail"] == "A picture can be sent 1,000 times, and this one has been. Please upload it again."


def _to(number: str) -> dict[str, str]:
    return {"recipient_number": number, "content": "Look"}
