"""Connections have limits: on their number, on the size of headers, and on the time for a request and its response."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.types import Receive, Scope, Send

from mysms.core.security_events import SecurityEvents
from mysms.core.stream_capacity import StreamCapacity
from mysms.web.body_time import allow_body
from mysms.web.connection_limits import ConnectionLimits
from mysms.web.middleware import read_body
from mysms.web.problem_details import RequestTimeoutError, problem_response
from mysms.web.response_headers import DEFAULT_HEADERS
from tests.support.api_user import ApiUser
from tests.support.limited_server import CHUNK, RESPONSE, SOON, START, HeldRequests, connected, server_with
from tests.support.polling import eventually
from tests.support.processes import free_port
from tests.support.responses import problem_of
from tests.support.servers import Api, Mongo, Simulator, Start, api_environment, running_api

ENOUGH_BYTES = 100 * 1024 * 1024
SOME_BYTES = 16 * 1024 * 1024
"""More than the buffers of the operating system take."""
NOT_SOON = ConnectionLimits(headers_within_seconds=60, body_within_seconds=60)


async def response_to(url: str, *chunks: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the problem of the response to these bytes, after which the server closes the connection."""
    async with connected(url) as (reader, writer):
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        head, _, body = (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = httpx.Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
    expected = httpx.Headers({**DEFAULT_HEADERS, "Content-Type": "application/problem+json"})
    assert headers.items() >= expected.items()
    assert headers["Connection"] == "close"
    assert headers["Date"]
    return int(status.split()[1]), json.loads(body)


async def bytes_taken(url: str, start: bytes) -> int:
    """How many bytes can be sent after the start of a request before the server ends the connection."""
    sent = 0
    async with connected(url) as (_, writer):
        writer.write(start)
        with contextlib.suppress(ConnectionError):
            while sent < ENOUGH_BYTES:
                writer.write(CHUNK)
                await writer.drain()
                sent += len(CHUNK)
    return sent


async def is_ended(reader: asyncio.StreamReader) -> bool:
    """Whether the server ends the connection, whatever it sends before."""
    try:
        async with asyncio.timeout(10):
            while await reader.read(65_536):
                pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


async def read_response(reader: asyncio.StreamReader) -> None:
    """Read the chunks of a successful response."""
    assert await reader.readexactly(12) == b"HTTP/1.1 200"
    while await reader.readuntil(b"\r\n") != b"0\r\n":
        pass
    await reader.readexactly(2)


def slow_requests() -> float:
    """How many of these security events this process has recorded."""
    return recorded("slow_request")


def recorded(kind: str) -> float:
    return REGISTRY.get_sample_value("mysms_security_events_total", {"kind": kind}) or 0


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /up HTTP/9.9\r\n\r\n",
        b"GET /up HTTP/1.1\r\nNo colon\r\n\r\n",
        b"GET /up HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /up HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"POST /users HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ],
    ids=["nonsense", "TLS", "version", "header", "two lengths", "length", "URL", "chunk"],
)
async def test_what_is_not_http_is_rejected(api: Api, sent: bytes) -> None:
    status, problem = await response_to(api.url, sent)
    assert (status, problem["status"], problem["code"]) == (400, 400, "malformed_request")


