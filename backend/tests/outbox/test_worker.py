"""Outcomes that the worker cannot record."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import pytest
from bson import ObjectId
from prometheus_client import REGISTRY
from pymongo.errors import AutoReconnect, DocumentTooLarge, OperationFailure

from mysms.attachments.links import MediaLinks
from mysms.core.database import describe
from mysms.core.timestamps import utc_now
from mysms.outbox.records import Claim
from mysms.outbox.store import OutboxStore
from mysms.outbox.worker import Worker
from mysms.providers.base import Accepted, Outcome
from tests.faults.outbox_fixture import StubProvider
from tests.support.polling import eventually

LEASE = timedelta(seconds=40)
UNREACHABLE = AutoReconnect("connection closed")
REFUSED = OperationFailure("not authorised", 13)


class StubOutbox:
    """Records an outcome once it has raised these errors."""

    def __init__(self, errors: Sequence[Exception], seconds_each: float) -> None:
        self.now = 0.0
        self.recorded: list[Outcome] = []
        self.tried = 0
        self._errors = list(errors)
        self._seconds_each = seconds_each

    async def settle(self, _: Claim, outcome: Outcome, __: float) -> None:
        self.tried += 1
        self.now += self._seconds_each
        if self._errors:
            raise self._errors.pop(0)
        self.recorded.append(outcome)


class Attempt:
    """An attempt that the provider accepted, with an outbox that fails to record the outcome."""

    def __init__(self, errors: Sequence[Exception], *, seconds_each: float = 0.0) -> None:
        self.outbox = StubOutbox(errors, seconds_each)
        self.outcome = Accepted("SM" + "0" * 32, "queued")
        self.worker = Worker(
            cast("OutboxStore", self.outbox),
            cast("Any", StubProvider(self.outcome)),
            None,
            MediaLinks(None, ["a secret"], timedelta()),
            threads=1,
            start_within=timedelta(hours=1),
            lease=LEASE,
            clock=utc_now,
            monotonic=lambda: self.outbox.now,
            jitter=lambda: 0.0,
        )

    async def run(self) -> Outcome:
        claim = Claim(ObjectId(), 1, "+15005550006", "+14155550100", "Hello", "key", utc_now(), utc_now(), None)
        return (await self.worker.send(claim, claimed_at=0.0)).outcome


def metric_value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_an_outcome_is_recorded_after_a_database_outage_of_any_length() -> None:
    attempt = Attempt([UNREACHABLE, UNREACHABLE], seconds_each=1000)
    before = metric_value("mysms_settle_failures_total", error="transient")
    assert await attempt.run() == attempt.outcome
    assert attempt.outbox.recorded == [attempt.outcome]
    assert metric_value("mysms_settle_failures_total", error="transient") == before + 2


@pytest.mark.parametrize("error", [REFUSED, DocumentTooLarge("too large"), TypeError("a bug")], ids=describe)
async def test_an_outcome_that_cannot_be_recorded_is_abandoned_with_the_lease(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = Attempt([error] * 100, seconds_each=25)
    before = metric_value("mysms_settles_abandoned_total")
    assert await attempt.run() == attempt.outcome
    assert (attempt.outbox.tried, attempt.outbox.recorded) == (2, [])
    assert metric_value("mysms_settles_abandoned_total") == before + 1
    assert f"The outcome was not recorded ({describe(error)})." in caplog.text
    assert attempt.worker.problem is None


async def test_the_lease_starts_again_after_a_database_outage() -> None:
    """No process could observe the lease meanwhile."""
    attempt = Attempt([REFUSED, UNREACHABLE, REFUSED, REFUSED], seconds_each=15)
    await attempt.run()
    assert attempt.outbox.recorded == [attempt.outcome]


async def test_an_unrecorded_outcome_is_reported_until_the_worker_stops() -> None:
    attempt = Attempt([UNREACHABLE] * 100)
    running = asyncio.create_task(attempt.run())

    async def problem() -> str | None:
        return attempt.worker.problem

    seen = await eventually(problem, bool, what="the problem")
    assert seen == "Outcomes that could not be recorded yet: 1 (AutoReconnect)."
    attempt.worker.stop()
    await asyncio.wait_for(running, 5)
    assert attempt.worker.problem is None
