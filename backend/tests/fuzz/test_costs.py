"""No single request holds the event loop for much longer than an ordinary one, whatever it contains.

While the event loop is held, no request gets its response. So the longest time for which `/up` waits during a request
is at least as long as the request holds the loop. Anything else on the machine can only make a measurement longer: so
one short measurement of a request is enough, and a request fails only if it is too long again and again.
"""

import asyncio
import json
import re
import statistics
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.support.api_user import ApiUser, new_email, sign_in
from tests.support.contract import Contract
from tests.support.event_client import call_briefly
from tests.support.servers import Api, Start

TIMES_AN_ORDINARY_REQUEST = 10
MEASUREMENTS = 15
SIZES = (8_000, 32_000, 960_000)
"""About the limits of bodies, and far above them."""
SLOW_TEXT = "\u0315\u0300"
"""Normalising many of these takes quadratic time."""
NESTED_TOKEN = urlsafe_b64encode(b"[" * 5_000 + b"]" * 5_000).decode() + ".e30.e30"
FORM = "application/x-www-form-urlencoded"
FILE = "application/octet-stream"
LONGEST_FILE = 5_000_000
PUNYCODE = {"Content-Type": "multipart/form-data; boundary=x; charset=punycode"}
"""Decoding it takes quadratic time."""
HEADERS = {
    "Accept-Encoding": "gzip;q=0," * 800,
    "Cookie": "a=;" * 2_000,
    "Idempotency-Key": "x" * 8_000,
    "If-None-Match": 'W/"' * 2_000,
    "Last-Event-ID": "9" * 8_000,
    "Range": "bytes=" + "0-1," * 1_500,
    "User-Agent": "(;" * 3_000,
    "X-Twilio-Signature": "x" * 28,
    "X-Request-ID": "a." * 3_000,
}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    content: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_destructive(self) -> bool:
        """Whether it may end the session of its user."""
        return self.method == "DELETE"

    def __str__(self) -> str:
        names = ", ".join(name for name in self.headers if name != "Content-Type")
        return f"{self.method} {self.path[:60]} {self.content[:60]} ({len(self.content)} characters) {names}"


def hostile_requests(contract: Contract) -> Iterator[Request]:
    """Requests to each operation of the document that could be expensive."""
    for name, operation in contract.operations():
        method, template = name.split()
        path = re.sub(r"{\w+}", "0" * 24, template)
        yield Request(method, path, headers=HEADERS)
        yield Request(method, path, headers={"Authorization": f"Bearer {NESTED_TOKEN}"})
        for parameter in _query_parameters(operation):
            yield Request(method, f"{path}?{parameter}={quote(SLOW_TEXT * 600)}")
        yield Request(method, f"{path}?{'a&' * 4_000}")
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            bodies = {FORM: _forms, FILE: _files}.get(media_type, _json_bodies)
            fields = _field_names(contract.document, content["schema"])
            for size in SIZES:
                for body in bodies(fields, size):
                    yield Request(method, path, body, {"Content-Type": media_type})
                yield Request(method, path, _punycode_form(size), PUNYCODE)


def _query_parameters(operation: Mapping[str, Any]) -> list[str]:
    return [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]


