"""Archiving and muting that race with messages, deletions and erasure, and that are cut off at every write."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import httpx
import pytest

from mysms.changes.services import Changes
from mysms.core.errors import NotFoundError
from mysms.messages import conversations, unread
from mysms.messages.flagging import Flagging
from mysms.messages.flags import Flag
from mysms.messages.interrupted_counts import InterruptedCounts
from mysms.messages.models import Message
from tests.faults.environment import Json, running_environment
from tests.faults.mongo_proxy import Command, PausePoint
from tests.faults.outbox_fixture import new_number
from tests.faults.test_change_feed import is_publication
from tests.faults.test_unread import Reading, count_as_the_version_before, is_numbering, reading
from tests.support.polling import eventually

__all__ = ["reading"]

Place = Literal["request", "reply"]
Direction = Literal["inbound", "outbound"]
DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound")
FLAGS: Mapping[Flag, object] = {"archived": {"inbound": 0}, "muted": None}
"""With the body of the request that sets each."""


def is_flagging(command: Command) -> bool:
    update = command.get("update", {}) if command.get("findAndModify") == "conversations" else {}
    return not FLAGS.keys().isdisjoint(update.get("$set", {}))


def is_look(command: Command) -> bool:
    """Whether there is such a conversation, which is read before it is archived."""
    return command.get("find") == "conversations" and command.get("projection") == {"_id": 1}


def is_count(command: Command) -> bool:
    updates = command.get("updates", []) if command.get("update") == "conversations" else []
    return any("messages" in each["u"].get("$inc", {}) for each in updates)


def is_insert(command: Command) -> bool:
    return command.get("insert") == "messages"


STEPS: Mapping[str, tuple[Callable[[Command], bool], Place]] = {
    "not looked": (is_look, "request"),
    "looked": (is_look, "reply"),
    "not archived": (is_flagging, "request"),
    "archived": (is_flagging, "reply"),
}
ARRIVING: Mapping[str, tuple[Callable[[Command], bool], Place]] = {
    "not stored": (is_insert, "request"),
    "stored": (is_insert, "reply"),
    "not counted": (is_count, "request"),
}


async def archive(reading: Reading, inbound: int) -> None:
    await Flagging(reading.publisher).archive(reading.user_id, reading.number, inbound)


async def mute(reading: Reading) -> None:
    await Flagging(reading.publisher).mute(reading.user_id, reading.number)


async def unarchive(reading: Reading) -> None:
    await Flagging(reading.publisher).unarchive(reading.user_id, reading.number)


async def require_archived(reading: Reading, is_archived: bool) -> None:
    """It is in one list only."""
    for archived in (True, False):
        rows = await conversations.list_own(reading.user_id, limit=10, before=None, archived=archived)
        assert [row["peer_number"] for row in rows] == ([reading.number] if archived is is_archived else [])


async def add(reading: Reading, direction: Direction) -> Message:
    message = await reading.insert(direction)
    await conversations.count(message)
    return message


async def during(
    reading: Reading, step: tuple[Callable[[Command], bool], Place], first: Awaitable[object], other: Awaitable[object]
) -> None:
    """Does the other thing when the first one has come so far."""
    pause_point = reading.proxy.add(PausePoint(*step))
    doing = asyncio.ensure_future(first)
    await asyncio.wait_for(pause_point.reached.wait(), 10)
    await other
    reading.proxy.reset()
    await doing


@pytest.mark.parametrize("step", STEPS)
async def test_a_message_that_comes_in_while_it_is_archived_is_not_hidden(reading: Reading, step: str) -> None:
    await reading.receive()
    await during(reading, STEPS[step], archive(reading, 1), reading.receive())
    await require_archived(reading, is_archived=False)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("step", ARRIVING)
async def test_a_message_brings_it_back_if_it_is_archived_meanwhile(
    reading: Reading, step: str, direction: Direction
) -> None:
    await reading.receive()
    await during(reading, ARRIVING[step], add(reading, direction), archive(reading, 1))
    await require_archived(reading, is_archived=False)


@pytest.mark.parametrize("direction", DIRECTIONS)
async def test_a_message_whose_process_ended_before_it_was_counted_brings_it_back(
    reading: Reading, direction: Direction
) -> None:
    await reading.receive()
    await reading.insert(direction)
    await archive(reading, 1)
    await require_archived(reading, is_archived=True)
    interrupted = InterruptedCounts(reading.publisher)
    for _ in range(2):
        await interrupted.complete()
    await require_archived(reading, is_archived=False)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("step", ARRIVING)
async def test_a_conversation_that_is_muted_while_a_message_comes_in_stays_so(
    reading: Reading, step: str, direction: Direction
) -> None:
    await reading.receive()
    message = await reading.insert(direction)
    assert not await unread.is_no_news(message)
    await during(reading, ARRIVING[step], add(reading, direction), mute(reading))
    (row,) = await unread.list_own(reading.user_id, 10)
    assert row["muted"]
    assert await unread.is_no_news(message)


async def test_a_message_that_comes_in_while_it_is_muted_is_unread_there(reading: Reading) -> None:
    await reading.receive()
    await during(reading, STEPS["not archived"], mute(reading), reading.receive())
    await reading.require(2)
    (row,) = await unread.list_own(reading.user_id, 10)
    assert row["muted"]


async def test_a_message_that_is_counted_twice_brings_it_back_once(reading: Reading) -> None:
    message = await reading.receive()
    await archive(reading, 1)
    await conversations.count(message)
    await require_archived(reading, is_archived=True)


async def test_a_message_that_is_older_than_the_last_one_brings_it_back(reading: Reading) -> None:
    """One that is made up for from the provider's list."""
    first = await reading.receive()
    await archive(reading, 1)
    await reading.receive(first.created_at.replace(year=2020))
    await require_archived(reading, is_archived=False)


