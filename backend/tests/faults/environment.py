"""The system under test: a database, the Twilio simulator, API processes and a signed-up user."""

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from bson import ObjectId
from prometheus_client.parser import text_string_to_metric_families
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from tests.faults.callback_proxy import CallbackProxy
from tests.faults.mongo_proxy import MongoProxy
from tests.faults.scale import seeded_random
from tests.support.polling import eventually
from tests.support.processes import Process, clean_environment, free_port
from tests.support.servers import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    FROM_NUMBER,
    LIST_ORDER,
    NO_TLS,
    Simulator,
    api_environment,
    callback_url_of,
    has_started,
    is_listening,
    running_simulator,
)

Json = dict[str, Any]

TIMEOUT_SECONDS = 1.0
LEASE_SECONDS = 4 * TIMEOUT_SECONDS
RECONCILE_AFTER_SECONDS = 3
ABSENCE_CONFIRMED_AFTER_SECONDS = 1

_UNLIMITED = dict.fromkeys(
    ("AUTH_ATTEMPTS_PER_MINUTE", "MESSAGES_PER_USER_PER_MINUTE", "MESSAGES_PER_USER_PER_DAY", "MESSAGES_PER_DAY"),
    "1000000",
)
_UNHANDLED = ("Traceback (most recent call last)", "never retrieved", "was never awaited")
_OLD_NUMBER = "+13295550000"
_PASSWORD = "correct horse battery"


