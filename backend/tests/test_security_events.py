"""Security events: each kind happens, is logged, counted and documented; nobody can forge a line, or fill the disk."""

import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from bson import ObjectId
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from mysms.core.security_events import LINES_OF_KIND, SecurityEvent, SecurityEvents
from mysms.users.tokens import AccessClaims, TokenSigner
from tests.support.api_user import PASSWORD, ApiUser, new_email, new_number, register, sign_in
from tests.support.authenticator_app import enable_second_factor
from tests.support.limited_server import SOON, START, HeldRequests, connected, server_with
from tests.support.mail_server import MailServer, running_mail_server, token_of
from tests.support.polling import eventually
from tests.support.processes import BACKEND, Process, free_port
from tests.support.servers import JWT_SECRET, Api, Mongo, Simulator, Start, api_environment, running_api
from tests.support.status_callbacks import PATH, form_of, post_signed, query_of
from tests.users.conftest import mail_settings

KINDS: tuple[SecurityEvent, ...] = get_args(SecurityEvent)
SETTINGS = {
    "LOG_FORMAT": "json",
    "MESSAGES_PER_USER_PER_MINUTE": "2",
    "ALLOWED_NUMBER_PREFIXES": "+1",
    "TRUSTED_PROXIES": "127.0.0.1",
}
ADDRESS = "203.0.113.7"
"""Of every client, claimed through a proxy."""

NEW_PASSWORD = {"password": "staple the battery", "password_confirmation": "staple the battery"}
MAIL_SERVERS: dict[str, MailServer] = {}
"""The mail server of each API, by its URL."""

Line = dict[str, Any]
Scenario = Callable[[Api], Awaitable[str | None]]
"""Makes an event happen, and returns the email of its account, if it has one."""


@pytest.fixture(scope="module")
async def shared_mail_server() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


@pytest.fixture(scope="module")
async def api(
    mongodb: Mongo,
    shared_simulator: Simulator,
    shared_mail_server: MailServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Api]:
    environment = api_environment(
        port=free_port(),
        mongodb_uri=mongodb.other_database("security_events"),
        twilio_url=shared_simulator.url,
        **SETTINGS,
        **mail_settings(shared_mail_server),
    )
    async with running_api(tmp_path_factory.mktemp("api"), environment) as api:
        api.http.headers["X-Forwarded-For"] = ADDRESS
        MAIL_SERVERS[api.url] = shared_mail_server
        yield api


def events_in(log: str, kind: str) -> list[Line]:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == "mysms.security" and line["kind"] == kind]


async def signed_up(api: Api) -> str:
    return (await ApiUser.sign_up(api)).email


