"""The SPA's nginx, with its image's template, in front of a real API: pages, caching, headers, client addresses.

`make test-nginx` runs this; it needs nginx, which `make test` does not.
"""

import asyncio
import contextlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from mysms.web.response_headers import CONTENT_SECURITY_POLICY, DEFAULT_HEADERS, TRUSTED_TYPES
from tests.deploy.files import FRONTEND
from tests.support.api_user import ApiUser
from tests.support.event_client import following
from tests.support.hostile_hosts import assert_no_host_comes_back
from tests.support.nginx import running_nginx
from tests.support.polling import eventually
from tests.support.processes import free_port
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import problem_of
from tests.support.servers import Api, Start, is_listening

PAGE = "<!doctype html><title>The app</title>"
SCRIPT = "export const long = " + "'so that it is worth compressing'" * 100
ATTEMPTS = 3
A_YEAR = "public, max-age=31536000, immutable"


@pytest.fixture
async def api(start: Start) -> AsyncIterator[Api]:
    async with start(TRUSTED_PROXIES="127.0.0.1", AUTH_ATTEMPTS_PER_MINUTE=str(ATTEMPTS)) as api:
        yield api


@pytest.fixture
async def site(api: Api, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of the site."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "index.html").write_text(PAGE)
    (files / "main-ABCD1234.js").write_text(SCRIPT)
    (files / "favicon.svg").write_text("<svg/>")
    (files / "service-worker.js").write_text("self")
    (files / "ngsw.json").write_text("{}")
    (files / "manifest.webmanifest").write_text("{}")
    port = free_port()
    with running_nginx(tmp_path, configuration(tmp_path, files, port, api.url)):
        await eventually(lambda: is_listening(port), bool, what="nginx to listen")
        yield f"http://127.0.0.1:{port}"


def configuration(directory: Path, files: Path, port: int, api_url: str) -> str:
    """The template as the image renders it, with the test's folders and port."""
    node = shutil.which("node")
    assert node
    headers = directory / "security-headers.conf"
    script = FRONTEND / "scripts" / "write-nginx-headers.mjs"
    headers.write_text(subprocess.run([node, str(script)], capture_output=True, text=True, check=True).stdout)
    text = (FRONTEND / "nginx.conf.template").read_text()
    for known, own in {
        "${API_URL}": api_url,
        "${NGINX_LOCAL_RESOLVERS}": "127.0.0.1",
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "/etc/nginx/security-headers.conf": str(headers),
        "/usr/share/nginx/html": str(files),
    }.items():
        assert known in text
        text = text.replace(known, own)
    return text


async def test_pages_files_and_the_api_share_one_origin(site: str) -> None:
    async with httpx.AsyncClient(base_url=site, trust_env=False) as http:
        for path in ("/", "/sign-in", "/conversations/+14155552671", "/users-and-more", "/apiary"):
            page = await http.get(path)
            assert (page.status_code, page.text, page.headers["Cache-Control"]) == (200, PAGE, "no-cache")
            assert "trusted-types" in page.headers["Content-Security-Policy"]
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        script = await http.get("/main-ABCD1234.js", headers={"Accept-Encoding": "gzip"})
        assert script.headers["Content-Type"] == "application/javascript; charset=utf-8"
        assert (script.text, script.headers["Cache-Control"]) == (SCRIPT, A_YEAR)
        assert script.headers["Content-Encoding"] == "gzip"
        for path in ("/favicon.svg", "/service-worker.js", "/ngsw.json", "/manifest.webmanifest"):
            assert (await http.get(path)).headers["Cache-Control"] == "no-cache"
        manifest = await http.get("/manifest.webmanifest")
        assert manifest.headers["Content-Type"] == "application/manifest+json"
        for path in ("/main-OLD12345.js", "/missing.png"):
            missing = await http.get(path)
            assert missing.status_code == 404
            assert missing.headers["Cache-Control"] == "no-store", "a missing file may exist later"

        for path in ("/up", "/ready", "/docs", "/openapi.json"):
            assert (await http.get(path)).status_code == 200
        for path in ("/users", "/users.json", "/api/messages", "/api/messages.json"):
            problem = await http.get(path)
            problem_of(problem, 401, "not_signed_in")
            for name, value in DEFAULT_HEADERS.items():
                assert problem.headers.get_list(name) == [value], "only the API's own"
        script = await http.get("/docs/static/docs.js")
        assert script.headers.get_list("Cache-Control") == ["no-cache"]
        assert "trusted-types" not in script.headers["Content-Security-Policy"]
        problem_of(await http.get("/api/nothing"), 404, "not_found")
        problem_of(await http.get("/metrics"), 403, "metrics_from_loopback_only")
        problem_of(await http.post("/users", content=b" " * 100_000), 413, "request_too_large")
        for path in ("/api/contacts/import", "/api/contacts/import.json", "/api/attachments"):
            problem_of(await http.post(path, content=b"x" * 5_000_000), 401, "not_signed_in")


async def test_events_are_not_held_back(site: str, api: Api) -> None:
    user = await ApiUser.sign_up(api)
    async with following(site, user.access_token) as client:
        await client.wait_for(1)
        assert client.response.headers["X-Accel-Buffering"] == "no", "for another nginx in front"
        await user.send_accepted("+15005551002")
        await client.wait_for(2)


async def sign_in(site: str, *, from_address: str, claims: str) -> int:
    transport = httpx.AsyncHTTPTransport(local_address=from_address)
    async with httpx.AsyncClient(base_url=site, transport=transport) as http:
        body = {"user": {"email": "nobody@example.com", "password": "not the password"}}
        return (await http.post("/users/sign_in", json=body, headers={"X-Forwarded-For": claims})).status_code


async def test_a_client_cannot_forge_its_address(site: str) -> None:
    """Attempts are limited by the real address of the client."""
    await wait_for_fresh_window(60)
    answers = [
        await sign_in(site, from_address="127.0.0.2", claims=f"203.0.113.{number}") for number in range(ATTEMPTS + 1)
    ]
    assert answers == [401] * ATTEMPTS + [429]
    assert await sign_in(site, from_address="127.0.0.3", claims="127.0.0.2") == 401


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /sign-in?" + b"x" * 9_000, 414),
        (b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 9_000, 400),
        (b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n" + b"X-Header: xxxxxxxxxx\r\n" * 1_000, 400),
        (b"POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n", 413),
    ],
    ids=["url", "header", "headers", "body for the API", "body"],
)
async def test_requests_that_are_too_large_are_rejected(site: str, sent: bytes, status: int) -> None:
    assert await own_error(site, sent) == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /sign-in HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET /missing.png HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /main-OLD12345.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 405),
        (b"TRACE /users HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET /sign-in HTTP/9.9\r\nHost: localhost\r\n\r\n", 505),
    ],
    ids=["nonsense", "host", "file", "script", "method", "trace", "version"],
)
async def test_its_own_errors_have_the_headers(site: str, sent: bytes, status: int) -> None:
    assert await own_error(site, sent) == status


