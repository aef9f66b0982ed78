"""Restoring a backup: messages that were sent since it was taken are not sent again."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymongo import AsyncMongoClient

from mysms.core.timestamps import to_rfc3339
from mysms.outbox.records import Lookup
from mysms.providers.base import Accepted
from tests.faults.outbox_fixture import OutboxFixture, open_outbox_fixture
from tests.support.api_user import ApiUser, Json, new_number, sign_in
from tests.support.database import running_database
from tests.support.processes import Process, free_port
from tests.support.servers import (
    Mongo,
    Simulator,
    api_environment,
    running_api,
    running_simulator,
)

WAITING = 4


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """A separate simulator, so that only the messages of this test are sent and counted."""
    async with running_simulator(tmp_path / "twilio") as simulator:
        yield simulator


def settings(mongodb: Mongo, simulator: Simulator, **changes: str) -> dict[str, str]:
    return api_environment(
        port=free_port(),
        mongodb_uri=mongodb.uri,
        twilio_url=simulator.url,
        RECONCILE_AFTER_SECONDS="2",
        ABSENCE_CONFIRMED_AFTER_SECONDS="1",
        TWILIO_TIMEOUT_SECONDS="1",
        **changes,
    )


async def run(directory: Path, environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    process = Process("command", ["mysms", *arguments], directory, environment)
    try:
        code = await process.wait_for_exit()
    finally:
        process.kill()
    return code, process.new_output()


async def wait_for_deliveries(api_user: ApiUser, messages: list[Json]) -> None:
    for message in messages:
        await api_user.eventually(message["_id"], "delivered", within=30)


async def send_counts(simulator: Simulator, messages: list[Json]) -> list[int]:
    return [len(await simulator.accepted(message["recipient_number"])) for message in messages]


async def restored(mongodb: Mongo, name: str) -> Mongo:
    """A copy of the database, as from a dump; its indexes are made when an API starts."""
    copy = Mongo(mongodb.other_database(name), process=None)
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        source, target = client.get_default_database(), client[urlsplit(copy.uri).path.removeprefix("/")]
        for collection in await source.list_collection_names():
            if rows := await source[collection].find().to_list():
                await target[collection].insert_many(rows)
    return copy


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Mongo]:
    async with running_database(tmp_path) as mongodb:
        yield mongodb


async def test_messages_sent_after_the_backup_are_not_sent_again(
    tmp_path: Path, simulator: Simulator, live: Mongo
) -> None:
    started_at = datetime.now(UTC)
    async with running_api(tmp_path / "api1", settings(live, simulator, SENDING_ENABLED="off")) as api:
        api_user = await ApiUser.sign_up(api)
        sent = [(await api_user.send(new_number(), f"Before {number}")).json() for number in range(WAITING)]
        unsent = (await api_user.send(new_number(), "Not sent before")).json()
    unrecovered, recovered = [await restored(live, name) for name in ("unrecovered", "recovered")]
    assert await send_counts(simulator, [*sent, unsent]) == [0] * (WAITING + 1)
    await simulator.control.set_fault("rate_limited", to=unsent["recipient_number"])
    async with running_api(tmp_path / "api2", settings(live, simulator)) as api:
        api_user.api = api
        await wait_for_deliveries(api_user, sent)
        lost = await api_user.send_accepted(new_number(), "After the backup")
    assert await send_counts(simulator, [*sent, lost, unsent]) == [1] * (WAITING + 1) + [0]
    await simulator.control.reset_faults()

    off = settings(recovered, simulator, SENDING_ENABLED="off")
    since = to_rfc3339(started_at)
    code, output = await run(tmp_path, settings(recovered, simulator), "recover-backup", "--since", since)
    assert code == 1
    assert "Set SENDING_ENABLED=off first" in output
    async with running_api(tmp_path / "api3", off) as api:
        ready = await api.http.get("/ready")
        assert (ready.status_code, ready.json()["problems"].keys()) == (503, {"sending"})
        assert "SENDING_ENABLED=off" in ready.json()["problems"]["sending"]
        api_user = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
        paused = (await api_user.call("GET", "/api/sending")).json()["paused"]
        assert paused["reason"].startswith("Sending is disabled at the moment. Your messages will be sent")

        code, output = await run(tmp_path, off, "recover-backup", "--since", since)
        assert code == 0, output
        assert f"Messages that were waiting: {WAITING + 1}." in output
        assert "not in this database: 1." in output
        # The messages that the provider has are found while sending is still off.
        await wait_for_deliveries(api_user, sent)
    async with running_api(tmp_path / "api4", settings(recovered, simulator)) as api:
        assert (await api.http.get("/ready")).status_code == 200
        api_user.api = api
        await wait_for_deliveries(api_user, [*sent, unsent])
    assert await send_counts(simulator, [*sent, lost, unsent]) == [1] * (WAITING + 2)

    # Without the recovery every message is sent twice, which proves that the test can fail.
    async with running_api(tmp_path / "api5", settings(unrecovered, simulator)) as api:
        api_user = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
        await wait_for_deliveries(api_user, sent)
    assert await send_counts(simulator, sent) == [2] * WAITING


@pytest.mark.parametrize(
    ("since", "cause"),
    [("2026-11-22T03:00:00", "has no time zone"), ("yesterday", "yesterday is not a time: write it as 2026-11-22T")],
)
async def test_a_time_without_a_time_zone_is_rejected(
    tmp_path: Path, simulator: Simulator, mongodb: Mongo, since: str, cause: str
) -> None:
    environment = settings(mongodb, simulator, SENDING_ENABLED="off")
    code, output = await run(tmp_path, environment, "recover-backup", "--since", since)
    assert code == 2
    assert cause in output


async def claimed_lookups(fixture: OutboxFixture) -> AsyncIterator[Lookup]:
    while (lookup := await fixture.reconciliation.claim_unconfirmed()) is not None:
        yield lookup


async def test_unconfirmed_messages_are_looked_up_from_when_they_were_stored(mongodb: Mongo) -> None:
    """They may have been sent at any time since, however long ago. Also if there is more than one batch."""
    async with open_outbox_fixture(mongodb.uri) as fixture:
        outbox, number = fixture.outbox("command"), new_number()
        stored_at = fixture.now
        waiting = {await fixture.enqueue(outbox, number, f"Waiting {index}") for index in range(3)}
        claim = await fixture.claim(outbox)
        finished = await fixture.claim(outbox)
        await outbox.settle(finished, Accepted("SM" + "7" * 32, "queued"), 0.5)
        fixture.advance(hours=20)
        assert [await fixture.outbox("reconciler").mark_unconfirmed(1) for _ in range(3)] == [1, 1, 0]
        messages = [lookup.message async for lookup in claimed_lookups(fixture)]
        assert {message.message_id for message in messages} == waiting - {finished.message_id}
        assert claim.message_id in {message.message_id for message in messages}
        assert [message.first_claimed_at for message in messages] == [stored_at] * 2
        assert all(message.unconfirmed_since == fixture.now for message in messages), (
            "absence is confirmed only some time after this"
        )
