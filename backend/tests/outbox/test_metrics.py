"""The outbox is measured at a limited cost, counted in documents examined."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from prometheus_client import REGISTRY

from mysms.outbox.metrics import OutboxMetrics
from tests.faults.outbox_fixture import IDENTITY, OutboxFixture, open_outbox_fixture
from tests.support.database import running_database

MANY = 20_000
WAITING = 1_300
COUNTED_TO = 1_000


@pytest.fixture
async def fixture(tmp_path: Path) -> AsyncIterator[OutboxFixture]:
    """On a separate database, on a server of its own unless TEST_MONGODB_URI is set."""
    async with running_database(tmp_path) as mongodb, open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


async def store_copies(
    fixture: OutboxFixture, model: dict[str, Any], count: int, outbound: dict[str, object], **changes: object
) -> None:
    rows = [
        {
            **model,
            "_id": ObjectId(),
            "client_id": f"{ObjectId()}",
            **changes,
            "outbound": {**model["outbound"], **outbound},
        }
        for _ in range(count)
    ]
    await fixture.database["messages"].insert_many(rows)


async def cost(fixture: OutboxFixture) -> int:
    """The documents that a measurement examines; the minimum of three, because others may use the server, too."""

    async def counter() -> int:
        status = await fixture.database.client.admin.command("serverStatus")
        return int(status["metrics"]["queryExecutor"]["scannedObjects"])

    backlog = OutboxMetrics(fixture.database, IDENTITY, lambda: fixture.now)
    costs = []
    for _ in range(3):
        before = await counter()
        await backlog.measure()
        costs.append(await counter() - before)
    return min(costs)


def measured_values() -> tuple[float | None, ...]:
    names = ("mysms_outbox_pending", "mysms_outbox_oldest_age_seconds", "mysms_outbox_unconfirmed")
    return tuple(REGISTRY.get_sample_value(name) for name in names)


async def test_the_cost_of_measuring_does_not_grow_with_the_messages(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+13215550001", "It waits")
    model = await fixture.database["messages"].find_one({"_id": message_id})
    assert model is not None
    fixture.advance(seconds=90)
    await store_copies(fixture, model, 3, {"state": "unconfirmed"})
    among_few = await cost(fixture)
    assert measured_values() == (1, 90, 3)
    await store_copies(fixture, model, MANY, {"state": "accepted"})
    assert await cost(fixture) == among_few
    assert measured_values() == (1, 90, 3)


async def test_messages_are_counted_up_to_a_limit_and_the_oldest_is_found(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+13215550001", "It waits")
    model = await fixture.database["messages"].find_one({"_id": message_id})
    assert model is not None
    later = fixture.now + timedelta(seconds=60)
    for state in ("pending", "unconfirmed"):
        await store_copies(fixture, model, WAITING, {"state": state, "next_attempt_at": later}, created_at=later)
    fixture.advance(seconds=120)
    assert await cost(fixture) <= 2 * COUNTED_TO
    assert measured_values() == (COUNTED_TO, 120, COUNTED_TO)
