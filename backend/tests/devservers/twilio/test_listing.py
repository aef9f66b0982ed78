from datetime import UTC, datetime, timedelta

import pytest

from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import ORDINARY, Library, eventually

OTHER = "+442079460958"


@pytest.fixture
async def seven(twilio: Library, control: SimulatorControl) -> Library:
    await control.set_pace(0)
    for number in range(7):
        await twilio.create(to=OTHER if number % 3 == 0 else ORDINARY, body=str(number))

    async def all_delivered() -> bool:
        return {entry.message["status"] for entry in await control.ledger()} == {"delivered"}

    await eventually(all_delivered)
    return twilio


def bodies(messages: list[object]) -> str:
    return "".join(str(getattr(message, "body", "")) for message in messages)


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 50, 1000])
async def test_every_page_size_lists_everything_newest_first(seven: Library, page_size: int) -> None:
    assert bodies(await seven.list(page_size=page_size)) == "6543210"


async def test_limit_and_stream(seven: Library) -> None:
    assert bodies(await seven.list(limit=4, page_size=2)) == "6543"
    assert bodies(await seven.call(lambda: list(seven.client.messages.stream(page_size=2, limit=5)))) == "65432"


async def test_filters(seven: Library) -> None:
    assert bodies(await seven.list(to=OTHER)) == "630"
    assert bodies(await seven.list(to=OTHER, page_size=1)) == "630"
    assert await seven.list(from_="+15005550099") == []
    now = datetime.now(UTC)
    assert len(await seven.list(date_sent_after=now - timedelta(minutes=1))) == 7
    assert len(await seven.list(date_sent_after=now - timedelta(minutes=1), page_size=2)) == 7
    assert await seven.list(date_sent_after=now + timedelta(minutes=1)) == []
    assert len(await seven.list(date_sent_before=now + timedelta(minutes=1))) == 7
    assert await seven.list(date_sent_before=now - timedelta(minutes=1)) == []
    sent = (await seven.list(limit=1))[0].date_sent
    assert bodies(await seven.list(date_sent=sent))
    assert len(await seven.list(date_sent=sent.strftime("%Y-%m-%d"))) > 0
    assert await seven.list(date_sent="2015-07-30") == []


async def test_date_filters_exclude_unsent_messages(twilio: Library, control: SimulatorControl) -> None:
    await control.set_pace(1000)
    await twilio.create()
    assert len(await twilio.list(to=ORDINARY)) == 1
    assert await twilio.list(date_sent_after=datetime.now(UTC) - timedelta(days=1)) == []


async def test_pages_are_stable_while_messages_are_added(seven: Library) -> None:
    page = await seven.call(seven.client.messages.page, page_size=3)
    assert bodies(list(page)) == "654"
    await seven.create(body="new")
    second = await seven.call(page.next_page)
    assert bodies(list(second)) == "321"
    third = await seven.call(second.next_page)
    assert bodies(list(third)) == "0"
    assert third.next_page() is None
    back = await seven.call(third.previous_page)
    assert bodies(list(back)) == "321"
    first = await seven.call(back.previous_page)
    assert bodies(list(first)) == "654"
    assert bodies(list(await seven.call(first.next_page))) == "321"


async def test_the_envelope(seven: Library) -> None:
    page = await seven.call(seven.client.messages.page, to=ORDINARY, page_size=3)
    envelope = page._payload
    assert set(envelope) == {
        "messages", "page", "page_size", "start", "end", "uri", "first_page_uri", "next_page_uri", "previous_page_uri",
    }  # fmt: skip
    assert (envelope["page"], envelope["page_size"], envelope["start"], envelope["end"]) == (0, 3, 0, 2)
    assert envelope["next_page_uri"].startswith("/2010-04-01/Accounts/AC")
    assert "To=%2B14155552671" in envelope["next_page_uri"]
    assert envelope["previous_page_uri"] is None
