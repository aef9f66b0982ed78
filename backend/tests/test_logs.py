"""Log lines: no secret, token, text, phone number or email gets into them, and one request's lines can be found."""

import asyncio
import contextlib
import io
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.core.logging import bound, configure_logging, current_request_id, describe_exception
from tests.support.api_user import PASSWORD, ApiUser, new_number, sign_in
from tests.support.polling import eventually
from tests.support.servers import ALLOWED_ORIGIN, AUTH_TOKEN, JWT_SECRET, Api, Simulator, Start

FORMATS = ["text", "json"]


def found_in(log: str, private: Iterable[str]) -> list[str]:
    """The texts that the log contains, as they are or as JSON and Python escape them."""
    return [text for text in private if any(form in log for form in (text, json.dumps(text)[1:-1], repr(text)[1:-1]))]


def lines_of(log: str) -> list[dict[str, Any]]:
    """The lines of a JSON log, each of which is an object."""
    return [json.loads(line) for line in log.splitlines()]


async def corrupt(mongodb_uri: str, message_id: str) -> None:
    """Store a text as the state of a message, so that reading it raises an error that quotes the text."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        messages = client.get_default_database()["messages"]
        text = (await messages.find_one({"_id": ObjectId(message_id)}) or {})["content"]
        await messages.update_one(
            {"_id": ObjectId(message_id)}, {"$set": {"outbound.state": text, "provider_status": None}}
        )


@pytest.mark.parametrize("log_format", FORMATS)
async def test_logs_contain_no_personal_data(start: Start, simulator: Simulator, log_format: str) -> None:
    text = 'A secret “recipe” for lentil soup\nwith "salt"'
    number, refused, troubled = new_number(), "+15005550001", new_number()
    await simulator.control.set_fault("error_500", to=troubled, commit=False)
    async with start(RECONCILE_AFTER_SECONDS="60", LOG_FORMAT=log_format) as api:
        api_user = await ApiUser.sign_up(api)
        for recipient in (number, refused, troubled):
            await api_user.send(recipient, text, key="a private key")
            await api_user.send(recipient, text)
        used_token = api_user.refresh_token
        await api_user.refresh_tokens()
        await sign_in(api, api_user.email, "wrong password")
        await api.http.post(f"/api/twilio/status_callback?message_id={api_user.id}", data={"To": number, "Body": text})
        await api.http.post("/users", content=f'{{"user": {{"email": "{api_user.email}"')
        await api.http.get(f"/api/messages/{number}", params={"number": number})
        contact = {"contact": {"name": text.splitlines()[0], "note": text}}
        await api_user.call("PUT", f"/api/contacts/{number}", json=contact)
        await api_user.call("GET", "/api/contacts", params={"search": text})
        await api.http.get("/up", headers={"X-Request-ID": api_user.email})

        message = await api_user.send_accepted(new_number(), text)
        await api_user.eventually(message["_id"], "delivered")
        await corrupt(api.mongodb_uri, message["_id"])
        async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
            answer = await http.get("/api/messages", headers={"Authorization": f"Bearer {api_user.access_token}"})
        assert answer.status_code == 500

        await simulator.control.set_fault("unauthorized")
        await api_user.send(new_number(), text)
        log = api.process.new_output()

    private = [
        *(text, number, refused, troubled, "a private key", api_user.email, PASSWORD, "wrong password"),
        *(used_token, api_user.access_token, api_user.refresh_token, JWT_SECRET, AUTH_TOKEN),
    ]
    assert "Application startup complete" in log, "this is not the log"
    assert "Sending is paused, since Twilio rejects all messages" in log, "nothing went wrong"
    assert "KeyError" in log, "there was no unexpected error"
    assert "Traceback (most recent call last)" in log, "there was no traceback"
    for each in private:
        assert found_in(f"{log}\nINFO to={each}!", private) == [each]
        assert found_in(log + json.dumps({"exception": f"ValueError: {each}"}), private) == [each]
        assert found_in(f"{log}\nValidationError [input_value={each!r}]", private) == [each]
    assert found_in(log, private) == []
    if log_format == "json":
        for line in lines_of(log):
            assert {"timestamp", "level", "logger", "event"} <= line.keys()
            assert line["timestamp"].endswith("Z"), "in UTC"


async def test_every_request_has_one_log_line_with_its_route(start: Start) -> None:
    expected: list[dict[str, object]] = [
        {"method": "POST", "route": "/users", "status": 201},
        {"method": "POST", "route": "/api/messages"},
        {"method": "GET", "route": "/api/messages/{message_id}", "status": 200},
        {"method": "GET", "route": "other", "status": 404},
    ]
    async with start(LOG_FORMAT="json") as api:
        api_user = await ApiUser.sign_up(api)
        number = new_number()
        message = await api_user.send_accepted(number, "Hello there")
        await api_user.detail(message["_id"])
        await api.http.get("/nowhere/at/all?number=" + number)

        async def written_lines() -> list[dict[str, Any]]:
            complete, _, _ = api.process.text().rpartition("\n")
            return access_lines(complete)

        # Each is written after its response was sent, perhaps after that of the next request.
        lines = await eventually(
            written_lines,
            lambda lines: all(any(wanted.items() <= line.items() for line in lines) for wanted in expected),
            what="a line for each request",
        )
    for wanted in expected:
        (line,) = [line for line in lines if wanted.items() <= line.items()]
        # Of a test's request: in another unit, it would be beyond that.
        assert 0 <= line["milliseconds"] < 60_000
        assert re.fullmatch(r"[0-9a-f]{16}", line["request_id"])
    assert len({line["request_id"] for line in lines}) == len(lines)


@pytest.fixture
def built_spa(tmp_path: Path) -> Path:
    built = tmp_path / "browser"
    built.mkdir()
    (built / "index.html").write_text("<!doctype html>")
    return built


async def test_no_log_line_contains_a_path_a_query_or_a_referer(start: Start, built_spa: Path) -> None:
    """They have numbers and search words in them, and whatever others put into links."""
    number = new_number()
    digits = number.removeprefix("+")
    async with start(FRONTEND_DIST=str(built_spa), LOG_FORMAT="json") as api:
        api_user = await ApiUser.sign_up(api)
        headers = {"Authorization": f"Bearer {api_user.access_token}", "Referer": f"{api.url}/conversations/{number}"}
        async with httpx.AsyncClient(base_url=api.url, trust_env=False, headers=headers) as http:
            for method, path in (
                ("GET", f"/conversations/{number}"),
                ("GET", f"/conversations/{number}?search=lentil+soup"),
                ("GET", f"/{number}.png"),
                ("GET", f"/assets/../{number}.js"),
                ("GET", f"/docs/static/{number}.css"),
                ("GET", f"/api/messages?search=lentil+soup&peer_number=%2B{digits}"),
                ("GET", f"/api/messages?limit=lentil&before={digits}"),
                ("GET", f"/api/messages/{number}"),
                ("GET", f"/api/{number}"),
                ("GET", f"/api/{number}/"),
                ("POST", f"/api/messages/{number}/retry"),
                ("OPTIONS", f"/api/{number}"),
                ("GET", f"/users/sessions/{number}.json"),
                ("GET", f"/{'x' * 20_000}{number}"),
                ("PATCH", f"/api/messages?search={digits}"),
            ):
                await http.request(method, path)
        for malformed in (f"GET /{number}", f"LENTIL /{number} HTTP/1.1", f"GET http://lentil:{digits} HTTP/9"):
            reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(api.url).port)
            writer.write(f"{malformed}\r\n\r\n".encode())
            await reader.read()
            writer.close()
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        await api.http.get(f"/up?search={digits}", headers={**upgrade, "Sec-WebSocket-Key": "bGVudGlsIHNvdXA="})
        log = await log_with(api, "PATCH")
    assert "Invalid HTTP request received" in log
    assert found_in(log.lower(), [digits, "lentil"]) == []


def access_lines(log: str) -> list[dict[str, Any]]:
    return [line for line in lines_of(log) if line["logger"] == "mysms.access"]


async def log_with(api: Api, mark: str) -> str:
    """The log, once it contains the text: a line is written after its response was sent."""

    async def read_log() -> str:
        return api.process.text()

    return await eventually(read_log, lambda log: mark in log, what=f"a line with {mark}")


async def test_an_attempt_is_logged_with_the_request_id(start: Start, simulator: Simulator) -> None:
    async with start(LOG_FORMAT="json") as api:
        api_user = await ApiUser.sign_up(api)
        answer = await send_as(api_user, "order-4711")
        assert (answer.status_code, answer.headers["X-Request-ID"]) == (201, "order-4711")
        lines = lines_of(await log_with(api, "The attempt has ended"))
    (attempt,) = [line for line in lines if line["event"] == "The attempt has ended: Accepted."]
    assert attempt["request_id"] == "order-4711"
    assert (attempt["message_id"], attempt["attempt"]) == (answer.json()["_id"], 1)


async def test_an_attempt_by_another_process_is_logged_with_the_request_id(start: Start, simulator: Simulator) -> None:
    """The process that stored the message is killed before the provider accepts messages again."""
    await simulator.control.set_fault("rate_limited")
    async with start() as first:
        api_user = await ApiUser.sign_up(first)
        answer = await send_as(api_user, "order-4712")
        assert answer.json()["status"] == "pending"
        first.process.kill()
    await simulator.control.reset_faults()
    async with start(LOG_FORMAT="json") as second:
        lines = lines_of(await log_with(second, "The attempt has ended: Accepted."))
    (attempt,) = [line for line in lines if line["event"] == "The attempt has ended: Accepted."]
    assert (attempt["request_id"], attempt["message_id"]) == ("order-4712", answer.json()["_id"])


async def send_as(api_user: ApiUser, request_id: str) -> httpx.Response:
    body = {"message": {"recipient_number": new_number(), "content": "Hello"}}
    return await api_user.call("POST", "/api/messages", json=body, headers={"X-Request-ID": request_id})


@pytest.mark.parametrize(
    "given", ["a" * 65, "with space", "tab\tbed", "ada@example.com", "+14155552671", "-x", "é", ""]
)
async def test_an_invalid_request_id_is_replaced(api: Api, given: str) -> None:
    answer = await api.http.get("/up", headers={b"X-Request-ID": given.encode()})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("method", "path", "request_parts", "status"),
    [
        ("GET", "/up", {}, 200),
        ("GET", "/users", {}, 401),
        ("GET", "/nowhere", {}, 404),
        ("DELETE", "/up", {}, 405),
        ("POST", "/users", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/users", {"content": b"x" * 100_000}, 413),
        ("OPTIONS", "/api/messages", {"headers": {"Access-Control-Request-Method": "POST"}}, 200),
    ],
)
async def test_every_response_has_a_request_id_that_an_allowed_origin_may_read(
    api: Api, method: str, path: str, request_parts: Mapping[str, Any], status: int
) -> None:
    headers = {"Origin": ALLOWED_ORIGIN, "X-Request-ID": "mine.1", **request_parts.get("headers", {})}
    answer = await api.http.request(method, path, **{**request_parts, "headers": headers})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (status, "mine.1")
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN
    if method != "OPTIONS":
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]


async def test_an_unhandled_exception_is_a_logged_500_with_the_usual_headers(start: Start) -> None:
    async with start(LOG_FORMAT="json") as api:
        api_user = await ApiUser.sign_up(api)
        message = await api_user.send_accepted(new_number())
        await api_user.eventually(message["_id"], "delivered")
        await corrupt(api.mongodb_uri, message["_id"])
        headers = {
            "Authorization": f"Bearer {api_user.access_token}",
            "Origin": ALLOWED_ORIGIN,
            "X-Request-ID": "broken",
        }
        async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
            answer = await http.get("/api/messages", headers=headers)
        lines = lines_of(await log_with(api, "A request failed"))
        api.process.new_output()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["X-Request-ID"] == "broken"
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (line,) = [line for line in lines if line["level"] == "error"]
    assert (line["request_id"], line["event"]) == ("broken", "A request failed: KeyError")
    assert "mysms/messages/encoding.py" in line["exception"]


def failure(secret: str) -> BaseException:
    """An error with a cause, a context and members that all quote the secret."""
    try:
        try:
            int(secret)
        except ValueError as error:
            raise ExceptionGroup(secret, [KeyError(secret), TypeError(secret)]) from error
    except ExceptionGroup as error:
        return error
    raise AssertionError("it must fail")


def test_a_traceback_contains_locations_and_types_but_no_values() -> None:
    described = describe_exception(failure("lentil soup"))
    for name in ("builtins.ExceptionGroup", "builtins.ValueError", "builtins.KeyError", "builtins.TypeError"):
        assert name in described
    assert f'File "{__file__}"' in described
    assert "lentil soup" not in described


def test_an_error_in_its_own_chain_of_causes_is_described_once() -> None:
    error = ValueError("a")
    error.__cause__ = TypeError("b")
    error.__cause__.__cause__ = error
    assert describe_exception(error).count("builtins.ValueError") == 1


@contextlib.contextmanager
def logging_in(log_format: Literal["text", "json"]) -> Iterator[io.StringIO]:
    """The log of this process while the context is open."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    with contextlib.redirect_stderr(io.StringIO()) as written:
        configure_logging(log_format)
        try:
            yield written
        finally:
            root.handlers[:] = before
            root.setLevel(level)
            logging.captureWarnings(capture=False)


