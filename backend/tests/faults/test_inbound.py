"""Inbound messages under faults: what the provider has received is stored once, whatever happens to the webhooks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.faults.environment import ApiProcess, Environment, running_environment
from tests.faults.inbound_webhooks import CATCH_UP_SECONDS, WRITES, catching_up, direct_webhooks, webhooks_of
from tests.faults.mongo_proxy import PausePoint
from tests.faults.scale import scaled, seeded_random
from tests.support.polling import eventually

TEXTS = scaled(60, 1_000)
NUMBERS = [f"+1314555{number:04}" for number in range(20)]


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    async with catching_up(tmp_path_factory.mktemp("inbound"), "inbound") as env:
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> AsyncIterator[Environment]:
    async with webhooks_of(shared_env):
        yield shared_env


async def received_by_provider(env: Environment) -> Counter[tuple[str, str]]:
    ledger = await env.simulator.control.ledger()
    rows = [entry.message for entry in ledger if entry.message["direction"] == "inbound"]
    return Counter((str(row["sid"]), str(row["body"]).replace("\0", "")) for row in rows)


async def stored(env: Environment) -> Counter[tuple[str, str]]:
    rows = env.database["messages"].find({"direction": "inbound"})
    return Counter([(row["twilio_sid"], row["content"]) async for row in rows])


async def require_each_once(env: Environment, *, within: float = 40) -> None:
    """The provider's messages are those of the database, and the counters count each once."""
    expected = await received_by_provider(env)
    assert set(expected.values()) <= {1}
    await eventually(lambda: stored(env), lambda found: found.keys() >= expected.keys(), within=within, what="all")
    assert await stored(env) == expected

    async def wrong_counts() -> list[Any]:
        found = []
        async for counter in env.database["conversations"].find({"messages": {"$exists": True}}):
            query: dict[str, Any] = {name: counter[name] for name in ("user_id", "peer_number") if name in counter}
            number = await env.database["messages"].count_documents(query)
            if counter["messages"] != number:
                found.append((counter, number))
        return found

    await eventually(wrong_counts, lambda found: not found, within=within, what="exact counts")

    async def unpublished() -> int:
        return await env.database["messages"].count_documents({"direction": "inbound", "revision": -1})

    await eventually(unpublished, lambda found: not found, within=within, what="all published")
    shown = await env.statuses()
    assert Counter(shown.values())["received"] == expected.total()


@pytest.mark.parametrize("at", ["request", "reply"])
@pytest.mark.parametrize("write", WRITES)
async def test_a_process_that_is_killed_between_any_two_writes(
    env: Environment, write: str, at: Literal["request", "reply"]
) -> None:
    """Its webhook is not repeated: what is left to do, the other process finds by itself."""
    await direct_webhooks(env, "rc=0")
    victim, survivor = env.apis
    # Not paused, only not called.
    survivor.is_paused = True
    # Nor is it to find the message in the list before the victim has got it.
    await env.simulator.control.set_fault("list_lag", seconds=60)
    try:
        pause = victim.mongo_proxy.add(PausePoint(WRITES[write], at))
        await env.simulator.control.text(NUMBERS[0], f"killed at the {at} of {write}")
        async with asyncio.timeout(15):
            await pause.reached.wait()
        await _kill(victim)
    finally:
        survivor.is_paused = False
        await env.simulator.control.reset_faults()
    await require_each_once(env)
    await victim.start()


async def _kill(api: ApiProcess) -> None:
    api.kill()
    await api.wait()


async def test_lost_doubled_late_and_reordered_webhooks(env: Environment) -> None:
    random, control = seeded_random("inbound"), env.simulator.control
    await direct_webhooks(env, fallback=True)
    await control.set_fault("drop_callbacks", probability=0.3, status="received")
    await control.set_fault("delay_callbacks", probability=0.3, status="received", seconds=3)
    await control.set_fault("duplicate_callbacks", probability=0.5, status="received", copies=3)
    await control.set_fault("list_lag", probability=0.5, seconds=2)
    await control.set_fault("list_paging", largest=7)
    for number in range(TEXTS):
        sender = random.choice(NUMBERS)
        if random.random() < 0.2:
            await env.post(sender, f"Question {number}")
        await control.text(sender, f"Answer {number}")
        await asyncio.sleep(0.05 * random.random())
        if number == TEXTS // 2:
            victim = random.choice(list(env.apis))
            await _kill(victim)
            await victim.start()
    await control.reset_faults()
    await require_each_once(env)


async def test_without_any_webhook_everything_is_made_up_for(env: Environment) -> None:
    await env.simulator.control.set_number(sms_url="", sms_fallback_url="")
    for sender in ("12345", "MYBANK", *NUMBERS[:3]):
        await env.simulator.control.text(sender, f"From {sender}, \0 and 👋")
    await require_each_once(env)


async def test_a_database_that_is_down(tmp_path: Path) -> None:
    seconds = str(CATCH_UP_SECONDS)
    async with running_environment(
        tmp_path, name="inbound outage", own_mongodb=True, INBOUND_CATCH_UP_SECONDS=seconds
    ) as env:
        assert env.mongodb is not None
        await direct_webhooks(env, "rc=1&rp=all", fallback=True)
        await env.simulator.control.text(NUMBERS[0], "before")
        await require_each_once(env)
        env.mongodb.kill()
        lost = await env.simulator.control.text(NUMBERS[0], "during")

        async def answers() -> list[int | None]:
            return [attempt.status_code for attempt in await env.simulator.control.callbacks(lost.sid)]

        found = await eventually(answers, lambda found: len(list(found)) == 3, within=60, what="the fallback")
        assert set(found) == {503}
        await env.mongodb.start()
        await require_each_once(env)
