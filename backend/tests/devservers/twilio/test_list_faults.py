"""What Twilio's list may do that a reader must not trip over: its documents promise nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from twilio.base.exceptions import TwilioException

from devservers.twilio.account import DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import ORDINARY, Library, Simulator

OTHER = "+442079460958"
ORDERS = {"created": "DCBA", "sent_unsent_first": "DBAC", "sent_unsent_last": "ACDB"}
"""How the messages of `four` are listed: A to D were created in this order, then C was sent, then A."""


@pytest.fixture
async def four(twilio: Library, control: SimulatorControl) -> Library:
    await control.set_pace(1000)
    await create_four(twilio, control)
    return twilio


async def create_four(library: Library, control: SimulatorControl) -> None:
    sids = {body: (await library.create(body=body)).sid for body in "ABCD"}
    for body in "CA":
        await control.set_status(sids[body], "sent")


def bodies(messages: list[object]) -> str:
    return "".join(str(getattr(message, "body", "")) for message in messages)


@pytest.mark.parametrize("page_size", [1, 2, 3, 50])
@pytest.mark.parametrize("order", ORDERS)
async def test_list_order(four: Library, control: SimulatorControl, order: str, page_size: int) -> None:
    await control.set_fault("list_order", order=order)
    await four.create(to=OTHER, body="to another")
    assert bodies(await four.list(to=ORDINARY, page_size=page_size)) == ORDERS[order]
    assert bodies(await four.list(to=ORDINARY, from_=DEFAULT_FROM_NUMBER, page_size=page_size)) == ORDERS[order]
    since = datetime.now(UTC) - timedelta(minutes=1)
    sent = [body for body in ORDERS[order] if body in "AC"]
    assert list(bodies(await four.list(date_sent_after=since, page_size=page_size))) == sent


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_go_back_as_they_came(four: Library, control: SimulatorControl, order: str) -> None:
    await control.set_fault("list_order", order=order)
    first = await four.call(four.client.messages.page, page_size=3)
    second = await four.call(first.next_page)
    back = await four.call(second.previous_page)
    assert [bodies(list(page)) for page in (first, second, back)] == [
        ORDERS[order][:3],
        ORDERS[order][3:],
        ORDERS[order][:3],
    ]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_process_lists_in_the_order_that_it_was_started_with(data: Path, order: str) -> None:
    simulator = await Simulator.start(data, "--pace", "1000", "--list-order", order)
    library = Library(simulator.url)
    async with simulator.control() as control:
        await create_four(library, control)
        assert bodies(await library.list()) == ORDERS[order]
        for other in ORDERS:
            await control.set_fault("list_order", order=other, times=1)
        assert [bodies(await library.list()) for _ in range(4)] == [*ORDERS.values(), ORDERS[order]]
    library.close()
    assert await simulator.stop() == 0


async def test_a_page_token_of_nobody(four: Library) -> None:
    for token in ("PASM" + "0" * 32, "nonsense"):
        with pytest.raises(TwilioException, match="21481"):
            await four.call(four.client.messages.page, page_token=token)