async def own_error(site: str, sent: bytes) -> int:
    """The status of nginx's own response to these bytes, which has all headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(site).port)
    writer.write(sent)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    status, *lines = head.decode().strip().split("\r\n")
    headers = httpx.Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
    assert_has_own_headers(headers)
    assert b"nginx" in await reader.readexactly(int(headers["Content-Length"]))
    writer.close()
    return int(status.split()[1])


def assert_has_own_headers(headers: httpx.Headers) -> None:
    policy = f"{CONTENT_SECURITY_POLICY}; {TRUSTED_TYPES}"
    for name, value in {**DEFAULT_HEADERS, "Content-Security-Policy": policy, "Server": "nginx"}.items():
        assert headers.get_list(name) == [value]


async def test_it_does_not_repeat_the_host(site: str) -> None:
    await assert_no_host_comes_back(site)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx",
    ],
    ids=["header", "body"],
)
async def test_a_half_sent_request_ends(site: str, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(site).port)
    writer.write(sent)
    with contextlib.suppress(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 40)
    writer.close()


@pytest.mark.parametrize("path", ["/", "/users"])
@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
async def test_methods_of_no_use_are_refused(site: str, path: str, method: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(site).port)
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert (await asyncio.wait_for(reader.readline(), 10)).split()[1] in {b"400", b"405"}
    writer.close()


@pytest.mark.parametrize("path", ["/users", "/"])
@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    ],
)
async def test_a_request_without_a_clear_end_is_not_passed_on(site: str, path: str, framing: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(site).port)
    # At once: nginx resets a connection on which something comes after it has closed it.
    first = b"POST %b HTTP/1.1\r\nHost: localhost\r\n%b" % (path.encode(), framing)
    writer.write(first + b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n")
    received = await asyncio.wait_for(reader.read(), 20)
    assert received.count(b"HTTP/1.1 ") == 1, received
    assert received.split()[1][:1] in {b"4", b"5"}
    writer.close()


async def test_the_log_has_no_path_query_referer_or_address(site: str, api: Api, tmp_path: Path) -> None:
    number, words = "14155552671", "lentil"
    headers = {"Referer": f"{site}/conversations/+{number}", "User-Agent": words, "X-Forwarded-For": "203.0.113.7"}
    async with httpx.AsyncClient(base_url=site, trust_env=False, headers=headers) as http:
        paths = [f"/conversations/+{number}?search={words}", f"/{words}/{number}.png", f"/{words}-{number[:8]}.js"]
        paths += [f"/api/messages?search={words}&peer_number=%2B{number}", f"/users/sessions/{number}.json"]
        for path in paths:
            await http.get(path)
        await http.post(f"/users/{number}", content=b" " * 200_000)
        request_id = (await http.get("/api/messages", headers={"X-Request-ID": "order-4711"})).headers["X-Request-ID"]
        api.process.stop()
        await http.get(f"/api/messages/{number}?search={words}")
    for sent in (f"GET /{number} {words}", f"GET /{number} HTTP/1.1\r\nHost: {words}\r\nHost: {words}"):
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(site).port)
        writer.write(f"{sent}\r\n\r\n".encode())
        await reader.read()
        writer.close()
    log = (tmp_path / "nginx.log").read_text()
    assert [private for private in (number, words, "203.0.113.7", "127.0.0.1") if private in log] == []
    lines = [json.loads(line) for line in log.splitlines()]
    assert {(line["path_kind"], line["status"]) for line in lines[8:]} == {("page", 400)}
    assert [(line["path_kind"], line["status"]) for line in lines[:8]] == [
        ("page", 200),
        ("file", 404),
        ("file", 404),
        ("/api", 401),
        ("/users", 405),
        ("/users", 413),
        ("/api", 401),
        ("/api", 502),
    ]
    assert lines[6]["request_id"] == request_id == "order-4711"
    assert datetime.fromisoformat(lines[0]["timestamp"]).tzinfo is not None


async def test_an_unreachable_api_is_a_bad_gateway(site: str, api: Api) -> None:
    api.process.stop()
    async with httpx.AsyncClient(base_url=site, trust_env=False) as http:
        for path in ("/up", "/api/messages", "/users/"):
            unreachable = await http.get(path)
            assert unreachable.status_code == 502
            assert_has_own_headers(unreachable.headers)
        assert (await http.get("/sign-in")).text == PAGE
