"""The database dies under load and comes back; now and then an API process goes with it."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.assertions import final_verdict
from tests.faults.environment import running_world
from tests.faults.load_clients import Crowd
from tests.faults.scale import chance, scaled

KILLS = scaled(2, 20)
CLIENTS = 8
NUMBERS = [f"+1313555{number:04}" for number in range(30)]


async def test_a_killed_database_loses_nothing_and_doubles_nothing(tmp_path: Path, list_order: str) -> None:
    random = chance("database")
    async with running_world(tmp_path, list_order=list_order, name="database") as world:
        if world.mongodb is None:
            pytest.skip("the database of TEST_MONGODB_URI is not ours to kill")
        crowd = Crowd(world, random, numbers=NUMBERS, gives_up=0.1)
        over = False
        load = asyncio.create_task(crowd.send_until(lambda: over, CLIENTS, pause=0.2))
        try:
            for kill in range(KILLS):
                await asyncio.sleep(0.3 + random.random())
                world.mongodb.kill()
                await asyncio.sleep(random.random())
                if kill % 3 == 1:
                    await random.choice(list(world.apis)).kill()
                await world.mongodb.start()
                for api in world.apis:
                    if not api.lives:
                        await api.start()
        finally:
            over = True
            await load
        verdict = await final_verdict(world, crowd.letters)
        verdict.enter(f"kill -9 of the database, {KILLS} times")
        verdict.require_exactly_once()
        assert verdict.reported_doubles == 0
