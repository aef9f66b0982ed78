"""The cost of a round of each loop, counted in documents examined, does not grow with the stored messages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from mysms.core.heartbeat import Heartbeat
from mysms.messages.models import Message, Outbound
from mysms.reconciliation.polling import ProviderThread
from tests.faults.outbox_fixture import IDENTITY, OutboxFixture, StubProvider, open_outbox_fixture
from tests.support.database import running_database

FEW, MANY = 50, 1000


@pytest.fixture
async def fixture(tmp_path: Path) -> AsyncIterator[OutboxFixture]:
    """On a separate database, on a server of its own unless TEST_MONGODB_URI is set."""
    async with running_database(tmp_path) as mongodb, open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


def stored(fixture: OutboxFixture, index: int) -> dict[str, Any]:
    """A message that is not due: a quarter are pending, a quarter unconfirmed, the others accepted."""
    later = fixture.now + timedelta(hours=1)
    kinds: Sequence[dict[str, Any]] = (
        {"state": "pending"},
        {"state": "unconfirmed", "next_check_at": later},
        {"state": "accepted", "next_check_at": later},
        {"state": "accepted", "next_check_at": None},
    )
    message = Message(
        id=ObjectId(),
        user_id=ObjectId(),
        client_id=f"message:{index}",
        request_hash="",
        from_number=IDENTITY.from_number,
        recipient_number="+13215550000",
        peer_number="+13215550000",
        content=f"Text {index}",
        segments=1,
        outbound=Outbound(
            sender_key=IDENTITY.key, dedup_key=f"{index}", due_at=fixture.now, next_attempt_at=later, **kinds[index % 4]
        ),
        created_at=fixture.now,
        updated_at=fixture.now,
    )
    row: dict[str, Any] = message.model_dump()
    row["_id"] = row.pop("id")
    return row


async def examined(fixture: OutboxFixture) -> int:
    status = await fixture.database.command("serverStatus")
    return int(status["metrics"]["queryExecutor"]["scannedObjects"])


async def cost(fixture: OutboxFixture, work: Callable[[], Awaitable[object]]) -> int:
    """The documents examined; the minimum of three runs, because other processes may use the server, too."""
    costs = []
    for _ in range(3):
        before = await examined(fixture)
        await work()
        costs.append(await examined(fixture) - before)
    return min(costs)


async def test_the_cost_of_a_loop_does_not_grow_with_the_messages(fixture: OutboxFixture) -> None:
    provider_thread = ProviderThread(Heartbeat("test", 60))
    provider = StubProvider()
    rounds: dict[str, Callable[[], Awaitable[object]]] = {
        "claiming": fixture.outbox("process").claim_next,
        "maintenance": fixture.maintenance(timedelta(seconds=40)).run_round,
        "reconciler": fixture.reconciler(provider, provider_thread).run_round,
        "status checks": fixture.status_checks(provider, provider_thread).run_round,
    }
    costs: dict[int, dict[str, int]] = {}
    for stop in (FEW, MANY):
        have = await fixture.database["messages"].estimated_document_count()
        await fixture.database["messages"].insert_many([stored(fixture, index) for index in range(have, stop)])
        costs[stop] = {}
        for name, run_round in rounds.items():
            costs[stop][name] = await cost(fixture, run_round)
    provider_thread.close()
    assert costs[MANY] == costs[FEW] == dict.fromkeys(rounds, 0)


async def test_claiming_a_status_check_costs_the_same_however_many_are_due(fixture: OutboxFixture) -> None:
    """Checks are claimed one by one, so that no two processes fetch the same message."""
    queue = fixture.status_check_queue
    for index in range(200):
        row = stored(fixture, index)
        outbound = {**row["outbound"], "state": "accepted", "next_check_at": fixture.now}
        row |= {"outbound": outbound, "twilio_sid": f"SM{index}"}
        await fixture.database["messages"].insert_one(row)
    claimed = []

    async def claim_ten() -> None:
        claimed.extend([await queue.claim_status_check() for _ in range(10)])

    assert await cost(fixture, claim_ten) <= 2 * 10
    assert len({check.message_id for check in claimed if check is not None}) == len(claimed)
