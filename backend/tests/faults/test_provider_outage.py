"""The carrier is dead for a while: people do not notice, and nothing is lost."""

import statistics
import time
from pathlib import Path

from tests.faults.assertions import final_verdict
from tests.faults.environment import running_world
from tests.faults.figures import ANSWERS
from tests.faults.load_clients import Crowd
from tests.faults.scale import chance, scaled

DEAD_SECONDS = scaled(3.0, 60.0)
CLIENTS = 6
AT_ONCE_SECONDS = 1.0
ANSWERED_SECONDS = 5.0
NUMBERS = [f"+1317555{number:04}" for number in range(30)]


async def test_posts_are_answered_at_once_while_the_carrier_is_dead(tmp_path: Path, list_order: str) -> None:
    async with running_world(tmp_path, list_order=list_order, name="dead") as world:
        crowd = Crowd(world, chance("dead"), numbers=NUMBERS)
        await crowd.send_all([crowd.write() for _ in range(10)], CLIENTS)
        before = len(crowd.letters)

        await world.simulator.control.set_fault("refuse_connections")
        back_at = time.monotonic() + DEAD_SECONDS
        await crowd.send_until(lambda: time.monotonic() > back_at, CLIENTS, pause=0.6)
        meanwhile = crowd.letters[before:]
        await world.simulator.control.reset_faults()
        begun = time.monotonic()
        verdict = await final_verdict(world, crowd.letters, within=150)

        seconds = sorted(letter.seconds for letter in meanwhile)
        ANSWERS.add(
            f"{DEAD_SECONDS:.0f} s",
            len(meanwhile),
            f"{statistics.median(seconds) * 1000:.0f} ms",
            f"{seconds[-1] * 1000:.0f} ms",
            f"{time.monotonic() - begun:.0f} s",
        )
        verdict.enter(f"the carrier dead for {DEAD_SECONDS:.0f} s")
        verdict.require_exactly_once()
        assert meanwhile
        assert all(letter.status == 202 for letter in meanwhile)
        assert statistics.median(seconds) < AT_ONCE_SECONDS
        assert seconds[-1] < ANSWERED_SECONDS
