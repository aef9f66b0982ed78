"""Clients that send messages with idempotency keys and repeat requests without a response."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import httpx

from tests.faults.environment import ApiProcess, Environment, Json

_RETRY_FOR_SECONDS = 90.0


@dataclass
class SentMessage:
    """The client's view of a message that it sends."""

    number: str
    text: str
    key: str
    gives_up: bool = False
    """Whether the client does not repeat the request after a failure."""
    waiting_for: str | None = None
    """The URL of the process whose response the client is waiting for."""
    failures: int = 0
    status: int | None = None
    """The HTTP status of the response; None until there is one."""
    body: Json = field(default_factory=dict)
    seconds: float = 0.0
    """The response time of the last attempt."""

    @property
    def rejected(self) -> bool:
        return self.status == 422

    @property
    def acknowledged(self) -> bool:
        return self.status in {201, 202}


class LoadClients:
    """Concurrent clients. Every message has a unique text, unless given, so that it can be found in the ledger."""

    def __init__(self, env: Environment, random: Random, *, numbers: Sequence[str], gives_up: float = 0.0) -> None:
        self._env = env
        self._random = random
        self._numbers = numbers
        self._gives_up = gives_up
        self.messages: list[SentMessage] = []
        self.preferred_apis: Callable[[], Sequence[ApiProcess]] = lambda: env.running_apis

    def new_message(self, number: str | None = None, text: str | None = None) -> SentMessage:
        number_sent = len(self.messages)
        message = SentMessage(
            number=number or self._random.choice(self._numbers),
            text=text or f"Message {number_sent:05} {self._random.getrandbits(40):010x}",
            key=f"key-{number_sent}-{self._random.getrandbits(40):010x}",
            gives_up=self._random.random() < self._gives_up,
        )
        self.messages.append(message)
        return message

    async def send_until(self, is_over: Callable[[], bool], concurrency: int, *, pause: float = 0.0) -> None:
        """Each client sends one message after the other until `is_over`. Started messages are completed."""

        async def client() -> None:
            while not is_over():
                await self.send(self.new_message())
                await asyncio.sleep(pause * self._random.random())

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(client())

    async def send_all(self, messages: Sequence[SentMessage], concurrency: int) -> None:
        """Send these messages."""
        waiting = list(reversed(messages))

        async def client() -> None:
            while waiting:
                await self.send(waiting.pop())

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(client())

    async def send(self, message: SentMessage) -> None:
        """Send a message, repeatedly until there is a response or the client gives up."""
        deadline = time.monotonic() + _RETRY_FOR_SECONDS
        body = {"message": {"recipient_number": message.number, "content": message.text}}
        headers = {**self._env.headers, "Idempotency-Key": message.key}
        while time.monotonic() < deadline:
            candidates = self.preferred_apis() or self._env.apis
            message.waiting_for = self._random.choice(list(candidates)).url
            begun = time.monotonic()
            try:
                response = await self._env.http.post(f"{message.waiting_for}/api/messages", json=body, headers=headers)
            except httpx.TransportError:
                message.failures += 1
            else:
                if response.status_code < 500:
                    assert response.status_code in {201, 202, 422}, response.text
                    message.status, message.body = response.status_code, response.json()
                    message.seconds = time.monotonic() - begun
                    return
                message.failures += 1
            finally:
                message.waiting_for = None
            if message.gives_up:
                return
            await asyncio.sleep(0.05 + 0.2 * self._random.random())
        raise AssertionError(f"No response for {message.text!r} within {_RETRY_FOR_SECONDS} s.")
