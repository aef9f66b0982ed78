"""kill -9 of one of two API processes, while clients send and repeat what was not answered."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.faults.assertions import final_verdict
from tests.faults.environment import ApiProcess, World, running_world
from tests.faults.figures import KILLS
from tests.faults.load_clients import Crowd, Letter
from tests.faults.mongo_proxy import Trap, is_claim, is_insert, is_lock, is_owning, is_settling
from tests.faults.scale import chance, scaled
from tests.support.polling import eventually

EACH_PHASE = scaled(5, 50)
RANDOM_KILLS = scaled(2, 20)
ANSWERED = scaled(100, 2_000)
MOST_KILLS = 4 * EACH_PHASE + RANDOM_KILLS
CLIENTS = 12
NUMBERS = [f"+1312555{number:04}" for number in range(40)]
CAUGHT_WITHIN_SECONDS = 8.0


class Phase(StrEnum):
    STORED = "stored, not claimed"
    CLAIMED = "claimed, not at the carrier"
    COMMITTED = "at the carrier, not settled"
    SETTLED = "settled, not answered"
    OTHER = "between messages"


@dataclass
class Kills:
    """What the kills struck, as found out afterwards."""

    kills: Counter[Phase] = field(default_factory=Counter)
    messages: Counter[Phase] = field(default_factory=Counter)

    def add(self, struck: Counter[Phase]) -> None:
        self.messages += struck
        for phase in list(+struck) or [Phase.OTHER]:
            self.kills[phase] += 1

    @property
    def enough(self) -> bool:
        return all(self.kills[phase] >= EACH_PHASE for phase in Phase if phase is not Phase.OTHER)

    def enter(self, total: int) -> None:
        for phase in Phase:
            KILLS.add(phase.value, self.kills[phase], self.messages[phase])
        KILLS.add("all", total, self.messages.total())


async def test_every_answered_message_survives_kills_exactly_once(tmp_path: Path, list_order: str) -> None:
    random = chance("kills")
    async with running_world(tmp_path, list_order=list_order, name="kills") as world:
        crowd = Crowd(world, random, numbers=NUMBERS, gives_up=0.2)
        kills, total, over = Kills(), 0, False
        await world.simulator.control.set_fault("late_commit", probability=0.1, seconds=0.2)
        load = asyncio.create_task(crowd.send_until(lambda: over, CLIENTS, pause=0.2))
        try:
            while not (kills.enough and total >= RANDOM_KILLS and _answered(crowd) >= ANSWERED):
                assert total < MOST_KILLS, f"{total} kills, and not every phase was struck: {kills.kills}"
                victim, survivor = random.sample(list(world.apis), 2)
                if total % 5 != 4:
                    await _catch_in_every_phase(world, crowd, victim, survivor)
                else:
                    await asyncio.sleep(random.random())
                kills.add(await _kill(world, crowd, victim))
                survivor.tap.release()
                world.front.release()
                crowd.prefers = lambda: world.living
                total += 1
                await victim.start()
        finally:
            over = True
            await load
        await world.simulator.control.reset_faults()
        verdict = await final_verdict(world, crowd.letters)
        kills.enter(total)
        verdict.enter(f"kill -9 of one of two API processes, {total} times")
        verdict.require_exactly_once()
        assert verdict.reported_doubles == 0
        assert await world.metric("mysms_second_sids_total") == 0


def _answered(crowd: Crowd) -> int:
    return sum(letter.answered for letter in crowd.letters)


async def _catch_in_every_phase(world: World, crowd: Crowd, victim: ApiProcess, survivor: ApiProcess) -> None:
    """Slows the network down around the victim until it has a message in each phase."""
    crowd.prefers = lambda: [victim]
    # A callback would settle what the victim is about to settle.
    world.front.hold()
    settled = victim.tap.set(Trap(is_settling, "reply"))
    await _caught(settled)
    await _caught(victim.tap.set(Trap(is_owning, "request")))
    # From now on nobody else claims what the victim stores.
    survivor.tap.set(Trap(is_lock, "request", once=False))
    await _caught(victim.tap.set(Trap(is_claim, "reply")))
    await _caught(victim.tap.set(Trap(is_insert, "reply")))


async def _caught(trap: Trap) -> bool:
    """Whether something was; the kill that follows is then one more at random."""
    try:
        async with asyncio.timeout(CAUGHT_WITHIN_SECONDS):
            await trap.sprung.wait()
    except TimeoutError:
        return False
    return True


async def _kill(world: World, crowd: Crowd, victim: ApiProcess) -> Counter[Phase]:
    """Kills the process, and finds out what it was about to do."""
    owner = victim.tap.owner
    unanswered = [letter for letter in crowd.letters if letter.status is None and not _given_up(letter)]
    waiting = {letter.key: letter.failures for letter in unanswered if letter.waits_at == victim.url}
    victim.die()
    struck = await _phases(world, owner, unanswered)
    await victim.bury()

    async def noticed() -> bool:
        return all(
            letter.failures > waiting[letter.key] or letter.status for letter in unanswered if letter.key in waiting
        )

    await eventually(noticed, bool, what="that the clients notice")
    # An answer that was already on its way is an answer.
    lost = {letter.key for letter in unanswered if letter.failures > waiting.get(letter.key, letter.failures)}
    return Counter(phase for key, phase in struck if phase is not Phase.SETTLED or key in lost)


def _given_up(letter: Letter) -> bool:
    return letter.gives_up and letter.failures > 0


async def _phases(world: World, owner: str | None, letters: Sequence[Letter]) -> list[tuple[str, Phase]]:
    """The phases that the messages of these letters are in, by the letter's key."""
    keys = [f"key:{letter.key}" for letter in letters]
    rows = [row async for row in world.database["messages"].find({"client_id": {"$in": keys}})]
    found = []
    for row in rows:
        phase = None
        match row["dispatch"]:
            case "pending" if row["attempt"] == 0:
                phase = Phase.STORED
            case "settled":
                phase = Phase.SETTLED
            case "claimed" if row["owner"] == owner:
                has_it = row["content"] in await world.texts_at_carrier(row["recipient_number"])
                phase = Phase.COMMITTED if has_it else Phase.CLAIMED
        if phase is not None:
            found.append((row["client_id"].removeprefix("key:"), phase))
    return found
