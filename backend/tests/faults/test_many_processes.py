"""Four API processes on one database: their dispatchers and reconcilers are all after the same messages."""

from pathlib import Path

from tests.faults.assertions import final_verdict
from tests.faults.environment import running_world
from tests.faults.load_clients import Crowd
from tests.faults.scale import chance, scaled

LETTERS = 200
ROUNDS = scaled(1, 5)
NUMBERS = [f"+1318555{number:04}" for number in range(20)]


async def test_four_processes_send_each_message_once(tmp_path: Path, list_order: str) -> None:
    async with running_world(tmp_path, list_order=list_order, processes=4, name="many") as world:
        await world.simulator.control.set_fault("lose_201", probability=0.1)
        await world.simulator.control.set_fault("drop_callbacks", probability=0.2)
        crowd = Crowd(world, chance("many"), numbers=NUMBERS)
        for _ in range(ROUNDS):
            await crowd.send_all([crowd.write() for _ in range(LETTERS)], clients=32)
        verdict = await final_verdict(world, crowd.letters)
        verdict.enter("four API processes at once")
        verdict.require_exactly_once()
        assert verdict.reported_doubles == 0
