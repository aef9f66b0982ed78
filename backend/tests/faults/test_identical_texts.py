"""The same text to the same number several times: each message must be sent exactly once."""

import asyncio
from collections import Counter
from pathlib import Path

from tests.faults.assertions import DeliveryReport, compare_deliveries, wait_for_empty_outbox
from tests.faults.environment import RECONCILE_AFTER_SECONDS, Environment, running_environment
from tests.faults.load_clients import LoadClients
from tests.faults.scale import scaled, seeded_random

PAIRS = scaled(10, 60)
KILLS = scaled(1, 6)
CONCURRENCY = 10
TEXT = "I am on my way"


async def test_identical_texts_are_each_sent_once(tmp_path: Path, list_order: str) -> None:
    random = seeded_random("identical")
    async with running_environment(tmp_path, list_order=list_order, name="identical") as env:
        control = env.simulator.control
        await control.set_fault("lose_201", probability=0.2)
        await control.set_fault("trial_prefix", probability=0.5)
        await control.set_fault("drop_callbacks", probability=0.5)
        await control.set_fault("list_lag", seconds=RECONCILE_AFTER_SECONDS * random.random())
        clients = LoadClients(env, random, numbers=[])
        messages = [clients.new_message(f"+1315555{pair:04}", TEXT) for pair in range(PAIRS) for _ in range(2)]
        sending = asyncio.create_task(clients.send_all(messages, CONCURRENCY))
        for _ in range(KILLS):
            await asyncio.sleep(0.5 + random.random())
            victim = random.choice(list(env.apis))
            await victim.kill_and_wait()
            await victim.start()
        await sending
        await wait_for_empty_outbox(env)

        sent = Counter(entry.request["To"] for entry in await control.ledger() if entry.request["Body"] == TEXT)
        owners = [row["message_id"] async for row in env.database["provider_message_ids"].find({})]
        duplicate_sids = await env.database["messages"].count_documents({"outbound.duplicate_sids": {"$ne": []}})
        report = await _count(env, clients)
        report.add_to_figures(f"{PAIRS} pairs of identical texts, and kill -9 {KILLS} times")
        assert sent == {message.number: 2 for message in messages}
        assert len(owners) == len(set(owners)) == len(messages)
        assert duplicate_sids == 0


async def _count(env: Environment, clients: LoadClients) -> DeliveryReport:
    """A report with counts only, because the messages have the same text."""
    report = await compare_deliveries(env, clients.messages)
    return DeliveryReport(
        list_order=env.list_order,
        acknowledged=report.acknowledged,
        rejected=report.rejected,
        unanswered=report.unanswered,
        at_provider=len(await env.sids_at_provider(TEXT)),
    )