async def test_errors_of_asyncio_are_logged_without_values() -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(asyncio.sleep(0, "lentil soup"))
    await task
    message = "Exception in callback print('lentil soup')"
    with logging_in("json") as written:
        loop.call_exception_handler({"message": message, "exception": ValueError("lentil soup"), "task": task})
    (line,) = lines_of(written.getvalue())
    assert line["event"] == "Exception in callback print"
    assert "builtins.ValueError" in line["exception"]
    assert "lentil soup" not in json.dumps(line)


def test_libraries_log_in_the_same_format() -> None:
    with logging_in("json") as written:
        logging.getLogger("uvicorn.error").info("Started %s", "it", extra={"color_message": "Started in colour"})
        logging.getLogger("pymongo.command").debug("find lentil soup")
        with bound(request_id="r1"):
            logging.getLogger("anything").warning("Look out")
            assert current_request_id() == "r1"
        assert current_request_id() is None
    started, warned = lines_of(written.getvalue())
    assert (started["logger"], started["level"], started["event"]) == ("uvicorn.error", "info", "Started it")
    assert "color_message" not in started
    assert (warned["event"], warned["request_id"]) == ("Look out", "r1")


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_message_with_line_breaks_is_one_line(log_format: Literal["text", "json"]) -> None:
    with logging_in(log_format) as written:
        logging.getLogger("anything").warning("Invalid: %s", "a\nb\r\x1b[2K\u2028c")
    (line,) = written.getvalue().splitlines()
    assert "\x1b[2K" not in line
