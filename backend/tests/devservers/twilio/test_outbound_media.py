"""Pictures that the app sends: they are fetched from it, and listed and shown; each fault of what is not documented."""

from collections.abc import Sequence
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from devservers.twilio.api import CONTENT_PATH
from devservers.twilio.control import SimulatorControl
from devservers.twilio.media import sample_picture
from devservers.twilio.readable import readable
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator, eventually
from tests.devservers.twilio.test_page import get, log


@pytest.fixture
async def url(simulator: Simulator, control: SimulatorControl, twilio: Library) -> str:
    """Where a picture is. It has come in, of which nothing is told."""
    await control.set_number(sms_url="", sms_fallback_url="", sms_application_sid="")
    received = await control.text("+14155550199", "", num_media=1)
    (media,) = await twilio.call(twilio.client.messages(received.sid).media.list)
    return f"{simulator.url}{CONTENT_PATH}/{media.sid}"


async def becomes(twilio: Library, sid: str, status: str) -> Any:
    async def find() -> Any:
        message = await twilio.fetch(sid)
        return message if message.status == status else None

    return await eventually(find)


async def fetches_of(control: SimulatorControl, sid: str) -> Sequence[tuple[object, object]]:
    return [(each["status"], each["bytes"]) for each in await control.media_fetches() if each["message_sid"] == sid]


async def test_pictures_are_fetched_listed_and_shown(
    simulator: Simulator, control: SimulatorControl, twilio: Library, url: str
) -> None:
    message = await twilio.create(body="", media_url=[url, url])
    assert (message.sid[:2], message.num_media, message.body) == ("MM", "2", "")
    await becomes(twilio, message.sid, "delivered")
    media = await twilio.call(twilio.client.messages(message.sid).media.list)
    assert [each.content_type for each in media] == ["image/png", "image/png"]
    assert [await control.media_of(each.sid) for each in media] == [sample_picture()] * 2
    assert await fetches_of(control, message.sid) == [(200, len(sample_picture()))] * 2
    page = (await get(simulator, phone=ORDINARY)).text
    assert page.count('alt="Picture to this phone"') == 2
    assert all(f"/_control/media/{each.sid}" in page for each in media)
    (entry,) = [entry for entry in await control.ledger() if entry.sid == message.sid]
    assert entry.media_urls == [url, url]


async def test_where_there_is_no_mms_the_phone_gets_a_link(simulator: Simulator, twilio: Library, url: str) -> None:
    for number, has_link in (("+447700900123", True), ("+61491570156", False)):
        message = await twilio.create(to=number, body="Look", media_url=[url])
        await becomes(twilio, message.sid, "delivered")
        (media,) = await twilio.call(twilio.client.messages(message.sid).media.list)
        page = (await get(simulator, phone=number)).text
        assert (f'<a href="/_control/media/{media.sid}">Link to a picture</a>' in page) is has_link
        assert ('alt="Picture to this phone"' in page) is not has_link


async def test_the_log_tells_of_pictures_and_when_they_are_fetched(
    simulator: Simulator, twilio: Library, control: SimulatorControl, url: str
) -> None:
    await control.set_pace(0)
    message = await twilio.create(media_url=[url])
    await becomes(twilio, message.sid, "delivered")
    for missing in ([url.replace("/media-content/", "/nothing/"), url], ["http://127.0.0.1:9/x"]):
        failing = await twilio.create(media_url=missing)
        await becomes(twilio, failing.sid, "failed")
    names = [line.rpartition(" | ")[0] for line in log((await get(simulator)).text)]
    number = readable(ORDINARY)
    told = [name for name in names if "icture" in name and not name.startswith("Fetched")]
    assert told == [
        "Picture not fetched by Twilio | no answer · could not connect",
        f"Picture sent | to {number} · 201",
        "Picture not fetched by Twilio | 404 Not Found",
        f"2 pictures sent | to {number} · 201",
        f"Picture fetched by Twilio | {round(len(sample_picture()) / 1000)} kB · 200",
        f"Picture sent | to {number} · 201",
    ]
    assert "nothing" not in " ".join(names)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("/media-content/", "/nothing/"), 11200),
        ((CONTENT_PATH, "/?"), 12300),
        (("http://127.0.0.1", "http://127.0.0.9"), 11200),
    ],
)
async def test_what_cannot_be_fetched_fails_the_message(
    control: SimulatorControl, twilio: Library, receiver: Receiver, url: str, change: tuple[str, str], code: int
) -> None:
    message = await twilio.create(media_url=[url, url.replace(*change)], status_callback=receiver.url())
    failed = await becomes(twilio, message.sid, "failed")
    assert (failed.error_code, failed.date_sent) == (code, None)
    (callback,) = await receiver.wait_for(1)
    assert (callback.status, callback.params["ErrorCode"]) == ("failed", str(code))
    assert await twilio.call(twilio.client.messages(message.sid).media.list) == []


