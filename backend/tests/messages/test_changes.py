"""GET /api/messages/changes: whoever follows it misses nothing, whatever clocks say and whichever step comes first."""

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from mysms.changes.change import Change, change_one
from mysms.changes.documents import ChangedDocuments
from mysms.changes.log import Entry
from mysms.changes.services import Changes
from mysms.core import database as connection
from mysms.core.timestamps import utc_now
from mysms.messages.service import MessageHistory
from mysms.messages.totals import MessageTotals
from tests.faults.mongo_proxy import Command, PausePoint
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.messages.many_messages import ManyMessages
from tests.support.api_user import ApiUser, Json
from tests.support.polling import eventually
from tests.support.responses import field_errors
from tests.support.servers import Api, Mongo

STAYS_QUEUED = "+15005551002"
HOUR = timedelta(hours=1)
SLOW_CLOCK = -HOUR


class Client:
    """Follows the changes of a user as the description of the route says."""

    def __init__(self, api_user: ApiUser, revision: int) -> None:
        self.api_user = api_user
        self.revision = revision

    @classmethod
    async def start(cls, api_user: ApiUser) -> "Client":
        return cls(api_user, int((await api_user.call("GET", "/api/messages")).headers["X-Revision"]))

    async def read(self, limit: int = 50) -> list[Json]:
        """Read all pages of changes."""
        answer = await self.api_user.call(
            "GET", "/api/messages/changes", params={"since": self.revision, "limit": limit}
        )
        revision = int(answer.headers["X-Revision"])
        rows: list[Json] = answer.json()
        while "next" in answer.links:
            assert len(answer.json()) <= limit
            answer = await self.api_user.call("GET", answer.links["next"]["url"])
            rows += answer.json()
        self.revision = revision
        return rows


async def test_new_changed_and_deleted_messages_are_listed_and_no_others(api_user: ApiUser) -> None:
    old, changed, deleted = [await api_user.send_accepted(STAYS_QUEUED, text) for text in ("Old", "Changed", "Deleted")]
    client = await settled_client(api_user)
    assert await client.read() == []

    assert (await api_user.call("DELETE", f"/api/messages/{deleted['_id']}")).status_code == 204
    new = await api_user.send_accepted(new_number(), "New")
    rows = {row["_id"]: row for row in await client.read()}
    assert rows.keys() == {deleted["_id"], new["_id"]}
    assert rows[deleted["_id"]]["deleted_at"] is not None
    assert rows[deleted["_id"]]["content"] == ""
    assert {old["_id"], changed["_id"]}.isdisjoint(rows)


async def settled_client(api_user: ApiUser) -> Client:
    """A client once everything is published."""
    client = await Client.start(api_user)

    async def read() -> list[Json]:
        return await client.read()

    await eventually(read, lambda rows: rows == [], what="a revision that has all changes")
    return client


async def test_other_users_changes_are_not_listed(api: Api, api_user: ApiUser) -> None:
    client = await settled_client(api_user)
    other = await ApiUser.sign_up(api)
    await other.send_accepted(new_number(), "Not yours")
    assert await client.read() == []
    assert (await client.api_user.call("GET", "/api/messages/changes", params={"since": 0})).json() == []


async def test_an_unchanged_list_is_answered_with_304(api_user: ApiUser) -> None:
    await api_user.send_accepted(STAYS_QUEUED)
    client = await settled_client(api_user)
    tag = await api_user.settled_etag("/api/messages/changes", since=client.revision)
    await api_user.send_accepted(new_number(), "Something new")
    answer = await api_user.call(
        "GET", "/api/messages/changes", params={"since": client.revision}, headers={"If-None-Match": tag}
    )
    assert (answer.status_code, [row["content"] for row in answer.json()]) == (200, ["Something new"])
    assert answer.headers["X-Total-Count"] == "2"


@pytest.mark.parametrize("path", ["/api/messages", "/api/conversations", "/api/messages?search=nothing"])
async def test_lists_tell_what_to_ask_for_the_changes_with(api_user: ApiUser, path: str) -> None:
    revision = int((await api_user.call("GET", path)).headers["X-Revision"])
    new = await api_user.send_accepted(STAYS_QUEUED)
    assert [row["_id"] for row in await Client(api_user, revision).read()] == [new["_id"]]