class TestHeaders:
    @pytest.mark.parametrize(
        "header",
        [
            b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n",
            b"X-Long: " + b"x" * 20_000,
            b"x" * 20_000,
            b"".join(b"X-%d: x\r\n" % number for number in range(100)) + b"\r\n",
            b"".join(b"X-%d: x\r\n" % number for number in range(2_000)),
        ],
        ids=["one", "an unfinished one", "an unfinished name", "many", "unfinished ones"],
    )
    async def test_headers_that_are_too_large_are_rejected(self, api: Api, header: bytes) -> None:
        status, problem = await response_to(api.url, START + header)
        assert (status, problem["status"], problem["code"]) == (431, 431, "headers_too_large")

    async def test_a_url_that_is_too_long_is_rejected(self, api: Api) -> None:
        status, _ = await response_to(api.url, b"GET /" + b"x" * 20_000)
        assert status == 431

    async def test_headers_in_small_pieces_are_counted_together(self, api: Api) -> None:
        status, _ = await response_to(api.url, START, *[b"X-Header: " + b"x" * 500 + b"\r\n"] * 32)
        assert status == 431

    @pytest.mark.parametrize(
        "start",
        [
            START + b"X-Long: ",
            b"GET /",
            b"POST /users HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
            b"POST /users HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        ],
        ids=["header", "url", "trailer", "chunk extension"],
    )
    async def test_an_endless_header_is_cut_off(self, api: Api, start: bytes) -> None:
        assert await bytes_taken(api.url, start) < SOME_BYTES

    async def test_many_large_headers_within_the_limit_are_read(self, api: Api) -> None:
        headers = {f"X-{number}": "x" * 150 for number in range(80)}
        assert (await api.http.get("/up", headers=headers)).status_code == 200

    async def test_bodies_are_no_headers(self, api: Api) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(30):
                yield b"x" * 1_000

        problem_of(await api.http.post("/api/messages", content=chunks()), 401, "not_signed_in")
        for _ in range(3):
            assert (await api.http.get("/up?" + "x" * 10_000)).status_code == 200


class TestTime:
    async def test_a_half_sent_header_is_rejected(self) -> None:
        async with server_with(SOON) as url:
            status, problem = await response_to(url, START)
            assert (status, problem["code"]) == (408, "slow_request")

    async def test_bytes_that_drip_in_do_not_extend_the_time(self) -> None:
        async with server_with(SOON) as url, connected(url) as (reader, writer):

            async def drip() -> None:
                writer.write(START)
                while True:
                    writer.write(b"x")
                    await asyncio.sleep(0.05)

            dripping = asyncio.create_task(drip())
            assert await is_ended(reader)
            dripping.cancel()

    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            b"\r\n",
            START + b"\r\n\r\n",
            START + b"Content-Length: 1\r\n\r\n",
            START + b"Content-Length: 9\r\n\r\nx",
            START + b"Transfer-Encoding: chunked\r\n\r\n",
        ],
        ids=[
            "nothing",
            "an empty line",
            "a line after a request",
            "no body",
            "half a body",
            "no chunk",
        ],
    )
    async def test_a_connection_does_not_wait_for_ever(self, sent: bytes) -> None:
        async with server_with(SOON) as url, connected(url) as (reader, writer):
            writer.write(sent)
            assert await is_ended(reader)

    @pytest.mark.parametrize(("within_seconds", "expected"), [(60, 200), (0.5, 408)])
    async def test_a_body_has_the_time_that_its_route_gives_it(self, within_seconds: float, expected: int) -> None:
        """A route that reads a file itself allows more time than there is for other bodies."""
        events = SecurityEvents("a secret")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                body = await read_body(scope, receive, 1_000, events, within_seconds)
            except RequestTimeoutError as error:
                await problem_response(error)(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"40")]})
            await send({"type": "http.response.body", "body": body})

        async with server_with(SOON, app=app) as url, connected(url) as (reader, writer):
            writer.write(START + b"Content-Length: 40\r\nConnection: close\r\n\r\n")

            async def drip() -> None:
                # Longer than all of the limits together.
                for _ in range(40):
                    writer.write(b"x")
                    await asyncio.sleep(0.05)

            dripping = asyncio.create_task(drip())
            received = await asyncio.wait_for(reader.read(), 20)
            dripping.cancel()
        assert received.startswith(b"HTTP/1.1 %d " % expected)
        assert received.endswith(b"\r\n\r\n" + b"x" * 40) == (expected == 200)

    async def test_the_time_for_a_body_is_none_for_the_next_one(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            is_first = not scope["query_string"]
            if is_first:
                allow_body(scope, 60)
            while (await receive()).get("more_body"):
                pass
            if is_first:
                allow_body(scope, 60)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

        first, second = (b"POST /%s HTTP/1.1\r\nContent-Length: 2\r\n\r\n" % query for query in (b"", b"?second"))
        async with server_with(SOON, app=app) as url, connected(url) as (reader, writer):
            writer.write(first + b"xx" + second + b"x")
            received = await asyncio.wait_for(reader.read(), 20)
        assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"200", b"408"]

    async def test_a_half_sent_request_in_the_packet_of_another_one_is_rejected(self) -> None:
        before = slow_requests()
        async with server_with(SOON) as url, connected(url) as (reader, writer):
            writer.write(START + b"\r\n" + START)
            received = await asyncio.wait_for(reader.read(), 20)
        assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"200", b"408"]
        assert slow_requests() == before + 1

    async def test_an_idle_connection_stays_open_after_a_response(self) -> None:
        async with server_with(SOON) as url, connected(url) as (reader, writer):
            for _ in range(2):
                writer.write(START + b"\r\n")
                await read_response(reader)
                await asyncio.sleep(1)

    async def test_a_response_may_take_longer(self) -> None:
        async with server_with(SOON, seconds=1) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
            assert len((await http.get("/")).content) == len(RESPONSE)

    async def test_a_response_that_is_not_read_is_ended(self) -> None:
        async with server_with(SOON) as url, connected(url) as (reader, writer):
            writer.write(START + b"\r\n")
            await asyncio.sleep(2)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(len(RESPONSE))

    async def test_of_many_responses_that_are_not_read_earlier_ones_are_ended(self) -> None:
        limits = ConnectionLimits(unread=2)
        async with server_with(limits) as url, contextlib.AsyncExitStack() as stack:
            readers = []
            for _ in range(4):
                reader, writer = await stack.enter_async_context(connected(url))
                expected = recorded("response_not_read") + 1
                writer.write(START + b"\r\n")
                # Reading some of it shows that the response is on its way.
                await reader.readexactly(len(CHUNK))
                readers.append(reader)
                if len(readers) > limits.unread:
                    await eventually(
                        lambda: asyncio.sleep(0, recorded("response_not_read")),
                        expected.__eq__,
                        what="the end of one of them",
                    )
            await readers[-1].readexactly(len(RESPONSE) - len(CHUNK))
            ended = 0
            for reader in readers[:-1]:
                try:
                    await reader.readexactly(len(RESPONSE) - len(CHUNK))
                except (ConnectionError, asyncio.IncompleteReadError):
                    ended += 1
            assert ended == 2


