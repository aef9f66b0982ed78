"""Pictures under faults: none is lost or sent twice, and none is taken for another one."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from bson import ObjectId

from tests.faults.environment import Environment, Json, running_environment
from tests.faults.mongo_proxy import Command, PausePoint, is_acceptance, is_message_insert, is_sid_recording
from tests.support.polling import eventually
from tests.support.servers import ACCOUNT_SID, AUTH_TOKEN

GIF = b"GIF89a" + bytes(300)
AT_PROVIDER = ("queued", "sending", "sent", "delivered")
"""Without callbacks, a status is asked for minutes later."""


def is_upload(command: Command) -> bool:
    return bool(command.get("insert") == "attachments")


def is_binding(command: Command) -> bool:
    """Whether the command binds a picture to a message."""
    updates = command.get("updates", []) if command.get("update") == "attachments" else []
    return any("is_used" in each["u"].get("$set", {}) for each in updates)


def picture(number: int) -> bytes:
    return GIF + number.to_bytes(4, "big")


async def upload(env: Environment, content: bytes) -> str:
    answer = await env.http.post(f"{env.running_apis[0].url}/api/attachments", content=content, headers=env.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["_id"])


async def post(
    env: Environment, number: str, text: str, media: Sequence[str], *, key: str | None = None, at: int = 0
) -> Json:
    headers = env.headers if key is None else {**env.headers, "Idempotency-Key": key}
    body = {"message": {"recipient_number": number, "content": text, "media": media}}
    answer = await env.http.post(f"{env.running_apis[at].url}/api/messages", json=body, headers=headers)
    assert answer.status_code in {201, 202}, answer.text
    message: Json = answer.json()
    return message


async def sids_to(env: Environment, number: str) -> list[str]:
    """The SIDs of all messages that the provider ever accepted for a number."""
    return [entry.sid for entry in await env.simulator.control.ledger() if entry.request["To"] == number]


async def contents_of(env: Environment, sid: str) -> list[bytes]:
    """The media of a message that the provider has sent."""
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}/Media.json"
    answer = await env.http.get(env.simulator.url + path, auth=(ACCOUNT_SID, AUTH_TOKEN))
    return [await env.simulator.control.media_of(row["sid"]) for row in answer.json()["media_list"]]


async def fetched_of(env: Environment, sid: str) -> list[bytes]:
    """The same, of a message with pictures, once the provider has fetched them."""
    return await eventually(lambda: contents_of(env, sid), bool, what="the pictures")


async def require_sent_once(env: Environment, sent: dict[str, bytes], number: str) -> None:
    """Each of these messages, by id, has reached the provider once, with its picture, and knows under which SID."""
    owners: dict[str, str] = {}
    for message_id, content in sent.items():
        message = await env.eventually(message_id, *AT_PROVIDER, within=60)
        assert message["twilio_sid"] not in owners
        owners[message["twilio_sid"]] = message_id
        assert await fetched_of(env, message["twilio_sid"]) == [content]
    assert sorted(owners) == sorted(await sids_to(env, number))
    assert await env.metric("mysms_duplicate_sends_total") == 0


CREATE_FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("lose_201", {}),
    ("reset_connection", {}),
    ("unreadable_201", {}),
    ("error_500", {"commit": True}),
    ("late_commit", {"seconds": 1.5}),
]
LIST_FAULTS: list[list[tuple[str, dict[str, Any]]]] = [
    [],
    [("num_media", {"shown": None})],
    [("num_media", {"shown": "0"})],
    [("trial_prefix", {})],
    [("num_media", {"shown": "0"}), ("trial_prefix", {})],
    [("sm_sid", {})],
]


async def test_a_picture_is_sent_once_whatever_the_list_says_of_it(tmp_path: Path, list_order: str) -> None:
    """Without callbacks, the list alone tells what became of it."""
    async with running_environment(tmp_path, list_order=list_order, name="media") as env:
        control = env.simulator.control
        numbers: list[str] = []
        # What the list says of media applies to all that it lists.
        for round_number, list_faults in enumerate(LIST_FAULTS):
            sent: list[tuple[str, str, bytes]] = []
            for kind, parameters in list_faults:
                await control.set_fault(kind, **parameters)
            await control.set_fault("drop_callbacks")
            for index, (kind, parameters) in enumerate(CREATE_FAULTS):
                for text in ("", "Look"):
                    number, content = f"+1312777{round_number}{index}{len(text):02}", picture(len(numbers))
                    numbers.append(number)
                    await control.set_fault(kind, to=number, times=1, **parameters)
                    sent.append((number, (await post(env, number, text, [await upload(env, content)]))["_id"], content))
            for number, message_id, content in sent:
                await require_sent_once(env, {message_id: content}, number)
            await control.reset_faults()


HIDDEN: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "no number": [("sm_sid", {}), ("num_media", {"shown": None})],
    "none": [("sm_sid", {}), ("num_media", {"shown": "0"})],
    "a link": [("mms_converter", {})],
    "a link to another number": [("mms_converter", {}), ("rewrite_to", {"number": "+13127775099"})],
}


@pytest.mark.parametrize("faults", HIDDEN.values(), ids=HIDDEN)
async def test_a_picture_that_the_list_does_not_show_is_never_sent_twice(
    tmp_path: Path, list_order: str, faults: list[tuple[str, dict[str, Any]]]
) -> None:
    """Neither the SID nor the number says that the row has media: it proves nothing, and the user decides."""
    async with running_environment(tmp_path, list_order=list_order, name="hidden media") as env:
        control = env.simulator.control
        for kind, parameters in faults:
            await control.set_fault(kind, **parameters)
        await control.set_fault("drop_callbacks")
        lost = [(f"+131277750{index:02}", text) for index, text in enumerate(("", "Look"))]
        for number, _ in lost:
            await control.set_fault("lose_201", to=number, times=1)
        sent = {number: (await post(env, number, text, [await upload(env, GIF)]))["_id"] for number, text in lost}
        for number, message_id in sent.items():
            await env.eventually(message_id, "unconfirmed", within=60)
            await env.run_list_checks(message_id)
            assert (await env.detail(message_id))["status"] == "unconfirmed"
            assert len(await sids_to(env, number)) == 1
        assert await env.metric("mysms_duplicate_sends_total") == 0


async def test_pictures_without_text_are_not_taken_for_each_other(tmp_path: Path, list_order: str) -> None:
    """Twilio's list cannot tell them apart, so which of them it has must be known before the next one is sent."""
    async with running_environment(tmp_path, list_order=list_order, name="album") as env:
        control, number = env.simulator.control, "+13127780001"
        await control.set_fault("drop_callbacks")
        # The first one never gets there, and of the second one the response is lost.
        await control.set_fault("reset_connection", to=number, times=1)
        await control.set_fault("lose_201", to=number, times=1)
        contents = [picture(index) for index in range(3)]
        media = [await upload(env, content) for content in contents]
        messages = [await post(env, number, "", [each], at=index % 2) for index, each in enumerate(media)]
        sent = {message["_id"]: content for message, content in zip(messages, contents, strict=True)}
        await require_sent_once(env, sent, number)


