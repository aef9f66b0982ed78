"""SIGTERM: nothing is lost, and nobody waits for long."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.faults.assertions import final_verdict
from tests.faults.environment import running_world
from tests.faults.load_clients import Crowd
from tests.faults.mongo_proxy import Trap, is_claim
from tests.faults.scale import chance, scaled
from tests.support.polling import eventually

STOPS = scaled(2, 15)
CLIENTS = 8
PROMPT_SECONDS = 12.0
NUMBERS = [f"+1324555{number:04}" for number in range(30)]


async def test_a_stop_under_load_is_prompt_and_loses_nothing(tmp_path: Path, list_order: str) -> None:
    random = chance("shutdown")
    async with running_world(tmp_path, list_order=list_order, name="shutdown") as world:
        await world.simulator.control.set_fault("late_commit", probability=0.3, seconds=0.5)
        crowd = Crowd(world, random, numbers=NUMBERS)
        over = False
        load = asyncio.create_task(crowd.send_until(lambda: over, CLIENTS, pause=0.2))
        try:
            for _ in range(STOPS):
                await asyncio.sleep(0.5 + random.random())
                api = random.choice(list(world.apis))
                begun = time.monotonic()
                await asyncio.to_thread(api.process.stop)
                assert time.monotonic() - begun < PROMPT_SECONDS
                assert api.process.exit_code in {0, -signal.SIGTERM}
                await api.bury()
                await api.start()
        finally:
            over = True
            await load
        verdict = await final_verdict(world, crowd.letters)
        verdict.enter(f"SIGTERM under load, {STOPS} times")
        verdict.require_exactly_once()
        assert verdict.reported_doubles == 0


async def test_a_process_whose_database_is_gone_still_ends(tmp_path: Path) -> None:
    """It has an outcome that it cannot write down, and loops that wait for a server: others will find it out."""
    async with running_world(tmp_path, processes=1, name="gone") as world:
        if world.mongodb is None:
            pytest.skip("the database of TEST_MONGODB_URI is not ours to kill")
        (api,) = world.apis
        await world.simulator.control.set_fault("late_commit", seconds=0.8)
        posting = asyncio.create_task(world.post(NUMBERS[0], "Hardly out"))
        await eventually(
            lambda: world.database["messages"].count_documents({"dispatch": "claimed"}), bool, what="the claim"
        )
        world.mongodb.kill()
        # Fails if it does not end within fifteen seconds.
        await asyncio.to_thread(api.process.stop)
        await asyncio.gather(posting, return_exceptions=True)


async def test_a_claim_that_is_being_made_at_the_end_is_not_left_behind(tmp_path: Path, list_order: str) -> None:
    """Nobody would know whether it was sent, until minutes later the carrier's list shows that it was not."""
    async with running_world(tmp_path, list_order=list_order, processes=1, name="last claim") as world:
        (api,) = world.apis
        claim = api.tap.set(Trap(is_claim, "reply"))
        posting = asyncio.create_task(world.post(NUMBERS[0], "At the last moment"))
        await asyncio.wait_for(claim.sprung.wait(), 20)
        api.process.send_signal(signal.SIGTERM)

        async def log() -> str:
            return api.process.text()

        await eventually(log, lambda text: "Waiting for application shutdown" in text, what="the end of all answers")
        claim.release()
        await api.process.wait_for_end(within=15)
        assert (await posting)["status"] == "pending"
        (row,) = await world.database["messages"].find().to_list()
        assert (row["dispatch"], row["owner"]) == ("pending", None)
        assert await world.sids_at_carrier("At the last moment") == []
