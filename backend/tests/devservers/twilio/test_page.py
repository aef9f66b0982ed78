import re

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


async def test_no_inline_code_and_no_external_resources(simulator: Simulator, control: SimulatorControl) -> None:
    page = await get(simulator, "/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not re.search(r"<style|style=|\son\w+=|<script>|https?://", page.text)
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert (await get(simulator, path)).status_code == 200
