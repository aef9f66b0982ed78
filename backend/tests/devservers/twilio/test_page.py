"""The simulator's page: a phone, the list of phones, special numbers, the temper, and what the server saw."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from devservers.twilio.magic_numbers import MAGIC_NUMBERS
from devservers.twilio.messages import MAGIC_TO, messages_path
from devservers.twilio.page import MAX_EVENTS, MAX_LISTED, MAX_MESSAGES
from devservers.twilio.readable import readable
from devservers.twilio.temper import TEMPERS, Temper
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator, eventually
from tests.support.servers import NO_TLS

OTHER = "+14155550100"
SCRIPT = "<script>alert(1)</script>"


async def get(simulator: Simulator, path: str = "/", **parameters: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False, verify=NO_TLS) as http:
        return await http.get(path, params=parameters or None)


async def create_many(simulator: Simulator, requests: Sequence[tuple[str, str]]) -> None:
    """Create messages of these numbers and texts, one after the other."""
    credentials = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
    async with httpx.AsyncClient(base_url=simulator.url, auth=credentials, trust_env=False, verify=NO_TLS) as http:
        for to, body in requests:
            form = {"To": to, "From": DEFAULT_FROM_NUMBER, "Body": body}
            response = await http.post(f"{messages_path(DEFAULT_ACCOUNT_SID)}.json", data=form)
            assert response.status_code == 201


def bubbles(html: str) -> list[str]:
    return [unescape(text) for text in re.findall(r'<p class="message__bubble"[^>]*>(.*?)</p>', html, re.DOTALL)]


def phones(html: str) -> list[str]:
    return re.findall(r'<li id="phone-([^"]+)">', html)


def log(html: str) -> list[str]:
    """The lines of what the server saw, the newest first, as text."""
    lines = re.findall(r'<li class="event.*?</li>', html, re.DOTALL)
    return [" | ".join(text.strip() for text in Tags(line).texts if text.strip()) for line in lines]


def follow(html: str, text: str) -> str:
    """The address of the link with this text."""
    (address,) = re.findall(rf'href="([^"]+)">{text}</a>', html)
    return unescape(address)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[tuple[str, str]] = Counter()
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag, " ".join(name for name, _ in attrs)] += 1

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


async def test_the_page_without_messages(simulator: Simulator, control: SimulatorControl) -> None:
    page = await get(simulator)
    assert page.status_code == 200
    assert "<title>Simulated phone · MySMS Messenger</title>" in page.text
    assert "No messages yet. Send one to any number" in page.text
    assert "0 messages accepted" in page.text
    assert "Nothing yet." in page.text


async def test_the_phone_of_the_newest_message_is_shown_with_the_newest_at_the_bottom(
    simulator: Simulator, twilio: Library, control: SimulatorControl
) -> None:
    await twilio.create(to=OTHER, body="to another phone")
    await twilio.create(body="first")
    await twilio.create(body="second")
    html = (await get(simulator)).text
    assert bubbles(html) == ["first", "second"]
    assert phones(html) == [ORDINARY, OTHER]
    assert "3 messages accepted" in html


async def test_a_phone_can_be_chosen(simulator: Simulator, twilio: Library, control: SimulatorControl) -> None:
    await twilio.create(to=OTHER, body="to another phone")
    await twilio.create(body="first")
    html = (await get(simulator, phone=OTHER)).text
    assert bubbles(html) == ["to another phone"]
    assert re.findall(r'aria-current="true".*?phone__name number">([^<]+)', html) == [readable(OTHER)]
    assert "No messages yet. Send one to this number" in (await get(simulator, phone="+15005551001")).text


async def test_a_message_that_did_not_arrive_says_why(
    simulator: Simulator, twilio: Library, control: SimulatorControl
) -> None:
    await twilio.create(to="+15005553003", body="Hello?")

    async def failed() -> bool:
        return "message--failed" in (await get(simulator)).text

    await eventually(failed)
    assert "Did not arrive: unreachable destination handset · 30003" in (await get(simulator)).text


async def test_messages_of_one_minute_and_one_fate_have_one_status(
    simulator: Simulator, twilio: Library, control: SimulatorControl
) -> None:
    # Dates are taken from the page, since a minute can end between two messages.
    await control.set_pace(1000)
    await create_many(simulator, [(ORDINARY, str(number)) for number in range(5)])
    html = (await get(simulator)).text
    minutes = {entry.accepted_at[:16] for entry in await control.ledger()}
    assert html.count("Queued, on its way") == len(minutes)


async def test_thousands_of_messages_are_shown_in_parts(simulator: Simulator, control: SimulatorControl) -> None:
    texts = [str(number) for number in range(MAX_LISTED)]
    await create_many(simulator, [(OTHER, "the oldest"), *[(ORDINARY, text) for text in texts]])
    html = (await get(simulator)).text
    assert phones(html) == [ORDINARY]
    assert bubbles(html) == texts[-MAX_MESSAGES:]
    assert len(log(html)) <= MAX_EVENTS
    older = (await get(simulator, follow(html, "Older phones"))).text
    assert phones(older) == [OTHER]
    assert phones((await get(simulator, follow(older, "Newest phones"))).text) == [ORDINARY]
    parts = [html]
    while "Earlier messages" in parts[-1]:
        parts.append((await get(simulator, follow(parts[-1], "Earlier messages"))).text)
    assert [text for part in reversed(parts) for text in bubbles(part)] == texts
    assert bubbles((await get(simulator, follow(parts[-1], "Newest messages"))).text) == texts[-MAX_MESSAGES:]


async def test_an_address_that_leads_nowhere_shows_an_empty_page(
    simulator: Simulator, twilio: Library, control: SimulatorControl
) -> None:
    await twilio.create()
    for parameters in ({"phone": SCRIPT}, {"before": SCRIPT}, {"list_before": SCRIPT}, {"phone": "\x00'\"%"}):
        page = await get(simulator, **parameters)
        assert page.status_code == 200
        assert bubbles(page.text) == []
        assert SCRIPT not in page.text


HOSTILE = [
    "</p></li></ol></article></div></main><script src=//evil.example></script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<!--",
    "]]><![CDATA[",
    "<plaintext>",
    "<style>*{display:none}",
    "&lt;script&gt;&#60;script>&amp;",
    "\"' onmouseover='alert(1)",
    "\u202e evil \x00\x1b[2J {{constructor}} ${1} %s",
]


async def test_a_hostile_text_is_only_a_text(simulator: Simulator, twilio: Library, control: SimulatorControl) -> None:
    await control.set_pace(1000)
    await twilio.create(body="harmless")
    one = Tags((await get(simulator)).text)
    for body in HOSTILE:
        await twilio.create(body=body)
        many = Tags((await get(simulator)).text)
        # In its bubble, and in the list of phones.
        assert many.texts.count(body) == 2
        assert set(many.tags) == set(one.tags)
    assert many.tags["p", "class dir"] == 1 + len(HOSTILE)


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_requests_callbacks_and_faults_are_only_texts(
    simulator: Simulator, control: SimulatorControl, receiver: Receiver, text: str
) -> None:
    await create_many(simulator, [(ORDINARY, "harmless")])
    known = set(Tags((await get(simulator)).text).tags) | {("div", "class id"), ("ul", ""), ("code", "")}
    await control.set_fault("rate_limited", to=text)
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False, verify=NO_TLS) as http:
        await http.post(f"{messages_path(DEFAULT_ACCOUNT_SID)}.json", data={"To": text})
    await control.send_callback(receiver.url(f"/{text}"), {"MessageStatus": text, "To": text})
    page = Tags((await get(simulator)).text)
    assert set(page.tags) <= known
    assert sum(text in shown for shown in page.texts) >= 3


async def test_what_the_server_saw_is_told_in_plain_words(
    simulator: Simulator, twilio: Library, control: SimulatorControl, receiver: Receiver
) -> None:
    message = await twilio.create(status_callback=receiver.url("/hooks/status?message_id=secret"))
    await eventually(lambda: settled(control, message.sid, 2))
    await twilio.fetch(message.sid)
    await twilio.list()
    await twilio.list()
    lines = log((await get(simulator)).text)
    assert [line.rpartition(" | ")[0] for line in lines] == [
        "Read the list of messages | 2 times | 200",
        "Asked about one message | 200",
        f"Delivered | {readable(ORDINARY)} · POST /hooks/status · 204",
        f"Sent | {readable(ORDINARY)} · POST /hooks/status · 204",
        f"Text sent | to {readable(ORDINARY)} · 201",
    ]
    assert "secret" not in " ".join(lines)


async def test_many_equal_events_are_one_line_that_hides_no_earlier_ones(simulator: Simulator, twilio: Library) -> None:
    for to in (OTHER, ORDINARY):
        message = await twilio.create(to=to)
    for _ in range(MAX_EVENTS + 1):
        await twilio.fetch(message.sid)
    lines = log((await get(simulator)).text)
    assert [line.rpartition(" | ")[0] for line in lines] == [
        f"Asked about one message | {MAX_EVENTS + 1} times | 200",
        f"Text sent | to {readable(ORDINARY)} · 201",
        f"Text sent | to {readable(OTHER)} · 201",
    ]


async def settled(control: SimulatorControl, sid: str, attempts: int) -> bool:
    return len(await control.callbacks(sid)) >= attempts


async def test_what_went_wrong_is_told_too(
    simulator: Simulator, twilio: Library, impatient: Library, control: SimulatorControl, receiver: Receiver
) -> None:
    receiver.script = [500]
    await control.send_callback(receiver.url("/refused"), {"MessageStatus": "sent", "To": ORDINARY})
    await control.send_callback("http://user:secret@127.0.0.1:9/nobody", {"MessageStatus": "delivered", "To": ORDINARY})
    with pytest.raises(Exception):  # noqa: B017, PT011  # the library raises many kinds
        await twilio.create(to="+15005550001")
    await control.set_fault("lose_201", times=1)
    with pytest.raises(Exception):  # noqa: B017, PT011
        await twilio.create()
    lines, number = log((await get(simulator)).text), readable(ORDINARY)
    assert [line.rpartition(" | ")[0] for line in lines] == [
        f"Text not answered | to {number} · no answer · response lost",
        "Text refused | to +1 500 555 0001 · 400 Bad Request",
        f"Delivered: report not answered | {number} · POST /nobody · no answer · attempt 2 · could not connect",
        f"Delivered: report not answered | {number} · POST /nobody · no answer · could not connect",
        f"Sent: report refused | {number} · POST /refused · 500 Internal Server Error",
    ]
    assert "secret" not in " ".join(lines)


def pressed(html: str, attribute: str) -> list[str]:
    found = re.findall(rf'{attribute}="([^"]*)" aria-pressed="true"', html)
    return [unescape(command) for command in found]


@pytest.mark.parametrize("temper", TEMPERS, ids=lambda temper: temper.name)
async def test_every_temper_can_be_switched_on(simulator: Simulator, control: SimulatorControl, temper: Temper) -> None:
    html = (await get(simulator)).text
    assert pressed(html, "data-fault") == [""]
    (command,) = [
        command
        for command in map(unescape, re.findall(r'data-fault="([^"]+)"', html))
        if json.loads(command) == {"kind": temper.fault.kind, **temper.fault.model_dump(exclude_defaults=True)}
    ]
    await control.set_fault(**json.loads(command))
    html = (await get(simulator)).text
    assert pressed(html, "data-fault") == [command]
    assert f"<b>{temper.name}</b> <code>{temper.fault.kind}</code> applied 0 times" in html
    await control.reset_faults()
    assert pressed((await get(simulator)).text, "data-fault") == [""]


async def test_faults_of_others_are_listed(simulator: Simulator, control: SimulatorControl) -> None:
    await control.set_fault("list_lag", seconds=3, times=2, to=ORDINARY)
    html = (await get(simulator)).text
    assert f"<code>list_lag</code> applied 0 of 2 times, only for {readable(ORDINARY)}" in html
    assert pressed(html, "data-fault") == []


async def test_the_pace_is_shown(simulator: Simulator, control: SimulatorControl) -> None:
    for pace, shown in ((0, ["0"]), (1, ["1"]), (10, ["10"]), (2.5, [])):
        await control.set_pace(pace)
        assert pressed((await get(simulator)).text, "data-pace") == shown


async def test_every_special_number_is_explained_and_can_be_copied(
    simulator: Simulator, control: SimulatorControl
) -> None:
    html = (await get(simulator)).text
    copied = set(re.findall(r'data-copy="([^"]+)"', html))
    assert copied >= {*MAGIC_NUMBERS, *MAGIC_TO, "+15005553003", ORDINARY}
    for number in copied:
        assert f'aria-label="Copy {number}"' in html


async def test_no_inline_code_and_no_external_resources(simulator: Simulator, control: SimulatorControl) -> None:
    page = await get(simulator)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<style|style=|\son\w+=|<script>|https?://", page.text)
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(addresses) == 4
    for path in addresses:
        response = await get(simulator, path)
        assert response.status_code == 200
        for imported in re.findall(r'^import .* from "([^"]+)"', response.text, re.MULTILINE):
            assert (await get(simulator, str(httpx.URL(path).join(imported)))).status_code == 200
