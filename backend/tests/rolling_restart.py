"""Two API processes behind nginx, restarted in turn under load: no request fails, every message arrives once.

`make test-rolling-restart` runs this; it needs nginx, which `make test` does not. The configuration is that of
docs/rolling-restart/nginx.conf, with other ports.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support.api_user import ApiUser
from tests.support.contract import Contract
from tests.support.database import running_database
from tests.support.nginx import running_nginx
from tests.support.polling import eventually
from tests.support.processes import BACKEND, Process, free_port
from tests.support.servers import (
    Api,
    Simulator,
    api_environment,
    callback_url_of,
    is_listening,
    running_simulator,
)

CONFIGURATION = BACKEND / "docs" / "rolling-restart" / "nginx.conf"
DRAIN_SECONDS = 5
GRACE_PERIOD_SECONDS = 30
CLIENTS = 6
ROUNDS = int(os.environ.get("ROLLING_ROUNDS", "2"))


def configuration(port: int, upstreams: list[int]) -> str:
    """The documented configuration, with these ports."""
    text = CONFIGURATION.read_text()
    for known, own in zip(("8000", "8001", "8002"), (port, *upstreams), strict=True):
        assert f"127.0.0.1:{known}" in text
        text = text.replace(f"127.0.0.1:{known}", f"127.0.0.1:{own}")
    return text


@dataclass
class Server:
    """One of the two API processes, which may be restarted."""

    directory: Path
    environment: dict[str, str]
    process: Process | None = None
    seconds_to_end: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}"

    async def start(self) -> None:
        self.process = Process("api", ["mysms", "serve"], self.directory, self.environment)
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:

            async def is_ready() -> bool:
                try:
                    return (await http.get("/ready")).status_code == 200
                except httpx.TransportError:
                    return False

            await self.process.wait_until(is_ready)

    async def restart(self) -> None:
        assert self.process is not None
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert await self.process.wait_for_exit(within=GRACE_PERIOD_SECONDS) in {0, -signal.SIGTERM}
        self.seconds_to_end.append(time.monotonic() - begun)
        assert "Traceback" not in self.process.text()
        await self.start()


@dataclass
class Load:
    """Clients that never repeat a failed request."""

    api_user: ApiUser
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)
    over: bool = False
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def run(self) -> None:
        await asyncio.gather(*(self._send() for _ in range(CLIENTS)), *(self._read() for _ in range(CLIENTS)))

    async def _send(self) -> None:
        while not self.over:
            number = f"+1213{next(self._numbers):07}"
            with self._recording_errors("POST"):
                answer = await self.api_user.send(number, "Once and only once", key=number)
                if self._count("POST", answer, {201, 202}):
                    self.sent[number] = answer.json()["_id"]

    async def _read(self) -> None:
        while not self.over:
            with self._recording_errors("GET"):
                self._count("GET", await self.api_user.call("GET", "/api/messages?limit=5"), {200})

    def _count(self, method: str, answer: httpx.Response, wanted: set[int]) -> bool:
        self.answers[f"{method} {answer.status_code}"] += 1
        if answer.status_code not in wanted:
            self.failures.append(f"{method}: {answer.status_code} {answer.text}")
        return answer.status_code in wanted

    @contextlib.contextmanager
    def _recording_errors(self, method: str) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            self.failures.append(f"{method}: {error!r}")


@dataclass(frozen=True)
class Cluster:
    proxy: Api
    servers: list[Server]
    simulator: Simulator


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    front_port, *ports = (free_port() for _ in range(3))
    front_url = f"http://127.0.0.1:{front_port}"
    async with (
        running_database(tmp_path) as mongodb,
        running_simulator(tmp_path) as simulator,
        httpx.AsyncClient(base_url=front_url, trust_env=False, timeout=30) as http,
    ):
        servers = []
        for port in ports:
            environment = api_environment(
                port=port,
                mongodb_uri=mongodb.uri,
                twilio_url=simulator.url,
                TWILIO_STATUS_CALLBACK_URL=callback_url_of(front_url),
                TRUSTED_PROXIES="127.0.0.1",
                DRAIN_SECONDS=str(DRAIN_SECONDS),
            )
            servers.append(Server(tmp_path / str(port), environment))
        try:
            await asyncio.gather(*(server.start() for server in servers))
            with running_nginx(tmp_path, configuration(front_port, ports)):
                await eventually(lambda: is_listening(front_port), bool, what="nginx")
                assert servers[0].process is not None
                contract = Contract((await http.get("/openapi.json")).json())
                yield Cluster(
                    Api(front_url, servers[0].process, http, contract, servers[0].environment), servers, simulator
                )
        finally:
            for server in servers:
                if server.process is not None:
                    server.process.stop()


@pytest.mark.timeout(600)
async def test_a_rolling_restart_under_load_fails_no_request_and_duplicates_no_message(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    # Through nginx, /metrics is not requested from loopback.
    assert (await cluster.proxy.http.get("/metrics")).status_code == 403
    load = Load(await ApiUser.sign_up(cluster.proxy))
    running = asyncio.create_task(load.run())
    try:
        for _ in range(ROUNDS):
            for server in cluster.servers:
                await asyncio.sleep(1)
                await server.restart()
    finally:
        load.over = True
        await running

    for message_id in load.sent.values():
        await load.api_user.eventually(message_id, "delivered", within=60)
    accepted = Counter(entry.request["To"] for entry in await cluster.simulator.control.ledger())
    ends = [seconds for server in cluster.servers for seconds in server.seconds_to_end]
    figures = (
        f"{len(ends)} restarts, each ended within {max(ends):.1f} s; answers: {dict(load.answers)}; "
        f"failures: {len(load.failures)}; messages: {len(load.sent)}, at the provider: {accepted.total()}"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
    assert load.failures == []
    assert len(load.sent) > 50
    assert accepted == Counter(load.sent.keys())
    assert max(ends) < GRACE_PERIOD_SECONDS