@pytest.mark.parametrize(
    ("query", "field_name"),
    [
        ({}, "since"),
        ({"since": "-1"}, "since"),
        ({"since": str(2**53)}, "since"),
        ({"since": "2026-11-22T10:42:07Z"}, "since"),
        ({"since": "0", "limit": "201"}, "limit"),
        ({"since": "0", "position": "5"}, "position"),
        ({"since": "0", "position": "-2.6921f0c2a4b1c93e5d0f7a12"}, "position"),
        ({"since": "0", "position": f"{'9' * 17}.6921f0c2a4b1c93e5d0f7a12"}, "position"),
    ],
)
async def test_invalid_queries(api_user: ApiUser, query: dict[str, str], field_name: str) -> None:
    answer = await api_user.call("GET", "/api/messages/changes", params=query)
    assert answer.status_code == 422
    assert list(field_errors(answer)) == [field_name]


@dataclass
class Process:
    """What one process of the API knows of the log."""

    database: connection.Database
    clock_error: timedelta = timedelta()
    changes: Changes = field(init=False)
    history: MessageHistory = field(init=False)

    def __post_init__(self) -> None:
        self.changes = Changes.of(self.database, self.now)
        self.history = MessageHistory(self.changes, MessageTotals(self.database, self.changes.upgrade))

    def now(self) -> datetime:
        return utc_now() + self.clock_error

    async def start(self) -> None:
        await self.changes.upgrade.load()
        await self.changes.feed.read()


@dataclass
class World:
    """Processes that change the messages of one user, step by step, and clients that follow them."""

    fixture: OutboxFixture
    processes: list[Process]
    user_id: ObjectId = field(default_factory=ObjectId)
    message_ids: list[ObjectId] = field(default_factory=list)
    marked: list[Change] = field(default_factory=list)
    """Stored changes that are not in the log yet."""
    logged: list[tuple[Entry, list[Change]]] = field(default_factory=list)
    """Entries of the log whose number the messages do not have yet."""

    async def store(self) -> None:
        message = self.fixture.compose(new_number(), "Hello").model_copy(update={"user_id": self.user_id})
        inserted = await message.insert()
        self.message_ids.append(ObjectId(str(inserted.id)))
        await self.change(self.processes[0], self.message_ids[-1])

    async def change(self, process: Process, message_id: ObjectId) -> None:
        update = {"$set": {"updated_at": process.now()}}
        change = await change_one(self.fixture.database["messages"], {"_id": message_id}, update)
        assert change is not None
        self.marked.append(change)

    async def append(self, process: Process, count: int) -> None:
        changes, self.marked = self.marked[:count], self.marked[count:]
        if changes:
            self.logged.append((await process.changes.log.append({self.user_id}, ()), changes))

    async def set_revisions(self, entry: Entry, changes: list[Change]) -> None:
        await ChangedDocuments(self.fixture.database).set_revision(changes, entry.number)

    async def publish(self) -> None:
        """Publish everything that waits."""
        await self.append(self.processes[0], len(self.marked))
        while self.logged:
            await self.set_revisions(*self.logged.pop(0))

    async def versions(self) -> dict[str, int]:
        rows = self.fixture.database["messages"].find({"user_id": self.user_id}, {"change_count": 1})
        return {str(row["_id"]): row["change_count"] for row in await rows.to_list()}


@dataclass
class Follower:
    """Reads one page at a time, from whichever process answers."""

    user_id: ObjectId
    versions: dict[str, int] = field(default_factory=dict)
    since: int = 0
    position: str | None = None
    next_since: int = 0

    async def read_page(self, process: Process, limit: int) -> None:
        page = await process.history.changes(self.user_id, self.since, limit=limit, position=self.position)
        if self.position is None:
            self.next_since = page.revision
        for row in json.loads(page.body):
            self.versions[row["_id"]] = max(row["version"], self.versions.get(row["_id"], 0))
        self.position = page.last_id
        if self.position is None:
            self.since = self.next_since

    async def read_all(self, process: Process) -> None:
        await self.read_page(process, 50)
        while self.position is not None:
            await self.read_page(process, 50)


