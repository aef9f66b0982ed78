"""kill -9 while messages are stored: the counts of conversations match the messages."""

import asyncio
from collections import Counter
from functools import partial
from operator import eq
from pathlib import Path

from tests.faults.assertions import final_report
from tests.faults.environment import ApiProcess, Environment, running_environment
from tests.faults.figures import KILLS
from tests.faults.load_clients import LoadClients
from tests.faults.mongo_proxy import Command, PausePoint, is_message_insert
from tests.faults.scale import scaled, seeded_random
from tests.support.polling import eventually

KILLS_PER_PHASE = scaled(2, 15)
CONCURRENCY = 6
NUMBERS = [f"+1326555{number:04}" for number in range(4)]


def changes_of(command: Command) -> dict[str, dict[str, object]]:
    """The update operators of an update of a conversation."""
    return command["updates"][0]["u"] if command.get("update") == "conversations" else {}


def is_pending_increment(command: Command) -> bool:
    return "pending_count" in changes_of(command).get("$inc", {}) and "$set" in changes_of(command)


def is_count_increment(command: Command) -> bool:
    return "messages" in changes_of(command).get("$inc", {})


PHASES = {
    "pending count incremented, not stored": lambda: PausePoint(is_pending_increment, "reply"),
    "stored, not counted": lambda: PausePoint(is_message_insert, "reply"),
    "before counting": lambda: PausePoint(is_count_increment, "request"),
    "counted, no response": lambda: PausePoint(is_count_increment, "reply"),
}


async def test_conversation_counts_are_exact_after_kills(tmp_path: Path, list_order: str) -> None:
    random = seeded_random("conversation counts")
    async with running_environment(tmp_path, list_order=list_order, name="counts") as env:
        clients = LoadClients(env, random, numbers=NUMBERS, gives_up=0.3)
        over, left = False, Counter[str]()
        load = asyncio.create_task(clients.send_until(lambda: over, CONCURRENCY, pause=0.1))
        try:
            for phase in [*PHASES] * KILLS_PER_PHASE:
                victim = random.choice(list(env.apis))
                clients.preferred_apis = partial(list, [victim])
                await victim.mongo_proxy.add(PHASES[phase]()).reached.wait()
                victim.kill()
                left[phase] += await env.database["conversations"].count_documents({"pending_count": {"$gt": 0}})
                await victim.wait()
                clients.preferred_apis = lambda: env.running_apis
                await victim.start()
        finally:
            over = True
            await load
        for phase in PHASES:
            KILLS.add(f"conversations: {phase}", KILLS_PER_PHASE, KILLS_PER_PHASE)
        (await final_report(env, clients.messages)).require_exactly_once()
        assert all(left[phase] for phase in [*PHASES][:-1]), "some kills must leave counts to repair"
        expected = await counts_in_database(env)
        await eventually(lambda: counts_in_api(env), lambda counts: counts == expected, within=60, what="exact counts")
        total = sum(messages for messages, _ in expected.values())
        await eventually(lambda: total_in_api(env), lambda found: found == total, what="the exact total")


async def counts_in_api(env: Environment, api: ApiProcess | None = None) -> dict[str, tuple[int, str]]:
    """The number of messages and the last text of each conversation, from the API."""
    url = f"{(api or env.running_apis[0]).url}/api/conversations"
    answer = await env.http.get(url, headers=env.headers)
    assert answer.status_code == 200, answer.text
    return {row["peer_number"]: (row["messages"], row["last_message"]["content"]) for row in answer.json()}


async def total_in_api(env: Environment) -> int:
    answer = await env.http.get(f"{env.running_apis[0].url}/api/messages", headers=env.headers)
    return int(answer.headers["X-Total-Count"])


async def messages_in_api(env: Environment, api: ApiProcess) -> list[int]:
    return [messages for messages, _ in (await counts_in_api(env, api)).values()]


async def counts_in_database(env: Environment) -> dict[str, tuple[int, str]]:
    stored = env.database["messages"].find({}, sort=[("created_at", 1), ("_id", 1)])
    rows = await stored.to_list()
    counts = Counter(row["peer_number"] for row in rows)
    return {row["peer_number"]: (counts[row["peer_number"]], row["content"]) for row in rows}


async def test_two_processes_count_no_message_twice(tmp_path: Path) -> None:
    """A process counts a message that another one is about to count."""
    async with running_environment(tmp_path, name="counting") as env:
        storing, other = env.apis
        for number in range(scaled(3, 20)):
            pause_point = storing.mongo_proxy.add(PausePoint(is_count_increment, "request"))
            sending = asyncio.create_task(env.post(NUMBERS[0], f"Number {number}", to=storing))
            await pause_point.reached.wait()
            await eventually(partial(messages_in_api, env, other), partial(eq, [number + 1]), what="the count")
            storing.mongo_proxy.reset()
            await sending
        assert await counts_in_api(env) == await counts_in_database(env)
