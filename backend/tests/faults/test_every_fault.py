"""Every fault of the simulator, each for its own number, while API processes are killed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from devservers.twilio.faults import FAULTS_BY_KIND, MmsConverter, SmSid
from devservers.twilio.media_faults import CutMedia, FetchMedia, LargeMedia, MediaType, NumMedia, RedirectMedia
from tests.faults.assertions import final_report
from tests.faults.environment import RECONCILE_AFTER_SECONDS, Environment, running_environment
from tests.faults.load_clients import LoadClients
from tests.faults.scale import scaled, seeded_random
from tests.support.polling import eventually

FaultSetting = tuple[str, dict[str, Any]]

MESSAGES_EACH = scaled(3, 12)
KILLS = scaled(1, 6)
ROUNDS = scaled(1, 6)
CONCURRENCY = scaled(10, 16)
ELSEWHERE = "+13125559999"

FAULTS_PER_NUMBER: Sequence[Sequence[FaultSetting]] = [
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
ACCOUNT_FAULTS: Sequence[FaultSetting] = [("unauthorized", {}), ("suspended", {"code": 30002})]
FAULTS_FOR_ALL: Sequence[FaultSetting] = [
    ("refuse_connections", {"seconds": 1.0}),
    ("error_500", {"on": "list", "probability": 0.2}),
    ("rate_limited", {"on": "list", "probability": 0.2}),
    ("trickle", {"on": "list", "probability": 0.1, "seconds": 2}),
    ("list_paging", {"by": "offset", "probability": 0.5}),
    ("reset_connection", {"on": "fetch", "probability": 0.2}),
]
UNCONFIRMABLE: Sequence[FaultSetting] = [
    ("rewrite_to", {"number": ELSEWHERE}),
    ("lose_201", {}),
    ("drop_callbacks", {}),
]
"""The number is rewritten and the SID is never reported: the message cannot be confirmed and must stay unconfirmed."""
UNCONFIRMABLE_NUMBER = "+13125559998"


def test_all_fault_kinds_are_used() -> None:
    used = {
        kind for settings in [*FAULTS_PER_NUMBER, ACCOUNT_FAULTS, FAULTS_FOR_ALL, UNCONFIRMABLE] for kind, _ in settings
    }
    # The first two are activated in every round with random delays. The list order applies to the whole simulator, and
    # events between pages would change the messages' expected outcome.
    elsewhere = {"late_commit", "list_lag", "list_order", "between_pages"}
    # They change what is read of a message's media, and no message: inbound/test_media.py.
    of_media = {fault.kind for fault in (CutMedia, LargeMedia, MediaType, RedirectMedia)}
    # They change what is fetched and told of media that are sent: test_media.py, attachments/test_sending.py.
    of_media |= {fault.kind for fault in (FetchMedia, MmsConverter, NumMedia, SmSid)}
    assert used | elsewhere | of_media == set(FAULTS_BY_KIND)


async def test_every_provider_fault_with_kills(tmp_path: Path, list_order: str) -> None:
    random = seeded_random("every fault")
    async with running_environment(tmp_path, list_order=list_order, name="every fault") as env:
        clients = LoadClients(env, random, numbers=[], gives_up=0.1)
        for round_number in range(ROUNDS):
            await _send_under_faults(env, clients, random, round_number)
        await _send_unconfirmable(env, clients)
        report = await final_report(env, clients.messages, unconfirmable=_unconfirmable_numbers())
        report.add_to_figures(
            f"all {len(FAULTS_BY_KIND)} faults of the provider, and kill -9 {ROUNDS * (KILLS + 2)} times"
        )
        report.require_exactly_once()
        assert report.reported_duplicates == 0
        assert report.unconfirmed >= 1


def _unconfirmable_numbers() -> list[str]:
    """Numbers whose messages may stay unconfirmed: a kill can lose the response of a rewritten number, too."""
    rewritten = [index for index, settings in enumerate(FAULTS_PER_NUMBER) if settings[0][0] == "rewrite_to"]
    return [
        UNCONFIRMABLE_NUMBER,
        *(_number(round_number, index) for round_number in range(ROUNDS) for index in rewritten),
    ]


def _number(round_number: int, index: int) -> str:
    return f"+1312{round_number}{index:06}"


async def _send_under_faults(env: Environment, clients: LoadClients, random: Random, round_number: int) -> None:
    control = env.simulator.control
    # The delays of late commits and of the list must not add up to more than RECONCILE_AFTER_SECONDS.
    lag = RECONCILE_AFTER_SECONDS * random.random()
    messages = []
    for index, settings in enumerate(FAULTS_PER_NUMBER):
        number = _number(round_number, index)
        for kind, parameters in settings:
            await control.set_fault(kind, to=number, **parameters)
        messages += [clients.new_message(number) for _ in range(MESSAGES_EACH)]
    late = _number(round_number, 999_999)
    for _ in range(MESSAGES_EACH):
        messages.append(clients.new_message(late))
        seconds = random.random() * (RECONCILE_AFTER_SECONDS - lag)
        await control.set_fault("late_commit", to=late, times=1, seconds=seconds)
    for kind, parameters in FAULTS_FOR_ALL:
        await control.set_fault(kind, **parameters)
    await control.set_fault("list_lag", seconds=lag)
    random.shuffle(messages)
    sending = asyncio.create_task(clients.send_all(messages, CONCURRENCY))
    for _ in range(KILLS):
        await asyncio.sleep(2 * random.random())
        victim = random.choice(list(env.apis))
        await victim.kill_and_wait()
        await victim.start()
    await sending
    await _send_with_account_errors(env, clients, round_number)
    await control.reset_faults()
    # Make delayed messages (full queue, account error) due, and restart all processes to end their pauses.
    for api in env.apis:
        await api.kill_and_wait()
    await asyncio.gather(*(api.start() for api in env.apis))
    await env.make_all_due()
    await env.make_list_checks_due()


async def _send_with_account_errors(env: Environment, clients: LoadClients, round_number: int) -> None:
    for index, (kind, parameters) in enumerate(ACCOUNT_FAULTS):
        number = _number(round_number, 888_000 + index)
        await env.simulator.control.set_fault(kind, to=number, times=1, **parameters)
        await clients.send_all([clients.new_message(number) for _ in range(MESSAGES_EACH)], CONCURRENCY)


async def _send_unconfirmable(env: Environment, clients: LoadClients) -> None:
    for kind, parameters in UNCONFIRMABLE:
        await env.simulator.control.set_fault(kind, to=UNCONFIRMABLE_NUMBER, **parameters)
    await clients.send(clients.new_message(UNCONFIRMABLE_NUMBER))
    # Wait for its last callback, which would otherwise confirm the message.
    await eventually(lambda: _status_at_provider(env), lambda status: status == "delivered", what="its delivery")
    await env.simulator.control.reset_faults()


async def _status_at_provider(env: Environment) -> object:
    ledger = await env.simulator.control.ledger()
    # The client may give up before the provider has the message.
    return next((entry.message["status"] for entry in ledger if entry.request["To"] == UNCONFIRMABLE_NUMBER), None)
