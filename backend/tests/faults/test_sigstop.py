"""SIGSTOP past the lease: a resumed process does not know that time has passed."""

import asyncio
from pathlib import Path

from tests.faults.assertions import final_report
from tests.faults.environment import LEASE_SECONDS, ApiProcess, Environment, running_environment
from tests.faults.load_clients import LoadClients, SentMessage
from tests.faults.mongo_proxy import PausePoint, is_claim, is_lock_acquisition, is_sid_recording
from tests.faults.scale import scaled, seeded_random
from tests.support.polling import eventually

RANDOM_PAUSES = scaled(1, 12)
CONCURRENCY = 6
NUMBERS = [f"+1314555{number:04}" for number in range(30)]


async def test_a_process_paused_past_its_lease_sends_no_duplicates(tmp_path: Path, list_order: str) -> None:
    random = seeded_random("stopped")
    async with running_environment(tmp_path, list_order=list_order, name="stopped") as env:
        clients = LoadClients(env, random, numbers=NUMBERS)
        over = False
        load = asyncio.create_task(clients.send_until(lambda: over, CONCURRENCY, pause=0.3))
        try:
            for _ in range(RANDOM_PAUSES):
                await asyncio.sleep(random.random())
                await _pause_past_lease(env, random.choice(list(env.apis)))
        finally:
            over = True
            await load
        await _pause_during_two_attempts(env, clients)
        report = await final_report(env, clients.messages)
        report.add_to_figures(f"SIGSTOP past the lease, {RANDOM_PAUSES + 1} times")
        report.require_exactly_once()
        assert report.reported_duplicates == 0


async def _pause_past_lease(env: Environment, paused: ApiProcess) -> None:
    """Pause for longer than the lease, but shorter than until another process may send the message again."""
    paused.pause()
    await asyncio.sleep(LEASE_SECONDS + 1.2)
    paused.resume()


async def _pause_during_two_attempts(env: Environment, clients: LoadClients) -> None:
    """Pause a process that has just claimed one message, and that has the provider's response for another one."""
    paused, other = env.apis
    await env.simulator.control.set_fault("drop_callbacks")
    other_lock = other.mongo_proxy.add(PausePoint(is_lock_acquisition, "request", once=False))
    clients.preferred_apis = lambda: [other if paused.is_paused else paused]
    recording, claim = PausePoint(is_sid_recording, "request"), PausePoint(is_claim, "reply")
    answered, answering = await _send_until(clients, paused, recording)
    claimed, claiming = await _send_until(clients, paused, claim)
    paused.pause()
    other_lock.release()
    claim.release()

    async def is_settled() -> bool:
        texts = {"$in": [answered.text, claimed.text]}
        return await env.database["messages"].count_documents({"content": texts, "outbound.state": "accepted"}) == 2

    await eventually(is_settled, bool, within=40, what="the reconciliation of one message and the sending of the other")
    recording.release()
    paused.resume()
    await asyncio.gather(answering, claiming)


async def _send_until(
    clients: LoadClients, paused: ApiProcess, pause_point: PausePoint
) -> tuple[SentMessage, asyncio.Task[None]]:
    """Send a message through this process until the pause point is reached."""
    paused.mongo_proxy.add(pause_point)
    message = clients.new_message()
    sending = asyncio.create_task(clients.send(message))
    async with asyncio.timeout(15):
        await pause_point.reached.wait()
    return message, sending
