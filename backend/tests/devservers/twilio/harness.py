"""The simulator as a process, the official library as its client, and a receiver for callbacks."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from devservers.twilio.server import Server, listening_socket

BACKEND = Path(__file__).parents[3]
ORDINARY = "+14155552671"
FAST = 0.02


Value = TypeVar("Value")


async def eventually(check: Callable[[], Awaitable[Value]], seconds: float = 5) -> Value:
    """Poll until `check` returns a truthy value; fail with the last value after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := await check()):
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        await asyncio.sleep(0.01)
    return value


class RedirectedHttpClient(TwilioHttpClient):
    """Sends the library's requests to another host, through its documented extension point."""

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._base_url = base_url

    def request(self, *args: Any, **kwargs: Any) -> Any:
        method, url, *others = args
        return super().request(method, url.replace("https://api.twilio.com", self._base_url), *others, **kwargs)


class Library:
    """The official library, called in a thread."""

    def __init__(self, base_url: str, timeout: float = 10, token: str = DEFAULT_AUTH_TOKEN) -> None:
        self._http = RedirectedHttpClient(base_url, timeout)
        self.client = Client(DEFAULT_ACCOUNT_SID, token, http_client=self._http)

    def close(self) -> None:
        if self._http.session:
            self._http.session.close()

    async def create(self, to: str = ORDINARY, body: str = "hello", **parameters: Any) -> Any:
        return await self.call(
            self.client.messages.create, to=to, body=body, **{"from_": DEFAULT_FROM_NUMBER} | parameters
        )

    async def fetch(self, sid: str) -> Any:
        return await self.call(self.client.messages(sid).fetch)

    async def list(self, **parameters: Any) -> Any:
        return await self.call(self.client.messages.list, **parameters)

    async def call(self, method: Callable[..., Any], **parameters: Any) -> Any:
        return await asyncio.to_thread(method, **parameters)


@dataclass
class Simulator:
    process: Process
    url: str
    control_url: str

    @classmethod
    async def start(cls, data: Path, *options: str) -> "Simulator":
        process = await start_process("--port", "0", "--control-port", "0", "--data", str(data), *options)
        assert process.stdout is not None
        words = (await process.stdout.readline()).decode().replace(",", "").split()
        assert words[:3] == ["Twilio", "simulator", "ready"], words
        return cls(process, words[4], words[6])

    async def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        assert self.process.stderr is not None
        errors = (await self.process.stderr.read()).decode()
        assert not errors, errors
        return await self.process.wait()

    def control(self) -> SimulatorControl:
        return SimulatorControl(self.control_url)


async def start_process(*options: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devservers.twilio", *options, cwd=BACKEND, stdout=PIPE, stderr=PIPE
    )


@dataclass(frozen=True)
class Received:
    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    at: float = field(default_factory=time.monotonic)

    @property
    def status(self) -> str:
        return self.params["MessageStatus"]

    @property
    def token(self) -> str:
        return self.headers["i-twilio-idempotency-token"]

    def is_signed(self, secret: str = DEFAULT_AUTH_TOKEN, algorithm: str = "HMAC_SHA1") -> bool:
        signature = self.headers.get("x-twilio-signature", "")
        return bool(RequestValidator(secret).validate(self.url, self.params, signature, algorithm))


class Receiver:
    """Receives callbacks. `script` holds the next responses: a status, or a delay in seconds before a 204.

    `challenge` holds the headers of a 401.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.script: list[int | float] = []
        self.challenge: Mapping[str, str] = {}
        app = Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST"])])
        self._socket = listening_socket("127.0.0.1", 0)
        self._base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        self.server = Server(config, [self._socket], "receiver ready")

    def url(self, path_and_query: str = "/status_callback?message_id=1") -> str:
        return self._base + path_and_query

    def statuses(self) -> list[str]:
        return [received.status for received in self.received]

    async def wait_for(self, count: int) -> list[Received]:
        async def enough() -> bool:
            return len(self.received) >= count

        await eventually(enough)
        return self.received

    def reset(self) -> None:
        self.received.clear()
        self.script.clear()
        self.challenge = {}

    async def _receive(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        params = {name: values[0] for name, values in form.items()}
        self.received.append(Received(str(request.url), params, dict(request.headers)))
        scripted = self.script.pop(0) if self.script else 204
        if isinstance(scripted, float):
            await asyncio.sleep(scripted)
            return Response(status_code=204)
        return Response(status_code=scripted, headers=self.challenge if scripted == 401 else None)
