"""Every switch of the simulator, each for a number of its own, while API processes are killed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from devservers.twilio.faults import FAULTS_BY_KIND
from tests.faults.assertions import final_verdict
from tests.faults.environment import RECONCILE_AFTER_SECONDS, World, running_world
from tests.faults.load_clients import Crowd
from tests.faults.scale import chance, scaled
from tests.support.polling import eventually

Switch = tuple[str, dict[str, Any]]

LETTERS_EACH = scaled(3, 12)
KILLS = scaled(1, 6)
ROUNDS = scaled(1, 6)
CLIENTS = scaled(10, 16)
ELSEWHERE = "+13125559999"

FOR_A_NUMBER: Sequence[Sequence[Switch]] = [
    [("refuse", {"code": 21610, "probability": 0.5})],
    [("rate_limited", {"probability": 0.5})],
    [("unavailable", {"probability": 0.5})],
    [("queue_full", {"times": 1}), ("queue_full", {"times": 1, "status": 429})],
    [("error_500", {"probability": 0.5})],
    [("error_500", {"probability": 0.5, "commit": True})],
    [("lose_201", {"probability": 0.5})],
    [("lose_201", {}), ("drop_callbacks", {})],
    [("lose_201", {"probability": 0.5}), ("outcome", {"status": "queued"})],
    [("unreadable_201", {"probability": 0.5})],
    [("trickle", {"probability": 0.5, "seconds": 3})],
    [("hang", {"probability": 0.5, "seconds": 3})],
    [("reset_connection", {"probability": 0.5})],
    [("skew_dates", {"seconds": 200}), ("lose_201", {"probability": 0.5})],
    [("skew_dates", {"seconds": -200}), ("lose_201", {"probability": 0.5})],
    [("trial_prefix", {}), ("lose_201", {"probability": 0.5}), ("drop_callbacks", {"probability": 0.5})],
    [("rewrite_to", {"number": ELSEWHERE})],
    [("outcome", {"status": "undelivered", "error_code": 30003})],
    [("conflicting_finals", {"first": "undelivered", "second": "delivered", "truth": "delivered"})],
    [("conflicting_finals", {})],
    [("early_callbacks", {"until": "first"})],
    [("early_callbacks", {"until": "final"}), ("lose_201", {"probability": 0.5})],
    [("delay_callbacks", {"seconds": 2, "probability": 0.5})],
    [("drop_callbacks", {"probability": 0.5})],
    [("duplicate_callbacks", {"copies": 3})],
    [("reorder_callbacks", {})],
]
PAUSING: Sequence[Switch] = [("unauthorized", {}), ("suspended", {"code": 30002})]
FOR_ALL: Sequence[Switch] = [
    ("refuse_connections", {"seconds": 1.0}),
    ("error_500", {"on": "list", "probability": 0.2}),
    ("rate_limited", {"on": "list", "probability": 0.2}),
    ("trickle", {"on": "list", "probability": 0.1, "seconds": 2}),
    ("list_paging", {"by": "offset", "probability": 0.5}),
    ("reset_connection", {"on": "fetch", "probability": 0.2}),
]
DOUBTFUL: Sequence[Switch] = [("rewrite_to", {"number": ELSEWHERE}), ("lose_201", {}), ("drop_callbacks", {})]
"""Its number is rewritten and its SID never told: nobody can know that it was sent, so it must stay unconfirmed."""
DOUBTFUL_NUMBER = "+13125559998"


def test_no_switch_is_forgotten() -> None:
    used = {kind for switches in [*FOR_A_NUMBER, PAUSING, FOR_ALL, DOUBTFUL] for kind, _ in switches}
    # The delays of the first two are drawn anew for every round. An order holds for a whole simulator, and what happens
    # between two pages is done to messages, whose fate would not be the one that is judged.
    assert used | {"late_commit", "list_lag", "list_order", "between_pages"} == set(FAULTS_BY_KIND)


async def test_every_fault_of_the_carrier_with_kills(tmp_path: Path, list_order: str) -> None:
    random = chance("every fault")
    async with running_world(tmp_path, list_order=list_order, name="every fault") as world:
        crowd = Crowd(world, random, numbers=[], gives_up=0.1)
        for round_number in range(ROUNDS):
            await _send_under_faults(world, crowd, random, round_number)
        await _send_what_is_doubtful(world, crowd)
        verdict = await final_verdict(world, crowd.letters, doubtful=_doubtful_numbers())
        verdict.enter(f"all {len(FAULTS_BY_KIND)} faults of the carrier, and kill -9 {ROUNDS * (KILLS + 2)} times")
        verdict.require_exactly_once()
        assert verdict.reported_doubles == 0
        assert verdict.in_doubt >= 1


def _doubtful_numbers() -> list[str]:
    """Whose SIDs may stay unknown for ever: also without a fault an answer may get lost, in a kill."""
    rewritten = [place for place, switches in enumerate(FOR_A_NUMBER) if switches[0][0] == "rewrite_to"]
    return [DOUBTFUL_NUMBER, *(_number(round_number, place) for round_number in range(ROUNDS) for place in rewritten)]


def _number(round_number: int, place: int) -> str:
    return f"+1312{round_number}{place:06}"


async def _send_under_faults(world: World, crowd: Crowd, random: Random, round_number: int) -> None:
    control = world.simulator.control
    # What the carrier commits late and what its list shows late may add up to no more than is waited for.
    lag = RECONCILE_AFTER_SECONDS * random.random()
    letters = []
    for place, switches in enumerate(FOR_A_NUMBER):
        number = _number(round_number, place)
        for kind, parameters in switches:
            await control.set_fault(kind, to=number, **parameters)
        letters += [crowd.write(number) for _ in range(LETTERS_EACH)]
    late = _number(round_number, 999_999)
    for _ in range(LETTERS_EACH):
        letters.append(crowd.write(late))
        seconds = random.random() * (RECONCILE_AFTER_SECONDS - lag)
        await control.set_fault("late_commit", to=late, times=1, seconds=seconds)
    for kind, parameters in FOR_ALL:
        await control.set_fault(kind, **parameters)
    await control.set_fault("list_lag", seconds=lag)
    random.shuffle(letters)
    sending = asyncio.create_task(crowd.send_all(letters, CLIENTS))
    for _ in range(KILLS):
        await asyncio.sleep(2 * random.random())
        victim = random.choice(list(world.apis))
        await victim.kill()
        await victim.start()
    await sending
    await _send_while_the_account_is_closed(world, crowd, round_number)
    await control.reset_faults()
    # What was put off for minutes (a full queue, a closed account) is due now, and no process pauses.
    for api in world.apis:
        await api.kill()
    await asyncio.gather(*(api.start() for api in world.apis))
    await world.let_time_pass()


async def _send_while_the_account_is_closed(world: World, crowd: Crowd, round_number: int) -> None:
    for place, (kind, parameters) in enumerate(PAUSING):
        number = _number(round_number, 888_000 + place)
        await world.simulator.control.set_fault(kind, to=number, times=1, **parameters)
        await crowd.send_all([crowd.write(number) for _ in range(LETTERS_EACH)], CLIENTS)


async def _send_what_is_doubtful(world: World, crowd: Crowd) -> None:
    for kind, parameters in DOUBTFUL:
        await world.simulator.control.set_fault(kind, to=DOUBTFUL_NUMBER, **parameters)
    await crowd.send(crowd.write(DOUBTFUL_NUMBER))
    # Until it has left the carrier: a callback would name its message, and then be believed.
    await eventually(lambda: _status_at_carrier(world), lambda status: status == "delivered", what="its delivery")
    await world.simulator.control.reset_faults()


async def _status_at_carrier(world: World) -> object:
    ledger = await world.simulator.control.ledger()
    return next(entry.message["status"] for entry in ledger if entry.request["To"] == DOUBTFUL_NUMBER)
