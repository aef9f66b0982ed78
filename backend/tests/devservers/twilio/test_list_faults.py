"""Variants of Twilio's message list that its documentation leaves open."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException

from devservers.twilio.account import DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from devservers.twilio.messages import Message
from tests.devservers.twilio.harness import ORDINARY, Library, Simulator, eventually

OTHER = "+442079460958"
ORDERS = {"created": "DCBA", "sent_unsent_first": "DBAC", "sent_unsent_last": "ACDB"}
"""The expected order of the messages of `four`: A to D were created in this order, then C was sent, then A."""
YEARS = timedelta(days=3650)
LAG_SECONDS = 600.0


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


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])
@pytest.mark.parametrize("order", ORDERS)
async def test_date_filters_exclude_unsent_messages(
    four: Library, control: SimulatorControl, order: str, form: str
) -> None:
    await control.set_fault("list_order", order=order)
    (sent,) = {message.date_sent.strftime(form) for message in await four.list() if message.body == "A"}
    sent_bodies = "".join(body for body in ORDERS[order] if body in "AC")
    for filters in (
        {"date_sent_after": (datetime.now(UTC) - YEARS).strftime(form)},
        {"date_sent_before": (datetime.now(UTC) + YEARS).strftime(form)},
        {"date_sent_after": (datetime.now(UTC) - YEARS).strftime(form), "date_sent_before": sent},
    ):
        assert bodies(await four.list(page_size=1, **filters)) == sent_bodies
    assert {"A"} <= set(bodies(await four.list(date_sent=sent))) <= set(sent_bodies)


@pytest.mark.parametrize("by", ["token", "offset"])
@pytest.mark.parametrize("order", ORDERS)
async def test_previous_page_returns_the_same_page(
    four: Library, control: SimulatorControl, order: str, by: str
) -> None:
    await control.set_fault("list_order", order=order)
    await control.set_fault("list_paging", by=by)
    first = await four.call(four.client.messages.page, page_size=3)
    second = await four.call(first.next_page)
    back = await four.call(second.previous_page)
    assert [bodies(list(page)) for page in (first, second, back)] == [
        ORDERS[order][:3],
        ORDERS[order][3:],
        ORDERS[order][:3],
    ]


async def test_list_order_option(data: Path) -> None:
    order = "sent_unsent_first"
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


async def test_an_invalid_page_token_is_rejected(four: Library) -> None:
    for token in ("PASM" + "0" * 32, "nonsense"):
        with pytest.raises(TwilioException, match="21481"):
            await four.call(four.client.messages.page, page_token=token)


async def test_list_lag(twilio: Library, control: SimulatorControl) -> None:
    """Filters and order use the snapshot too; a fetch by SID returns the current message."""
    await control.set_pace(1000)
    await control.set_fault("list_order", order="sent_unsent_last")
    await control.set_fault("list_lag", seconds=2)
    older = await twilio.create(body="older")
    await twilio.create(body="newer")
    assert await twilio.list() == []

    async def listed() -> bool:
        return len(await twilio.list()) == 2

    await eventually(listed)
    await control.set_status(older.sid, "sent")
    await control.set_status(older.sid, "undelivered")
    stale = (await twilio.list())[1]
    assert (stale.body, stale.status, stale.error_code) == ("older", "queued", None)
    assert (stale.date_sent, stale.price, stale.date_updated) == (None, None, older.date_created)
    assert await twilio.list(date_sent_after=older.date_created) == []
    assert (await twilio.fetch(older.sid)).status == "undelivered"

    async def caught_up() -> bool:
        return bool((await twilio.list())[0].status == "undelivered")

    await eventually(caught_up)
    assert bodies(await twilio.list()) == "oldernewer"
    assert bodies(await twilio.list(date_sent_after=older.date_created)) == "older"


@pytest.mark.parametrize("skew", [0.0, -3600.0, 3600.0])
def test_a_snapshot_distinguishes_sent_from_queued(skew: float) -> None:
    created, sent, updated = (skew + moment for moment in (100, 200, 300))
    now = Message(
        "SM1", "AC1", "+1", "+2", "hi", 0, created, updated, accepted_at=100, sent_at=sent, skew=skew, status="read"
    )
    snapshots = [now.as_of(moment) for moment in (150, 250, 300)]
    assert [snapshot.status for snapshot in snapshots] == ["queued", "sent", "read"]
    assert [snapshot.sent_at for snapshot in snapshots] == [None, sent, sent]
    assert [snapshot.updated_at for snapshot in snapshots] == [created, sent, updated]


async def test_list_lag_of_date_filtered_lists_only(four: Library, control: SimulatorControl) -> None:
    await control.set_fault("list_lag", seconds=LAG_SECONDS, filtered_only=True)
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert await four.list(date_sent_after=since) == []
    assert await four.list(date_sent_after=since, to=ORDINARY) == []
    assert {message.body for message in await four.list(to=ORDINARY) if message.date_sent} == set("AC")
    await control.reset_faults()
    assert {message.body for message in await four.list(date_sent_after=since)} == set("AC")


async def test_a_page_can_be_smaller_than_the_requested_size(four: Library, control: SimulatorControl) -> None:
    await control.set_fault("list_paging", largest=3)
    page = await four.call(four.client.messages.page, page_size=1000)
    assert [bodies(list(page)), bodies(list(await four.call(page.next_page)))] == ["DCB", "A"]
    assert bodies(await four.list(page_size=1000)) == "DCBA"


@pytest.mark.parametrize(
    ("order", "page_size", "event", "by", "read"),
    [
        ("created", 2, {"event": "created"}, "token", "DCBA"),
        ("created", 2, {"event": "created"}, "offset", "DCCBA"),
        ("created", 2, {"event": "deleted"}, "token", "DCBA"),
        ("created", 2, {"event": "deleted"}, "offset", "DCA"),
        ("created", 2, {"event": "sent"}, "token", "DCBA"),
        ("created", 2, {"event": "sent"}, "offset", "DCBA"),
        ("sent_unsent_first", 1, {"event": "sent", "sid": "D"}, "token", "DAC"),
        ("sent_unsent_first", 1, {"event": "sent", "sid": "D"}, "offset", "DDAC"),
        ("sent_unsent_last", 2, {"event": "sent", "sid": "B"}, "token", "ACD"),
        ("sent_unsent_last", 2, {"event": "sent", "sid": "B"}, "offset", "ACCD"),
        ("sent_unsent_last", 1, {"event": "sent", "after": 1}, "token", "AC"),
        ("sent_unsent_last", 1, {"event": "sent", "after": 1}, "offset", "ACAC"),
    ],
)
async def test_between_pages(
    four: Library, control: SimulatorControl, order: str, page_size: int, event: dict[str, Any], by: str, read: str
) -> None:
    """A client that reads page by page can skip a message that moves to the front, or read one twice."""
    await control.set_fault("list_order", order=order)
    await control.set_fault("list_paging", by=by)
    sids = {str(entry.message["body"]): entry.sid for entry in await control.ledger()}
    if "sid" in event:
        event = event | {"sid": sids[event["sid"]]}
    await control.set_fault("between_pages", times=1, to=ORDINARY, **event)
    assert bodies(await four.list(page_size=page_size)) == ORDERS[order]
    assert bodies(await four.list(to=ORDINARY, page_size=page_size)) == read


@pytest.mark.parametrize(
    ("order", "listed"), [("created", "DCBAX"), ("sent_unsent_first", "DBXAC"), ("sent_unsent_last", "XACDB")]
)
async def test_a_message_sent_after_hours_in_the_queue(
    four: Library, control: SimulatorControl, order: str, listed: str
) -> None:
    await control.set_fault("skew_dates", seconds=-8 * 3600, dates="created", times=1)
    await control.set_fault("list_order", order=order)
    begun = datetime.now(UTC).replace(microsecond=0)
    queued = await four.create(body="X")
    assert queued.date_updated == queued.date_created < begun - timedelta(hours=7)
    await control.set_status(queued.sid, "sent")
    sent = await four.fetch(queued.sid)
    assert sent.date_created == queued.date_created
    assert sent.date_sent == sent.date_updated >= begun
    assert bodies(await four.list(page_size=2)) == listed
    assert "X" in bodies(await four.list(date_sent_after=begun))