async def test_what_is_too_large_fails_the_message(control: SimulatorControl, twilio: Library, url: str) -> None:
    await control.set_fault("media_large", size=5_000_001)
    message = await twilio.create(media_url=[url])
    assert (await becomes(twilio, message.sid, "failed")).error_code == 30019


@pytest.mark.parametrize(
    ("media", "code"),
    [
        (["http://127.0.0.1/x"] * 11, 21623),
        (["ftp://127.0.0.1/x"], 21620),
        (["127.0.0.1/x"], 21620),
        (["https://example.com/x.png"], 21620),
    ],
)
async def test_invalid_addresses_are_refused(twilio: Library, media: list[str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await twilio.create(media_url=media)
    assert (refused.value.status, refused.value.code) == (400, code)


async def test_a_picture_is_fetched_twice(control: SimulatorControl, twilio: Library, url: str) -> None:
    await control.set_fault("media_fetch", copies=2)
    message = await twilio.create(media_url=[url])
    await becomes(twilio, message.sid, "delivered")
    assert len(await fetches_of(control, message.sid)) == 2
    assert len(await twilio.call(twilio.client.messages(message.sid).media.list)) == 1


async def test_a_picture_is_never_fetched(control: SimulatorControl, twilio: Library, url: str) -> None:
    await control.set_fault("media_fetch", never=True, to=ORDINARY)
    waiting = await twilio.create(media_url=[url])
    other = await twilio.create(to="+14155552672", media_url=[url])
    await becomes(twilio, other.sid, "delivered")
    assert (await twilio.fetch(waiting.sid)).status == "queued"
    assert await fetches_of(control, waiting.sid) == []


@pytest.mark.parametrize("fault", [{"delay": 0.3}, {"seconds": 0.3}])
async def test_a_picture_is_fetched_late_or_slowly(
    control: SimulatorControl, twilio: Library, url: str, fault: dict[str, Any]
) -> None:
    await control.set_fault("media_fetch", **fault)
    message = await twilio.create(media_url=[url])
    assert await twilio.call(twilio.client.messages(message.sid).media.list) == []
    await becomes(twilio, message.sid, "delivered")
    assert len(await fetches_of(control, message.sid)) == 1


@pytest.mark.parametrize(("shown", "expected"), [(None, None), ("0", "0")])
async def test_the_number_of_media_is_not_known_everywhere(
    control: SimulatorControl, twilio: Library, url: str, shown: str | None, expected: str | None
) -> None:
    await control.set_fault("num_media", shown=shown)
    message = await twilio.create(media_url=[url])
    assert message.num_media == "1"
    (listed,) = await twilio.list(to=ORDINARY)
    assert listed.num_media == expected
    await control.reset_faults()
    await control.set_fault("num_media", on="any", shown=shown)
    assert (await twilio.create(media_url=[url])).num_media == expected
    assert (await twilio.fetch(message.sid)).num_media == expected


async def test_a_link_may_take_the_place_of_media(control: SimulatorControl, twilio: Library, url: str) -> None:
    await control.set_fault("mms_converter", link="https://m.example.com/1")
    for text, body in (("Look", "Look https://m.example.com/1"), ("", "https://m.example.com/1")):
        message = await twilio.create(body=text, media_url=[url])
        assert (message.sid[:2], message.num_media, message.body) == ("SM", "0", body)
        await becomes(twilio, message.sid, "delivered")
    assert (await twilio.create(body="A text")).body == "A text"


async def test_the_sid_of_a_message_with_media_may_begin_with_sm(
    control: SimulatorControl, twilio: Library, url: str
) -> None:
    await control.set_fault("sm_sid")
    message = await twilio.create(media_url=[url])
    assert (message.sid[:2], message.num_media) == ("SM", "1")
    await becomes(twilio, message.sid, "delivered")
    assert [listed.sid for listed in await twilio.list(to=ORDINARY)] == [message.sid]
    (media,) = await twilio.call(twilio.client.messages(message.sid).media.list)
    assert await control.media_of(media.sid) == sample_picture()
