"""Callbacks by the thousand: repeated, out of order, late, and some of them forged."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from devservers.twilio.control import AcceptedMessage
from tests.faults.assertions import all_decided, judge
from tests.faults.callback_factory import Callback, forge, genuine
from tests.faults.environment import World, running_world
from tests.faults.figures import CALLBACKS
from tests.faults.load_clients import Crowd
from tests.faults.scale import chance, scaled
from tests.support.polling import eventually

MESSAGES = scaled(60, 1_000)
EACH = 10
FORGED = 0.05
CLIENTS = 16
LATEST_SECONDS = scaled(1.0, 5.0)

_HISTORIES: Sequence[tuple[str, Sequence[tuple[str, int | None]]]] = [
    ("delivered", [("sent", None), ("delivered", None)]),
    ("undelivered", [("sent", None), ("undelivered", 30003)]),
    ("failed", [("failed", 30001)]),
    ("read", [("sent", None), ("delivered", None), ("read", None)]),
    ("canceled", [("canceled", None)]),
    ("sent", [("sent", None)]),
]
"""How the carrier's messages go, and what it says of them on the way."""


async def test_callbacks_in_any_state_end_in_the_carriers_own_statuses(tmp_path: Path) -> None:
    random = chance("callbacks")
    async with running_world(tmp_path, pace=0, name="callbacks") as world:
        crowd, histories = await _send(world, random)
        entries = await eventually(lambda: _ended(world), lambda found: len(found) == MESSAGES, what="the last words")
        storm = _storm(entries, histories, random)
        forged = sum(callback.forged for callback in storm)

        answers = await _post(world, storm, random)
        rejected = sum(answer == 403 for answer in answers)
        assert [answer == 403 for answer in answers] == [callback.forged for callback in storm]
        assert await world.metric("mysms_callbacks_total", result="bad_signature") == forged
        assert await world.metric("mysms_callbacks_total", result="applied") == len(storm) - forged
        verdict = await judge(world, crowd.letters)
        CALLBACKS.add(
            len(storm),
            MESSAGES,
            len(storm) - forged,
            forged,
            rejected,
            f"{MESSAGES - verdict.not_final:,} of {MESSAGES:,}",
        )
        verdict.require_exactly_once()
        await _require_timelines(world, storm)


async def _send(world: World, random: Random) -> tuple[Crowd, dict[str, Sequence[tuple[str, int | None]]]]:
    """Messages that end in every way, and none of which the carrier reports by itself."""
    crowd = Crowd(world, random, numbers=[])
    histories = {}
    for place, (outcome, history) in enumerate(_HISTORIES):
        number = f"+1319555{place:04}"
        error_code = next((code for _, code in history if code is not None), None)
        await world.simulator.control.set_fault("outcome", to=number, status=outcome, error_code=error_code)
        histories[number] = history
    await world.simulator.control.set_fault("drop_callbacks")
    letters = [crowd.write(random.choice(list(histories))) for _ in range(MESSAGES)]
    await crowd.send_all(letters, CLIENTS)
    await all_decided(world)
    return crowd, histories


async def _ended(world: World) -> list[AcceptedMessage]:
    return [entry for entry in await world.simulator.control.ledger() if entry.message["status"] != "queued"]


def _storm(
    entries: Sequence[AcceptedMessage], histories: dict[str, Sequence[tuple[str, int | None]]], random: Random
) -> list[Callback]:
    once: list[Callback] = []
    for entry in entries:
        once += [genuine(entry, status, code) for status, code in histories[entry.request["To"]]]
    forgeries = [
        forge(random.choice(once), random.choice(once), random) for _ in range(round(FORGED * EACH * MESSAGES))
    ]
    storm = [*once, *random.choices(once, k=EACH * MESSAGES - len(once) - len(forgeries)), *forgeries]
    random.shuffle(storm)
    return storm


async def _post(world: World, storm: Sequence[Callback], random: Random) -> list[int]:
    """Each at a moment of its own, to any of the processes."""
    slots = asyncio.Semaphore(CLIENTS)
    begun = time.monotonic()

    async def post(callback: Callback, delay: float) -> int:
        await asyncio.sleep(max(0.0, begun + delay - time.monotonic()))
        url = urlsplit(callback.url)
        target = f"{random.choice(world.living).url}{url.path}?{url.query}"
        headers = {} if callback.signature is None else {"X-Twilio-Signature": callback.signature}
        async with slots:
            return (await world.http.post(target, data=dict(callback.form), headers=headers)).status_code

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(post(callback, LATEST_SECONDS * random.random())) for callback in storm]
    return [task.result() for task in tasks]


async def _require_timelines(world: World, storm: Sequence[Callback]) -> None:
    """Each timeline holds what the genuine callbacks said, each thing once."""
    told: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for callback in storm:
        if not callback.forged:
            told[callback.form["MessageSid"]].add((callback.form["MessageStatus"], callback.form.get("ErrorCode", "")))
    async for row in world.database["messages"].find({}, {"twilio_sid": 1, "events": 1}):
        heard = [event for event in row["events"] if event["source"] == "callback"]
        found = [(event["status"], str(event["error_code"] or "")) for event in heard]
        assert sorted(found) == sorted(told[row["twilio_sid"]])
