"""The steps of docs/rotation.md, under traffic: nobody is signed out, and no callback is refused.

At each step the processes are restarted one by one, so that processes of two steps always run side by side.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.faults.callback_proxy import CallbackProxy
from tests.support.api_user import PASSWORD, Json, new_email, new_number
from tests.support.polling import eventually
from tests.support.processes import Process, free_port
from tests.support.responses import problem_of
from tests.support.servers import (
    AUTH_TOKEN,
    JWT_SECRET,
    Mongo,
    Simulator,
    api_environment,
    callback_url_of,
    has_started,
    running_simulator,
)

NEW_SECRET = "the tests' new secret: 0b5Yq7Wc2Xf9Mz4Kd8Rj"
NEW_TOKEN = "the-tests-new-token-58be20c6"
KEY, NEW_KEY = "the-tests-shared-key-41b7e09c", "the-tests-new-shared-key-5d20f8a3"
USERS = 3


@dataclass
class Cluster:
    """API processes behind one callback URL. Requests go to those that are in service."""

    directory: Path
    environments: list[dict[str, str]]
    settings: dict[str, str] = field(default_factory=dict)
    in_service: list[str] = field(default_factory=list)
    processes: dict[str, Process] = field(default_factory=dict)

    async def start(self, environment: dict[str, str]) -> None:
        url = f"http://127.0.0.1:{environment['PORT']}"
        process = Process(environment["PORT"], ["mysms", "serve"], self.directory, {**environment, **self.settings})
        self.processes[url] = process
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            await process.wait_until(lambda: has_started(http))
        self.in_service.append(url)

    async def stop(self, environment: dict[str, str]) -> None:
        url = f"http://127.0.0.1:{environment['PORT']}"
        self.in_service.remove(url)
        await asyncio.to_thread(self.processes[url].stop)

    async def change(self, **settings: str) -> None:
        """Restarts one process after the other with these settings."""
        self.settings = settings
        for environment in self.environments:
            await self.stop(environment)
            await asyncio.sleep(0.5)
            await self.start(environment)
            await asyncio.sleep(0.5)

    def ports(self) -> list[int]:
        return [int(url.rpartition(":")[2]) for url in self.in_service]


@dataclass
class Client:
    """A browser whose requests go to any of the processes."""

    cluster: Cluster
    http: httpx.AsyncClient
    session: Json
    refused: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    sent: list[str] = field(default_factory=list)

    @classmethod
    async def sign_up(cls, cluster: Cluster, http: httpx.AsyncClient) -> "Client":
        user = {"email": new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
        answer = await http.post(f"{cluster.in_service[0]}/users", json={"user": user})
        assert answer.status_code == 201, answer.text
        return cls(cluster, http, answer.json())

    async def browse(self, is_over: Callable[[], bool]) -> None:
        """Reads with a token of each process at each process, sends messages, and refreshes the session."""
        while not is_over():
            await self.refresh()
            for url in list(self.cluster.in_service):
                await self.request("GET", url, "/users")
            await self.send()

    async def refresh(self) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": self.session["refresh_token"]}
        answer = await self.request("POST", random.choice(self.cluster.in_service), "/users/token", data=form)
        if answer is not None and answer.is_success:
            self.session = answer.json()

    async def send(self) -> None:
        message = {"recipient_number": new_number(), "content": "Hello"}
        url = random.choice(self.cluster.in_service)
        answer = await self.request("POST", url, "/api/messages", json={"message": message})
        if answer is not None and answer.is_success:
            self.sent.append(answer.json()["_id"])

    async def request(self, method: str, url: str, path: str, **content: object) -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {self.session['access_token']}"}
        try:
            answer = await self.http.request(method, f"{url}{path}", headers=headers, **content)  # type: ignore[arg-type]
        except httpx.TransportError:
            # The process was taken out of service before the request arrived.
            return None
        self.answers[f"{method} {path}"] += 1
        if not answer.is_success:
            self.refused.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        yield http


@pytest.fixture
async def own_simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with running_simulator(tmp_path) as simulator:
        yield simulator


@pytest.fixture
async def cluster(mongodb: Mongo, own_simulator: Simulator, tmp_path: Path) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        cluster = Cluster(tmp_path, [])
        proxy = CallbackProxy(cluster.ports, random.Random(1))
        await proxy.open()
        stack.push_async_callback(proxy.close)
        cluster.environments = [
            api_environment(
                port=free_port(),
                mongodb_uri=mongodb.other_database(tmp_path.name[-20:]),
                twilio_url=own_simulator.url,
                TWILIO_STATUS_CALLBACK_URL=callback_url_of(f"http://127.0.0.1:{proxy.port}"),
            )
            for _ in range(2)
        ]
        try:
            await asyncio.gather(*(cluster.start(environment) for environment in cluster.environments))
            yield cluster
        finally:
            for process in cluster.processes.values():
                process.stop()
        for process in cluster.processes.values():
            assert "Traceback" not in process.text()


@asynccontextmanager
async def traffic(cluster: Cluster, http: httpx.AsyncClient) -> AsyncIterator[list[Client]]:
    """Clients that use the API all the time. None of their requests may be refused."""
    clients = [await Client.sign_up(cluster, http) for _ in range(USERS)]
    is_over = False
    browsing = asyncio.gather(*(client.browse(lambda: is_over) for client in clients))
    try:
        yield clients
    finally:
        is_over = True
        await browsing
    assert [refused for client in clients for refused in client.refused] == []
    answers = sum((client.answers for client in clients), Counter[str]())
    assert min(answers.values()) >= 20, answers


async def assert_delivered(cluster: Cluster, client: Client) -> None:
    """All messages that a client has sent get their last status, and by callbacks: the polling begins later."""
    for message_id in client.sent:

        async def read(path: str = f"/api/messages/{message_id}") -> str:
            answer = await client.request("GET", cluster.in_service[0], path)
            assert answer is not None
            return str(answer.json()["status"])

        await eventually(read, lambda status: status == "delivered", what="a delivered message")


@pytest.mark.timeout(300)
async def test_replacing_the_jwt_secret_signs_nobody_out(cluster: Cluster, http: httpx.AsyncClient) -> None:
    absent = await Client.sign_up(cluster, http)
    async with traffic(cluster, http):
        await cluster.change(JWT_SECRET_PREVIOUS=NEW_SECRET)
        await cluster.change(JWT_SECRET=NEW_SECRET, JWT_SECRET_PREVIOUS=JWT_SECRET)
        # Within 30 days, whoever stays signed in comes back once.
        await absent.refresh()
        newcomer = await Client.sign_up(cluster, http)
        await cluster.change(JWT_SECRET=NEW_SECRET)
        for client in (absent, newcomer):
            await client.refresh()
            assert client.refused == []


@pytest.mark.timeout(300)
async def test_replacing_twilios_secrets_refuses_no_callback(
    cluster: Cluster, own_simulator: Simulator, http: httpx.AsyncClient
) -> None:
    control = own_simulator.control
    async with traffic(cluster, http) as clients:
        await control.set_credentials(secondary_auth_token=NEW_TOKEN)
        await cluster.change(TWILIO_AUTH_TOKEN=NEW_TOKEN, TWILIO_AUTH_TOKEN_PREVIOUS=AUTH_TOKEN)
        await control.set_credentials(auth_token=NEW_TOKEN, secondary_auth_token=None)
        await asyncio.sleep(1)
        await cluster.change(TWILIO_AUTH_TOKEN=NEW_TOKEN, TWILIO_WEBHOOK_KEY=KEY)
        await control.set_credentials(webhook_key=KEY)
        await cluster.change(TWILIO_AUTH_TOKEN=NEW_TOKEN, TWILIO_WEBHOOK_KEY=NEW_KEY, TWILIO_WEBHOOK_KEY_PREVIOUS=KEY)
        await control.set_credentials(webhook_key=NEW_KEY)
        await asyncio.sleep(1)
    for client in clients:
        await assert_delivered(cluster, client)
    attempts = await control.callbacks()
    assert {attempt.status_code for attempt in attempts} - {None, 204} == set()
    assert len(attempts) > 50
    requests = await control.requests()
    assert {request["status"] for request in requests if request["operation"] == "create"} == {201}


@pytest.mark.timeout(300)
async def test_a_leaked_jwt_secret_is_replaced_at_once(cluster: Cluster, http: httpx.AsyncClient) -> None:
    client = await Client.sign_up(cluster, http)
    await cluster.change(JWT_SECRET=NEW_SECRET)
    form = {"grant_type": "refresh_token", "refresh_token": client.session["refresh_token"]}
    answer = await http.post(f"{cluster.in_service[0]}/users/token", data=form)
    # So nothing that was written in the browser is erased.
    assert problem_of(answer, 400, "session_ended")["reason"] == "unknown_token"
    headers = {"Authorization": f"Bearer {client.session['access_token']}"}
    problem_of(await http.get(f"{cluster.in_service[0]}/users", headers=headers), 401, "not_signed_in")
