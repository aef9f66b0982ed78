"""A process that is stopped past its lease and continued believes that no time has passed."""

import asyncio
from pathlib import Path

from tests.faults.assertions import final_verdict
from tests.faults.environment import LEASE_SECONDS, ApiProcess, World, running_world
from tests.faults.load_clients import Crowd, Letter
from tests.faults.mongo_proxy import Trap, is_claim, is_lock, is_owning
from tests.faults.scale import chance, scaled
from tests.support.polling import eventually

RANDOM_STOPS = scaled(1, 12)
CLIENTS = 6
NUMBERS = [f"+1314555{number:04}" for number in range(30)]


async def test_a_process_that_was_stopped_past_its_lease_sends_nothing_twice(tmp_path: Path, list_order: str) -> None:
    random = chance("stopped")
    async with running_world(tmp_path, list_order=list_order, name="stopped") as world:
        crowd = Crowd(world, random, numbers=NUMBERS)
        over = False
        load = asyncio.create_task(crowd.send_until(lambda: over, CLIENTS, pause=0.3))
        try:
            for _ in range(RANDOM_STOPS):
                await asyncio.sleep(random.random())
                await _stop_past_its_lease(world, random.choice(list(world.apis)))
        finally:
            over = True
            await load
        await _stop_twice_in_the_middle(world, crowd)
        verdict = await final_verdict(world, crowd.letters)
        verdict.enter(f"SIGSTOP past the lease, {RANDOM_STOPS + 1} times")
        verdict.require_exactly_once()
        assert verdict.reported_doubles == 0


async def _stop_past_its_lease(world: World, sleeper: ApiProcess) -> None:
    """Shorter than until what it had claimed is sent by somebody else: that is the gap that cannot be closed."""
    sleeper.freeze()
    await asyncio.sleep(LEASE_SECONDS + 1.2)
    sleeper.thaw()


async def _stop_twice_in_the_middle(world: World, crowd: Crowd) -> None:
    """One message it has the right to send, and not when it awakes; of another it alone has the carrier's answer."""
    sleeper, other = world.apis
    await world.simulator.control.set_fault("drop_callbacks")
    theirs = other.tap.set(Trap(is_lock, "request", once=False))
    crowd.prefers = lambda: [other if sleeper.frozen else sleeper]
    owning, claim = Trap(is_owning, "request"), Trap(is_claim, "reply")
    answered, answering = await _send_into(crowd, sleeper, owning)
    claimed, claiming = await _send_into(crowd, sleeper, claim)
    sleeper.freeze()
    theirs.release()
    claim.release()

    async def is_settled() -> bool:
        texts = {"$in": [answered.text, claimed.text]}
        return await world.database["messages"].count_documents({"content": texts, "dispatch": "settled"}) == 2

    await eventually(is_settled, bool, within=40, what="that one is found in the list, and the other one sent")
    owning.release()
    sleeper.thaw()
    await asyncio.gather(answering, claiming)


async def _send_into(crowd: Crowd, sleeper: ApiProcess, trap: Trap) -> tuple[Letter, asyncio.Task[None]]:
    """A letter that is being sent, and comes no further than the trap."""
    sleeper.tap.set(trap)
    letter = crowd.write()
    sending = asyncio.create_task(crowd.send(letter))
    async with asyncio.timeout(15):
        await trap.sprung.wait()
    return letter, sending
