"""The servers under test, each a process on a free port of loopback."""

import asyncio
import contextlib
import json
import os
import ssl
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
AUTH_TOKEN = "the-tests-auth-token-93d1f07c"
FROM_NUMBER = "+15005550006"
JWT_SECRET = "the tests' secret: Zk3vQ8xNw1rTd6LpYb0HgCs7Jm4"
ALLOWED_ORIGIN = "https://app.example"

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of servers without TLS. By default, each client reads all certificate authorities, which is slow."""

LIST_ORDER = os.environ.get("TWILIO_SIMULATOR_LIST_ORDER", "created")
"""The simulator's `--list-order`."""

_UNHANDLED = ("Traceback (most recent call last)", "A request failed", "never retrieved", "was never awaited")
"""Markers of unhandled errors in the API's log."""
_PACE = 0.05
"""The simulator delivers twenty times faster than in real time."""


@dataclass(frozen=True)
class Mongo:
    uri: str
    process: Process | None
    """None for the server of TEST_MONGODB_URI."""

    def other_database(self, name: str) -> str:
        """The URI of another database on the same server."""
        address = urlsplit(self.uri)
        return address._replace(path=f"{address.path}_{name}").geturl()


@dataclass(frozen=True)
class Simulator:
    """The Twilio simulator. Each test uses its own phone numbers, so that its faults do not affect other tests."""

    url: str
    control: SimulatorControl
    process: Process

    async def accepted(self, number: str) -> list[AcceptedMessage]:
        """The messages that it accepted for this number."""
        return [entry for entry in await self.control.ledger() if entry.request["To"] == number]

    async def create_requests(self, number: str) -> list[Mapping[str, Any]]:
        """The create requests for this number, whatever their result."""
        requests = await self.control.requests()
        return [request for request in requests if (request["operation"], request["to"]) == ("create", number)]

    async def wait_for_callbacks(self, sid: str, *statuses: str) -> Sequence[CallbackAttempt]:
        """Wait until the callbacks for these statuses have responses. Returns all attempts of the message."""
        return await eventually(
            lambda: self.control.callbacks(sid),
            lambda attempts: (
                set(statuses) <= {each.params["MessageStatus"] for each in attempts if each.status_code is not None}
            ),
            what=f"callbacks for {statuses}",
        )

    async def wait_for_webhook(self, sid: str) -> None:
        """Wait until the webhook of an inbound message has been accepted."""
        await eventually(
            lambda: self.control.callbacks(sid),
            lambda attempts: any(each.status_code == 200 for each in attempts),
            what="the webhook",
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
        """Post JSON, escaped to ASCII, so that lone surrogates can be sent."""
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        return await self.http.post(path, content=json.dumps(body), headers=all_headers)

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over all samples with these labels."""
        text = (await self.http.get("/metrics")).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def eventually_logs(self, text: str) -> None:
        async def log() -> str:
            return self.process.text()

        await eventually(log, lambda written: text in written, what=f"the log line {text}")

    def require_no_unhandled_error(self) -> None:
        """Fails if the log contains an unhandled error since the last call."""
        output = self.process.new_output()
        assert not any(marker in output for marker in _UNHANDLED), output


def callback_url_of(api_url: str) -> str:
    return f"{api_url}/api/twilio/status_callback"


UNLIMITED = dict.fromkeys(
    (
        "AUTH_ATTEMPTS_PER_MINUTE",
        "LOGIN_ATTEMPTS_PER_ACCOUNT",
        "MESSAGES_PER_USER_PER_MINUTE",
        "MESSAGES_PER_USER_PER_DAY",
        "MESSAGES_PER_DAY",
    ),
    "1000000000",
)
"""Rate limits are off: all tests have the same IP address, and some send many messages."""


def api_environment(*, port: int, mongodb_uri: str, twilio_url: str, **changes: str) -> dict[str, str]:
    """The environment of an API process, with these changes to the settings."""
    url = f"http://127.0.0.1:{port}"
    settings = {
        "PORT": str(port),
        "MONGODB_URI": mongodb_uri,
        "JWT_SECRET": JWT_SECRET,
        "CORS_ORIGINS": ALLOWED_ORIGIN,
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
"""Starts an API process with these changes to its settings."""


@contextlib.asynccontextmanager
async def running_mongodb(directory: Path, port: int | None = None, *, within: float = 30.0) -> AsyncIterator[Mongo]:
    """Run the MongoDB development server with the data in this directory, which it may take so long to read."""
    port = port or free_port()
    module = ["devservers.mongodb", "--port", str(port), "--data", str(directory / "mongodb.sqlite3")]
    process = Process("mongodb", module, directory, clean_environment())
    try:
        await process.wait_until(lambda: is_listening(port), within=within)
        yield Mongo(f"mongodb://127.0.0.1:{port}/mysms_tests", process)
    finally:
        process.stop()


@contextlib.asynccontextmanager
async def running_simulator(directory: Path, list_order: str = LIST_ORDER) -> AsyncIterator[Simulator]:
    """Run the simulator, with a control port."""
    port, control_port = free_port(), free_port()
    module = ["devservers.twilio", "--port", str(port), "--control-port", str(control_port), "--pace", str(_PACE)]
    module += ["--data", str(directory / "twilio.sqlite3"), "--from-number", FROM_NUMBER]
    module += ["--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN, "--list-order", list_order]
    process = Process("twilio", module, directory, clean_environment())
    try:
        await process.wait_until(lambda: is_listening(control_port))
        async with SimulatorControl(f"http://127.0.0.1:{control_port}") as control:
            yield Simulator(f"http://127.0.0.1:{port}", control, process)
    finally:
        process.stop()


@contextlib.asynccontextmanager
async def running_api(
    directory: Path, environment: Mapping[str, str], open_files: tuple[int, int] | None = None
) -> AsyncIterator[Api]:
    """Run `mysms serve` with this environment, in a directory without a `.env`."""
    url = f"http://127.0.0.1:{environment['PORT']}"
    process = Process("api", ["mysms", "serve"], directory, environment, open_files)
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, verify=NO_TLS, timeout=30) as http:
            await process.wait_until(lambda: has_started(http))
            contract = await Contract.served_by(http)
            http.event_hooks["response"].append(contract.check)
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


async def has_started(http: httpx.AsyncClient) -> bool:
    """Whether a process that starts is up: asked again and again, so that a refused connection must cost little."""
    return await is_listening(http.base_url.port or 80) and await is_up(http)


async def is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
