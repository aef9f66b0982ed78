"""The servers that tests talk to, each a process of its own on a free port of loopback."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from prometheus_client.parser import text_string_to_metric_families

from devservers.twilio.control import AcceptedMessage, CallbackAttempt, SimulatorControl
from tests.support.contract import Contract
from tests.support.polling import eventually
from tests.support.processes import Process, clean_environment, free_port

ACCOUNT_SID = "AC00112233445566778899aabbccddeeff"
AUTH_TOKEN = "the-auth-token-of-the-tests"
FROM_NUMBER = "+15005550006"
JWT_SECRET = "a secret of the tests alone, long enough for production"
LISTED_ORIGIN = "https://app.example"

LIST_ORDER = os.environ.get("TWILIO_SIMULATOR_LIST_ORDER", "created")
"""The order of a simulated list: `--list-order` of the simulator."""

_UNHANDLED = ("Traceback (most recent call last)", "A request failed", "never retrieved", "was never awaited")
"""What the API's log holds if something went wrong that nobody had thought of."""
_PACE = 0.05
"""Simulated phones receive twenty times as fast as natural ones."""


@dataclass(frozen=True)
class Mongo:
    uri: str
    process: Process | None
    """None if it runs elsewhere."""

    def another(self, name: str) -> str:
        """The address of another database on the same server."""
        address = urlsplit(self.uri)
        return address._replace(path=f"{address.path}_{name}").geturl()


@dataclass(frozen=True)
class Simulator:
    """The Twilio simulator. Each test texts to numbers of its own, so that no fault disturbs another test."""

    url: str
    control: SimulatorControl
    process: Process

    async def accepted(self, number: str) -> list[AcceptedMessage]:
        """What it ever accepted for this number."""
        return [entry for entry in await self.control.ledger() if entry.request["To"] == number]

    async def create_requests(self, number: str) -> list[Mapping[str, Any]]:
        """How often it was asked to send to this number, whatever it answered."""
        requests = await self.control.requests()
        return [request for request in requests if (request["operation"], request["to"]) == ("create", number)]

    async def callbacks_answered(self, sid: str, *statuses: str) -> Sequence[CallbackAttempt]:
        """The callbacks of a message, once those for these statuses have been answered."""
        return await eventually(
            lambda: self.control.callbacks(sid),
            lambda tries: set(statuses) <= {each.params["MessageStatus"] for each in tries if each.answer is not None},
            what=f"callbacks for {statuses}",
        )


@dataclass(frozen=True)
class Api:
    url: str
    process: Process
    http: httpx.AsyncClient
    contract: Contract
    environment: Mapping[str, str]

    @property
    def mongodb_uri(self) -> str:
        return self.environment["MONGODB_URI"]

    @property
    def callback_url(self) -> str:
        return callback_url_of(self.url)

    async def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Posts JSON, escaped to ASCII: so even half a character can be sent, as some clients would."""
        sent_as = {"Content-Type": "application/json", **(headers or {})}
        return await self.http.post(path, content=json.dumps(body), headers=sent_as)

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of what is counted under these labels, over those that are not given."""
        text = (await self.http.get("/metrics")).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def require_no_unhandled_error(self) -> None:
        """Fails if the API has written of one since this was last asked."""
        news = self.process.news()
        assert not any(mark in news for mark in _UNHANDLED), news


def callback_url_of(api_url: str) -> str:
    return f"{api_url}/api/twilio/status_callback"


UNLIMITED = dict.fromkeys(
    (
        "ATTEMPTS_PER_MINUTE",
        "ATTEMPTS_PER_ACCOUNT",
        "MESSAGES_PER_USER_AND_MINUTE",
        "MESSAGES_PER_USER_AND_DAY",
        "MESSAGES_PER_DAY",
    ),
    "1000000000",
)
"""All tests come from one address, and some send more than a person ever would."""


def api_environment(*, port: int, mongodb_uri: str, twilio_url: str, **changes: str) -> dict[str, str]:
    """All settings of an API process, with these changes."""
    url = f"http://127.0.0.1:{port}"
    settings = {
        "PORT": str(port),
        "MONGODB_URI": mongodb_uri,
        "JWT_SECRET": JWT_SECRET,
        "CORS_ORIGINS": LISTED_ORIGIN,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM_NUMBER": FROM_NUMBER,
        "TWILIO_API_BASE_URL": twilio_url,
        "TWILIO_STATUS_CALLBACK_URL": callback_url_of(url),
        **UNLIMITED,
        **changes,
    }
    return clean_environment(**settings)


Start = Callable[..., contextlib.AbstractAsyncContextManager[Api]]
"""Starts an API with these changes to its settings."""


@contextlib.asynccontextmanager
async def running_mongodb(directory: Path, port: int | None = None) -> AsyncIterator[Mongo]:
    """The development server for MongoDB, with the data that it left in this directory."""
    port = port or free_port()
    module = ["devservers.mongodb", "--port", str(port), "--data", str(directory / "mongodb.sqlite3")]
    process = Process("mongodb", module, directory, clean_environment())
    try:
        await process.wait_until(lambda: listens(port))
        yield Mongo(f"mongodb://127.0.0.1:{port}/mysms_tests", process)
    finally:
        process.stop()


@contextlib.asynccontextmanager
async def running_simulator(directory: Path, list_order: str = LIST_ORDER) -> AsyncIterator[Simulator]:
    """The simulator, with a control port that stays open while it refuses connections."""
    port, control_port = free_port(), free_port()
    module = ["devservers.twilio", "--port", str(port), "--control-port", str(control_port), "--pace", str(_PACE)]
    module += ["--data", str(directory / "twilio.sqlite3"), "--from-number", FROM_NUMBER]
    module += ["--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN, "--list-order", list_order]
    process = Process("twilio", module, directory, clean_environment())
    try:
        await process.wait_until(lambda: listens(control_port))
        async with SimulatorControl(f"http://127.0.0.1:{control_port}") as control:
            yield Simulator(f"http://127.0.0.1:{port}", control, process)
    finally:
        process.stop()


@contextlib.asynccontextmanager
async def running_api(directory: Path, environment: Mapping[str, str]) -> AsyncIterator[Api]:
    """`mysms serve` with this environment, in a directory that holds no `.env`."""
    url = f"http://127.0.0.1:{environment['PORT']}"
    process = Process("api", ["mysms", "serve"], directory, environment)
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
            await process.wait_until(lambda: is_up(http))
            contract = Contract((await http.get("/openapi.json")).json())
            http.event_hooks["response"].append(contract.judge)
            api = Api(url, process, http, contract, environment)
            yield api
    finally:
        process.stop()
    api.require_no_unhandled_error()


async def is_up(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/up")).is_success
    except httpx.TransportError:
        return False


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
