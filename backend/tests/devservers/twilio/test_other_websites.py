"""Whatever website a browser on this machine shows, it cannot read or control the simulator, nor send a message."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import ORDINARY, Simulator
from tests.support.servers import NO_TLS

MESSAGES = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Messages.json"
FAULT = b'{"kind": "hang", "seconds": 1}'


@pytest.fixture
async def http(simulator: Simulator, control: SimulatorControl) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False, verify=NO_TLS) as http:
        yield http


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:{port}", "localhost.evil.example:{port}", "127.0.0.1.evil.example:{port}"),
        *("127.0.0.1@evil.example", "evil.example@127.0.0.1", "localhost:{port}, evil.example", "10.0.0.1:{port}"),
        *("0.0.0.0:{port}", "[::]:{port}", "", "localhost/", "127.0.0.1:x"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/static/page.css", "/_control/ledger", MESSAGES, "/nowhere"])
async def test_another_name_for_this_machine_is_refused(http: httpx.AsyncClient, host: str, path: str) -> None:
    """DNS rebinding: a website whose name suddenly leads to this machine."""
    headers = {"Host": host.format(port=http.base_url.port)}
    response = await http.get(path, headers=headers, auth=(DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN))
    assert response.status_code == 403
    assert "evil" not in response.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:{port}", "127.0.0.1:{port}", "127.1.2.3", "[::1]:{port}"])
async def test_every_loopback_name_is_accepted(http: httpx.AsyncClient, host: str) -> None:
    headers = {"Host": host.format(port=http.base_url.port)}
    assert (await http.get("/", headers=headers)).status_code == 200


async def test_a_request_with_two_hosts_or_none_is_refused(simulator: Simulator, control: SimulatorControl) -> None:
    address = urlsplit(simulator.url)
    for hosts in (b"", b"Host: localhost\r\nHost: evil.example\r\n", b"Host: evil.example\r\nHost: localhost\r\n"):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"GET / HTTP/1.1\r\n%sConnection: close\r\n\r\n" % hosts)
        assert (await reader.read()).split()[1] == b"403"
        writer.close()


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:8000", "https://localhost:{port}", "http://localhost", ""],
)
@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("GET", "/", {}),
        ("GET", "/_control/ledger", {}),
        ("DELETE", "/_control/ledger", {}),
        ("OPTIONS", "/_control/ledger", {"headers": {"Access-Control-Request-Method": "DELETE"}}),
        ("POST", "/_control/faults", {"content": FAULT, "headers": {"Content-Type": "text/plain"}}),
        ("POST", "/_control/faults", {"content": FAULT, "headers": {"Content-Type": "application/json"}}),
        ("POST", MESSAGES, {"data": {"To": ORDINARY, "From": DEFAULT_FROM_NUMBER, "Body": "from a form"}}),
    ],
)
async def test_requests_of_other_websites_are_refused(
    http: httpx.AsyncClient,
    control: SimulatorControl,
    origin: str,
    method: str,
    path: str,
    request_: dict[str, Any],
) -> None:
    port = http.base_url.port
    headers = {"Host": f"localhost:{port}", "Origin": origin.format(port=port), **request_.get("headers", {})}
    # A form may have user name and password in its address.
    credentials = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
    response = await http.request(method, path, **{**request_, "headers": headers, "auth": credentials})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers
    assert await control.faults() == []
    assert await control.ledger() == []


async def test_requests_of_its_own_page_are_accepted(http: httpx.AsyncClient) -> None:
    assert (
        await http.delete("/_control/ledger", headers={"Origin": f"{http.base_url}".rstrip("/")})
    ).status_code == 204


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", None]
)
async def test_only_json_controls_it(
    http: httpx.AsyncClient, control: SimulatorControl, content_type: str | None
) -> None:
    """Any website can post a form or plain text, and old browsers send no Origin with it."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    for path in ("/_control/faults", "/_control/pace", "/_control/callback", "/_control/messages/SM1/status"):
        assert (await http.post(path, content=FAULT, headers=headers)).status_code == 415
    assert await control.faults() == []


async def test_the_api_requires_the_credentials(http: httpx.AsyncClient, control: SimulatorControl) -> None:
    form = {"To": ORDINARY, "From": DEFAULT_FROM_NUMBER, "Body": "unknown"}
    assert (await http.post(MESSAGES, data=form)).status_code == 401
    assert await control.ledger() == []


@pytest.mark.parametrize("path", ["/", "/static/refresh.js", "/_control/ledger", MESSAGES, "/nowhere"])
async def test_other_websites_can_neither_frame_nor_load_its_responses(http: httpx.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