@pytest.fixture
async def world(mongodb: Mongo) -> AsyncIterator[World]:
    async with open_outbox_fixture(mongodb.other_database(f"changes_{secrets.token_hex(4)}")) as fixture:
        # For the processes with wrong clocks, too.
        await fixture.database["schema"].insert_one({"_id": "change_feed", "upgrade_ends_at": utc_now() - 2 * HOUR})
        processes = [Process(fixture.database, error) for error in (timedelta(), SLOW_CLOCK, 5 * HOUR)]
        for process in processes:
            await process.start()
        yield World(fixture, processes)
        await fixture.database.client.drop_database(fixture.database.name)


async def test_a_change_by_a_process_with_a_slow_clock_is_listed(world: World) -> None:
    right, slow, _ = world.processes
    await world.store()
    await world.publish()
    await right.changes.feed.read()
    follower = Follower(world.user_id)
    await follower.read_all(right)
    await world.change(slow, world.message_ids[0])
    await follower.read_all(right)
    assert follower.versions == await world.versions(), "before it is published"
    await world.publish()
    late = Follower(world.user_id, since=follower.since)
    await late.read_all(right)
    assert late.versions == await world.versions(), "and after it"


@pytest.mark.parametrize("seed", range(12))
async def test_followers_miss_nothing_in_any_order_of_steps(world: World, seed: int) -> None:
    chance = random.Random(seed)
    followers = [Follower(world.user_id) for _ in range(3)]
    for _ in range(8):
        await world.store()

    async def write() -> None:
        process = chance.choice(world.processes)
        match chance.randrange(4):
            case 0:
                await world.change(process, chance.choice(world.message_ids))
            case 1:
                await world.append(process, chance.randint(1, 4))
            case 2 if world.logged:
                await world.set_revisions(*world.logged.pop(chance.randrange(len(world.logged))))
            case _:
                await process.changes.feed.read()

    async def write_some() -> None:
        for _ in range(chance.randint(0, 4)):
            await write()

    for _ in range(60):
        reading = chance.choice(followers).read_page(chance.choice(world.processes), chance.randint(1, 5))
        # Commands of both reach the database in any order.
        await asyncio.gather(reading, write_some(), write_some())
    await world.publish()
    for follower in followers:
        # The list that is under way, and then what came meanwhile.
        await follower.read_all(world.processes[0])
        await follower.read_all(world.processes[0])
        assert follower.versions == await world.versions()


def is_last_list(command: Command) -> bool:
    """The messages that wait for their revision are read before it."""
    return "content" in command.get("projection", ()) and isinstance(command["filter"].get("revision"), dict)


async def test_a_change_while_the_list_is_read_is_in_the_next_one(many_messages: ManyMessages) -> None:
    """The revision is read before the list, or the client would take it for one that the list has."""
    api_user = many_messages.api_user
    client = await settled_client(api_user)
    pause = many_messages.proxy.add(PausePoint(is_last_list, "reply"))
    reading = asyncio.create_task(client.read())
    await pause.reached.wait()
    before, message = client.revision, await api_user.send_accepted(STAYS_QUEUED)

    async def position() -> int:
        return (await Client.start(api_user)).revision

    await eventually(position, lambda number: number > before, what="the change in the log")
    pause.release()
    rows = await reading + await client.read()
    assert message["_id"] in [row["_id"] for row in rows]


async def test_a_process_that_lags_behind_reads_the_log_first(world: World) -> None:
    ahead, behind, _ = world.processes
    await world.store()
    await world.publish()
    await ahead.changes.feed.read()
    assert behind.changes.feed.position < ahead.changes.feed.position
    since = ahead.changes.feed.position
    page = await behind.history.changes(world.user_id, since, limit=50, position=None)
    assert (page.revision, json.loads(page.body)) == (since, [])


async def test_a_revision_below_the_asked_one_tells_of_a_restored_log(world: World) -> None:
    process = world.processes[0]
    page = await process.history.changes(world.user_id, 10**9, limit=50, position=None)
    assert page.revision < 10**9
