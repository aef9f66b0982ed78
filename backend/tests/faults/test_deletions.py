"""Deletions of messages that are interrupted at every write, and that race with everything else.

Whatever happens, the counts and the last message are those of the messages that are left.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from bson import ObjectId
from pymongo.errors import PyMongoError

from mysms.core.timestamps import to_rfc3339
from mysms.messages import conversations, repository
from mysms.messages.deletion import MessageDeletion
from mysms.messages.interrupted_counts import InterruptedCounts
from mysms.messages.models import Message
from mysms.messages.status import OutboxState
from tests.faults.environment import ApiProcess, Environment, Json, running_environment
from tests.faults.mongo_proxy import Command, InjectedError, MongoProxy, PausePoint
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture, outbound_of, release_nothing
from tests.faults.test_conversation_counts import changes_of
from tests.support.polling import eventually
from tests.support.servers import Mongo


def is_announcement(command: Command) -> bool:
    return any(name.startswith("pending_deletions.") for name in changes_of(command).get("$set", {}))


def is_deletion(command: Command) -> bool:
    update = command.get("update", {}) if command.get("findAndModify") == "messages" else {}
    return "deleted_at" in update.get("$set", {})


def is_correction(command: Command) -> bool:
    return "last_message_key" in changes_of(command).get("$set", {})


def is_count(command: Command) -> bool:
    return changes_of(command).get("$inc", {}).get("messages") == -1


STEPS: dict[str, tuple[Callable[[Command], bool], Any]] = {
    "not announced": (is_announcement, "request"),
    "announced": (is_announcement, "reply"),
    "not deleted": (is_deletion, "request"),
    "deleted": (is_deletion, "reply"),
    "last message not corrected": (is_correction, "request"),
    "last message corrected": (is_correction, "reply"),
    "not counted": (is_count, "request"),
    "counted": (is_count, "reply"),
}


class Deletions:
    """A user's conversation of three messages, the last of which is deleted."""

    def __init__(self, fixture: OutboxFixture, proxy: MongoProxy) -> None:
        self.fixture = fixture
        self.proxy = proxy
        self.user_id = ObjectId()
        self.number = new_number()
        self.publisher = fixture.changes.publisher
        self.deletion = MessageDeletion(self.publisher, fixture.clock, release_nothing)
        self.interrupted = InterruptedCounts(self.publisher)

    async def store(self, text: str, created_at: datetime | None = None) -> Message:
        message = self.fixture.compose(self.number, text)
        message.user_id = self.user_id  # type: ignore[assignment]  # Beanie's subclass
        message.created_at = created_at or self.fixture.now
        outbound_of(message).state = OutboxState.ACCEPTED
        message.twilio_sid = f"SM{message.id}"
        self.fixture.advance(seconds=1)
        assert await conversations.insert(message)
        await conversations.count(message)
        return message

    async def delete(self, message: Message) -> None:
        await self.deletion.delete(self.user_id, str(message.id))

    async def complete(self) -> None:
        """What another process does with what one has left behind, until there is nothing left to do."""
        for _ in range(4):
            await self.interrupted.complete()

    async def require_consistent(self) -> None:
        rows = await self.fixture.database["messages"].find({"user_id": self.user_id, "deleted_at": None}).to_list()
        newest = max(((row["created_at"], row["_id"]) for row in rows), default=None)
        counters = {row["_id"]: row async for row in self.fixture.database["conversations"].find({})}
        conversation, total = counters[f"{self.user_id} {self.number}"], counters[str(self.user_id)]
        assert (conversation["messages"], total["messages"]) == (len(rows), len(rows))
        assert conversation["last_message_key"] == (newest and f"{to_rfc3339(newest[0])} {newest[1]}")
        for counter in (conversation, total):
            assert (counter["pending_count"], counter["pending_deletions"]) == (0, {})


@pytest.fixture
async def deletions(mongodb: Mongo) -> AsyncIterator[Deletions]:
    address = urlsplit(mongodb.uri)
    proxy = MongoProxy(address.hostname or "127.0.0.1", address.port or 27017)
    await proxy.open()
    async with open_outbox_fixture(proxy.uri_of(mongodb.uri)) as fixture:
        yield Deletions(fixture, proxy)
    await proxy.close()


