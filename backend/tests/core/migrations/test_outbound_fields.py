"""The migration of schema 1: complete, interrupted, repeated, and beside processes of the previous version."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
from beanie import Document
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from mysms.core import database as connection
from mysms.core.migrations import outbound_fields
from mysms.core.migrations.runner import SCHEMA_VERSION, NewerDatabaseError, migrate
from mysms.messages.models import Conversation, Message, Outbound
from tests.core.migrations import database_of_schema_1
from tests.core.migrations.previous_version import PreviousVersion, now
from tests.faults.mongo_proxy import Command, MongoProxy, PausePoint
from tests.faults.scale import scaled, seeded_random
from tests.support.api_user import ApiUser
from tests.support.polling import eventually
from tests.support.processes import Process, free_port
from tests.support.servers import Mongo, Simulator, api_environment, running_api

Json = dict[str, Any]
Database = AsyncDatabase[Json]

OLD_FIELDS = {
    *("line", "text_key", "dispatch", "attempt", "owner", "due_at", "next_attempt_at", "first_claimed_at"),
    *("unknown_since", "absent_since", "withdrawn", "check_at", "checks", "second_sids", "carrier_status", "rank"),
    *("last", "storing", "open"),
}
ADDED_LATER = {
    *("archived", "muted", "pending_deletions", "inbound", "read", "unread", "arrivals"),
    *("revision", "change_count"),
}
"""Fields of conversations that are only stored once there is something to store."""
WRITES = {"insert", "update", "delete", "findAndModify", "createIndexes", "dropIndexes", "drop"}
NO_WAIT = timedelta(seconds=0)
STAYS_QUEUED = "+15005551002"


@pytest.fixture
def uri(mongodb: Mongo, tmp_path: Path) -> str:
    return mongodb.other_database(tmp_path.name[-20:])


@pytest.fixture
async def database(uri: str) -> AsyncIterator[Database]:
    async with AsyncMongoClient[Json](uri, tz_aware=True) as client:
        yield client.get_default_database()


async def contents_of(database: Database) -> dict[str, list[Json]]:
    names = ("messages", "conversations", "content_locks", "provider_message_ids")
    return {name: await database[name].find({}, sort=[("_id", 1)]).to_list() for name in names}


def environment_of(uri: str, simulator: Simulator) -> dict[str, str]:
    return api_environment(port=free_port(), mongodb_uri=uri, twilio_url=simulator.url)


def run_migration(directory: Path, uri: str, name: str = "migrate") -> Process:
    environment = api_environment(port=free_port(), mongodb_uri=uri, twilio_url="", TWILIO_TIMEOUT_SECONDS="0.1")
    return Process(name, ["mysms", "migrate"], directory, environment)


# The documents


async def test_every_document_is_migrated(database: Database, simulator: Simulator) -> None:
    old = database_of_schema_1.load(simulator.url)
    await database_of_schema_1.store(database, old)
    assert await migrate(database, send_lease=NO_WAIT)
    new = await contents_of(database)

    before = {row["_id"]: row for row in old["collections"]["messages"]}
    assert {row["_id"] for row in new["messages"]} == before.keys()
    for row in new["messages"]:
        assert not OLD_FIELDS & row.keys()
        assert row.keys() == fields_of(Message) - absent_fields(before[row["_id"]])
        assert row["outbound"].keys() == set(Outbound.model_fields)
    assert all(row.keys() == fields_of(Conversation) - ADDED_LATER for row in new["conversations"])
    by_content = {row["content"]: row for row in new["messages"]}
    assert by_content["Not reached"]["outbound"]["state"] == "accepted"
    assert by_content["Not reached"]["provider_status"] == "undelivered"
    assert by_content["Not reached"]["status_rank"] == 5
    assert by_content["Rejected"]["outbound"]["state"] == "rejected"
    assert by_content["Early 0"]["outbound"]["due_at"] == by_content["Early 0"]["created_at"]
    assert by_content["Lost and cancelled"]["outbound"]["cancel_requested"] is True
    assert by_content["Cancelled"]["events"][-1]["source"] == "user"
    assert by_content["Hello Ann 1"]["outbound"]["duplicate_sids"] == ["SM" + "2" * 32]

    # Locks and owners are kept, under their new names.
    assert new["content_locks"] == old["collections"]["inflight"]
    assert new["provider_message_ids"] == old["collections"]["carrier_messages"]
    assert await database["carrier_messages"].count_documents({}) == 0
    assert "open" not in await database["conversations"].index_information()
    assert (await database["schema"].find_one({"_id": "database"}) or {})["version"] == SCHEMA_VERSION
    assert not await migrate(database, send_lease=NO_WAIT)
    assert await contents_of(database) == new


def fields_of(model: type[Document]) -> set[str]:
    """The fields of a stored document."""
    return {"_id", *model.model_fields} - {"id", "revision_id"}


def absent_fields(row: Json) -> set[str]:
    """Fields that earlier versions did not store, and whose absence means the same as their default."""
    return {
        "content_removed_at",
        "num_media",
        "media",
        "retry_of",
        "request_id",
        "erase_at",
        "revision",
        "change_count",
        "is_totalled",
        "words",
        "deleted_at",
        "deletion_id",
    } - row.keys()


async def test_the_api_answers_the_same_as_before(
    database: Database, uri: str, simulator: Simulator, tmp_path: Path
) -> None:
    """`mysms serve` migrates before it serves."""
    # It would catch up with what other tests have left in the provider's list.
    await simulator.control.clear_inbound()
    old = database_of_schema_1.load(simulator.url)
    await database_of_schema_1.store(database, old)
    environment = api_environment(
        port=free_port(), mongodb_uri=uri, twilio_url=simulator.url, TWILIO_TIMEOUT_SECONDS="0.5", SENDING_ENABLED="off"
    )
    async with running_api(tmp_path, environment) as api:
        for email, answers in old["answers"].items():
            headers = await sign_in(api.http, email)

            async def get(path: str, headers: dict[str, str] = headers) -> Any:
                response = await api.http.get(path, headers=headers)
                assert response.status_code == 200, response.text
                return response.json()

            rows = await get("/api/messages?limit=200")
            assert [row["_id"] for row in rows] == [message["_id"] for message in answers["messages"]]
            for message in answers["messages"]:
                shown = await get(f"/api/messages/{message['_id']}")
                if message["content"] == "Claimed":
                    assert shown["status"] in {"pending", "unconfirmed"}
                else:
                    # Background work may mark it, although it changes nothing that is shown.
                    assert {**shown, "version": 0} == renamed(message)

            expected = {row["peer_number"]: row["messages"] for row in answers["conversations"]}

            async def has_counts(expected: dict[str, int] = expected) -> bool:
                rows = await get("/api/conversations?limit=200")
                return {row["peer_number"]: row["messages"] for row in rows} == expected

            # A message whose process ended before it counted it is counted in the background.
            await eventually(has_counts, bool, what="the counts")


async def sign_in(http: httpx.AsyncClient, email: str) -> dict[str, str]:
    user = {"email": email, "password": database_of_schema_1.PASSWORD}
    response = await http.post("/users/sign_in", json={"user": user})
    assert response.status_code == 201, response.text
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


def renamed(message: Json) -> Json:
    """What the previous version answered, in the names of today, of a message that has not changed since."""
    timeline = [
        {**event, "source": "user" if event["source"] == "author" else event["source"]} for event in message["timeline"]
    ]
    rest = {name: value for name, value in message.items() if name != "withdrawn"}
    return {
        **rest,
        "cancel_requested": message["withdrawn"],
        "version": 0,
        "num_media": 0,
        "media": [],
        "content_removed_at": None,
        "deleted_at": None,
        "timeline": timeline,
    }


async def test_a_deleted_account_gets_no_conversation_back(database: Database) -> None:
    """Its messages in flight are kept until they have an outcome."""
    process = PreviousVersion(database, ObjectId(), Random(1), "worker")
    message_id = await process.store("+13325550001", "Of a deleted account")
    await database["messages"].update_one({"_id": message_id}, {"$set": {"erase_at": now(), "dispatch": "unconfirmed"}})
    await database["conversations"].delete_many({})
    await migrate(database, send_lease=NO_WAIT)
    assert await database["conversations"].find({}).to_list() == []
    assert await database["messages"].count_documents({"schema_version": SCHEMA_VERSION}) == 1


# Interruptions


def is_write(command: Command) -> bool:
    return next(iter(command)) in WRITES


async def test_a_killed_migration_is_completed_by_the_next(
    database: Database, uri: str, simulator: Simulator, tmp_path: Path
) -> None:
    """With kill -9, after each of its writes in turn, until one run completes it."""
    old = database_of_schema_1.load(simulator.url)
    await database_of_schema_1.store(database, old)
    await migrate(database, send_lease=NO_WAIT)
    expected = await contents_of(database)
    await database.client.drop_database(database.name)

    await database_of_schema_1.store(database, old)
    step = scaled(2, 1)
    for skip in itertools.count(step=step):
        if await run_and_kill(tmp_path, uri, f"migrate{skip}", skip=skip):
            break
        # The lease of the killed process is over.
        await database["schema"].update_one({"_id": "lock"}, {"$set": {"holder": None}})
    assert skip >= 6
    assert await contents_of(database) == expected


async def run_and_kill(directory: Path, uri: str, name: str, *, skip: int) -> bool:
    """Kill `mysms migrate` at its write after `skip` others. Returns whether it had completed before."""
    address = urlsplit(uri)
    proxy = MongoProxy(address.hostname or "127.0.0.1", address.port or 27017)
    await proxy.open()
    try:
        seen = itertools.count()
        killed_at = proxy.add(PausePoint(lambda command: is_write(command) and next(seen) == skip, "reply"))
        process = run_migration(directory, proxy.uri_of(uri), name)
        exited = asyncio.create_task(process.wait_for_exit())
        reached = asyncio.create_task(killed_at.reached.wait())
        await asyncio.wait({exited, reached}, return_when=asyncio.FIRST_COMPLETED)
        reached.cancel()
        if exited.done():
            assert exited.result() == 0, process.text()
            return True
        process.kill()
        await exited
        return False
    finally:
        proxy.reset()
        await proxy.close()


async def test_a_process_that_waits_takes_over_from_one_that_was_killed(
    database: Database, uri: str, simulator: Simulator, tmp_path: Path
) -> None:
    await database_of_schema_1.store(database, database_of_schema_1.load(simulator.url))
    assert not await run_and_kill(tmp_path, uri, "killed", skip=3)
    process = run_migration(tmp_path, uri)
    assert await process.wait_for_exit(within=60) == 0
    assert "Another process is migrating the database; waiting for it." in process.text()
    assert f"The database has been migrated to schema {SCHEMA_VERSION}." in process.text()
    assert not await migrate(database, send_lease=NO_WAIT)


async def test_a_process_that_loses_the_lock_leaves_the_migration_to_the_other(
    database: Database, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a process was stopped for longer than the lease. The other one completes the migration."""
    await database_of_schema_1.store(database, database_of_schema_1.load(simulator.url))
    await database["messages"].update_one({"content": "Claimed"}, {"$set": {"owner": "alive"}})
    migrating = asyncio.create_task(migrate(database, send_lease=timedelta(seconds=2)))

    async def holder() -> str | None:
        return ((await database["schema"].find_one({"_id": "lock"})) or {}).get("holder")

    await eventually(holder, lambda seen: seen is not None)
    await database["schema"].update_one({"_id": "lock"}, {"$set": {"holder": "another", "renewals": 1000}})

    async def has_noticed() -> bool:
        return "Another process has taken over the migration" in caplog.text

    await eventually(has_noticed, bool)
    assert await holder() == "another"
    await database["schema"].update_one({"_id": "lock"}, {"$set": {"holder": None}})
    await migrating
    assert not await migrate(database, send_lease=NO_WAIT)