async def test_an_insert_that_is_refused_does_not_bring_it_back(reading: Reading) -> None:
    message = await reading.receive()
    await archive(reading, 1)
    again = reading.fixture.compose(reading.number, "Text")
    again.user_id, again.client_id, again.outbound = message.user_id, message.client_id, None
    assert not await conversations.insert(again)
    await require_archived(reading, is_archived=True)


@pytest.mark.parametrize("step", STEPS)
async def test_a_deletion_of_all_messages_while_it_is_archived(reading: Reading, step: str) -> None:
    message = await reading.receive()
    deleting = reading.deletion.delete(reading.user_id, str(message.id))

    async def archive_if_it_is_there() -> None:
        with contextlib.suppress(NotFoundError):
            await archive(reading, 1)

    await during(reading, STEPS[step], archive_if_it_is_there(), deleting)
    for archived in (True, False):
        assert await conversations.list_own(reading.user_id, limit=10, before=None, archived=archived) == []
    await reading.receive()
    await require_archived(reading, is_archived=False)


async def test_an_account_that_is_erased_meanwhile_stays_erased(reading: Reading) -> None:
    await reading.receive()
    erasing = reading.fixture.erasure.erase(reading.user_id)
    await during(reading, STEPS["not archived"], archive(reading, 1), erasing)
    found = reading.fixture.database["conversations"].find({"_id": {"$regex": str(reading.user_id)}})
    assert await found.to_list() == []


async def test_it_does_not_mark_anything_as_read(reading: Reading) -> None:
    await reading.receive()
    await archive(reading, 1)
    await reading.require(1)
    await reading.mark_read(1)
    await require_archived(reading, is_archived=True)
    await unarchive(reading)
    await require_archived(reading, is_archived=False)
    await reading.require(0)


async def test_what_the_version_before_counts_beside_this_one_is_unread_in_the_archive(reading: Reading) -> None:
    """It does not know of archived conversations. The next message of this version brings it back."""
    await reading.receive()
    await archive(reading, 1)
    await count_as_the_version_before(reading, await reading.insert())
    await require_archived(reading, is_archived=True)
    await reading.receive()
    await require_archived(reading, is_archived=False)