async def signed_in(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await sign_in(api, api_user.email)
    return api_user.email


async def sign_in_failed(api: Api) -> str:
    email = new_email()
    await sign_in(api, email, "wrong password")
    return email


async def rate_limited(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    for _ in range(11):
        answer = await api_user.call("GET", "/api/export")
    assert answer.status_code == 429
    return api_user.email


async def signed_out(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.call("DELETE", "/users/sign_out")
    return api_user.email


async def session_ended(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    (session,) = (await api_user.call("GET", "/users/sessions")).json()
    await api_user.call("DELETE", f"/users/sessions/{session['_id']}")
    return api_user.email


async def all_sessions_ended(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.call("DELETE", "/users/sessions")
    return api_user.email


async def access_token_forged(api: Api) -> None:
    api_user = await ApiUser.sign_up(api)
    api_user.access_token = api_user.access_token[:-2]
    await api_user.call("GET", "/users")


async def refresh_token_forged(api: Api) -> None:
    api_user = await ApiUser.sign_up(api)
    form = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token[:-2]}
    await api.http.post("/users/token", data=form)


async def refresh_token_reused(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    form = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token}
    await api_user.refresh_tokens()
    await api_user.refresh_tokens()
    await api.http.post("/users/token", data=form)
    return api_user.email


async def password_confirmation_failed(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.call("DELETE", "/users", json={"user": {"password": "wrong password"}})
    return api_user.email


async def password_changed(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    user = {"current_password": PASSWORD, **NEW_PASSWORD}
    await api_user.call("PUT", "/users/password", json={"user": user})
    return api_user.email


async def second_factor_enabled(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await enable_second_factor(api_user)
    return api_user.email


async def second_factor_failed(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    app = await enable_second_factor(api_user)
    await sign_in(api, api_user.email, code=app.wrong_code())
    return api_user.email


async def second_factor_removed(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await enable_second_factor(api_user)
    await api_user.call("DELETE", "/users/second_factor", json={"user": {"password": PASSWORD}})
    return api_user.email


async def recovery_code_used(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    app = await enable_second_factor(api_user)
    await sign_in(api, api_user.email, code=app.recovery_codes[0])
    return api_user.email


async def recovery_codes_replaced(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await enable_second_factor(api_user)
    await api_user.call("POST", "/users/second_factor/recovery_codes", json={"user": {"password": PASSWORD}})
    return api_user.email


async def password_reset_requested(api: Api) -> str:
    email = new_email()
    await api.post("/users/password_reset", {"user": {"email": email}})
    return email


async def password_reset_completed(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api.post("/users/password_reset", {"user": {"email": api_user.email}})
    (mail, *_) = await MAIL_SERVERS[api.url].wait_for(api_user.email)
    await api.http.put("/users/password_reset", json={"user": {"token": token_of(mail), **NEW_PASSWORD}})
    return api_user.email


async def password_reset_failed(api: Api) -> None:
    await api.http.put("/users/password_reset", json={"user": {"token": "a guess", **NEW_PASSWORD}})


async def account_exported(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.call("GET", "/api/export")
    return api_user.email


async def messages_exported(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.call("GET", "/api/messages/export.csv")
    return api_user.email


async def contacts_exported(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.call("GET", "/api/contacts/export.csv")
    return api_user.email


async def account_deleted(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.call("DELETE", "/users", json={"user": {"password": PASSWORD}})
    return api_user.email


async def resource_refused(api: Api) -> str:
    owner, stranger = await ApiUser.sign_up(api), await ApiUser.sign_up(api)
    message = await owner.send_accepted(new_number())
    answer = await stranger.call("GET", f"/api/messages/{message['_id']}")
    assert answer.status_code == 404
    return stranger.email


async def quota_exceeded(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    answers = [await api_user.send(new_number()) for _ in range(5)]
    assert answers[-1].status_code == 429
    return api_user.email


async def destination_refused(api: Api) -> str:
    api_user = await ApiUser.sign_up(api)
    await api_user.send("+447700900123")
    return api_user.email


async def webhook_forged(api: Api) -> None:
    await api.http.post(PATH, data={"MessageSid": "SM1"}, headers={"X-Twilio-Signature": "forged"})


async def webhook_mismatched(api: Api) -> None:
    message = await (await ApiUser.sign_up(api)).send_accepted(new_number())
    await post_signed(api, query_of(message), form_of(message, "delivered", AccountSid="AC" + "1" * 32))


async def origin_refused(api: Api) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await api.http.options("/api/messages", headers=headers)
    assert answer.status_code == 400


async def metrics_refused(api: Api) -> None:
    await api.http.get("/metrics", headers={"Host": "sms.example.com"})


async def request_too_large(api: Api) -> None:
    await api.http.post("/users", content=b" " * 100_000)


REQUESTS: Mapping[SecurityEvent, Scenario] = {
    "signed_up": signed_up,
    "signed_in": signed_in,
    "sign_in_failed": sign_in_failed,
    "rate_limited": rate_limited,
    "signed_out": signed_out,
    "session_ended": session_ended,
    "all_sessions_ended": all_sessions_ended,
    "access_token_forged": access_token_forged,
    "refresh_token_forged": refresh_token_forged,
    "refresh_token_reused": refresh_token_reused,
    "password_confirmation_failed": password_confirmation_failed,
    "password_changed": password_changed,
    "second_factor_enabled": second_factor_enabled,
    "second_factor_failed": second_factor_failed,
    "second_factor_removed": second_factor_removed,
    "recovery_code_used": recovery_code_used,
    "recovery_codes_replaced": recovery_codes_replaced,
    "password_reset_requested": password_reset_requested,
    "password_reset_completed": password_reset_completed,
    "password_reset_failed": password_reset_failed,
    "account_exported": account_exported,
    "messages_exported": messages_exported,
    "contacts_exported": contacts_exported,
    "account_deleted": account_deleted,
    "resource_refused": resource_refused,
    "quota_exceeded": quota_exceeded,
    "destination_refused": destination_refused,
    "webhook_forged": webhook_forged,
    "webhook_mismatched": webhook_mismatched,
    "origin_refused": origin_refused,
    "metrics_refused": metrics_refused,
    "request_too_large": request_too_large,
}
WITHOUT_ADDRESS = {"webhook_mismatched"}


@pytest.mark.parametrize("kind", REQUESTS)
async def test_a_request_is_recorded(api: Api, simulator: Simulator, kind: SecurityEvent) -> None:
    before = await count_of(api, kind)
    api.process.new_output()
    email = await REQUESTS[kind](api)
    assert await count_of(api, kind) > before
    (line, *_) = reversed(events_in(api.process.new_output(), kind))
    hashes = SecurityEvents(JWT_SECRET)
    expected = {"account": hashes.hash(email)} if email else {}
    expected |= {} if kind in WITHOUT_ADDRESS else {"address": hashes.hash(ADDRESS)}
    assert {name: line.pop(name) for name in expected} == expected
    assert re.fullmatch("[0-9a-f]{16}", line.pop("request_id"))
    at = line.pop("timestamp")
    assert at.endswith("Z")
    assert datetime.now(UTC) - datetime.fromisoformat(at) < timedelta(minutes=1)
    assert line == {"event": "Security event.", "kind": kind, "level": "info", "logger": "mysms.security"}


async def count_of(api: Api, kind: str) -> float:
    # Without the header, which would make it a request through a proxy.
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
        return await replace(api, http=http).metric("mysms_security_events_total", kind=kind)


async def sign_up_refused(api: Api) -> None:
    await register(api, invite_code="a guess")


async def test_a_refused_sign_up_is_recorded(start: Start) -> None:
    async with start(SIGNUP_MODE="invite", LOG_FORMAT="json") as api:
        await sign_up_refused(api)
        await register(api, invite_code="a guess", password="short")
        assert len(events_in(api.process.text(), "sign_up_refused")) == 2


COMMANDS: Mapping[SecurityEvent, list[str]] = {
    "invite_created": ["invite"],
    "password_reset_by_operator": ["reset-password", "{email}"],
    "second_factor_removed_by_operator": ["reset-password", "{email}", "--remove-second-factor"],
    "migration_run_by_operator": ["migrate"],
    "backup_recovery_run_by_operator": ["recover-backup", "--since", "2026-01-01T00:00:00Z"],
}


@pytest.mark.parametrize("kind", COMMANDS)
async def test_an_administration_command_is_recorded(api: Api, tmp_path: Path, kind: SecurityEvent) -> None:
    api_user = await ApiUser.sign_up(api)
    await enable_second_factor(api_user)
    email = api_user.email
    command = [part.format(email=email) for part in COMMANDS[kind]]
    process = Process("command", ["mysms", *command], tmp_path, {**api.environment, "SENDING_ENABLED": "off"})
    assert await process.wait_for_exit() == 0, process.text()
    (line,) = events_in(process.text(), kind)
    account = SecurityEvents(JWT_SECRET).hash(email) if "{email}" in COMMANDS[kind] else None
    assert line.get("account") == account


async def headers_too_large() -> None:
    async with server_with(SOON) as url, connected(url) as (reader, writer):
        writer.write(START + b"X-Header: " + b"x" * 20_000)
        await reader.read()


async def slow_request() -> None:
    async with server_with(SOON) as url, connected(url) as (reader, writer):
        writer.write(START)
        await reader.read()


async def response_not_read() -> None:
    before = await in_process_count("response_not_read")
    async with server_with(SOON) as url, connected(url) as (_, writer):
        writer.write(START + b"\r\n")
        await eventually(
            lambda: in_process_count("response_not_read"),
            lambda count: count > before,
            what="the connection to be ended",
        )


async def too_many_connections() -> None:
    async with server_with(replace(SOON, connections=1)) as url, connected(url) as (reader, _), connected(url):
        with contextlib.suppress(ConnectionError):
            await reader.read()


async def too_busy() -> None:
    held = HeldRequests()
    async with server_with(replace(SOON, requests=2), held=held) as url:
        for count in range(1, 4):
            async with connected(url) as (_, writer):
                writer.write(START + b"\r\n")
                await held.wait_for(count)
        async with connected(url) as (reader, writer):
            writer.write(START + b"\r\n")
            await reader.read()


async def malformed_request() -> None:
    async with server_with(SOON) as url, connected(url) as (reader, writer):
        writer.write(b"nonsense\r\n\r\n")
        await reader.read()


CONNECTIONS: Mapping[SecurityEvent, Callable[[], Awaitable[None]]] = {
    "headers_too_large": headers_too_large,
    "slow_request": slow_request,
    "response_not_read": response_not_read,
    "too_many_connections": too_many_connections,
    "too_busy": too_busy,
    "malformed_request": malformed_request,
}


async def in_process_count(kind: str) -> float:
    return REGISTRY.get_sample_value("mysms_security_events_total", {"kind": kind}) or 0


@pytest.mark.parametrize("kind", CONNECTIONS)
async def test_the_end_of_a_connection_by_a_limit_is_recorded(kind: SecurityEvent) -> None:
    before = await in_process_count(kind)
    with capture_logs() as lines:
        await CONNECTIONS[kind]()
    assert await in_process_count(kind) == before + 1
    address = SecurityEvents("a secret").hash("127.0.0.1")
    assert lines == [{"event": "Security event.", "kind": kind, "log_level": "info", "address": address}]


def test_every_kind_has_a_test_that_makes_it_happen() -> None:
    assert sorted(KINDS) == sorted([*REQUESTS, *COMMANDS, *CONNECTIONS, "sign_up_refused"])


def test_every_kind_is_documented() -> None:
    page = (BACKEND / "docs" / "logging.md").read_text()
    rows = page.partition("| kind |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)) == sorted(KINDS)


def test_every_kind_is_counted_from_the_start() -> None:
    for kind in KINDS:
        assert REGISTRY.get_sample_value("mysms_security_events_total", {"kind": kind}) is not None


async def test_honest_requests_are_no_events(api: Api) -> None:
    api_user = await ApiUser.sign_up(api)
    (session,) = (await api_user.call("GET", "/users/sessions")).json()
    claims = AccessClaims(ObjectId(api_user.id), ObjectId(session["_id"]))
    expired = TokenSigner((JWT_SECRET,)).make_access_token(claims, datetime.now(UTC) - timedelta(hours=1))
    api.process.new_output()
    answer = await api.http.get("/users", headers={"Authorization": f"Bearer {expired}"})
    assert answer.status_code == 401
    await api_user.refresh_tokens()
    await api_user.call("GET", "/users")
    await api.http.get("/users")
    own = {"Origin": api.url}
    behind_a_proxy = {"Origin": "https://sms.example.com", "Sec-Fetch-Site": "same-origin"}
    for headers in (own, behind_a_proxy, {"Origin": api.environment["CORS_ORIGINS"], "Sec-Fetch-Site": "cross-site"}):
        await api_user.call("GET", "/api/messages", headers=headers)
    await api.http.get("/nowhere")
    assert '"logger": "mysms.security"' not in api.process.new_output()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://["},
    ],
)
async def test_a_request_of_a_foreign_page_is_recorded(api: Api, headers: dict[str, str]) -> None:
    before = await count_of(api, "origin_refused")
    await api.http.post("/users/token", data={"grant_type": "password"}, headers=headers)
    assert await count_of(api, "origin_refused") == before + 1


FORGED = '"}\n{"logger": "mysms.security", "kind": "signed_in"}\r\n\x1b[2K\u2028'


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_no_client_can_forge_a_line(start: Start, log_format: str) -> None:
    async with start(LOG_FORMAT=log_format, TRUSTED_PROXIES="127.0.0.1") as api:
        before = len(api.process.text().splitlines())
        one_line = FORGED.replace("\n", "").replace("\r", "").encode()
        for name in ("Authorization", "X-Forwarded-For", "X-Request-ID", "Origin", "User-Agent", "Referer", "Host"):
            value = b"Bearer " + one_line if name == "Authorization" else one_line
            async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
                await http.get("/users", headers={name.encode(): value})
        await sign_in(api, FORGED, FORGED)
        await api.post("/users/sign_in", {"user": {FORGED: FORGED}})
        await api.http.post("/users/token", data={"grant_type": "refresh_token", "refresh_token": FORGED})
        await api.http.post(PATH, data={FORGED: FORGED}, headers={"X-Twilio-Signature": "forged"})
        await api.http.get("/nowhere/" + "%0A%0D%1B", params={FORGED: FORGED})
        lines = api.process.text().splitlines()[before:]
    assert len(lines) > 10
    assert not any("2K" in line or "\x1b" in line for line in lines)
    if log_format == "json":
        assert all(isinstance(json.loads(line), dict) for line in lines)
    else:
        assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[", line) for line in lines)


def test_a_flood_of_events_costs_few_lines_and_is_counted() -> None:
    events = SecurityEvents("a secret")
    with capture_logs() as lines:
        for _ in range(1000):
            events.record("webhook_forged", address="203.0.113.7")
        events.record("signed_in")
        assert len(lines) == LINES_OF_KIND + 1, "a flood of one kind hides no other kind"
        events.summarise()
        events.record("webhook_forged")
        events.summarise()
        events.summarise()
    further = [line for line in lines if line["event"] == "Further security events."]
    assert [(line["kind"], line["count"]) for line in further] == [("webhook_forged", 1000 - LINES_OF_KIND)]
    assert len(lines) == LINES_OF_KIND + 3


async def test_what_a_flood_has_left_out_is_logged_at_the_end(start: Start) -> None:
    async with start(LOG_FORMAT="json") as api:
        for _ in range(LINES_OF_KIND + 5):
            await webhook_forged(api)
        api.process.stop()
        lines = events_in(api.process.text(), "webhook_forged")
    assert [line["event"] for line in lines].count("Security event.") >= LINES_OF_KIND
    logged = sum(line.get("count", 1) for line in lines)
    assert logged == LINES_OF_KIND + 5


async def test_an_operator_finds_the_lines_of_an_account(api: Api, tmp_path: Path) -> None:
    email = await sign_in_failed(api)
    process = Process("hash", ["mysms", "log-hash", f" {email.upper()}"], tmp_path, api.environment)
    assert await process.wait_for_exit() == 0
    (line,) = [
        line
        for line in events_in(api.process.text(), "sign_in_failed")
        if line.get("account") == process.text().strip()
    ]
    assert line["level"] == "info"


def test_a_hash_depends_on_the_secret() -> None:
    assert SecurityEvents("one").hash("ada@example.com") != SecurityEvents("other").hash("ada@example.com")
