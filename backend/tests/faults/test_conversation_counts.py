"""kill -9 while messages are stored: the figures of conversations stay those of the messages."""

import asyncio
import functools
from collections import Counter
from pathlib import Path

from tests.faults.assertions import final_verdict
from tests.faults.environment import World, running_world
from tests.faults.figures import KILLS
from tests.faults.load_clients import Crowd
from tests.faults.mongo_proxy import Command, Trap, is_insert
from tests.faults.scale import chance, scaled

KILLS_OF_EACH = scaled(2, 15)
CLIENTS = 6
NUMBERS = [f"+1326555{number:04}" for number in range(4)]


def changes_of(command: Command) -> dict[str, dict[str, object]]:
    """What an update of a conversation does."""
    return command["updates"][0]["u"] if command.get("update") == "conversations" else {}


def is_announcing(command: Command) -> bool:
    return "open" in changes_of(command).get("$inc", {}) and "$set" in changes_of(command)


def is_counting(command: Command) -> bool:
    return "messages" in changes_of(command).get("$inc", {})


PHASES = {
    "announced, not stored": lambda: Trap(is_announcing, "reply"),
    "stored, not counted": lambda: Trap(is_insert, "reply"),
    "about to be counted": lambda: Trap(is_counting, "request"),
    "counted, not answered": lambda: Trap(is_counting, "reply"),
}


async def test_a_conversation_counts_its_messages_exactly_whatever_a_kill_interrupts(
    tmp_path: Path, list_order: str
) -> None:
    random = chance("conversation counts")
    async with running_world(tmp_path, list_order=list_order, name="counts") as world:
        crowd = Crowd(world, random, numbers=NUMBERS, gives_up=0.3)
        over, left = False, Counter[str]()
        load = asyncio.create_task(crowd.send_until(lambda: over, CLIENTS, pause=0.1))
        try:
            for phase in [*PHASES] * KILLS_OF_EACH:
                victim = random.choice(list(world.apis))
                crowd.prefers = functools.partial(list, [victim])
                await victim.tap.set(PHASES[phase]()).sprung.wait()
                victim.die()
                left[phase] += await world.database["conversations"].count_documents({"open": {"$gt": 0}})
                await victim.bury()
                crowd.prefers = lambda: world.living
                # Read and repaired while others store.
                await figures_of_the_api(world)
                await victim.start()
        finally:
            over = True
            await load
        for phase in PHASES:
            KILLS.add(f"conversations: {phase}", KILLS_OF_EACH, KILLS_OF_EACH)
        (await final_verdict(world, crowd.letters)).require_exactly_once()
        assert all(left[phase] for phase in [*PHASES][:-1]), "these kills left something to repair"
        expected = await figures_of_the_messages(world)
        for _ in range(2):
            assert await figures_of_the_api(world) == expected


async def figures_of_the_api(world: World) -> dict[str, tuple[int, str]]:
    """How many messages each conversation has, and its last text."""
    answer = await world.http.get(f"{world.living[0].url}/api/conversations", headers=world.headers)
    assert answer.status_code == 200, answer.text
    return {row["peer_number"]: (row["messages"], row["last_message"]["content"]) for row in answer.json()}


async def figures_of_the_messages(world: World) -> dict[str, tuple[int, str]]:
    stored = world.database["messages"].find({}, sort=[("created_at", 1), ("_id", 1)])
    rows = await stored.to_list()
    counts = Counter(row["peer_number"] for row in rows)
    return {row["peer_number"]: (counts[row["peer_number"]], row["content"]) for row in rows}


async def test_reading_while_others_store_counts_nothing_twice(tmp_path: Path) -> None:
    """A reader finds what is being stored at this moment, and does what its process is about to do."""
    async with running_world(tmp_path, name="reading") as world:
        storing, reading = world.apis
        for number in range(scaled(10, 60)):
            trap = storing.tap.set(Trap(is_counting, "request"))
            sending = asyncio.create_task(world.post(NUMBERS[0], f"Number {number}", to=storing))
            await trap.sprung.wait()
            answer = await world.http.get(f"{reading.url}/api/conversations", headers=world.headers)
            assert [row["messages"] for row in answer.json()] == [number + 1]
            storing.tap.release()
            await sending
        assert await figures_of_the_api(world) == await figures_of_the_messages(world)
