"""CONTENT_RETENTION_DAYS: old texts are deleted, but only from terminal messages."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.changes.change import UNPUBLISHED
from mysms.changes.upgrade import UpgradePeriod
from mysms.core.timestamps import Clock, utc_now
from mysms.core.words import words_of
from mysms.messages import repository
from mysms.messages.retention import BATCH, Retention
from mysms.messages.status import TERMINAL, OutboxState
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture, release_nothing
from tests.messages.old_messages import make_older, older_id
from tests.support.api_user import ApiUser, Json
from tests.support.api_user import new_number as new_recipient_number
from tests.support.database import running_database
from tests.support.inbound import deliver
from tests.support.polling import eventually
from tests.support.responses import problem_of
from tests.support.servers import Mongo, Simulator, Start

REFUSED = "+15005550001"


@pytest.fixture(scope="module")
async def mongodb(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    """A server that nobody else uses, since the documents that it examines are counted."""
    async with running_database(tmp_path_factory.mktemp("mongodb")) as mongodb:
        yield mongodb


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


async def test_old_texts_are_deleted_and_everything_else_is_kept(
    start: Start, mongodb: Mongo, simulator: Simulator, tmp_path: Path
) -> None:
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        old = (await api_user.send(new_recipient_number(), "An old secret", key="old key")).json()
        old = await api_user.eventually(old["_id"], "delivered")
        failed = (await api_user.send(REFUSED, "Another old secret")).json()["message"]
        unconfirmed_number = new_recipient_number()
        await simulator.control.set_fault("error_500", to=unconfirmed_number)
        unconfirmed = (await api_user.send(unconfirmed_number, "Who knows")).json()
        await api_user.eventually(unconfirmed["_id"], "unconfirmed")
        await deliver(api, new_recipient_number(), "An old secret of somebody else")
        received, *_ = await api_user.list(direction="inbound")
        async with AsyncMongoClient[Json](mongodb.other_database(tmp_path.name[-20:])) as client:
            messages = client.get_default_database()["messages"]
            for message in (old, failed, unconfirmed, received):
                stored_id = ObjectId(message["_id"])
                message["_id"] = str(await make_older(messages, stored_id, utc_now() - timedelta(days=8)))
        fresh = await api_user.send_accepted(new_recipient_number(), "A fresh text")
        await deliver(api, new_recipient_number(), "A fresh answer")
        answer, *_ = await api_user.list(direction="inbound")
    before = utc_now()
    async with start(CONTENT_RETENTION_DAYS="7") as api, start(CONTENT_RETENTION_DAYS="7"):
        api_user.api = api

        async def texts() -> dict[str, str]:
            return {message["_id"]: message["content"] for message in await api_user.list()}

        kept = {unconfirmed["_id"]: "Who knows", fresh["_id"]: "A fresh text", answer["_id"]: "A fresh answer"}
        expected = {old["_id"]: "", failed["_id"]: "", received["_id"]: "", **kept}
        await eventually(texts, lambda seen: seen == expected, what="the deletion")
        assert await api_user.list(search="secret") == []
        changed = await api_user.list(updated_since=before.isoformat())
        assert {old["_id"], failed["_id"]} <= {message["_id"] for message in changed}

        now = await api_user.detail(old["_id"])
        assert [now[name] for name in ("status", "twilio_sid", "peer_number")] == [
            old[name] for name in ("status", "twilio_sid", "peer_number")
        ]
        assert now["timeline"] == old["timeline"]
        assert before.isoformat("T", "milliseconds")[:23] <= now["content_removed_at"]
        assert (await api_user.detail(fresh["_id"]))["content_removed_at"] is None
        replayed = await api_user.send(old["recipient_number"], "An old secret", key="old key")
        assert (replayed.status_code, replayed.json()["_id"], replayed.json()["content"]) == (201, old["_id"], "")
        problem_of(await api_user.send(old["recipient_number"], "", key="old key"), 422, "invalid_fields")
        problem_of(await api_user.send(old["recipient_number"], "Other", key="old key"), 422, "idempotency_key_reused")
        problem_of(await api_user.call("POST", f"/api/messages/{failed['_id']}/retry"), 409, "not_retryable")
        assert len(await simulator.accepted(old["recipient_number"])) == 1
        async with AsyncMongoClient[Json](mongodb.other_database(tmp_path.name[-20:])) as client:
            for name in await client.get_default_database().list_collection_names():
                stored = [str(row) async for row in client.get_default_database()[name].find()]
                assert not any("secret" in row for row in stored), name


async def store(fixture: OutboxFixture, state: OutboxState, stored_at: datetime, text: str = "Text") -> ObjectId:
    message_id = await fixture.enqueue(fixture.outbox("process"), new_number(), text)
    messages = fixture.database["messages"]
    await messages.update_one({"_id": message_id}, {"$set": {"outbound.state": state}})
    return await make_older(messages, message_id, stored_at)


def retention_of(
    fixture: OutboxFixture,
    clock: Clock,
    *,
    kept_for: timedelta = timedelta(days=1),
    upgrade: UpgradePeriod | None = None,
) -> Retention:
    """As in an upgrade that does not end, if none is given."""
    changes = fixture.changes
    return Retention(kept_for, changes.publisher, upgrade or changes.upgrade, clock, release_nothing)


@pytest.mark.parametrize("state", OutboxState)
async def test_only_terminal_messages_lose_their_text(fixture: OutboxFixture, state: OutboxState) -> None:
    """The others may still have to be sent, or to be found in the provider's list."""
    now = fixture.now
    old = await store(fixture, state, now - timedelta(days=2))
    fresh = await store(fixture, state, now - timedelta(hours=23))
    await retention_of(fixture, lambda: now).remove_old_texts()
    assert (await fixture.message(old)).content == ("" if state in TERMINAL else "Text")
    assert (await fixture.message(old)).words == ([""] if state in TERMINAL else words_of("Text"))
    assert (await fixture.message(fresh)).content == "Text"