async def test_a_text_and_a_picture_with_the_same_text_are_not_taken_for_each_other(
    tmp_path: Path, list_order: str
) -> None:
    async with running_environment(tmp_path, list_order=list_order, name="text and picture") as env:
        control, number = env.simulator.control, "+13127790001"
        await control.set_fault("drop_callbacks")
        await control.set_fault("num_media", shown=None)
        await control.set_fault("reset_connection", to=number, times=1)
        await control.set_fault("lose_201", to=number, times=1)
        text = await env.post(number, "Look")
        content = picture(1)
        with_picture = await post(env, number, "Look", [await upload(env, content)])
        found = [await env.eventually(each["_id"], *AT_PROVIDER, within=60) for each in (text, with_picture)]
        assert await fetched_of(env, found[1]["twilio_sid"]) == [content]
        assert await contents_of(env, found[0]["twilio_sid"]) == []
        assert len(await sids_to(env, number)) == 2


@pytest.mark.parametrize(
    ("step", "at"),
    [
        (is_binding, "request"),
        (is_binding, "reply"),
        (is_message_insert, "request"),
        (is_message_insert, "reply"),
        (is_sid_recording, "request"),
        (is_acceptance, "request"),
        (is_acceptance, "reply"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_kill_between_any_two_writes_loses_and_doubles_nothing(tmp_path: Path, step: Any, at: Any) -> None:
    async with running_environment(tmp_path, name="killed with media") as env:
        victim, number, content = env.apis[0], "+13127800001", picture(7)
        media = [await upload(env, content)]
        # A callback would accept the message before the process does.
        env.callback_proxy.pause()
        paused = victim.mongo_proxy.add(PausePoint(step, at))
        request = asyncio.create_task(post(env, number, "", media, key="once"))
        await asyncio.wait_for(paused.reached.wait(), 20)
        victim.kill()
        with pytest.raises(httpx.HTTPError):
            await request
        await victim.wait()
        env.callback_proxy.resume()
        again = await post(env, number, "", media, key="once")
        await require_sent_once(env, {again["_id"]: content}, number)
        assert await env.database["messages"].count_documents({}) == 1


async def test_a_kill_during_an_upload_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    async with running_environment(tmp_path, name="killed upload") as env:
        steps: list[Literal["request", "reply"]] = ["request", "reply"]
        for number, at in enumerate(steps):
            victim = env.apis[0]
            paused = victim.mongo_proxy.add(PausePoint(is_upload, at))
            request = asyncio.create_task(upload(env, picture(number)))
            await asyncio.wait_for(paused.reached.wait(), 20)
            victim.kill()
            with pytest.raises(httpx.HTTPError):
                await request
            await victim.wait()
            await victim.start()
        rows = await env.database["attachments"].find({}).to_list()
        # Of the first one, the database may have got the command or not; the second one it has acknowledged.
        contents = [bytes(row["content"]) for row in rows]
        assert [each for each in contents if each != picture(0)] == [picture(1)]
        assert contents.count(picture(0)) <= 1
        assert all(not row["is_used"] and row["check_at"] > row["created_at"] for row in rows)


async def test_a_picture_that_two_messages_have_survives_the_deletion_of_one(tmp_path: Path) -> None:
    async with running_environment(tmp_path, name="shared picture") as env:
        media = [await upload(env, GIF)]
        first = await post(env, "+13127810001", "", media)
        await env.eventually(first["_id"], "delivered")
        # The provider fetches it for the second one after the clean-up has looked at it.
        await env.simulator.control.set_fault("media_fetch", to="+13127810002", delay=8)
        second = await post(env, "+13127810002", "", media)
        url = f"{env.running_apis[0].url}/api/messages/{first['_id']}"
        assert (await env.http.delete(url, headers=env.headers)).status_code == 204
        # A process that starts looks at what is due.
        env.apis[1].kill()
        await env.apis[1].wait()
        await env.apis[1].start()

        async def found() -> Json | None:
            row: Json | None = await env.database["attachments"].find_one({"_id": ObjectId(media[0])}, {"content": 0})
            return row

        soon = datetime.now(UTC) + timedelta(hours=1)
        row = await eventually(
            found,
            lambda row: row is None or row["check_at"].replace(tzinfo=UTC) > soon,
            what="a look of the clean-up",
            within=60,
        )
        assert row is not None
        assert len(row["message_ids"]) == 2
        await env.eventually(second["_id"], "delivered", within=60)
        assert await found() is not None
