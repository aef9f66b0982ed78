"""The loops send heartbeats, so that a loop that hangs is noticed."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from mysms.core.heartbeat import Heartbeat
from mysms.core.timestamps import utc_now
from mysms.outbox.dispatcher import Dispatcher
from mysms.outbox.store import OutboxStore
from mysms.reconciliation.polling import PollingLoop
from tests.faults.outbox_fixture import OutboxFixture, StubProvider, new_number, open_outbox_fixture
from tests.support.polling import eventually
from tests.support.servers import Mongo

Loop = Callable[[OutboxFixture, Heartbeat], Dispatcher | PollingLoop]


def dispatcher(fixture: OutboxFixture, heartbeat: Heartbeat) -> Dispatcher:
    outbox = fixture.outbox("a")
    return Dispatcher(outbox, fixture.sender(outbox, StubProvider(), timedelta(seconds=1)), 1, utc_now, heartbeat)


def maintenance(fixture: OutboxFixture, heartbeat: Heartbeat) -> PollingLoop:
    return PollingLoop(fixture.maintenance(timedelta(seconds=1)).run_round, heartbeat)


async def test_a_failed_attempt_is_logged_and_counted_and_frees_its_worker(
    mongodb: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        outbox = fixture.outbox("a")
        sender = fixture.sender(outbox, StubProvider(), timedelta(seconds=1))
        # From now on every attempt fails.
        sender.close()
        loop = Dispatcher(outbox, sender, 1, utc_now, Heartbeat("dispatcher", 60))
        await fixture.enqueue(outbox, new_number(), "Hello")
        task = asyncio.create_task(loop.run())

        async def failed() -> float:
            labels = {"task": "attempt to send", "error": "permanent"}
            return REGISTRY.get_sample_value("mysms_task_failures_total", labels) or 0

        await eventually(failed, lambda count: count == 1, what="a counted failure")
        assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [RuntimeError]
        assert loop.can_send_now
        loop.stop()
        await asyncio.wait_for(task, 5)
        await loop.finish()


@pytest.mark.parametrize("make", [dispatcher, maintenance])
async def test_a_loop_sends_a_heartbeat_each_round_until_it_hangs(
    mongodb: Mongo, make: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        times = iter(range(1_000_000))
        beats: list[float] = []
        heartbeat = Heartbeat(make.__name__, 0.0, lambda: next(times))
        beat = heartbeat.beat

        def counted_beat() -> None:
            beats.append(time.monotonic())
            beat()

        monkeypatch.setattr(heartbeat, "beat", counted_beat)
        loop = make(fixture, heartbeat)
        task = asyncio.create_task(loop.run())

        async def beat_count() -> int:
            return len(beats)

        await eventually(beat_count, lambda count: count > 6, what="several rounds")
        hang = asyncio.Event()
        stuck = asyncio.Event()

        async def hold(*_: object, **__: object) -> None:
            stuck.set()
            await hang.wait()

        monkeypatch.setattr(OutboxStore, "claim_next", hold)
        monkeypatch.setattr(OutboxStore, "expire_overdue", hold)
        await asyncio.wait_for(stuck.wait(), 10)
        count = len(beats)
        await asyncio.sleep(0)
        assert len(beats) == count
        assert heartbeat.problem is not None
        assert "stuck" in heartbeat.problem
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