async def test_of_several_processes_one_migrates(
    database: Database, uri: str, simulator: Simulator, tmp_path: Path
) -> None:
    await database_of_schema_1.store(database, database_of_schema_1.load(simulator.url))
    processes = [run_migration(tmp_path, uri, f"migrate{number}") for number in range(3)]
    assert [await process.wait_for_exit(within=60) for process in processes] == [0, 0, 0]
    assert sum("Migrated 19 messages." in process.text() for process in processes) == 1


# Beside processes of the previous version


async def test_no_message_is_lost_or_sent_twice_beside_the_previous_version(database: Database) -> None:
    """That version stores and sends messages all the time, and what it stores late is migrated late."""
    random = seeded_random("beside the previous version")
    user = ObjectId()
    senders = [
        PreviousVersion(database, user, Random(random.random()), f"worker {number}") for number in range(scaled(3, 6))
    ]
    stored: list[ObjectId] = []
    over = False

    async def store_all_the_time(process: PreviousVersion) -> None:
        for number in itertools.count():
            if over:
                return
            stored.append(await process.store(f"+1332555{number % 3:04}", f"{process.worker_id}, no. {number}"))
            await asyncio.sleep(0.05)

    async def send_all_the_time(process: PreviousVersion) -> None:
        while not over:
            await process.send_next()
            await asyncio.sleep(0.005)

    tasks = [
        asyncio.create_task(work(sender)) for sender in senders for work in (store_all_the_time, send_all_the_time)
    ]
    await asyncio.sleep(1)
    lease = timedelta(seconds=2)
    await asyncio.wait_for(migrate(database, send_lease=lease), 60)
    # From here on, the new version sends what is pending: the one before must not.
    sent_before = sum(len(sender.sent) for sender in senders)
    assert sent_before > 0
    await asyncio.sleep(1)
    over = True
    await asyncio.gather(*tasks)
    assert sum(len(sender.sent) for sender in senders) == sent_before
    await migrate(database, send_lease=lease)
    await migrate(database, send_lease=lease)

    rows = await database["messages"].find({}).to_list()
    assert {row["_id"] for row in rows} == set(stored)
    assert all(row["schema_version"] == SCHEMA_VERSION and not OLD_FIELDS & row.keys() for row in rows)
    sent = [message_id for sender in senders for message_id in sender.sent]
    assert len(sent) == len(set(sent))
    # What was sent has its outcome, and what was not is pending.
    states = {row["_id"]: row["outbound"]["state"] for row in rows}
    assert {message_id for message_id, state in states.items() if state == "accepted"} == set(sent)
    assert {message_id for message_id, state in states.items() if state == "pending"} == set(stored) - set(sent)
    owners = await database["provider_message_ids"].find({}).to_list()
    assert {row["message_id"] for row in owners} == set(sent)
    assert await database["content_locks"].find({}).to_list() == []
    await assert_counts_are_exact(database)