StartWithFiles = Callable[[int, int], contextlib.AbstractAsyncContextManager[Api]]
"""Starts an API process that may open so many files, and so many if it raises the limit."""


@pytest.fixture
def start_with_files(mongodb: Mongo, simulator: Simulator, tmp_path: Path) -> StartWithFiles:
    uri = mongodb.other_database(tmp_path.name[-20:])

    def start(soft: int, hard: int) -> contextlib.AbstractAsyncContextManager[Api]:
        environment = api_environment(port=free_port(), mongodb_uri=uri, twilio_url=simulator.url)
        return running_api(tmp_path, environment, open_files=(soft, hard))

    return start


class TestNumber:
    @pytest.mark.parametrize("sent", [b"", START], ids=["unused", "half-sent"])
    async def test_many_connections_do_not_shut_out_others(self, start_with_files: StartWithFiles, sent: bytes) -> None:
        async with start_with_files(200, 200) as api, contextlib.AsyncExitStack() as stack:
            for _ in range(230):
                with contextlib.suppress(ConnectionError):
                    _, writer = await stack.enter_async_context(connected(api.url))
                    writer.write(sent)
            async with httpx.AsyncClient(base_url=api.url, trust_env=False, timeout=10) as http:
                assert (await http.get("/up")).status_code == 200
            assert await api.metric("mysms_security_events_total", kind="too_many_connections") > 100

    async def test_the_process_may_open_as_many_files_as_the_hard_limit_allows(
        self, start_with_files: StartWithFiles
    ) -> None:
        async with start_with_files(100, 800) as api, contextlib.AsyncExitStack() as stack:
            for _ in range(200):
                await stack.enter_async_context(connected(api.url))
            assert (await api.http.get("/up")).status_code == 200
            assert await api.metric("mysms_security_events_total", kind="too_many_connections") == 0

    async def test_event_streams_leave_connections_for_requests(self, start_with_files: StartWithFiles) -> None:
        async with start_with_files(120, 120) as api, contextlib.AsyncExitStack() as stack:
            users = [await ApiUser.sign_up(api) for _ in range(3)]
            statuses = []
            for api_user in users * 16:
                reader, writer = await stack.enter_async_context(connected(api.url))
                request = (
                    f"GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api_user.access_token}\r\n\r\n"
                )
                writer.write(request.encode())
                statuses.append((await reader.readuntil(b"\r\n"))[9:12])
            assert set(statuses) == {b"200", b"503"}
            assert (await api.http.get("/up")).status_code == 200
            assert await api.metric("mysms_security_events_total", kind="too_many_connections") == 0
            assert statuses.count(b"200") == 40

    async def test_idle_connections_end_after_half_sent_requests_the_longest_idle_one_first(self) -> None:
        async with server_with(replace(NOT_SOON, connections=3)) as url, contextlib.AsyncExitStack() as stack:

            async def connect(sent: bytes) -> asyncio.StreamReader:
                reader, writer = await stack.enter_async_context(connected(url))
                writer.write(sent)
                return reader

            idle = []
            for _ in range(2):
                idle.append(await connect(START + b"\r\n"))
                await read_response(idle[-1])
            half_sent = await connect(START)
            replaced = await connect(START + b"\r\n")
            assert await is_ended(half_sent)
            await read_response(replaced)
            await connect(b"")
            assert await is_ended(idle[0])
            assert not idle[1].at_eof()
            assert not replaced.at_eof()

    async def test_requests_in_progress_are_not_ended_for_others(self) -> None:
        two = replace(NOT_SOON, connections=2)
        held = HeldRequests()
        async with server_with(two, held=held) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
            requests = [asyncio.create_task(http.get("/")) for _ in range(2)]
            await held.wait_for(2)
            async with connected(url) as (reader, _):
                assert await is_ended(reader)
            held.release()
            assert [(await request).status_code for request in requests] == [200, 200]

    async def test_too_many_requests_are_turned_away(self) -> None:
        """A request goes on when its client has left."""
        held = HeldRequests()
        async with server_with(replace(NOT_SOON, requests=2), held=held) as url:
            for count in range(1, 4):
                async with connected(url) as (_, writer):
                    writer.write(START + b"\r\n")
                    await held.wait_for(count)
            status, problem = await response_to(url, START + b"\r\n")
            assert (status, problem["code"]) == (503, "too_busy")

    async def test_event_streams_do_not_count_as_requests_in_progress(self) -> None:
        streams = StreamCapacity()
        server = server_with(replace(NOT_SOON, requests=2), seconds=1, streams=streams)
        async with server as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
            requests = []
            for number in range(4):
                streams.open = min(number, 2)
                requests.append(asyncio.create_task(http.get("/")))
                await asyncio.sleep(0.1)
            assert [(await request).status_code for request in requests] == [200] * 4

    async def test_the_half_sent_request_that_waits_longest_is_ended_first(self) -> None:
        async with server_with(replace(NOT_SOON, connections=2)) as url, contextlib.AsyncExitStack() as stack:
            first, second, third = [await stack.enter_async_context(connected(url)) for _ in range(3)]
            assert await is_ended(first[0])
            third[1].write(START + b"Connection: close\r\n\r\n")
            assert await third[0].readexactly(12) == b"HTTP/1.1 200"
            assert not second[0].at_eof()


