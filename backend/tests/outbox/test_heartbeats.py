"""The loops tell that they go round: else nobody would notice one that hangs."""

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


def dispatcher(fixture: OutboxFixture, heart: Heartbeat) -> Dispatcher:
    outbox = fixture.outbox("a")
    return Dispatcher(outbox, fixture.sender(outbox, StubProvider(), timedelta(seconds=1)), 1, utc_now, heart)


def maintenance(fixture: OutboxFixture, heart: Heartbeat) -> PollingLoop:
    return PollingLoop(fixture.maintenance(timedelta(seconds=1)).run_round, heart)


async def test_an_attempt_that_breaks_is_logged_and_counted_and_keeps_no_worker(
    mongodb: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        outbox = fixture.outbox("a")
        sender = fixture.sender(outbox, StubProvider(), timedelta(seconds=1))
        # Nobody takes an attempt on any more.
        sender.close()
        part = Dispatcher(outbox, sender, 1, utc_now, Heartbeat("dispatcher", 60))
        await fixture.enqueue(outbox, new_number(), "Hello")
        task = asyncio.create_task(part.run())

        async def failed() -> float:
            labels = {"task": "attempt to send", "error": "permanent"}
            return REGISTRY.get_sample_value("mysms_task_failures_total", labels) or 0

        await eventually(failed, lambda count: count == 1, what="a failure that is counted")
        assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [RuntimeError]
        assert part.can_send_now
        part.stop()
        await asyncio.wait_for(task, 5)
        await part.finish()


@pytest.mark.parametrize("make", [dispatcher, maintenance])
async def test_a_loop_beats_at_every_turn_until_it_hangs(
    mongodb: Mongo, make: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        times = iter(range(1_000_000))
        beats: list[float] = []
        heart = Heartbeat(make.__name__, 0.0, lambda: next(times))
        beat = heart.beat

        def beat_and_note() -> None:
            beats.append(time.monotonic())
            beat()

        monkeypatch.setattr(heart, "beat", beat_and_note)
        part = make(fixture, heart)
        task = asyncio.create_task(part.run())

        async def beaten() -> int:
            return len(beats)

        await eventually(beaten, lambda count: count > 6, what="a loop that goes round")
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
        assert heart.problem is not None
        assert "stuck" in heart.problem
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