@asynccontextmanager
async def paused(deletions: Deletions, step: str, work: Awaitable[None]) -> AsyncIterator["asyncio.Future[None]"]:
    """The work runs until it reaches the step, and goes on at the end of the context."""
    matches, at = STEPS[step]
    pause_point = deletions.proxy.add(PausePoint(matches, at))
    task = asyncio.ensure_future(work)
    await asyncio.wait_for(pause_point.reached.wait(), 10)
    yield task
    deletions.proxy.reset()


async def store_newer(deletions: Deletions, _: list[Message]) -> None:
    await deletions.store("newer")


async def store_older(deletions: Deletions, messages: list[Message]) -> None:
    """Of a process whose clock is behind: newer than the message before, older than the deleted one."""
    await deletions.store("older", messages[1].created_at + timedelta(milliseconds=500))


async def delete_again(deletions: Deletions, messages: list[Message]) -> None:
    await deletions.delete(messages[2])


async def delete_the_one_before(deletions: Deletions, messages: list[Message]) -> None:
    await deletions.delete(messages[1])


async def delete_all_others(deletions: Deletions, messages: list[Message]) -> None:
    await asyncio.gather(*(deletions.delete(message) for message in messages[:2]))


async def report(deletions: Deletions, messages: list[Message]) -> None:
    last = messages[2]
    event = deletions.fixture.timeline.event_of(last.twilio_sid or "", "delivered", "callback")
    assert await deletions.fixture.timeline.raise_status(ObjectId(last.id), event)


async def redact(deletions: Deletions, _: list[Message]) -> None:
    now = deletions.fixture.now
    await repository.redact(now, now, limit=10)


async def complete(deletions: Deletions, _: list[Message]) -> None:
    await deletions.complete()


MEANWHILE = [store_newer, store_older, delete_again, delete_the_one_before, delete_all_others, report, redact, complete]


@pytest.mark.parametrize("step", STEPS)
async def test_a_deletion_races_with_everything_else(deletions: Deletions, step: str) -> None:
    for meanwhile in MEANWHILE:
        deletions.number, deletions.user_id = new_number(), ObjectId()
        messages = [await deletions.store(text) for text in ("first", "second", "last")]
        async with paused(deletions, step, deletions.delete(messages[2])) as deleting:
            await meanwhile(deletions, messages)
        await deleting
        await deletions.complete()
        await deletions.require_consistent()
        last = await repository.find(ObjectId(messages[2].id))
        assert last is not None
        assert (last.content, last.words, last.deleted_at is None) == ("", [""], False), meanwhile


@pytest.mark.parametrize("step", STEPS)
async def test_a_deletion_that_is_cut_off_is_completed(deletions: Deletions, step: str) -> None:
    messages = [await deletions.store(text) for text in ("first", "second", "last")]
    async with paused(deletions, step, deletions.delete(messages[2])) as deleting:
        deleting.cancel()
        await asyncio.wait([deleting])
    await deletions.complete()
    # The user asks again, since there was no answer.
    await deletions.delete(messages[2])
    await deletions.complete()
    await deletions.require_consistent()
    await deletions.store("new")
    await deletions.require_consistent()


@pytest.mark.parametrize("step", [step for step, (_, at) in STEPS.items() if at == "request"])
async def test_a_deletion_is_completed_after_an_error_of_the_database(deletions: Deletions, step: str) -> None:
    messages = [await deletions.store(text) for text in ("first", "second", "last")]
    injected = deletions.proxy.inject(InjectedError(STEPS[step][0]))
    if step in {"not announced", "not deleted"}:
        with pytest.raises(PyMongoError):
            await deletions.delete(messages[2])
    else:
        # It is deleted, whatever comes after.
        await deletions.delete(messages[2])
    assert injected.count
    deletions.proxy.reset()
    await deletions.delete(messages[2])
    await deletions.complete()
    await deletions.require_consistent()


