"""Marks of what is read that race with arrivals, deletions and each other, and that are cut off at every write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from operator import eq
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

import httpx
import pytest
from bson import ObjectId

from mysms.changes.services import Changes
from mysms.messages import conversations, unread
from mysms.messages.deletion import MessageDeletion
from mysms.messages.interrupted_counts import InterruptedCounts
from mysms.messages.models import Message
from mysms.messages.read_marks import ReadMarks
from tests.faults.environment import Json, running_environment
from tests.faults.mongo_proxy import Command, MongoProxy, PausePoint
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture, release_nothing
from tests.faults.test_change_feed import is_publication
from tests.support.polling import eventually
from tests.support.servers import Mongo


def is_mark(command: Command) -> bool:
    update = command.get("update", {}) if command.get("findAndModify") == "conversations" else {}
    return "unread" in update.get("$inc", {})


def is_look(command: Command) -> bool:
    """What a mark reads before it is written."""
    return command.get("find") == "conversations" and "read" in command.get("projection", {})


def is_numbering(command: Command) -> bool:
    changes = [each["u"].get("$set", {}) for each in command.get("updates", []) if command["update"] == "conversations"]
    return any(list(change) == ["revision"] for change in changes)


class Reading:
    """A user's conversation with one number."""

    def __init__(self, fixture: OutboxFixture, proxy: MongoProxy) -> None:
        self.fixture = fixture
        self.proxy = proxy
        self.user_id = ObjectId()
        self.number = new_number()
        self.publisher = fixture.changes.publisher
        self.marks = ReadMarks(self.publisher)
        self.deletion = MessageDeletion(self.publisher, fixture.clock, release_nothing)

    async def insert(
        self, direction: Literal["inbound", "outbound"] = "inbound", at: datetime | None = None
    ) -> Message:
        message = self.fixture.compose(self.number, "Text")
        message.user_id = self.user_id  # type: ignore[assignment]  # Beanie's subclass
        message.direction, message.outbound = direction, None
        message.created_at = at or self.fixture.now
        self.fixture.advance(seconds=1)
        assert await conversations.insert(message)
        return message

    async def receive(self, at: datetime | None = None) -> Message:
        message = await self.insert(at=at)
        await conversations.count(message)
        return message

    async def mark_read(self, inbound: int) -> None:
        await self.marks.mark_read(self.user_id, self.number, inbound)

    async def mark_unread(self) -> None:
        await self.marks.mark_unread(self.user_id, self.number)

    async def require(self, count: int) -> None:
        """So many are unread, and the figures agree."""
        row = await self.fixture.database["conversations"].find_one({"_id": f"{self.user_id} {self.number}"})
        assert row is not None
        assert (row.get("unread", 0), row.get("inbound", 0) - row.get("read", 0)) == (count, count), row
        listed = await unread.list_own(self.user_id, 10)
        assert [each["unread"] for each in listed] == ([count] if count else [])


@pytest.fixture
async def reading(mongodb: Mongo) -> AsyncIterator[Reading]:
    address = urlsplit(mongodb.uri)
    proxy = MongoProxy(address.hostname or "127.0.0.1", address.port or 27017)
    await proxy.open()
    async with open_outbox_fixture(proxy.uri_of(mongodb.uri)) as fixture:
        yield Reading(fixture, proxy)
    await proxy.close()


async def while_marking(
    reading: Reading, at: tuple[Callable[[Command], bool], Literal["request", "reply"]], meanwhile: Awaitable[object]
) -> None:
    """Marks two arrivals as read, and does something else when the mark has come so far."""
    pause_point = reading.proxy.add(PausePoint(*at))
    marking = asyncio.create_task(reading.mark_read(2))
    await asyncio.wait_for(pause_point.reached.wait(), 10)
    await meanwhile
    reading.proxy.reset()
    await marking


STEPS: Mapping[str, tuple[Callable[[Command], bool], Literal["request", "reply"]]] = {
    "not looked": (is_look, "request"),
    "looked": (is_look, "reply"),
    "not marked": (is_mark, "request"),
    "marked": (is_mark, "reply"),
}


@pytest.mark.parametrize("step", STEPS)
async def test_an_arrival_while_it_is_marked_stays_unread(reading: Reading, step: str) -> None:
    for _ in range(2):
        await reading.receive()
    await while_marking(reading, STEPS[step], reading.receive())
    await reading.require(1)


@pytest.mark.parametrize("step", STEPS)
async def test_marks_of_two_processes_are_no_less_than_each(reading: Reading, step: str) -> None:
    for _ in range(3):
        await reading.receive()
    other = Reading(reading.fixture, reading.proxy)
    other.user_id, other.number = reading.user_id, reading.number
    await while_marking(reading, STEPS[step], other.mark_read(3))
    await reading.require(0)


