"""The same text to the same number again and again: only the number of them tells whether each was sent once."""

import asyncio
from collections import Counter
from pathlib import Path

from tests.faults.assertions import Verdict, all_decided, judge
from tests.faults.environment import RECONCILE_AFTER_SECONDS, World, running_world
from tests.faults.load_clients import Crowd
from tests.faults.scale import chance, scaled

PAIRS = scaled(10, 60)
KILLS = scaled(1, 6)
CLIENTS = 10
TEXT = "I am on my way"


async def test_identical_texts_are_each_sent_once(tmp_path: Path, list_order: str) -> None:
    random = chance("identical")
    async with running_world(tmp_path, list_order=list_order, name="identical") as world:
        control = world.simulator.control
        await control.set_fault("lose_201", probability=0.2)
        await control.set_fault("trial_prefix", probability=0.5)
        await control.set_fault("drop_callbacks", probability=0.5)
        await control.set_fault("list_lag", seconds=RECONCILE_AFTER_SECONDS * random.random())
        crowd = Crowd(world, random, numbers=[])
        letters = [crowd.write(f"+1315555{pair:04}", TEXT) for pair in range(PAIRS) for _ in range(2)]
        sending = asyncio.create_task(crowd.send_all(letters, CLIENTS))
        for _ in range(KILLS):
            await asyncio.sleep(0.5 + random.random())
            victim = random.choice(list(world.apis))
            await victim.kill()
            await victim.start()
        await sending
        await all_decided(world)

        sent = Counter(entry.request["To"] for entry in await control.ledger() if entry.request["Body"] == TEXT)
        owners = [row["message_id"] async for row in world.database["carrier_messages"].find({})]
        second_sids = await world.database["messages"].count_documents({"second_sids": {"$ne": []}})
        verdict = await _count(world, crowd)
        verdict.enter(f"{PAIRS} pairs of identical texts, and kill -9 {KILLS} times")
        assert sent == {letter.number: 2 for letter in letters}
        assert len(owners) == len(set(owners)) == len(letters)
        assert second_sids == 0


async def _count(world: World, crowd: Crowd) -> Verdict:
    """The text does not tell them apart, so they are only counted."""
    verdict = await judge(world, crowd.letters)
    return Verdict(
        list_order=world.list_order,
        answered=verdict.answered,
        refused=verdict.refused,
        unanswered=verdict.unanswered,
        at_carrier=len(await world.sids_at_carrier(TEXT)),
    )