async def test_a_deletion_that_was_only_announced_deletes_nothing(deletions: Deletions) -> None:
    messages = [await deletions.store(text) for text in ("first", "last")]
    pending = await conversations.announce_deletion(messages[1], ObjectId())
    await deletions.complete()
    counter = await deletions.fixture.database["conversations"].find_one({"_id": str(deletions.user_id)})
    assert counter is not None
    assert (counter["messages"], counter["pending_count"]) == (2, 1)
    # Its process was only slow.
    now = deletions.fixture.now
    assert await repository.delete(ObjectId(messages[1].id), pending[0].deletion_id, now)
    await deletions.complete()
    await deletions.complete()
    await deletions.require_consistent()


async def test_an_uncounted_message_can_be_deleted(deletions: Deletions) -> None:
    """Counting it afterwards must not make it the last message again."""
    await deletions.store("first")
    message = deletions.fixture.compose(deletions.number, "last")
    message.user_id = deletions.user_id  # type: ignore[assignment]  # Beanie's subclass
    outbound_of(message).state = OutboxState.ACCEPTED
    assert await conversations.insert(message)
    await deletions.delete(message)
    await conversations.count(message)
    await deletions.require_consistent()


async def test_a_deletion_leaves_nothing_behind_after_the_account_was_erased(deletions: Deletions) -> None:
    message = await deletions.store("last")
    async with paused(deletions, "not announced", deletions.delete(message)) as deleting:
        await deletions.fixture.erasure.erase(deletions.user_id)
    await deleting
    await deletions.complete()
    found = deletions.fixture.database["conversations"].find({"_id": {"$regex": str(deletions.user_id)}})
    assert await found.to_list() == []


async def test_messages_of_earlier_versions_stay_counted_right(deletions: Deletions) -> None:
    """Their number is counted once, perhaps after some of them were deleted."""
    messages = [await deletions.store(text) for text in ("first", "second", "third")]
    rows = deletions.fixture.database["messages"]
    for message in messages[:2]:
        await rows.update_one({"_id": message.id}, {"$unset": {"is_totalled": True}})
    counters = deletions.fixture.database["conversations"]
    await counters.update_one({"_id": str(deletions.user_id)}, {"$inc": {"messages": -2}})
    await deletions.delete(messages[0])
    assert await repository.count_own(deletions.user_id) == 2
    earlier = await repository.count_earlier(deletions.user_id)
    await conversations.add_earlier_messages(deletions.user_id, earlier)
    assert await conversations.find_total(deletions.user_id) == 2
    await deletions.delete(messages[1])
    await deletions.delete(messages[2])
    assert await conversations.find_total(deletions.user_id) == 0


async def test_deletions_are_completed_after_kills(tmp_path: Path) -> None:
    async with running_environment(tmp_path, name="deletions") as env:
        expected: dict[str, tuple[int, str]] = {}
        for step, (matches, at) in STEPS.items():
            number = new_number()
            posted = [await env.post(number, f"{text}, {step}") for text in ("first", "second", "last")]
            await env.eventually(posted[-1]["_id"], "delivered")
            victim = env.running_apis[0]
            pause_point = victim.mongo_proxy.add(PausePoint(matches, at))
            deleting = asyncio.create_task(delete(env, victim, posted[-1]))
            await pause_point.reached.wait()
            await victim.kill_and_wait()
            with pytest.raises(httpx.TransportError):
                await deleting
            other = env.running_apis[0]
            assert other is not victim
            assert (await delete(env, other, posted[-1])).status_code == 204
            await victim.start()
            expected[number] = (2, f"second, {step}")
        await eventually(lambda: listed(env), lambda found: found == expected, within=30, what="exact counts")
        counters = await env.database["conversations"].find({}).to_list()
        total = Counter({row["_id"]: row["messages"] for row in counters if "peer_number" not in row})
        assert [*total.values()] == [2 * len(STEPS)]


async def delete(env: Environment, api: ApiProcess, message: Json) -> httpx.Response:
    return await env.http.delete(f"{api.url}/api/messages/{message['_id']}", headers=env.headers)


async def listed(env: Environment) -> dict[str, tuple[int, str]]:
    answer = await env.http.get(f"{env.running_apis[0].url}/api/conversations", headers=env.headers)
    return {row["peer_number"]: (row["messages"], row["last_message"]["content"]) for row in answer.json()}