async def assert_counts_are_exact(database: Database) -> None:
    for row in await database["conversations"].find({}).to_list():
        own = {"user_id": row["user_id"], "peer_number": row["peer_number"]}
        uncounted = await database["messages"].count_documents(
            {"_id": {"$in": [ObjectId(each) for each in row["pending_message_ids"]]}}
        )
        assert row["messages"] + uncounted == await database["messages"].count_documents(own)
        newest = await database["messages"].find_one(own, sort=[("created_at", -1), ("_id", -1)])
        assert newest is not None
        assert uncounted or row["last_message_key"].endswith(str(newest["_id"]))
        assert not OLD_FIELDS & row.keys()


async def test_sends_in_progress_are_waited_for(database: Database) -> None:
    """Until they have an outcome: their lease is not over."""
    process = PreviousVersion(database, ObjectId(), Random(1), "worker", request_seconds=2)
    message_id = await process.store("+13325550001", "In progress")
    sending = asyncio.create_task(process.send_next())

    async def is_sending() -> bool:
        return bool(process.sent)

    await eventually(is_sending, bool)
    await migrate(database, send_lease=timedelta(seconds=30))
    assert sending.done()
    row = await database["messages"].find_one({"_id": message_id})
    assert row is not None
    assert (row["outbound"]["state"], row["twilio_sid"]) == ("accepted", f"SM{message_id}")