@pytest.mark.parametrize("step", STEPS)
async def test_a_deletion_of_all_messages_while_it_is_marked(reading: Reading, step: str) -> None:
    messages = [await reading.receive() for _ in range(2)]

    async def delete_all() -> None:
        for message in messages:
            await reading.deletion.delete(reading.user_id, str(message.id))

    await while_marking(reading, STEPS[step], delete_all())
    await reading.require(0)
    await reading.receive()
    await reading.require(1)


async def test_an_arrival_while_the_last_message_is_deleted_is_unread(reading: Reading) -> None:
    message = await reading.receive()

    def is_emptying(command: Command) -> bool:
        updates = command.get("updates", []) if command.get("update") == "conversations" else []
        return any("last_message_key" in each["u"].get("$set", {}) for each in updates)

    pause_point = reading.proxy.add(PausePoint(is_emptying, "request"))
    deleting = asyncio.create_task(reading.deletion.delete(reading.user_id, str(message.id)))
    await asyncio.wait_for(pause_point.reached.wait(), 10)
    # Older than the deleted one, so that it does not become the last message.
    await reading.receive(message.created_at - timedelta(hours=1))
    reading.proxy.reset()
    await deleting
    await reading.require(1)


def is_taking_out(command: Command) -> bool:
    updates = command.get("updates", []) if command.get("update") == "conversations" else []
    return any("arrivals" in each["u"].get("$set", {}) for each in updates)


@pytest.mark.parametrize("at", ["request", "reply"])
@pytest.mark.parametrize("is_read", [False, True])
async def test_a_deletion_races_with_marks_and_arrivals(
    reading: Reading, *, is_read: bool, at: Literal["request", "reply"]
) -> None:
    """What is read meanwhile is not taken out twice, and nothing that comes in is taken for read."""
    first, second = [await reading.receive() for _ in range(2)]
    pause_point = reading.proxy.add(PausePoint(is_taking_out, at))
    deleting = asyncio.create_task(reading.deletion.delete(reading.user_id, str(second.id)))
    await asyncio.wait_for(pause_point.reached.wait(), 10)
    if is_read:
        await reading.mark_read(2)
    await reading.receive()
    reading.proxy.reset()
    await deleting
    await reading.require(1 if is_read else 2)
    await reading.deletion.delete(reading.user_id, str(first.id))
    await reading.require(1)


async def test_a_deletion_that_another_process_counts_reads_its_message_once(reading: Reading) -> None:
    _, deleted, _ = [await reading.receive() for _ in range(3)]
    other = InterruptedCounts(reading.publisher)
    pause_point = reading.proxy.add(PausePoint(is_taking_out, "request"))
    deleting = asyncio.create_task(reading.deletion.delete(reading.user_id, str(deleted.id)))
    await asyncio.wait_for(pause_point.reached.wait(), 10)
    for _ in range(4):
        await other.complete()
    await reading.require(2)
    reading.proxy.reset()
    await deleting
    await reading.require(2)


async def test_a_deletion_ends_although_many_others_come_in(reading: Reading) -> None:
    message = await reading.receive()

    def is_look_at_arrivals(command: Command) -> bool:
        return command.get("find") == "conversations" and "arrivals" in command.get("projection", {})

    pause_point = reading.proxy.add(PausePoint(is_look_at_arrivals, "request"))
    deleting = asyncio.create_task(reading.deletion.delete(reading.user_id, str(message.id)))
    await asyncio.wait_for(pause_point.reached.wait(), 10)
    for _ in range(conversations.KNOWN_ARRIVALS):
        await reading.receive()
    reading.proxy.reset()
    await deleting
    row = await reading.fixture.database["conversations"].find_one({"_id": f"{reading.user_id} {reading.number}"})
    assert row is not None
    assert (row["messages"], row["pending_count"]) == (conversations.KNOWN_ARRIVALS, 0)
    assert len(row["arrivals"]) == conversations.KNOWN_ARRIVALS


async def test_only_the_last_arrivals_are_known_one_by_one(reading: Reading) -> None:
    """Of a longer list, one that is deleted unread is unread until the conversation is read: never too few."""
    received = [await reading.receive() for _ in range(conversations.KNOWN_ARRIVALS + 1)]
    for message, left in ((received[0], len(received)), (received[1], len(received) - 1)):
        await reading.deletion.delete(reading.user_id, str(message.id))
        await reading.require(left)
    await reading.mark_read(len(received))
    await reading.require(0)


async def test_an_account_that_is_erased_meanwhile_stays_erased(reading: Reading) -> None:
    for _ in range(2):
        await reading.receive()
    await while_marking(reading, STEPS["not marked"], reading.fixture.erasure.erase(reading.user_id))
    found = reading.fixture.database["conversations"].find({"_id": {"$regex": str(reading.user_id)}})
    assert await found.to_list() == []


async def test_a_message_that_comes_late_is_unread(reading: Reading) -> None:
    """One that is made up for from the provider's list is older than others that are read."""
    first = await reading.receive()
    await reading.mark_read(1)
    await reading.receive(first.created_at - timedelta(hours=3))
    await reading.require(1)