async def test_a_text_that_came_in_late_is_kept_as_long_as_others(fixture: OutboxFixture) -> None:
    """It was received while no process ran, and nobody has been able to read it."""
    now, messages = fixture.now, fixture.database["messages"]
    for stored_at, content in ((now - timedelta(hours=23), "Text"), (now - timedelta(hours=25), "")):
        late = await store(fixture, OutboxState.ACCEPTED, stored_at)
        inbound = {"direction": "inbound", "outbound": None, "created_at": now - timedelta(days=30)}
        await messages.update_one({"_id": late}, {"$set": inbound})
        await retention_of(fixture, lambda: now).remove_old_texts()
        assert (await fixture.message(late)).content == content


async def test_texts_that_came_in_late_are_not_read_again_and_again(fixture: OutboxFixture) -> None:
    now, messages = fixture.now, fixture.database["messages"]
    retention = retention_of(fixture, lambda: now)
    row = await messages.find_one({"_id": await store(fixture, OutboxState.ACCEPTED, now)})
    assert row is not None
    received = {"direction": "inbound", "outbound": None, "created_at": now - timedelta(days=30)}
    late = [{**row, **received, "_id": ObjectId(), "client_id": f"late {number}"} for number in range(300)]
    removed = {"content": "", "words": [""], "content_removed_at": now - timedelta(days=9)}
    old = [
        {**row, **removed, "_id": older_id(now - timedelta(days=10)), "client_id": f"old {number}"}
        for number in range(1_000)
    ]
    await messages.insert_many(late + old)
    # The first time, words that an earlier version has left are looked for everywhere.
    await retention.remove_old_texts()
    before = await examined(fixture)
    await retention.remove_old_texts()
    assert await examined(fixture) - before < len(late) / 10


async def examined(fixture: OutboxFixture) -> int:
    """The number of documents that the server has examined so far."""
    status = await fixture.database.client.admin.command("serverStatus")
    return int(status["metrics"]["queryExecutor"]["scannedObjects"])


async def test_texts_that_were_removed_just_now_are_not_read_again_and_again(fixture: OutboxFixture) -> None:
    """Once no earlier version runs, which would leave their words."""
    due, messages = 300, fixture.database["messages"]
    row = await messages.find_one({"_id": await store(fixture, OutboxState.ACCEPTED, fixture.now - timedelta(days=9))})
    assert row is not None
    copies = [{**row, "_id": older_id(row["created_at"]), "client_id": f"old {number}"} for number in range(due)]
    await messages.insert_many(copies)
    upgrade = fixture.changes.upgrade
    await upgrade.load()
    retention = retention_of(fixture, fixture.clock, upgrade=upgrade)
    costs = []
    for moment in (upgrade.ends_at - timedelta(minutes=1), upgrade.ends_at, upgrade.ends_at + timedelta(minutes=1)):
        fixture.now = moment
        before = await examined(fixture)
        await retention.remove_old_texts()
        costs.append(await examined(fixture) - before)
    assert await messages.count_documents({"content": ""}) == due + 1
    # The second look is for what was left until the end.
    assert costs[1] >= due
    assert costs[2] < due / 10