async def test_an_unchanged_claim_is_waited_for_until_its_lease_is_over(database: Database) -> None:
    process = PreviousVersion(database, ObjectId(), Random(1), "worker")
    message_id = await process.store("+13325550001", "Left claimed")
    claim = {"dispatch": "claimed", "attempt": 1, "owner": "killed", "first_claimed_at": now()}
    await database["messages"].update_one({"_id": message_id}, {"$set": claim})
    await database["inflight"].insert_one({"_id": "+13325550001 Left claimed", "message_id": message_id, "attempt": 1})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(migrate(database, send_lease=timedelta(seconds=30)), 3)
    clock = itertools.count(step=20)
    await migrate(database, send_lease=timedelta(seconds=30), monotonic=lambda: float(next(clock)))
    row = await database["messages"].find_one({"_id": message_id})
    assert row is not None
    assert (row["outbound"]["state"], row["outbound"]["worker_id"]) == ("claimed", "killed")
    # Its text stays locked, and the reconciler finds out what became of it.
    assert [each["message_id"] for each in await database["content_locks"].find({}).to_list()] == [message_id]


async def test_a_callback_at_the_version_before_does_not_raise_the_rank_alone(database: Database) -> None:
    """A status without its rank, or a rank without its status, would be a false status."""
    process = PreviousVersion(database, ObjectId(), Random(1), "worker")
    message_id = await process.store("+13325550001", "Hello")
    await process.send_next()
    await process.report(message_id, "sent", 4)
    await migrate(database, send_lease=NO_WAIT)
    await process.report(message_id, "delivered", 5)
    row = await database["messages"].find_one({"_id": message_id})
    assert row is not None
    assert (row["provider_status"], row["status_rank"]) == ("sent", 4)
    assert [event["status"] for event in row["events"]] == ["sent", "delivered"]
    assert not OLD_FIELDS & row.keys()