class MongoProcess:
    """The MongoDB development server, which can be killed and restarted with its data."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._process: Process | None = None
        self.uri = f"mongodb://127.0.0.1:{self._port}/mysms"

    async def start(self) -> None:
        module = ["devservers.mongodb", "--port", str(self._port), "--data", str(self._directory / "mongodb.sqlite3")]
        self._process = Process("mongodb", module, self._directory, clean_environment())
        await self._process.wait_until(lambda: is_listening(self._port))

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()


@dataclass
class ApiProcess:
    """`mysms serve`, or what stands for it, connected to its database through its own MongoProxy."""

    name: str
    directory: Path
    mongodb_uri: str
    settings: Mapping[str, str]
    module: Sequence[str] = ("mysms", "serve")
    port: int = field(default_factory=free_port)
    is_paused: bool = False
    expects_errors: bool = False
    """Set by tests that provoke errors: the log may then contain unhandled errors."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.mongodb_uri)
        self.mongo_proxy = MongoProxy(parts.hostname or "127.0.0.1", parts.port or 27017)
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.exit_code is None

    async def start(self, **changes: str) -> None:
        self.mongo_proxy.worker_id = None
        await self.mongo_proxy.open()
        uri = self.mongo_proxy.uri_of(self.mongodb_uri)
        settings = {**self.settings, **changes, "PORT": str(self.port), "MONGODB_URI": uri}
        self._process = Process(self.name, self.module, self.directory, settings)
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, verify=NO_TLS) as http:
            await self._process.wait_until(lambda: has_started(http), within=60)

    def kill(self) -> None:
        """Send SIGKILL. Data that the proxy holds back may still reach the database until `wait`."""
        self.process.kill()

    async def wait(self) -> None:
        """Forward what the proxy held back, then close its connections."""
        self.mongo_proxy.reset()
        await self.mongo_proxy.close()

    async def kill_and_wait(self) -> None:
        self.kill()
        await self.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        self.is_paused = True

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.is_paused = False

    async def close(self) -> None:
        """Kill the process if it runs. Fails if its log contains an unhandled error."""
        if self._process is None:
            return
        if self.is_running:
            self._process.kill()
        await self.mongo_proxy.close()
        log = "" if self.expects_errors else self._process.text()
        assert not any(mark in log for mark in _UNHANDLED), log[-5000:]

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over all samples with these labels."""
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as http:
            text = (await http.get(f"{self.url}/metrics")).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


@dataclass
class Environment:
    uri: str
    mongodb: MongoProcess | None
    """None if it is the server of TEST_MONGODB_URI, which cannot be killed."""
    simulator: Simulator
    apis: Sequence[ApiProcess]
    callback_proxy: CallbackProxy
    database: AsyncDatabase[Json]
    http: httpx.AsyncClient
    list_order: str
    token: str = ""

    @property
    def running_apis(self) -> list[ApiProcess]:
        return [api for api in self.apis if api.is_running and not api.is_paused]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def sign_up(self) -> None:
        user = {"email": "somebody@example.com", "password": _PASSWORD, "password_confirmation": _PASSWORD}
        answer = await self.http.post(f"{self.running_apis[0].url}/users", json={"user": user})
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["access_token"]

    async def sign_in(self, api: ApiProcess | None = None) -> dict[str, str]:
        """Returns the headers of another session of the user, which may be of this process's clock."""
        user = {"email": "somebody@example.com", "password": _PASSWORD}
        answer = await self.http.post(f"{(api or self.running_apis[0]).url}/users/sign_in", json={"user": user})
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def post(self, number: str, text: str, *, key: str | None = None, to: ApiProcess | None = None) -> Json:
        """Post a message. Returns the message of the response, also if it was rejected."""
        headers = self.headers if key is None else {**self.headers, "Idempotency-Key": key}
        body = {"message": {"recipient_number": number, "content": text}}
        url = f"{(to or self.running_apis[0]).url}/api/messages"
        answer = await self.http.post(url, json=body, headers=headers)
        assert answer.status_code in {201, 202, 422}, answer.text
        message: Json = answer.json()
        return message["message"] if answer.status_code == 422 else message

    async def detail(self, message_id: str) -> Json:
        answer = await self.http.get(f"{self.running_apis[0].url}/api/messages/{message_id}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        message: Json = answer.json()
        return message

    async def post_action(self, message_id: str, action: str, **query: str) -> httpx.Response:
        """Cancel or retry a message."""
        url = f"{self.running_apis[0].url}/api/messages/{message_id}/{action}"
        return await self.http.post(url, params=query, headers=self.headers)

    async def eventually(self, message_id: str, *statuses: str, within: float = 30) -> Json:
        """Wait until the message has one of these statuses."""
        return await eventually(
            lambda: self.detail(message_id),
            lambda message: message["status"] in statuses,
            within=within,
            what=f"a message becoming {' or '.join(statuses)}",
        )

    async def statuses(self) -> dict[str, str]:
        """The statuses of all messages by id, from the API."""
        found: dict[str, str] = {}
        query: dict[str, str] = {"limit": "200"}
        while True:
            url = f"{self.running_apis[0].url}/api/messages"
            rows = (await self.http.get(url, params=query, headers=self.headers)).json()
            found |= {row["_id"]: row["status"] for row in rows}
            if len(rows) < 200:
                return found
            query["before"] = rows[-1]["_id"]

    async def document(self, message_id: str) -> Json:
        """The stored document of the message."""
        row = await self.database["messages"].find_one({"_id": ObjectId(message_id)})
        assert row is not None
        return row

    async def sids_at_provider(self, text: str) -> list[str]:
        """The SIDs of the accepted messages with this text, oldest first."""
        return [entry.sid for entry in await self.simulator.control.ledger() if entry.request["Body"] == text]

    async def bodies_at_provider(self, number: str) -> list[str]:
        """The bodies of the messages in the provider's list for a number."""
        url = f"{self.simulator.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        answer = await self.http.get(url, params={"To": number, "PageSize": 1000}, auth=(ACCOUNT_SID, AUTH_TOKEN))
        return [message["body"] for message in answer.json()["messages"]]

    async def create_old_messages(self) -> None:
        """Create a message that was sent yesterday and one that is still queued since then."""
        url = f"{self.simulator.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        for dates, status in (("all", "sent"), ("created", "queued")):
            await self.simulator.control.set_fault("skew_dates", times=1, to=_OLD_NUMBER, seconds=-86_400, dates=dates)
            form = {"From": FROM_NUMBER, "To": _OLD_NUMBER, "Body": f"Old message, {status}"}
            answer = await self.http.post(url, data=form, auth=(ACCOUNT_SID, AUTH_TOKEN))
            await self.simulator.control.set_status(answer.json()["sid"], status)

    async def make_all_due(self) -> None:
        """Make all pending attempts and status checks due now."""
        messages, now = self.database["messages"], datetime.now(UTC)
        await messages.update_many({"outbound.state": "pending"}, {"$min": {"outbound.next_attempt_at": now}})
        await messages.update_many(
            {"outbound.state": "accepted", "outbound.next_check_at": {"$gt": now}},
            {"$set": {"outbound.next_check_at": now}},
        )

    async def make_list_checks_due(self) -> None:
        """Make the next check of the provider's list due now: after failed checks, hours may lie before it."""
        now = datetime.now(UTC)
        await self.database["messages"].update_many(
            {"outbound.state": "unconfirmed", "outbound.next_check_at": {"$gt": now}},
            {"$set": {"outbound.next_check_at": now}},
        )

    async def run_list_checks(self, message_id: str) -> None:
        """Make enough checks of the provider's list due for an unconfirmed message to reach a conclusion."""
        mine, long_ago = {"_id": ObjectId(message_id)}, datetime.now(UTC) - timedelta(hours=1)
        for round_number in range(3):
            change = {
                "outbound.check_count": 10 * round_number,
                "outbound.next_check_at": datetime.now(UTC),
                "outbound.unconfirmed_since": long_ago,
            }
            await self.database["messages"].update_one({**mine, "outbound.state": "unconfirmed"}, {"$set": change})
            await eventually(
                lambda: self.document(message_id),
                partial(_was_checked, 10 * round_number + 1),
                what="a check of the provider's list",
            )
            await asyncio.sleep(ABSENCE_CONFIRMED_AFTER_SECONDS)

    async def metric(self, name: str, **labels: str) -> float:
        return sum([await api.metric(name, **labels) for api in self.running_apis])


def _was_checked(checks: int, row: Json) -> bool:
    return bool(row["outbound"]["check_count"] >= checks)


@contextlib.asynccontextmanager
async def running_environment(
    directory: Path,
    *,
    processes: int = 2,
    pace: float = 0.1,
    name: str = "environment",
    list_order: str | None = None,
    own_mongodb: bool = False,
    module: Sequence[str] = ("mysms", "serve"),
    **settings: str,
) -> AsyncIterator[Environment]:
    """Start all processes on free ports. `settings` are those of the API processes.

    With `own_mongodb`, the database can be killed: it is a development server also if TEST_MONGODB_URI is set.

    With a `list_order` the provider's list has this order and already contains older messages.
    """
    async with contextlib.AsyncExitStack() as stack:
        uri, mongodb = await _database(stack, directory, own=own_mongodb)
        simulator = await stack.enter_async_context(running_simulator(directory, list_order or LIST_ORDER))
        await simulator.control.set_pace(pace)
        apis: list[ApiProcess] = []
        callback_proxy = CallbackProxy(
            lambda: [api.port for api in apis if api.is_running and not api.is_paused],
            seeded_random(f"callback proxy of {name}"),
        )
        await callback_proxy.open()
        stack.push_async_callback(callback_proxy.close)
        variables = api_environment(port=1, mongodb_uri=uri, twilio_url=simulator.url)
        variables |= {
            "TWILIO_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
            "RECONCILE_AFTER_SECONDS": str(RECONCILE_AFTER_SECONDS),
            "ABSENCE_CONFIRMED_AFTER_SECONDS": str(ABSENCE_CONFIRMED_AFTER_SECONDS),
            "TWILIO_STATUS_CALLBACK_URL": callback_url_of(f"http://127.0.0.1:{callback_proxy.port}"),
            **_UNLIMITED,
            **settings,
        }
        apis += [ApiProcess(f"api{number}", directory, uri, variables, module) for number in range(processes)]
        for api in apis:
            stack.push_async_callback(api.close)
        await asyncio.gather(*(api.start() for api in apis))
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        http = await stack.enter_async_context(
            httpx.AsyncClient(trust_env=False, verify=NO_TLS, timeout=20, limits=limits)
        )
        client = await stack.enter_async_context(AsyncMongoClient[Json](uri, tz_aware=True))
        env = Environment(
            uri, mongodb, simulator, apis, callback_proxy, client.get_default_database(), http, list_order or ""
        )
        if list_order:
            await env.create_old_messages()
        await env.sign_up()
        yield env


async def _database(stack: contextlib.AsyncExitStack, directory: Path, *, own: bool) -> tuple[str, MongoProcess | None]:
    elsewhere = os.environ.get("TEST_MONGODB_URI")
    if elsewhere and not own:
        name = f"mysms_faults_{secrets.token_hex(6)}"

        async def drop() -> None:
            async with AsyncMongoClient[Json](elsewhere) as client:
                await client.drop_database(name)

        stack.push_async_callback(drop)
        return urlsplit(elsewhere)._replace(path=f"/{name}").geturl(), None
    mongodb = MongoProcess(directory)
    await mongodb.start()
    stack.callback(mongodb.kill)
    return mongodb.uri, mongodb
