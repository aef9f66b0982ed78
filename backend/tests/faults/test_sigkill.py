"""kill -9 of one of two API processes, while clients send messages and repeat requests without a response."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.faults.assertions import final_report
from tests.faults.environment import ApiProcess, Environment, running_environment
from tests.faults.figures import KILLS
from tests.faults.load_clients import LoadClients, SentMessage
from tests.faults.mongo_proxy import (
    PausePoint,
    is_acceptance,
    is_claim,
    is_lock_acquisition,
    is_message_insert,
    is_sid_recording,
)
from tests.faults.scale import scaled, seeded_random
from tests.support.polling import eventually

KILLS_PER_PHASE = scaled(5, 50)
RANDOM_KILLS = scaled(2, 20)
ACKNOWLEDGED = scaled(100, 2_000)
MAX_KILLS = 4 * KILLS_PER_PHASE + RANDOM_KILLS
CONCURRENCY = 12
NUMBERS = [f"+1312555{number:04}" for number in range(40)]
PAUSE_TIMEOUT_SECONDS = 8.0


class Phase(StrEnum):
    STORED = "stored, not claimed"
    CLAIMED = "claimed, not at the provider"
    COMMITTED = "at the provider, not accepted in the outbox"
    ACCEPTED = "accepted, no response"
    OTHER = "between messages"


@dataclass
class Kills:
    """The phases that messages were in when a process was killed."""

    kills: Counter[Phase] = field(default_factory=Counter)
    messages: Counter[Phase] = field(default_factory=Counter)

    def add(self, phases_hit: Counter[Phase]) -> None:
        self.messages += phases_hit
        for phase in list(+phases_hit) or [Phase.OTHER]:
            self.kills[phase] += 1

    @property
    def enough(self) -> bool:
        return all(self.kills[phase] >= KILLS_PER_PHASE for phase in Phase if phase is not Phase.OTHER)

    def add_to_figures(self, total: int) -> None:
        for phase in Phase:
            KILLS.add(phase.value, self.kills[phase], self.messages[phase])
        KILLS.add("all", total, self.messages.total())


async def test_every_acknowledged_message_is_sent_exactly_once_despite_kills(tmp_path: Path, list_order: str) -> None:
    random = seeded_random("kills")
    # With few workers some messages are claimed in their insert, and some wait for a worker.
    async with running_environment(tmp_path, list_order=list_order, name="kills", TWILIO_MAX_CONCURRENCY="3") as env:
        clients = LoadClients(env, random, numbers=NUMBERS, gives_up=0.2)
        kills, total, over = Kills(), 0, False
        await env.simulator.control.set_fault("late_commit", probability=0.1, seconds=0.2)
        load = asyncio.create_task(clients.send_until(lambda: over, CONCURRENCY, pause=0.2))
        try:
            while not (kills.enough and total >= RANDOM_KILLS and _acknowledged_count(clients) >= ACKNOWLEDGED):
                assert total < MAX_KILLS, f"{total} kills, but not enough in every phase: {kills.kills}"
                victim, survivor = random.sample(list(env.apis), 2)
                if total % 5 != 4:
                    await _pause_in_every_phase(env, clients, victim, survivor)
                else:
                    await asyncio.sleep(random.random())
                kills.add(await _kill(env, clients, victim))
                survivor.mongo_proxy.reset()
                env.callback_proxy.resume()
                clients.preferred_apis = lambda: env.running_apis
                total += 1
                await victim.start()
        finally:
            over = True
            await load
        await env.simulator.control.reset_faults()
        report = await final_report(env, clients.messages)
        kills.add_to_figures(total)
        report.add_to_figures(f"kill -9 of one of two API processes, {total} times")
        report.require_exactly_once()
        assert report.reported_duplicates == 0
        assert await env.metric("mysms_duplicate_sends_total") == 0


def _acknowledged_count(clients: LoadClients) -> int:
    return sum(message.acknowledged for message in clients.messages)


async def _pause_in_every_phase(
    env: Environment, clients: LoadClients, victim: ApiProcess, survivor: ApiProcess
) -> None:
    """Delay the victim's database commands until it has a message in each phase."""
    clients.preferred_apis = lambda: [victim]
    # A callback would accept the message before the victim does.
    env.callback_proxy.pause()
    accepted = victim.mongo_proxy.add(PausePoint(is_acceptance, "reply"))
    await _is_reached(accepted)
    await _is_reached(victim.mongo_proxy.add(PausePoint(is_sid_recording, "request")))
    # The survivor must not claim messages that the victim stores.
    survivor.mongo_proxy.add(PausePoint(is_lock_acquisition, "request", once=False))
    await _is_reached(victim.mongo_proxy.add(PausePoint(is_claim, "reply")))
    await _is_reached(victim.mongo_proxy.add(PausePoint(is_message_insert, "reply")))


async def _is_reached(pause_point: PausePoint) -> bool:
    """Whether the pause point is reached. If not, the following kill hits a random phase."""
    try:
        async with asyncio.timeout(PAUSE_TIMEOUT_SECONDS):
            await pause_point.reached.wait()
    except TimeoutError:
        return False
    return True


async def _kill(env: Environment, clients: LoadClients, victim: ApiProcess) -> Counter[Phase]:
    """Kill the process. Returns the phases of its messages."""
    owner = victim.mongo_proxy.worker_id
    unanswered = [message for message in clients.messages if message.status is None and not _given_up(message)]
    waiting = {message.key: message.failures for message in unanswered if message.waiting_for == victim.url}
    victim.kill()
    phases_hit = await _phases(env, owner, unanswered)
    await victim.wait()

    async def noticed() -> bool:
        return all(
            message.failures > waiting[message.key] or message.status
            for message in unanswered
            if message.key in waiting
        )

    await eventually(noticed, bool, what="that the clients notice the kill")
    # Some clients may still receive a response that was sent before the kill.
    lost = {message.key for message in unanswered if message.failures > waiting.get(message.key, message.failures)}
    return Counter(phase for key, phase in phases_hit if phase is not Phase.ACCEPTED or key in lost)


def _given_up(message: SentMessage) -> bool:
    return message.gives_up and message.failures > 0


async def _phases(env: Environment, owner: str | None, messages: Sequence[SentMessage]) -> list[tuple[str, Phase]]:
    """The phases of these messages, each with the message's key."""
    keys = [f"key:{message.key}" for message in messages]
    rows = [row async for row in env.database["messages"].find({"client_id": {"$in": keys}})]
    found = []
    for row in rows:
        phase = None
        match row["outbound"]["state"]:
            case "pending" if row["outbound"]["attempt"] == 0:
                phase = Phase.STORED
            case "accepted":
                phase = Phase.ACCEPTED
            case "claimed" if row["outbound"]["worker_id"] == owner:
                is_committed = row["content"] in await env.bodies_at_provider(row["recipient_number"])
                phase = Phase.COMMITTED if is_committed else Phase.CLAIMED
        if phase is not None:
            found.append((row["client_id"].removeprefix("key:"), phase))
    return found
