"""The log of changes and what processes learn from it, with several processes, lost entries and interrupted writers."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from pymongo.errors import InvalidOperation

from mysms.changes.change import UNPUBLISHED, Change
from mysms.changes.documents import ChangedDocuments
from mysms.changes.feed import CURRENT_WITHIN_SECONDS, ChangeFeed
from mysms.changes.log import KEPT, KEPT_FOR, ChangeLog, Entry
from mysms.changes.publisher import ChangePublisher
from mysms.changes.revisions import Revisions
from mysms.changes.services import Changes
from mysms.changes.versions import UserVersion
from mysms.core import database as connection
from mysms.core.timestamps import Clock
from mysms.startup import bind_documents
from tests.support.polling import eventually
from tests.support.servers import Mongo

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@dataclass
class Recorder:
    """A listener that records what it hears."""

    entries: list[Entry] = field(default_factory=list)
    resets: int = 0

    def apply(self, entry: Entry) -> None:
        self.entries.append(entry)

    def reset(self) -> None:
        self.resets += 1


class CountingLog(ChangeLog):
    def __init__(self, database: connection.Database, clock: Clock) -> None:
        super().__init__(database, ChangedDocuments(database), clock)
        self.reads = 0
        self.blocked = asyncio.Lock()

    async def read_from(self, number: int) -> list[Entry]:
        self.reads += 1
        async with self.blocked:
            return await super().read_from(number)


class BusyLog(ChangeLog):
    """There is a new entry whenever it is read."""

    async def read_from(self, number: int) -> list[Entry]:
        await self.append((), ())
        return await super().read_from(number)


class FeedProcess:
    """The change feed of one process, with a clock that may be wrong."""

    def __init__(self, database: connection.Database, *, clock_error: timedelta = timedelta()) -> None:
        self.database = database
        self.seconds = 0.0
        self.clock_error = clock_error
        self.documents = ChangedDocuments(database)
        self.log = ChangeLog(database, self.documents, lambda: NOW + self.clock_error)
        self.feed = ChangeFeed(self.log, lambda: self.seconds)
        self.revisions = Revisions(self._load, lambda: self.seconds)
        self.recorder = Recorder()
        self.loads = 0
        for listener in (self.revisions, self.recorder):
            self.feed.add_listener(listener)
        self.publisher = ChangePublisher(self.log, self.feed, self.revisions, self.documents)

    async def _load(self, user_id: ObjectId) -> int | None:
        self.loads += 1
        return await self.documents.find_revision(user_id)

    async def change(self, user_id: ObjectId) -> Change:
        """Store a changed message."""
        message_id = ObjectId()
        row = {
            "_id": message_id,
            "user_id": user_id,
            "client_id": str(message_id),
            "revision": UNPUBLISHED,
            "change_count": 1,
        }
        await self.database["messages"].insert_one(row)
        return Change(user_id, message_id, 1)

    async def publish(self, user_id: ObjectId) -> int:
        """Store a change and publish it; returns the revision of the user."""
        self.publisher.publish(await self.change(user_id))
        await self.publisher.publish_waiting()
        return self.recorder.entries[-1].number


async def sign_out(process: FeedProcess, user_id: ObjectId) -> None:
    async with process.publisher.ending_sessions_of(user_id):
        pass


@pytest.fixture
async def database(mongodb: Mongo) -> AsyncIterator[connection.Database]:
    uri = mongodb.other_database(f"feed_{secrets.token_hex(4)}")
    async with connection.connect(uri) as client:
        database = connection.database_of(client)
        await bind_documents(database)
        yield database
    async with connection.connect(uri) as client:
        await client.drop_database(database.name)


async def test_a_process_learns_what_another_has_changed(database: connection.Database) -> None:
    one, other = FeedProcess(database), FeedProcess(database, clock_error=timedelta(hours=-5))
    ada, bob = ObjectId(), ObjectId()
    await one.feed.read()
    await other.feed.read()
    before = await other.revisions.of(ada), await other.revisions.of(bob)
    revision = await one.publish(ada)
    assert await one.revisions.of(ada) == revision != before[0]
    await other.feed.read()
    assert (await other.revisions.of(ada), await other.revisions.of(bob)) == (revision, before[1])
    assert other.loads == 2, "what is known is not loaded again"


async def test_entries_of_racing_processes_have_no_gaps_and_all_arrive(database: connection.Database) -> None:
    processes = [FeedProcess(database, clock_error=timedelta(minutes=number)) for number in range(4)]
    reader = FeedProcess(database)
    await reader.feed.read()
    users = [ObjectId() for _ in range(40)]
    for index, user_id in enumerate(users):
        await processes[index % 4].publish(user_id)
    await reader.feed.read()
    numbers = [entry.number for entry in reader.recorder.entries]
    assert numbers == list(range(numbers[0], numbers[0] + len(users)))
    assert [list(entry.users) for entry in reader.recorder.entries] == [[user_id] for user_id in users]


async def test_many_changes_are_published_in_one_entry(database: connection.Database) -> None:
    process = FeedProcess(database)
    await process.feed.read()
    changes = [await process.change(ObjectId()) for _ in range(50)]
    for change in changes:
        process.publisher.publish(change)
    assert not process.revisions.is_settled(changes[0].user_id)
    await process.publisher.publish_waiting()
    assert process.revisions.is_settled(changes[0].user_id)
    assert len(process.recorder.entries) == 1
    assert await database["messages"].count_documents({"revision": process.recorder.entries[0].number}) == 50


async def test_a_document_that_changed_again_stays_marked(database: connection.Database) -> None:
    """So the later change is published too, whatever becomes of the process that made it."""
    process = FeedProcess(database)
    change = await process.change(ObjectId())
    await database["messages"].update_one({"_id": change.document_id}, {"$inc": {"change_count": 1}})
    process.publisher.publish(change)
    await process.publisher.publish_waiting()
    stored = await database["messages"].find_one({"_id": change.document_id})
    assert stored is not None
    assert stored["revision"] == UNPUBLISHED


async def test_a_revision_that_is_published_while_it_is_loaded_counts(database: connection.Database) -> None:
    """The loaded one may be older: the writer numbers the document after it has appended the entry."""
    user_id = ObjectId()

    async def load_slowly(_: ObjectId) -> int:
        revisions.apply(Entry(12, [user_id], []))
        return 7

    revisions = Revisions(load_slowly)
    assert await revisions.of(user_id) == 12


async def test_a_revision_is_not_known_between_the_log_entry_and_its_storage(database: connection.Database) -> None:
    """A process that starts then has read past the entry, and would keep the revision before it."""
    writer, starting = FeedProcess(database), FeedProcess(database)
    user_id = ObjectId()
    before = await writer.publish(user_id)
    change = await writer.change(user_id)
    entry = await writer.log.append((user_id,), ())
    await starting.feed.read()
    assert await starting.revisions.of(user_id) is None
    await database["messages"].update_one({"_id": change.document_id}, {"$set": {"revision": entry.number}})
    assert await starting.revisions.of(user_id) == entry.number > before


async def test_an_ended_session_counts_here_although_the_database_fails(database: connection.Database) -> None:
    process = FeedProcess(database)
    user_id = ObjectId()
    await database.client.close()
    with pytest.raises(InvalidOperation):
        await sign_out(process, user_id)
    assert [list(entry.signed_out) for entry in process.recorder.entries] == [[user_id]]


async def test_what_was_loaded_before_a_reset_does_not_count(database: connection.Database) -> None:
    loaded = iter([7, 12])

    async def load_slowly(_: ObjectId) -> int:
        number = next(loaded)
        if number == 7:
            revisions.reset()
        return number

    revisions = Revisions(load_slowly)
    assert await revisions.of(ObjectId()) == 12


async def test_a_reader_that_was_away_too_long_starts_over(database: connection.Database) -> None:
    sleeper, writer = FeedProcess(database), FeedProcess(database)
    user_id = ObjectId()
    await sleeper.feed.read()
    await sleeper.revisions.of(user_id)
    await fill_log(writer)
    revision = await writer.publish(user_id)
    late = FeedProcess(database, clock_error=KEPT_FOR + timedelta(minutes=1))
    await late.log.delete_old()
    assert await database["changes"].count_documents({}) == KEPT, "the newest entries stay"
    resets = sleeper.recorder.resets
    await sleeper.feed.read()
    assert sleeper.recorder.resets == resets + 1
    assert await sleeper.revisions.of(user_id) == revision


@pytest.mark.parametrize("frozen", [True, False], ids=["a frozen process", "a command"])
async def test_nobody_appends_a_number_that_was_deleted(database: connection.Database, *, frozen: bool) -> None:
    """Its readers have passed it, so they would never read the entry."""
    writer, reader, user_id = FeedProcess(database), FeedProcess(database), ObjectId()
    late = FeedProcess(database)
    if frozen:
        await late.feed.read()
    await fill_log(writer)
    late.clock_error = KEPT_FOR + timedelta(minutes=1)
    await late.log.delete_old()
    await reader.feed.read()
    await sign_out(late, user_id)
    await reader.feed.read()
    assert [list(entry.signed_out) for entry in reader.recorder.entries] == [[user_id]]


async def test_wrong_clocks_delete_no_number_that_a_writer_follows(database: connection.Database) -> None:
    writer, other, user_id = FeedProcess(database), FeedProcess(database), ObjectId()
    await writer.publish(ObjectId())
    for _ in range(5):
        await other.publish(ObjectId())
    await FeedProcess(database, clock_error=timedelta(days=1)).log.delete_old()
    reader = FeedProcess(database)
    await reader.feed.read()
    await writer.publish(user_id)
    await reader.feed.read()
    assert [list(entry.users) for entry in reader.recorder.entries] == [[user_id]]


async def fill_log(process: FeedProcess) -> None:
    """Append more entries than are always kept."""
    number = await process.publish(ObjectId())
    rows = [{"_id": number + offset, "users": [], "signed_out": [], "created_at": NOW} for offset in range(1, KEPT + 1)]
    await process.database["changes"].insert_many(rows)


@pytest.mark.parametrize("restored_to", [0, 2], ids=["empty", "an older state"])
async def test_a_restored_log_starts_everybody_over(database: connection.Database, restored_to: int) -> None:
    process, writer = FeedProcess(database), FeedProcess(database)
    await process.feed.read()
    for _ in range(3):
        await writer.publish(ObjectId())
    await process.feed.read()
    await database["changes"].delete_many({"_id": {"$gt": restored_to}})
    resets = process.recorder.resets
    await process.feed.read()
    assert process.recorder.resets == resets + 1
    user_id = ObjectId()
    revision = await FeedProcess(database).publish(user_id)
    await process.feed.read()
    assert await process.revisions.of(user_id) == revision


async def test_no_version_from_before_a_restore_is_one_of_what_comes_after_it(database: connection.Database) -> None:
    """The numbers that were given after the backup are given again: a tab that has slept must not get a 304."""
    user_id = ObjectId()
    collections = [database[name] for name in ("messages", "changes")]

    async def versions_of_changes() -> set[UserVersion]:
        changes, writer = Changes.of(database, lambda: NOW), FeedProcess(database)
        await changes.upgrade.load()
        await changes.feed.read()
        versions = set()
        for _ in range(4):
            changes.publisher.publish(await writer.change(user_id))
            await changes.publisher.publish_waiting()
            versions.add(await changes.version_of(user_id, changes.feed.now()))
        assert all(version.is_current for version in versions)
        return versions

    await versions_of_changes()
    backup = [await collection.find({}).to_list() for collection in collections]
    before = await versions_of_changes()
    for collection, rows in zip(collections, backup, strict=True):
        await collection.delete_many({})
        await collection.insert_many(rows)
    after = await versions_of_changes()
    assert len(before | after) == 8


async def test_processes_agree_on_a_version_once_they_have_read_the_log(database: connection.Database) -> None:
    processes = [Changes.of(database, lambda: NOW) for _ in range(3)]
    user_id = ObjectId()
    for process in processes:
        await process.upgrade.load()
        await process.feed.read()
    for process in processes:
        await process.feed.read()
    assert len({await process.version_of(user_id, process.feed.now()) for process in processes}) == 1


async def restore_behind_documents(database: connection.Database, user_id: ObjectId, *, to: int) -> int:
    """Publish changes of a user, and lose the log after an entry; returns the revision of the user.

    That is how a dump looks whose collections were read one after the other while changes went on.
    """
    writer = FeedProcess(database)
    revisions = [await writer.publish(user_id) for _ in range(6)]
    await database["changes"].delete_many({"_id": {"$gt": to}})
    return revisions[-1]


@pytest.mark.parametrize("restored_to", [0, 2], ids=["lost", "restored"])
async def test_a_log_that_is_behind_the_documents_goes_on_above_them(
    database: connection.Database, restored_to: int
) -> None:
    """Else the next changes of the user would not raise their revision."""
    user_id = ObjectId()
    before = await restore_behind_documents(database, user_id, to=restored_to)
    reader, writer = FeedProcess(database), FeedProcess(database)
    await reader.feed.read()
    assert await reader.revisions.of(user_id) == before
    revision = await writer.publish(user_id)
    await reader.feed.read()
    assert await reader.revisions.of(user_id) == revision > before
    assert await FeedProcess(database).revisions.of(user_id) == revision


async def test_a_process_that_publishes_before_it_reads_goes_on_above_the_documents(
    database: connection.Database,
) -> None:
    user_id = ObjectId()
    before = await restore_behind_documents(database, user_id, to=2)
    assert await FeedProcess(database).publish(user_id) > before


async def test_processes_that_start_at_once_after_a_restore_agree(database: connection.Database) -> None:
    user_id = ObjectId()
    before = await restore_behind_documents(database, user_id, to=2)
    processes = [FeedProcess(database) for _ in range(4)]
    published, *_ = await asyncio.gather(processes[0].publish(user_id), *(each.feed.read() for each in processes))
    for process in processes:
        await process.feed.read()
    assert {process.feed.position for process in processes} == {(await processes[0].log.find_last()).number}
    assert {await process.revisions.of(user_id) for process in processes} == {published}
    assert isinstance(published, int)
    assert published > before


async def test_a_running_process_notices_documents_that_are_ahead_of_the_log(database: connection.Database) -> None:
    """A platform may start it before the restore has ended."""
    running, user_id = FeedProcess(database), ObjectId()
    await running.feed.read()
    change = await running.change(user_id)
    await running.documents.set_revision([change], 50)
    resets = running.recorder.resets
    await running.log.delete_old()
    await running.feed.read()
    assert running.recorder.resets == resets + 1
    assert await running.revisions.of(user_id) == 50
    assert await running.publish(user_id) > 50


async def test_a_writer_that_is_publishing_looks_like_no_restore(database: connection.Database) -> None:
    """A start reads the documents first, and the log after them: entries that come between are of no harm."""
    starting, writer, user_id = FeedProcess(database), FeedProcess(database), ObjectId()
    await starting.feed.read()
    find = starting.documents.find_highest_revision

    async def find_and_go_on() -> int:
        found = await find()
        await writer.publish(user_id)
        return found

    starting.documents.find_highest_revision = find_and_go_on  # type: ignore[method-assign]
    position = (await starting.log.find_last()).number
    assert position == writer.recorder.entries[-1].number
    assert await database["changes"].count_documents({}) == position


async def test_an_entry_in_place_of_one_that_was_read_starts_everybody_over(database: connection.Database) -> None:
    """As after a failover that lost an entry, or a restore: the numbers go on, but what one of them says is unknown."""
    reader, writer, other = FeedProcess(database), FeedProcess(database), FeedProcess(database)
    await reader.feed.read()
    await sign_out(writer, ObjectId())
    await reader.feed.read()
    lost = reader.feed.position
    await database["changes"].delete_one({"_id": lost})
    user_id = ObjectId()
    await sign_out(other, user_id)
    await sign_out(other, ObjectId())
    entry = await database["changes"].find_one({"_id": lost})
    assert entry is not None
    assert entry["signed_out"] == [user_id]
    resets = reader.recorder.resets
    await reader.feed.read()
    assert reader.recorder.resets == resets + 1


async def test_an_entry_of_the_version_before_is_known_by_its_number(database: connection.Database) -> None:
    reader, writer = FeedProcess(database), FeedProcess(database)
    await writer.publish(ObjectId())
    await database["changes"].update_many({}, {"$unset": {"nonce": True}})
    await reader.feed.read()
    await reader.feed.read()
    assert reader.recorder.resets == 1


async def test_memory_is_not_trusted_while_the_log_cannot_be_read(database: connection.Database) -> None:
    process = FeedProcess(database)
    assert not process.feed.is_current
    await process.feed.read()
    assert process.feed.is_current
    process.seconds += CURRENT_WITHIN_SECONDS
    assert not process.feed.is_current


async def test_one_of_those_that_wait_for_the_log_reads_it_for_all(database: connection.Database) -> None:
    log = CountingLog(database, lambda: NOW)
    feed = ChangeFeed(log)
    await feed.read()
    before, feed = log.reads, ChangeFeed(log)
    await asyncio.gather(*(feed.wait_until_current(feed.now()) for _ in range(3)))
    assert feed.is_current
    assert log.reads == before + 1


async def test_waiting_for_the_log_fails_if_it_cannot_be_read(database: connection.Database) -> None:
    log = CountingLog(database, lambda: NOW)
    feed = ChangeFeed(log, wait_seconds=0.01)
    async with log.blocked:
        with pytest.raises(connection.DatabaseUnreachableError):
            await feed.wait_until_current(feed.now())
    await feed.read()
    await feed.wait_until_current(feed.now())


async def test_a_read_ends_while_others_append(database: connection.Database) -> None:
    """What they append meanwhile is for the next one: a busy log must not keep a reader from being current."""
    feed = ChangeFeed(BusyLog(database, ChangedDocuments(database), lambda: NOW))
    await asyncio.wait_for(feed.read(), timeout=10)
    assert feed.is_current


async def test_a_change_that_another_one_follows_is_published_with_that_one(database: connection.Database) -> None:
    process, ada = FeedProcess(database), ObjectId()
    first = await process.change(ada)
    process.publisher.publish_later(first)
    assert not process.revisions.is_settled(ada)
    process.publisher.publish(Change(ada, first.document_id, 2))
    assert not process.revisions.is_settled(ada)
    await process.publisher.publish_waiting()
    assert process.revisions.is_settled(ada)
    await asyncio.sleep(0.3)
    assert process.revisions.is_settled(ada)
    assert [set(entry.users) for entry in process.recorder.entries] == [{ada}]


async def test_a_change_that_waits_gives_way_to_another_one_that_waits(database: connection.Database) -> None:
    process, ada = FeedProcess(database), ObjectId()
    first = await process.change(ada)
    for number in (1, 2):
        process.publisher.publish_later(Change(ada, first.document_id, number))
        assert not process.revisions.is_settled(ada)
    process.publisher.publish(Change(ada, first.document_id, 3))
    await process.publisher.publish_waiting()
    assert process.revisions.is_settled(ada)


async def test_a_change_that_no_other_one_follows_is_published_all_the_same(database: connection.Database) -> None:
    process, ada = FeedProcess(database), ObjectId()
    process.publisher.publish_later(await process.change(ada))
    publishing = asyncio.create_task(process.publisher.run())

    async def is_settled() -> bool:
        return process.revisions.is_settled(ada)

    await eventually(is_settled, bool, what="a publication")
    publishing.cancel()
    await asyncio.gather(publishing, return_exceptions=True)
    assert [set(entry.users) for entry in process.recorder.entries] == [{ada}]
