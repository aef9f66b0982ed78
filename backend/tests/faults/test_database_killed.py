"""kill -9 of the database under load, sometimes together with an API process."""

import asyncio
from pathlib import Path

from tests.faults.assertions import final_report
from tests.faults.environment import running_environment
from tests.faults.load_clients import LoadClients
from tests.faults.scale import scaled, seeded_random

KILLS = scaled(2, 20)
CONCURRENCY = 8
NUMBERS = [f"+1313555{number:04}" for number in range(30)]


async def test_database_kills_neither_lose_nor_duplicate_messages(tmp_path: Path, list_order: str) -> None:
    random = seeded_random("database")
    async with running_environment(tmp_path, list_order=list_order, name="database", own_mongodb=True) as env:
        assert env.mongodb is not None
        clients = LoadClients(env, random, numbers=NUMBERS, gives_up=0.1)
        over = False
        load = asyncio.create_task(clients.send_until(lambda: over, CONCURRENCY, pause=0.2))
        try:
            for kill in range(KILLS):
                await asyncio.sleep(0.3 + random.random())
                env.mongodb.kill()
                await asyncio.sleep(random.random())
                if kill % 3 == 1:
                    await random.choice(list(env.apis)).kill_and_wait()
                await env.mongodb.start()
                for api in env.apis:
                    if not api.is_running:
                        await api.start()
        finally:
            over = True
            await load
        report = await final_report(env, clients.messages)
        report.add_to_figures(f"kill -9 of the database, {KILLS} times")
        report.require_exactly_once()
        assert report.reported_duplicates == 0
