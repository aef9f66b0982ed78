"""A provider outage: requests still get a prompt response, and no message is lost."""

import statistics
import time
from pathlib import Path

from tests.faults.assertions import final_report
from tests.faults.environment import running_environment
from tests.faults.figures import RESPONSE_TIMES
from tests.faults.load_clients import LoadClients
from tests.faults.scale import scaled, seeded_random

OUTAGE_SECONDS = scaled(3.0, 60.0)
CONCURRENCY = 6
MAX_MEDIAN_SECONDS = 1.0
MAX_RESPONSE_SECONDS = 5.0
NUMBERS = [f"+1317555{number:04}" for number in range(30)]


async def test_posts_get_a_prompt_response_during_a_provider_outage(tmp_path: Path, list_order: str) -> None:
    async with running_environment(tmp_path, list_order=list_order, name="outage") as env:
        clients = LoadClients(env, seeded_random("outage"), numbers=NUMBERS)
        await clients.send_all([clients.new_message() for _ in range(10)], CONCURRENCY)
        before = len(clients.messages)

        await env.simulator.control.set_fault("refuse_connections")
        ends_at = time.monotonic() + OUTAGE_SECONDS
        await clients.send_until(lambda: time.monotonic() > ends_at, CONCURRENCY, pause=0.6)
        during_outage = clients.messages[before:]
        await env.simulator.control.reset_faults()
        begun = time.monotonic()
        report = await final_report(env, clients.messages, within=150)

        seconds = sorted(message.seconds for message in during_outage)
        RESPONSE_TIMES.add(
            f"{OUTAGE_SECONDS:.0f} s",
            len(during_outage),
            f"{statistics.median(seconds) * 1000:.0f} ms",
            f"{seconds[-1] * 1000:.0f} ms",
            f"{time.monotonic() - begun:.0f} s",
        )
        report.add_to_figures(f"provider outage of {OUTAGE_SECONDS:.0f} s")
        report.require_exactly_once()
        assert during_outage
        assert all(message.status == 202 for message in during_outage)
        assert statistics.median(seconds) < MAX_MEDIAN_SECONDS
        assert seconds[-1] < MAX_RESPONSE_SECONDS