def _field_names(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an object by name, each with its own fields."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return {name: _field_names(document, each) for name, each in schema.get("properties", {}).items()}


def _json_bodies(fields: Mapping[str, Any], size: int) -> Iterator[str]:
    unknown = dict.fromkeys(map(str, range(size // 10)), 0)
    ((envelope, inner),) = fields.items()
    for body in (unknown, {envelope: unknown}, [unknown], {envelope: [unknown]}):
        yield json.dumps(body)
    long = SLOW_TEXT * (size // 4 // max(1, len(inner)))
    yield json.dumps({envelope: dict.fromkeys(inner, long)}, ensure_ascii=False)
    yield "[" * (size // 2) + "]" * (size // 2)
    yield '{"a":' * (size // 6) + "0" + "}" * (size // 6)
    yield "9" * size


def _forms(fields: Mapping[str, Any], size: int) -> Iterator[str]:
    yield "a&" * (size // 2)
    yield "&".join(f"{number:x}=" for number in range(size // 5))
    yield "%" * size
    yield urlencode(dict.fromkeys(fields, SLOW_TEXT * (size // 12 // max(1, len(fields)))))
    # The fields that choose a branch have the values with which the others count.
    yield urlencode({"grant_type": "password", "username": SLOW_TEXT * (size // 12), "password": "x" * 600})


def _files(_: Mapping[str, Any], size: int) -> Iterator[str]:
    """Files of contacts: the longest ones, whatever is asked for."""
    if size != SIZES[0]:
        return
    yield "," * LONGEST_FILE
    yield '"' * LONGEST_FILE
    yield "\n" * LONGEST_FILE
    yield "Name,Phone\n" + f"{'(' * 190}1,{'(' * 190}1\n" * (LONGEST_FILE // 400)
    yield "Name,Phone\n" + "".join(f"{'x' * 90},+1 415 5{number:06}\n" for number in range(20_000))
    yield "Name,Phone\n" + f"Eve,1{' ' * 99_000}1\n" * (LONGEST_FILE // 100_000)
    yield "Name" + ",Phone" * 199 + "\n" + (SLOW_TEXT * 30 + ",1" * 199 + "\n") * 2_000
    yield "BEGIN:VCARD\n" + "TEL;" * (LONGEST_FILE // 4)
    yield "BEGIN:VCARD\n" + "BEGIN:VCARD\nTEL:+1\n" * (LONGEST_FILE // 19)
    yield "BEGIN:VCARD\n" + "NOTE;ENCODING=QUOTED-PRINTABLE:=\n" * (LONGEST_FILE // 33)
    yield "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=PUNYCODE:" + "a.-a=\n" * (LONGEST_FILE // 6)
    yield "BEGIN:VCARD\nNOTE:" + "\n \\n" * (LONGEST_FILE // 4)


def _punycode_form(size: int) -> str:
    value = ("\U0001f600" * (size - 100)).encode("punycode").decode()[: size - 100]
    return f'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{value}\r\n--x--\r\n'


async def longest_wait(api: Api, send: Callable[[], Awaitable[object]]) -> float:
    """The longest time in seconds for which /up waited for its response until the request had one."""
    request = asyncio.ensure_future(send())
    longest = 0.0
    while not request.done():
        begun = time.perf_counter()
        await api.http.get("/up")
        longest = max(longest, time.perf_counter() - begun)
    await request
    return longest


async def shortest_of_many(bound: float, measure: Callable[[], Awaitable[float]]) -> float:
    """The shortest of some measurements; one below the bound is enough."""
    shortest = float("inf")
    for _ in range(MEASUREMENTS):
        shortest = min(shortest, await measure())
        if shortest < bound:
            break
    return shortest


@pytest.mark.timeout(600)
async def test_no_request_holds_the_event_loop(start: Start) -> None:
    async with start() as api, httpx.AsyncClient(base_url=api.url, trust_env=False, timeout=30) as http:
        user = await ApiUser.sign_up(api)

        async def send(request: Request) -> httpx.Response:
            headers = {"Authorization": f"Bearer {user.access_token}", **request.headers}
            return await call_briefly(http, request.method, request.path, content=request.content, headers=headers)

        ordinary = statistics.median(
            [await longest_wait(api, lambda: sign_in(api, new_email(), "wrong")) for _ in range(MEASUREMENTS)]
        )
        bound = TIMES_AN_ORDINARY_REQUEST * ordinary
        too_long = {}
        for request in sorted(hostile_requests(api.contract), key=lambda each: each.is_destructive):
            seconds = await shortest_of_many(bound, lambda: longest_wait(api, lambda: send(request)))  # noqa: B023
            if seconds >= bound:
                too_long[str(request)] = f"{seconds / ordinary:.0f} times as long as a sign-in"
        assert too_long == {}