async def test_a_status_that_only_the_timeline_has_is_replaced_by_the_fetched_one(
    database: Database, uri: str, simulator: Simulator, tmp_path: Path
) -> None:
    """A status check of the previous version was under way while its message was migrated."""
    async with running_api(tmp_path, environment_of(uri, simulator)) as api:
        user = await ApiUser.sign_up(api)
        message = await user.send_accepted(STAYS_QUEUED, "Hello")
        mine = {"_id": ObjectId(message["_id"])}
        sid = message["twilio_sid"]
        event = {"key": f"reconciler:{sid}:delivered:", "at": now(), "source": "reconciler", "status": "delivered"}
        await database["messages"].update_one(mine, {"$push": {"events": {**event, "sid": sid}}})
        await simulator.control.set_status(sid, "delivered", send_callback=False)
        await database["messages"].update_one(mine, {"$set": {"outbound.next_check_at": now()}})
        await user.eventually(message["_id"], "delivered")
        row = await database["messages"].find_one(mine)
        assert row is not None
        assert (row["status_rank"], row["outbound"]["next_check_at"]) == (5, None)


async def test_a_text_unlocked_by_the_previous_version_after_the_locks_were_copied_is_unlocked(
    database: Database,
) -> None:
    process = PreviousVersion(database, ObjectId(), Random(1), "worker")
    message_id = await process.store("+13325550001", "Cancelled")
    text_key = "+13325550001 Cancelled"
    await database["messages"].update_one({"_id": message_id}, {"$set": {"dispatch": "unconfirmed", "attempt": 1}})
    lock = {"_id": text_key, "message_id": message_id, "attempt": 1}
    await database["inflight"].insert_one(lock)
    await database["content_locks"].insert_one(lock)
    await process.cancel_unconfirmed(message_id)
    await migrate(database, send_lease=NO_WAIT)
    assert await database["content_locks"].find({}).to_list() == []
    row = await database["messages"].find_one({"_id": message_id})
    assert row is not None
    assert row["outbound"]["cancel_requested"] is True


