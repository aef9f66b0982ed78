"""Whatever order the carrier's words come in, and however often: the same status, the same timeline."""

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

from devservers.twilio.control import Accepted
from tests.faults.forgery import genuine
from tests.faults.scale import SEED, scaled
from tests.faults.world import Json, World, running_world
from tests.support.polling import eventually

EXAMPLES = scaled(40, 500)

Word = tuple[str, int | None]


@dataclass(frozen=True)
class Case:
    """What the carrier says of one message, in any order, and what is true then."""

    words: Sequence[Word]
    status: str
    error_code: int | None = None


# Written by hand from Twilio's reference: nothing of this is computed.
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
    Case([("delivered", None), ("a word of tomorrow", None), ("sent", None)], "delivered"),
    Case([], "queued"),
]


@dataclass
class Desk:
    """Where messages are had of which nobody has said anything yet, and nobody is due to be asked."""

    world: World
    api: str
    entries: dict[str, Accepted]
    texts: Iterator[str]

    async def new_message(self) -> str:
        posted = await self.world.post("+13205550100", next(self.texts))
        # On a busy machine a post is answered before the carrier has answered.
        message = await eventually(partial(self.world.detail, posted["_id"]), _is_queued, what="a word")
        (self.entries[message["_id"]],) = [
            entry for entry in await self.world.simulator.control.ledger() if entry.sid == message["twilio_sid"]
        ]
        return str(message["_id"])


def _is_queued(message: Json) -> bool:
    return bool(message["status"] == "queued")


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with running_world(tmp_path_factory.mktemp("order"), processes=1, pace=0, name="order") as world:
        await world.simulator.control.set_fault("outcome", status="queued")
        yield Desk(world, world.living[0].url, {}, (f"In any order {place}" for place in itertools.count()))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Case, list[Word]]:
    """A case, and its words in an order and a number."""
    case = draw(st.sampled_from(CASES))
    repeated = draw(st.lists(st.sampled_from(case.words), max_size=6)) if case.words else []
    return case, draw(st.permutations([*case.words, *repeated]))


async def test_any_order_and_repetition_ends_the_same(desk: Desk) -> None:
    loop = asyncio.get_running_loop()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
    @given(story=stories())
    def tell(story: tuple[Case, list[Word]]) -> None:
        case, words = story
        with httpx.Client(trust_env=False, timeout=20) as http:
            message_id = asyncio.run_coroutine_threadsafe(desk.new_message(), loop).result()
            for status, code in words:
                _report(http, desk, message_id, status, code)
            message = _message(http, desk, message_id)
            assert (message["status"], message["error_code"]) == (case.status, case.error_code)
            told = sorted(_timeline(message), key=repr)
            assert told == sorted([("send", "queued", None), *(("callback", *word) for word in case.words)], key=repr)

            for status, code in reversed(words):
                _report(http, desk, message_id, status, code)
            assert _message(http, desk, message_id) == message

    # Hypothesis is synchronous: so the loop that the world lives in goes on meanwhile.
    await asyncio.to_thread(tell)


async def test_of_two_last_words_the_carriers_own_answer_holds(desk: Desk) -> None:
    words = [("delivered", "undelivered"), ("undelivered", "delivered"), ("failed", "delivered")]
    truths: list[Word] = [("delivered", None), ("undelivered", 30003)]
    async with asyncio.TaskGroup() as group:
        for said, truth in itertools.product(words, truths):
            group.create_task(_contradict(desk, said, truth))


async def _contradict(desk: Desk, said: Sequence[str], truth: Word) -> None:
    message_id = await desk.new_message()
    sid = desk.entries[message_id].sid
    await desk.world.simulator.control.set_status(sid, *truth, announce=False)
    codes = {"undelivered": 30003, "failed": 30001, "delivered": None}

    def tell() -> None:
        with httpx.Client(trust_env=False, timeout=20) as http:
            for status in [*said, *said]:
                _report(http, desk, message_id, status, codes[status])

    await asyncio.to_thread(tell)
    asked = await eventually(
        lambda: desk.world.document(message_id),
        lambda row: any(event["source"] == "reconciler" for event in row["events"]) and row["check_at"] is None,
        what="that the carrier is asked",
    )
    assert (asked["carrier_status"], asked["error_code"]) == truth
    assert {(event["source"], event["status"]) for event in asked["events"]} == {
        ("send", "queued"),
        ("reconciler", truth[0]),
        *(("callback", status) for status in said),
    }


def _report(http: httpx.Client, desk: Desk, message_id: str, status: str, code: int | None) -> None:
    callback = genuine(desk.entries[message_id], status, code)
    url = httpx.URL(callback.url).copy_with(port=httpx.URL(desk.api).port)
    headers = {"X-Twilio-Signature": callback.signature or ""}
    answer = http.post(url, data=dict(callback.form), headers=headers)
    assert answer.status_code == 204, answer.text


def _message(http: httpx.Client, desk: Desk, message_id: str) -> dict[str, Any]:
    message: dict[str, Any] = http.get(f"{desk.api}/api/messages/{message_id}", headers=desk.world.headers).json()
    return message


def _timeline(message: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    return [(event["source"], event["status"], event["error_code"]) for event in message["timeline"]]
