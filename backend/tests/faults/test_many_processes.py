"""Four API processes on one database, whose dispatchers and reconcilers compete for the same messages."""

from pathlib import Path

from tests.faults.assertions import final_report
from tests.faults.environment import running_environment
from tests.faults.load_clients import LoadClients
from tests.faults.scale import scaled, seeded_random

MESSAGES = 200
ROUNDS = scaled(1, 5)
NUMBERS = [f"+1318555{number:04}" for number in range(20)]


async def test_four_processes_send_each_message_once(tmp_path: Path, list_order: str) -> None:
    async with running_environment(tmp_path, list_order=list_order, processes=4, name="many") as env:
        await env.simulator.control.set_fault("lose_201", probability=0.1)
        await env.simulator.control.set_fault("drop_callbacks", probability=0.2)
        clients = LoadClients(env, seeded_random("many"), numbers=NUMBERS)
        for _ in range(ROUNDS):
            await clients.send_all([clients.new_message() for _ in range(MESSAGES)], concurrency=32)
        report = await final_report(env, clients.messages)
        report.add_to_figures("four API processes at once")
        report.require_exactly_once()
        assert report.reported_duplicates == 0
