"""SIGTERM: shutdown is prompt and loses no message."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.faults.assertions import final_report
from tests.faults.environment import running_environment
from tests.faults.load_clients import LoadClients
from tests.faults.mongo_proxy import PausePoint, is_claim
from tests.faults.scale import scaled, seeded_random
from tests.support.polling import eventually

STOPS = scaled(2, 15)
CONCURRENCY = 8
MAX_STOP_SECONDS = 12.0
NUMBERS = [f"+1324555{number:04}" for number in range(30)]


async def test_a_stop_under_load_is_prompt_and_loses_nothing(tmp_path: Path, list_order: str) -> None:
    random = seeded_random("shutdown")
    async with running_environment(tmp_path, list_order=list_order, name="shutdown") as env:
        await env.simulator.control.set_fault("late_commit", probability=0.3, seconds=0.5)
        clients = LoadClients(env, random, numbers=NUMBERS)
        over = False
        load = asyncio.create_task(clients.send_until(lambda: over, CONCURRENCY, pause=0.2))
        try:
            for _ in range(STOPS):
                await asyncio.sleep(0.5 + random.random())
                api = random.choice(list(env.apis))
                begun = time.monotonic()
                await asyncio.to_thread(api.process.stop)
                assert time.monotonic() - begun < MAX_STOP_SECONDS
                assert api.process.exit_code in {0, -signal.SIGTERM}
                await api.wait()
                await api.start()
        finally:
            over = True
            await load
        report = await final_report(env, clients.messages)
        report.add_to_figures(f"SIGTERM under load, {STOPS} times")
        report.require_exactly_once()
        assert report.reported_duplicates == 0


async def test_shutdown_completes_without_a_database(tmp_path: Path) -> None:
    """The process has an outcome that it cannot record; another process will reconcile the message."""
    async with running_environment(tmp_path, processes=1, name="gone", own_mongodb=True) as env:
        assert env.mongodb is not None
        (api,) = env.apis
        await env.simulator.control.set_fault("late_commit", seconds=0.8)
        posting = asyncio.create_task(env.post(NUMBERS[0], "Hardly out"))
        await eventually(
            lambda: env.database["messages"].count_documents({"outbound.state": "claimed"}), bool, what="the claim"
        )
        env.mongodb.kill()
        # Fails after fifteen seconds.
        await asyncio.to_thread(api.process.stop)
        await asyncio.gather(posting, return_exceptions=True)


@pytest.mark.parametrize("is_new", [True, False])
async def test_a_claim_during_shutdown_is_released(tmp_path: Path, list_order: str, is_new: bool) -> None:
    """Otherwise the message would stay unconfirmed for minutes, until its absence is confirmed."""
    async with running_environment(tmp_path, list_order=list_order, processes=1, name="last claim") as env:
        (api,) = env.apis
        if not is_new:
            # The first attempt is rejected, so the dispatcher makes another one.
            await env.simulator.control.set_fault("rate_limited", to=NUMBERS[0], times=1)
            assert (await env.post(NUMBERS[0], "At the last moment"))["status"] == "pending"
        claim = api.mongo_proxy.add(PausePoint(is_claim, "reply"))
        posting = asyncio.create_task(env.post(NUMBERS[0], "At the last moment")) if is_new else None
        await asyncio.wait_for(claim.reached.wait(), 20)
        api.process.send_signal(signal.SIGTERM)

        async def log() -> str:
            return api.process.text()

        # A request that stores a message is completed; the dispatcher is stopped after all requests.
        step = "Shutting down" if is_new else "Waiting for application shutdown"
        await eventually(log, lambda text: step in text, what=step)
        claim.release()
        await api.process.wait_for_exit(within=15)
        if posting is not None:
            assert (await posting)["status"] == "pending"
        (row,) = await env.database["messages"].find().to_list()
        assert (row["outbound"]["state"], row["outbound"]["worker_id"]) == ("pending", None)
        assert await env.sids_at_provider("At the last moment") == []
