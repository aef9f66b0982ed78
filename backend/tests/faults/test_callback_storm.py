"""Thousands of callbacks: repeated, out of order, delayed, and some of them forged."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from devservers.twilio.control import AcceptedMessage
from tests.faults.assertions import compare_deliveries, wait_for_empty_outbox
from tests.faults.callback_factory import Callback, forge_callback, genuine_callback
from tests.faults.environment import Environment, running_environment
from tests.faults.figures import CALLBACKS
from tests.faults.load_clients import LoadClients
from tests.faults.scale import scaled, seeded_random
from tests.support.polling import eventually

MESSAGES = scaled(60, 1_000)
CALLBACKS_PER_MESSAGE = 10
FORGED = 0.05
CONCURRENCY = 16
MAX_DELAY_SECONDS = scaled(1.0, 5.0)

_HISTORIES: Sequence[tuple[str, Sequence[tuple[str, int | None]]]] = [
    ("delivered", [("sent", None), ("delivered", None)]),
    ("undelivered", [("sent", None), ("undelivered", 30003)]),
    ("failed", [("failed", 30001)]),
    ("read", [("sent", None), ("delivered", None), ("read", None)]),
    ("canceled", [("canceled", None)]),
    ("sent", [("sent", None)]),
]
"""The final status of messages at the provider, and the callbacks on the way."""


async def test_a_callback_storm_leads_to_the_provider_statuses(tmp_path: Path) -> None:
    random = seeded_random("callbacks")
    async with running_environment(tmp_path, pace=0, name="callbacks") as env:
        clients, histories = await _send(env, random)
        entries = await eventually(lambda: _ended(env), lambda found: len(found) == MESSAGES, what="all final statuses")
        storm = _storm(entries, histories, random)
        forged = sum(callback.forged for callback in storm)

        answers = await _post(env, storm, random)
        rejected = sum(answer == 403 for answer in answers)
        assert [answer == 403 for answer in answers] == [callback.forged for callback in storm]
        assert await env.metric("mysms_callbacks_total", result="bad_signature") == forged
        assert await env.metric("mysms_callbacks_total", result="applied") == len(storm) - forged
        report = await compare_deliveries(env, clients.messages)
        CALLBACKS.add(
            len(storm),
            MESSAGES,
            len(storm) - forged,
            forged,
            rejected,
            f"{MESSAGES - report.outdated:,} of {MESSAGES:,}",
        )
        report.require_exactly_once()
        await _require_timelines(env, storm)


async def _send(env: Environment, random: Random) -> tuple[LoadClients, dict[str, Sequence[tuple[str, int | None]]]]:
    """Send messages with every outcome. The provider sends no callbacks itself."""
    clients = LoadClients(env, random, numbers=[])
    histories = {}
    for index, (outcome, history) in enumerate(_HISTORIES):
        number = f"+1319555{index:04}"
        error_code = next((code for _, code in history if code is not None), None)
        await env.simulator.control.set_fault("outcome", to=number, status=outcome, error_code=error_code)
        histories[number] = history
    await env.simulator.control.set_fault("drop_callbacks")
    messages = [clients.new_message(random.choice(list(histories))) for _ in range(MESSAGES)]
    await clients.send_all(messages, CONCURRENCY)
    await wait_for_empty_outbox(env)
    return clients, histories


async def _ended(env: Environment) -> list[AcceptedMessage]:
    return [entry for entry in await env.simulator.control.ledger() if entry.message["status"] != "queued"]


def _storm(
    entries: Sequence[AcceptedMessage], histories: dict[str, Sequence[tuple[str, int | None]]], random: Random
) -> list[Callback]:
    once: list[Callback] = []
    for entry in entries:
        once += [genuine_callback(entry, status, code) for status, code in histories[entry.request["To"]]]
    forgeries = [
        forge_callback(random.choice(once), random.choice(once), random)
        for _ in range(round(FORGED * CALLBACKS_PER_MESSAGE * MESSAGES))
    ]
    storm = [*once, *random.choices(once, k=CALLBACKS_PER_MESSAGE * MESSAGES - len(once) - len(forgeries)), *forgeries]
    random.shuffle(storm)
    return storm


async def _post(env: Environment, storm: Sequence[Callback], random: Random) -> list[int]:
    """Post each callback with a random delay to a random process. Returns the HTTP statuses."""
    slots = asyncio.Semaphore(CONCURRENCY)
    begun = time.monotonic()

    async def post(callback: Callback, delay: float) -> int:
        await asyncio.sleep(max(0.0, begun + delay - time.monotonic()))
        url = urlsplit(callback.url)
        target = f"{random.choice(env.running_apis).url}{url.path}?{url.query}"
        headers = {} if callback.signature is None else {"X-Twilio-Signature": callback.signature}
        async with slots:
            return (await env.http.post(target, data=dict(callback.form), headers=headers)).status_code

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(post(callback, MAX_DELAY_SECONDS * random.random())) for callback in storm]
    return [task.result() for task in tasks]


async def _require_timelines(env: Environment, storm: Sequence[Callback]) -> None:
    """Each timeline contains the genuine callbacks, each of them once."""
    expected: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for callback in storm:
        if not callback.forged:
            expected[callback.form["MessageSid"]].add(
                (callback.form["MessageStatus"], callback.form.get("ErrorCode", ""))
            )
    async for row in env.database["messages"].find({}, {"twilio_sid": 1, "events": 1}):
        callbacks = [event for event in row["events"] if event["source"] == "callback"]
        found = [(event["status"], str(event["error_code"] or "")) for event in callbacks]
        assert sorted(found) == sorted(expected[row["twilio_sid"]])
