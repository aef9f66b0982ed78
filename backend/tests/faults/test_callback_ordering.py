"""Status callbacks in any order and number lead to the same status and timeline."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from devservers.twilio.control import AcceptedMessage
from tests.faults.callback_factory import genuine_callback
from tests.faults.environment import Environment, Json, running_environment
from tests.faults.scale import SEED, scaled
from tests.support.polling import eventually

EXAMPLES = scaled(40, 500)

Report = tuple[str, int | None]
"""A status with its error code."""


@dataclass(frozen=True)
class Case:
    """The callbacks of one message, in any order, and the resulting status."""

    reports: Sequence[Report]
    status: str
    error_code: int | None = None


# Written by hand from Twilio's reference, not computed.
CASES = [
    Case([("sent", None)], "sent"),
    Case([("sending", None), ("sent", None)], "sent"),
    Case([("accepted", None)], "queued"),
    Case([("scheduled", None), ("queued", None)], "queued"),
    Case([("sent", None), ("delivered", None)], "delivered"),
    Case([("accepted", None), ("sending", None), ("sent", None), ("delivered", None)], "delivered"),
    Case([("sent", None), ("delivered", None), ("read", None)], "read"),
    Case([("read", None)], "read"),
    Case([("sent", None), ("undelivered", 30003)], "undelivered", 30003),
    Case([("sending", None), ("sent", None), ("undelivered", 30008)], "undelivered", 30008),
    Case([("undelivered", None), ("undelivered", 30006)], "undelivered", 30006),
    Case([("failed", 30001)], "failed", 30001),
    Case([("sending", None), ("failed", 30002)], "failed", 30002),
    Case([("canceled", None)], "canceled"),
    Case([("sent", None), ("partially_delivered", None)], "sent"),
    Case([("delivered", None), ("a_future_status", None), ("sent", None)], "delivered"),
    Case([], "queued"),
]


@dataclass
class MessageSource:
    """Makes queued messages without callbacks, each too new for its first status check."""

    env: Environment
    api: str
    entries: dict[str, AcceptedMessage]
    texts: Iterator[str]

    async def new_message(self) -> str:
        posted = await self.env.post("+13205550100", next(self.texts))
        # On a busy machine the response precedes the provider's.
        message = await eventually(partial(self.env.detail, posted["_id"]), _is_queued, what="a queued message")
        (self.entries[message["_id"]],) = [
            entry for entry in await self.env.simulator.control.ledger() if entry.sid == message["twilio_sid"]
        ]
        return str(message["_id"])


def _is_queued(message: Json) -> bool:
    return bool(message["status"] == "queued")


@pytest.fixture(scope="module")
async def source(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MessageSource]:
    async with running_environment(tmp_path_factory.mktemp("order"), processes=1, pace=0, name="order") as env:
        await env.simulator.control.set_fault("outcome", status="queued")
        yield MessageSource(
            env, env.running_apis[0].url, {}, (f"In any order {number}" for number in itertools.count())
        )


@st.composite
def sequences(draw: st.DrawFn) -> tuple[Case, list[Report]]:
    """A case, with its callbacks in a random order and repeated at random."""
    case = draw(st.sampled_from(CASES))
    repeated = draw(st.lists(st.sampled_from(case.reports), max_size=6)) if case.reports else []
    return case, draw(st.permutations([*case.reports, *repeated]))


async def test_callbacks_in_any_order_and_number_lead_to_the_same_status(source: MessageSource) -> None:
    loop = asyncio.get_running_loop()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
    @given(sequence=sequences())
    def check(sequence: tuple[Case, list[Report]]) -> None:
        case, reports = sequence
        with httpx.Client(trust_env=False, timeout=20) as http:
            message_id = asyncio.run_coroutine_threadsafe(source.new_message(), loop).result()
            for status, code in reports:
                _report(http, source, message_id, status, code)
            message = _message(http, source, message_id)
            assert (message["status"], message["error_code"]) == (case.status, case.error_code)
            timeline = sorted(_timeline(message), key=repr)
            assert timeline == sorted(
                [("send", "queued", None), *(("callback", *report) for report in case.reports)], key=repr
            )

            for status, code in reversed(reports):
                _report(http, source, message_id, status, code)
            assert _message(http, source, message_id) == message

    # Hypothesis is synchronous: in a thread it does not block the event loop.
    await asyncio.to_thread(check)


async def test_contradicting_final_callbacks_are_resolved_by_a_fetch(source: MessageSource) -> None:
    contradictions = [("delivered", "undelivered"), ("undelivered", "delivered"), ("failed", "delivered")]
    truths: list[Report] = [("delivered", None), ("undelivered", 30003)]
    async with asyncio.TaskGroup() as group:
        for reported, truth in itertools.product(contradictions, truths):
            group.create_task(_contradict(source, reported, truth))


async def _contradict(source: MessageSource, reported: Sequence[str], truth: Report) -> None:
    message_id = await source.new_message()
    sid = source.entries[message_id].sid
    await source.env.simulator.control.set_status(sid, *truth, send_callback=False)
    codes = {"undelivered": 30003, "failed": 30001, "delivered": None}

    def post_callbacks() -> None:
        with httpx.Client(trust_env=False, timeout=20) as http:
            for status in [*reported, *reported]:
                _report(http, source, message_id, status, codes[status])

    await asyncio.to_thread(post_callbacks)
    resolved = await eventually(
        lambda: source.env.document(message_id),
        lambda row: (
            any(event["source"] == "reconciler" for event in row["events"]) and row["outbound"]["next_check_at"] is None
        ),
        what="a status check",
    )
    assert (resolved["provider_status"], resolved["error_code"]) == truth
    assert {(event["source"], event["status"]) for event in resolved["events"]} == {
        ("send", "queued"),
        ("reconciler", truth[0]),
        *(("callback", status) for status in reported),
    }


def _report(http: httpx.Client, source: MessageSource, message_id: str, status: str, code: int | None) -> None:
    callback = genuine_callback(source.entries[message_id], status, code)
    url = httpx.URL(callback.url).copy_with(port=httpx.URL(source.api).port)
    headers = {"X-Twilio-Signature": callback.signature or ""}
    response = http.post(url, data=dict(callback.form), headers=headers)
    assert response.status_code == 204, response.text


def _message(http: httpx.Client, source: MessageSource, message_id: str) -> dict[str, Any]:
    message: dict[str, Any] = http.get(f"{source.api}/api/messages/{message_id}", headers=source.env.headers).json()
    return message


def _timeline(message: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    return [(event["source"], event["status"], event["error_code"]) for event in message["timeline"]]