async def test_a_message_that_another_process_counts_is_unread_once(reading: Reading) -> None:
    message = await reading.insert()
    await reading.insert("outbound")
    interrupted = InterruptedCounts(reading.publisher)
    for _ in range(2):
        await interrupted.complete()
    await conversations.count(message)
    await reading.require(1)


async def count_as_the_version_before(reading: Reading, message: Message) -> None:
    for counter in (f"{reading.user_id} {reading.number}", str(reading.user_id)):
        await reading.fixture.database["conversations"].update_one(
            {"_id": counter, f"pending_message_ids.{message.id}": {"$exists": True}},
            {
                "$unset": {f"pending_message_ids.{message.id}": True},
                "$inc": {"pending_count": -1, "messages": 1},
                "$max": {"last_message_key": f"{message.created_at.isoformat()} {message.id}"},
            },
        )


async def test_what_the_version_before_counts_beside_this_one_is_read(reading: Reading) -> None:
    await count_as_the_version_before(reading, await reading.insert())
    await reading.require(0)
    await reading.mark_read(5)
    await reading.receive()
    await count_as_the_version_before(reading, await reading.insert())
    await reading.require(1)
    await reading.mark_read(1)
    await reading.require(0)
    await reading.mark_unread()
    await reading.require(1)
    await reading.mark_read(1)
    await reading.require(0)


async def test_what_the_version_before_empties_is_not_unread_for_ever(reading: Reading) -> None:
    await reading.receive()
    own = {"_id": f"{reading.user_id} {reading.number}"}
    emptied = {"$set": {"last_message_key": None}, "$inc": {"messages": -1}}
    await reading.fixture.database["conversations"].update_one(own, emptied)
    assert await unread.list_own(reading.user_id, 10) == []
    await reading.receive()
    await reading.mark_read(2)
    await reading.require(0)


async def test_a_process_that_starts_knows_of_a_mark_that_is_not_published(reading: Reading) -> None:
    await reading.receive()

    async def revision_of_new_process() -> int | None:
        return await Changes.of(reading.fixture.database, reading.fixture.clock).revisions.of(reading.user_id)

    before = await revision_of_new_process()
    await reading.mark_read(1)
    assert await revision_of_new_process() is None
    await reading.publisher.publish_waiting()
    after = await revision_of_new_process()
    assert before is not None
    assert after is not None
    assert after > before


KILLED: Mapping[str, Callable[[Command], bool]] = {
    "the mark": is_mark,
    "the log entry": is_publication,
    "the revision": is_numbering,
}


@pytest.mark.parametrize("at", ["request", "reply"])
@pytest.mark.parametrize("write", KILLED)
async def test_no_mark_is_missed_if_its_process_is_killed(
    tmp_path: Path, write: str, at: Literal["request", "reply"]
) -> None:
    """A client that repeats its ETag to another process learns of it."""
    async with running_environment(tmp_path, processes=2, name=f"unread {write} {at}") as env:
        writer, reader = env.apis
        number = new_number()
        message = await env.post(number, "Hello", to=writer)
        await env.eventually(message["_id"], "delivered")
        etag, found = "", Json()

        async def poll() -> int:
            nonlocal etag, found
            headers = {**env.headers, "If-None-Match": etag}
            answer = await env.http.get(f"{reader.url}/api/conversations/unread", headers=headers)
            if answer.status_code == 200:
                etag, found = answer.headers["ETag"], answer.json()
            return answer.status_code

        async def mark() -> httpx.Response:
            path = f"/api/conversations/{quote(number)}/unread"
            return await env.http.put(f"{writer.url}{path}", headers=env.headers)

        await eventually(poll, lambda status: status == 304, what="an unchanged list")
        assert found["total"] == 0
        pause_point = writer.mongo_proxy.add(PausePoint(KILLED[write], at))
        marking = asyncio.create_task(mark())
        async with asyncio.timeout(10):
            await pause_point.reached.wait()
        writer.kill()
        await writer.mongo_proxy.drop_connections()
        await writer.wait()
        await asyncio.gather(marking, return_exceptions=True)
        if write == "the mark" and at == "request":
            # Nothing has changed; the client repeats it.
            writer = reader
            assert (await mark()).status_code == 204

        async def total() -> int:
            await poll()
            return int(found["total"])

        await eventually(total, lambda count: count == 1, within=20, what="the mark")


async def test_another_process_shows_a_mark_within_seconds(tmp_path: Path) -> None:
    async with running_environment(tmp_path, processes=2, name="unread in two processes") as env:
        writer, reader = env.apis
        message = await env.post(new_number(), "Hello", to=writer)
        path = f"/api/conversations/{quote(message['peer_number'])}"

        async def total() -> int:
            answer = await env.http.get(f"{reader.url}/api/conversations/unread", headers=env.headers)
            return int(answer.json()["total"])

        for mark, body, expected in (("unread", None, 1), ("read", {"inbound": 1}, 0)):
            answer = await env.http.put(f"{writer.url}{path}/{mark}", json=body, headers=env.headers)
            assert answer.status_code == 204
            await eventually(total, partial(eq, expected), within=2, what="the mark")
