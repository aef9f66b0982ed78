"""A backup is restored: what was sent since it was taken is not sent again."""

import shutil
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mysms.core.timestamps import to_rfc3339
from mysms.outbox.records import Look
from mysms.providers.base import Accepted
from tests.faults.outbox_fixture import OutboxFixture, open_outbox_fixture
from tests.support.api_user import ApiUser, Json, new_number, sign_in
from tests.support.processes import Process, free_port
from tests.support.servers import (
    Mongo,
    Simulator,
    api_environment,
    running_api,
    running_mongodb,
    running_simulator,
)

WAITING = 4


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """A provider of the test's own: what it has sent is counted, and others' messages wait for the shared one."""
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


async def once_sent(api_user: ApiUser, messages: list[Json]) -> None:
    for message in messages:
        await api_user.eventually(message["_id"], "delivered", within=30)


async def times_sent(simulator: Simulator, messages: list[Json]) -> list[int]:
    return [len(await simulator.accepted(message["recipient_number"])) for message in messages]


async def test_what_was_sent_after_the_backup_is_not_sent_again(tmp_path: Path, simulator: Simulator) -> None:
    live, backup, careless, careful = (tmp_path / name for name in ("live", "backup", "careless", "careful"))
    async with running_mongodb(live) as mongodb:
        begun = datetime.now(UTC)
        async with running_api(tmp_path / "api1", settings(mongodb, simulator, SENDING_ENABLED="off")) as api:
            api_user = await ApiUser.sign_up(api)
            sent = [(await api_user.send(new_number(), f"Before {number}")).json() for number in range(WAITING)]
            unsent = (await api_user.send(new_number(), "Not sent before")).json()
    # The development database is copied while nobody uses it; a dump of MongoDB needs no such thing.
    shutil.copytree(live, backup)
    async with running_mongodb(live) as mongodb:
        assert await times_sent(simulator, [*sent, unsent]) == [0] * (WAITING + 1)
        await simulator.control.set_fault("rate_limited", to=unsent["recipient_number"])
        async with running_api(tmp_path / "api2", settings(mongodb, simulator)) as api:
            api_user.api = api
            await once_sent(api_user, sent)
            lost = await api_user.send_accepted(new_number(), "After the backup")
        assert await times_sent(simulator, [*sent, lost, unsent]) == [1] * (WAITING + 1) + [0]
    shutil.copytree(backup, careless)
    shutil.copytree(backup, careful)
    await simulator.control.reset_faults()

    async with running_mongodb(careful) as mongodb:
        off = settings(mongodb, simulator, SENDING_ENABLED="off")
        since = to_rfc3339(begun)
        code, said = await run(tmp_path, settings(mongodb, simulator), "recover-backup", "--since", since)
        assert code == 1
        assert "Set SENDING_ENABLED=off first" in said
        async with running_api(tmp_path / "api3", off) as api:
            ready = await api.http.get("/ready")
            assert (ready.status_code, ready.json()["problems"].keys()) == (503, {"sending"})
            assert "SENDING_ENABLED=off" in ready.json()["problems"]["sending"]
            api_user = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
            paused = (await api_user.call("GET", "/api/sending")).json()["paused"]
            assert paused["reason"].startswith("Sending is turned off at the moment. Your messages will be sent")

            code, said = await run(tmp_path, off, "recover-backup", "--since", since)
            assert code == 0, said
            assert f"Messages that were waiting: {WAITING + 1}." in said
            assert "not in this database: 1." in said
            # What the provider has is found while sending is still off.
            await once_sent(api_user, sent)
        async with running_api(tmp_path / "api4", settings(mongodb, simulator)) as api:
            assert (await api.http.get("/ready")).status_code == 200
            api_user.api = api
            await once_sent(api_user, [*sent, unsent])
        assert await times_sent(simulator, [*sent, lost, unsent]) == [1] * (WAITING + 2)

    # Without all that, everything is doubled: the test would see it.
    async with running_mongodb(careless) as mongodb:
        async with running_api(tmp_path / "api5", settings(mongodb, simulator)) as api:
            api_user = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
            await once_sent(api_user, sent)
        assert await times_sent(simulator, sent) == [2] * WAITING


async def test_a_time_without_a_zone_is_not_guessed(tmp_path: Path, simulator: Simulator, mongodb: Mongo) -> None:
    environment = settings(mongodb, simulator, SENDING_ENABLED="off")
    code, said = await run(tmp_path, environment, "recover-backup", "--since", "2026-11-22T03:00:00")
    assert code == 2
    assert "has no time zone" in said


async def claimed_looks(fixture: OutboxFixture) -> AsyncIterator[Look]:
    while (look := await fixture.reconciliation.claim_unconfirmed()) is not None:
        yield look


async def test_what_is_in_doubt_is_looked_for_from_when_it_was_stored(mongodb: Mongo) -> None:
    """However long ago that is: it may have been sent at any moment since. Also more than are taken on at once."""
    async with open_outbox_fixture(mongodb.uri) as fixture:
        outbox, number = fixture.outbox("command"), new_number()
        stored_at = fixture.now
        waiting = {await fixture.enqueue(outbox, number, f"Waiting {place}") for place in range(3)}
        claim = await fixture.claim(outbox)
        finished = await fixture.claim(outbox)
        await outbox.settle(finished, Accepted("SM" + "7" * 32, "queued"), 0.5)
        fixture.advance(hours=20)
        assert [await fixture.outbox("reconciler").mark_unconfirmed(1) for _ in range(3)] == [1, 1, 0]
        looks = [look.message async for look in claimed_looks(fixture)]
        assert {look.message_id for look in looks} == waiting - {finished.message_id}
        assert claim.message_id in {look.message_id for look in looks}
        assert [look.first_claimed_at for look in looks] == [stored_at] * 2
        assert all(look.unknown_since == fixture.now for look in looks), "absence is certain only some time after this"