async def test_words_that_an_earlier_version_has_left_are_removed(fixture: OutboxFixture) -> None:
    """Also those that it left before this version was started again."""
    retention = retention_of(fixture, fixture.clock, kept_for=timedelta(days=30))
    for age in (timedelta(days=99), timedelta(minutes=1)):
        left = await store(fixture, OutboxState.ACCEPTED, fixture.now)
        removed = {"content": "", "content_removed_at": fixture.now - age}
        await fixture.database["messages"].update_one({"_id": left}, {"$set": removed})
        kept = await store(fixture, OutboxState.ACCEPTED, fixture.now)
        await retention.remove_old_texts()
        assert (await fixture.message(left)).words == [""]
        assert (await fixture.message(kept)).words == words_of("Text")
        fixture.now += timedelta(minutes=1)


async def test_words_that_are_left_in_a_second_upgrade_are_removed(fixture: OutboxFixture) -> None:
    upgrade = fixture.changes.upgrade
    await upgrade.load()
    fixture.now = upgrade.ends_at + timedelta(hours=5)
    retention = retention_of(fixture, fixture.clock, kept_for=timedelta(days=30), upgrade=upgrade)
    await retention.remove_old_texts()
    left = await store(fixture, OutboxState.ACCEPTED, fixture.now)
    removed = {"content": "", "content_removed_at": fixture.now}
    await fixture.database["messages"].update_one({"_id": left}, {"$set": removed})
    await retention.remove_old_texts()
    assert (await fixture.message(left)).words == words_of("Text"), "nobody leaves any now"
    await upgrade.begin_again()
    await retention.remove_old_texts()
    assert (await fixture.message(left)).words == [""]


async def test_each_batch_has_its_own_time_and_is_published(fixture: OutboxFixture) -> None:
    """A client that knows the first batches asks only for later changes. Publishing does not wait for a sweep."""
    message = await store(fixture, OutboxState.ACCEPTED, fixture.now - timedelta(days=9))
    messages, publisher = fixture.database["messages"], fixture.changes.publisher
    row = await messages.find_one({"_id": message})
    assert row is not None
    copies = [
        {**row, "_id": (copy := older_id(row["created_at"])), "client_id": f"message:{copy}"} for _ in range(2 * BATCH)
    ]
    await messages.insert_many(copies)
    await messages.update_many({}, {"$set": {"revision": 0}})
    start = fixture.now

    def clock() -> datetime:
        fixture.now += timedelta(minutes=1)
        return fixture.now

    retention = Retention(timedelta(days=1), publisher, fixture.changes.upgrade, clock, release_nothing)
    await retention.remove_old_texts()
    assert await messages.count_documents({"content": ""}) == 2 * BATCH + 1
    times = Counter(row["updated_at"] for row in await messages.find().to_list())
    assert sorted(times.values()) == [1, BATCH, BATCH]
    assert len({start, *times}) == 4
    assert await messages.count_documents({"revision": UNPUBLISHED}) == 2 * BATCH + 1
    await publisher.publish_waiting()
    assert await messages.count_documents({"revision": {"$lte": 0}}) == 0


async def test_texts_are_deleted_in_batches_by_several_processes(fixture: OutboxFixture) -> None:
    now = fixture.now
    ids = [await store(fixture, OutboxState.ACCEPTED, now - timedelta(days=9, minutes=index)) for index in range(7)]
    stuck = await store(fixture, OutboxState.UNCONFIRMED, now - timedelta(days=99))
    cutoff = now - timedelta(days=1)
    assert (await repository.redact(cutoff, now, limit=3)).message_ids == ids[:3:-1]
    left = [message_id for message_id in ids if (await fixture.message(message_id)).content]
    assert left == ids[:4], "the oldest are deleted first"
    later = now + timedelta(minutes=1)
    await asyncio.gather(*(repository.redact(cutoff, later, limit=3) for _ in range(4)))
    while (await repository.redact(cutoff, later, limit=3)).message_ids:
        pass
    updates = [(await fixture.message(message_id)).updated_at for message_id in ids]
    assert updates == [later] * 4 + [now] * 3, "a message without text is not changed again"
    assert (await fixture.message(stuck)).content == "Text"
