import re
from collections import Counter
from html.parser import HTMLParser

import httpx

from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import Library, Simulator, eventually


async def get(simulator: Simulator, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False) as http:
        return await http.get(path)


async def test_the_page_without_messages(simulator: Simulator, control: SimulatorControl) -> None:
    page = await get(simulator, "/")
    assert page.status_code == 200
    assert "No messages yet" in page.text
    assert "0 messages accepted" in page.text


async def test_the_page_shows_the_messages_of_each_phone(
    simulator: Simulator, twilio: Library, control: SimulatorControl
) -> None:
    await twilio.create(body="first")
    await twilio.create(body="second")
    await twilio.create(to="+15005553003", body="<script>alert('x')</script> & more")
    await control.set_fault("list_lag", seconds=3)

    async def settled() -> bool:
        return {entry.message["status"] for entry in await control.ledger()} == {"delivered", "undelivered"}

    await eventually(settled)
    html = (await get(simulator, "/")).text
    assert html.count('<article class="phone">') == 2
    assert html.index("+15005553003") < html.index("+14155552671")
    assert html.index("second") < html.index("first")
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; more" in html
    assert "30003" in html
    assert "list_lag" in html


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


async def test_a_hostile_text_is_only_a_text(simulator: Simulator, twilio: Library, control: SimulatorControl) -> None:
    await control.set_pace(1000)
    await twilio.create(body="harmless")
    one = Tags((await get(simulator, "/")).text)
    for body in HOSTILE:
        await twilio.create(body=body)
    many = Tags((await get(simulator, "/")).text)
    bubble = Counter({("li", "class"): 1, ("p", "class"): 2, ("time", "datetime"): 1, ("span", "aria-hidden"): 1})
    added = many.tags - one.tags
    assert added == Counter({tag: count * len(HOSTILE) for tag, count in bubble.items()})
    for body in HOSTILE:
        assert body in many.texts


async def test_no_inline_code_and_no_external_resources(simulator: Simulator, control: SimulatorControl) -> None:
    page = await get(simulator, "/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<style|style=|\son\w+=|<script>|https?://", page.text)
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert (await get(simulator, path)).status_code == 200