async def test_an_owner_that_is_stored_after_the_migration_is_taken_over(database: Database) -> None:
    """By a callback at the previous version, which finds the message migrated."""
    process = PreviousVersion(database, ObjectId(), Random(1), "worker")
    message_id = await process.store("+13325550001", "Hello")
    await migrate(database, send_lease=NO_WAIT)
    owner = {"_id": "SM" + "1" * 32, "message_id": message_id, "attempt": 1, "created_at": now()}
    await database["carrier_messages"].insert_one(owner)
    assert await migrate(database, send_lease=NO_WAIT)
    assert await database["provider_message_ids"].find({}).to_list() == [owner]
    assert not await migrate(database, send_lease=NO_WAIT)


async def test_a_message_of_the_previous_version_is_shown_before_it_is_migrated(database: Database) -> None:
    await connection.init_documents(database, [Message])
    process = PreviousVersion(database, ObjectId(), Random(1), "worker")
    message_id = await process.store("+13325550001", "Cancelled late")
    event = {"key": "author::canceled:0", "at": now(), "source": "author", "status": "canceled"}
    await database["messages"].update_one(
        {"_id": message_id}, {"$set": {"dispatch": "cancelled"}, "$push": {"events": event}}
    )
    message = await Message.get(message_id)
    assert message is not None
    assert (message.status, message.events[0].source) == ("pending", "user")
    await migrate(database, send_lease=NO_WAIT)
    message = await Message.get(message_id)
    assert message is not None
    assert message.status == "canceled"


async def test_a_failed_write_concern_ends_the_migration() -> None:
    """What was inserted may be rolled back, so the original must not be deleted."""

    class Collection:
        async def insert_many(self, rows: Sequence[Json], *, ordered: bool) -> None:
            raise BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 91}]})

    with pytest.raises(BulkWriteError):
        await outbound_fields._insert_missing(cast("Any", Collection()), [{"_id": 1}])


# Versions


@pytest.mark.parametrize("command", ["invite", "reset-password"])
async def test_other_commands_do_not_migrate(
    database: Database, uri: str, simulator: Simulator, tmp_path: Path, command: str
) -> None:
    """They may run on another machine, with a newer version than the one that serves."""
    await database_of_schema_1.store(database, database_of_schema_1.load(simulator.url))
    arguments = ["mysms", command, *(["somebody@example.com"] if command == "reset-password" else [])]
    process = Process(command, arguments, tmp_path, environment_of(uri, simulator))
    assert await process.wait_for_exit() == 1
    assert "or migrate the database first, with `mysms migrate` or by starting this version." in process.text()
    assert await database["messages"].count_documents({"schema_version": {"$exists": True}}) == 0


async def test_a_database_of_a_newer_version_is_left_alone(database: Database, uri: str, tmp_path: Path) -> None:
    await database["schema"].insert_one({"_id": "database", "version": SCHEMA_VERSION + 1})
    with pytest.raises(NewerDatabaseError):
        await migrate(database, send_lease=NO_WAIT)
    for command in ("serve", "migrate"):
        environment = api_environment(port=free_port(), mongodb_uri=uri, twilio_url="")
        process = Process(command, ["mysms", command], tmp_path, environment)
        assert await process.wait_for_exit() == 1
        assert (
            f"A newer version of MySMS Messenger has migrated the database to schema {SCHEMA_VERSION + 1}, and this "
            f"version only knows schema {SCHEMA_VERSION}. Start the newer version, or restore a backup from before its "
            "first start."
        ) in process.text()
        assert "Traceback" not in process.text()


async def test_an_empty_database_needs_no_migration(database: Database, uri: str, tmp_path: Path) -> None:
    assert not await migrate(database, send_lease=NO_WAIT)
    assert set(await database.list_collection_names()) <= {"schema"}
    process = run_migration(tmp_path, uri)
    assert await process.wait_for_exit() == 0
    assert f"The database already has schema {SCHEMA_VERSION}." in process.text()
