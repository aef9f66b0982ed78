"""No response repeats the Host header, which an attacker may have chosen: not in a redirect, a link or an error."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.hostile_hosts import HOSTS, MARK, assert_no_host_comes_back, response_to
from tests.support.servers import Api, Start


@pytest.fixture
async def api_with_spa(start: Start, tmp_path: Path) -> AsyncIterator[Api]:
    folder = tmp_path / "browser"
    (folder / "folder").mkdir(parents=True)
    for page in (folder / "index.html", folder / "folder" / "index.html"):
        page.write_text("<!doctype html>")
    async with start(FRONTEND_DIST=str(folder)) as api:
        yield api


async def test_the_api_does_not_repeat_the_host(api: Api) -> None:
    await assert_no_host_comes_back(api.url)


async def test_an_api_that_serves_the_app_does_not_repeat_the_host(api_with_spa: Api) -> None:
    await assert_no_host_comes_back(api_with_spa.url)


@pytest.mark.parametrize("host", HOSTS)
async def test_links_to_further_pages_are_relative(api: Api, api_user: ApiUser, host: bytes) -> None:
    for _ in range(2):
        await api_user.send_accepted(new_number())
    request = (
        b"GET /api/messages?limit=1 HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
        % (host, api_user.access_token.encode())
    )
    response = await response_to(api.url, request)
    assert b"\r\nlink: </api/messages?limit=1&before=" in response
    assert MARK not in response


async def test_only_own_hosts_are_answered_once_they_are_named(start: Start) -> None:
    """A website can give its own name the API's address, and so becomes the API's own origin in a browser there."""
    async with start(ALLOWED_HOSTS="tunnel.example", CORS_ORIGINS="https://sms.example") as api:
        for host, status in {
            "localhost:8000": 200,
            "LOCALHOST": 200,
            "api.localhost:8000": 200,
            "127.0.0.2:8000": 200,
            "[::1]:8000": 200,
            "192.168.1.20": 200,
            "tunnel.example": 200,
            "sms.example:443": 200,
            "evil.example": 421,
            "evillocalhost": 421,
            "evil.example:8000": 421,
            "localhost.evil.example": 421,
            "127.0.0.1.evil.example": 421,
        }.items():
            request = f"GET /up HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            response = await response_to(api.url, request)
            assert response.startswith(f"HTTP/1.1 {status} ".encode()), (host, response[:100])
            assert status == 200 or b"application/problem+json" in response