async def test_a_process_that_starts_knows_of_it_before_it_is_published(reading: Reading) -> None:
    await reading.receive()

    async def revision_of_new_process() -> int | None:
        return await Changes.of(reading.fixture.database, reading.fixture.clock).revisions.of(reading.user_id)

    for change in (partial(archive, reading, 1), partial(unarchive, reading)):
        before = await revision_of_new_process()
        await change()
        assert await revision_of_new_process() is None
        await reading.publisher.publish_waiting()
        after = await revision_of_new_process()
        assert before is not None
        assert after is not None
        assert after > before


KILLED: Mapping[str, Callable[[Command], bool]] = {
    "the flag": is_flagging,
    "the log entry": is_publication,
    "the revision": is_numbering,
}


@pytest.mark.parametrize("at", ["request", "reply"])
@pytest.mark.parametrize("write", KILLED)
@pytest.mark.parametrize("flag", FLAGS)
async def test_no_flag_is_missed_if_its_process_is_killed(tmp_path: Path, flag: Flag, write: str, at: Place) -> None:
    """A client that repeats its ETag to another process learns of it."""
    async with running_environment(tmp_path, processes=2, name=f"{flag} {write} {at}") as env:
        writer, reader = env.apis
        number = new_number()
        message = await env.post(number, "Hello", to=writer)
        await env.eventually(message["_id"], "delivered")
        etag, found = "", list[Json]()

        async def poll() -> int:
            nonlocal etag, found
            headers = {**env.headers, "If-None-Match": etag}
            answer = await env.http.get(f"{reader.url}/api/conversations/unread", headers=headers)
            if answer.status_code == 200:
                etag, found = answer.headers["ETag"], answer.json()[flag]
            return answer.status_code

        async def put() -> httpx.Response:
            path = f"/api/conversations/{quote(number)}/{flag}"
            return await env.http.put(f"{writer.url}{path}", json=FLAGS[flag], headers=env.headers)

        await eventually(poll, lambda status: status == 304, what="an unchanged answer")
        assert found == []
        pause_point = writer.mongo_proxy.add(PausePoint(KILLED[write], at))
        flagging = asyncio.create_task(put())
        async with asyncio.timeout(10):
            await pause_point.reached.wait()
        writer.kill()
        await writer.mongo_proxy.drop_connections()
        await writer.wait()
        await asyncio.gather(flagging, return_exceptions=True)
        if write == "the flag" and at == "request":
            # Nothing has changed; the client repeats it.
            writer = reader
            assert (await put()).status_code == 204

        async def count() -> int:
            await poll()
            return len(found)

        await eventually(count, lambda listed: listed == 1, within=20, what="a list with it")


async def test_another_process_shows_it_within_seconds_and_so_the_message_that_brings_it_back(tmp_path: Path) -> None:
    async with running_environment(tmp_path, processes=2, name="archive in two processes") as env:
        writer, reader = env.apis
        number = new_number()
        await env.post(number, "Hello", to=writer)
        path = f"{writer.url}/api/conversations/{quote(number)}/archived"
        etag, found = "", list[Json]()

        async def listed() -> list[str]:
            nonlocal etag, found
            headers = {**env.headers, "If-None-Match": etag}
            answer = await env.http.get(f"{reader.url}/api/conversations", headers=headers)
            if answer.status_code == 200:
                etag, found = answer.headers["ETag"], answer.json()
            return [row["peer_number"] for row in found]

        async def require(expected: list[str]) -> None:
            await eventually(listed, lambda numbers: numbers == expected, within=2, what="the list")

        await require([number])
        assert (await env.http.put(path, json={"inbound": 0}, headers=env.headers)).status_code == 204
        await require([])
        assert (await env.http.delete(path, headers=env.headers)).status_code == 204
        await require([number])
        assert (await env.http.put(path, json={"inbound": 0}, headers=env.headers)).status_code == 204
        await require([])
        await env.post(number, "Hello again", to=writer)
        await require([number])