class TestRequestsThatWait:
    """Requests that are sent before the response to an earlier one."""

    async def test_some_are_answered_in_order(self) -> None:
        async def repeat_path(scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": scope["raw_path"]})

        sent = [b"/%d" % number for number in range(1 + NOT_SOON.waiting_requests)]
        async with server_with(NOT_SOON, app=repeat_path) as url, connected(url) as (reader, writer):
            writer.write(b"".join(b"GET %s HTTP/1.1\r\n\r\n" % path for path in sent))
            received = await asyncio.wait_for(reader.readuntil(sent[-1] + b"\r\n0\r\n\r\n"), 20)
        assert re.findall(rb"^/\d+", received, re.MULTILINE) == sent

    async def test_too_many_end_their_connection(self, start: Start) -> None:
        async with start() as api:
            before = await api.metric("mysms_requests_total", method="GET")
            async with connected(api.url) as (reader, writer):
                writer.write(b"GET / HTTP/1.1\r\n\r\n" * 30_000)
                assert await is_ended(reader)
            answered = await api.metric("mysms_requests_total", method="GET") - before
            requests_for_metrics = 1
            assert answered <= 1 + NOT_SOON.waiting_requests + requests_for_metrics
            assert await api.metric("mysms_security_events_total", kind="too_busy") == 1
            assert "Traceback" not in api.process.text()

    async def test_the_one_before_them_learns_that_its_client_has_left(self) -> None:
        begun: list[str] = []
        has_left = asyncio.Event()

        async def stream(scope: Scope, receive: Receive, send: Send) -> None:
            begun.append(scope["path"])
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            leaving = asyncio.ensure_future(receive())
            while not leaving.done():
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
                await asyncio.sleep(0.01)
            has_left.set()

        async with server_with(NOT_SOON, app=stream) as url:
            async with connected(url) as (reader, writer):
                writer.write(b"GET /first HTTP/1.1\r\n\r\n")
                await reader.readuntil(b"x")
                writer.write(b"GET /second HTTP/1.1\r\n\r\n")
                await reader.readexactly(100)
            await asyncio.wait_for(has_left.wait(), 10)
        assert begun == ["/first"]
