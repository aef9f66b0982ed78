"""Clients that send with keys, and repeat what was not answered."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import httpx

from tests.faults.environment import ApiProcess, Json, World

_TRIES_WITHIN_SECONDS = 90.0


@dataclass
class Letter:
    """A message as the client that sends it knows it."""

    number: str
    text: str
    key: str
    gives_up: bool = False
    """It is not repeated when the connection breaks."""
    waits_at: str | None = None
    """The process whose answer is awaited now."""
    failures: int = 0
    status: int | None = None
    """Of the answer; None while there is none."""
    body: Json = field(default_factory=dict)
    seconds: float = 0.0
    """How long the answer took, by the last try."""

    @property
    def refused(self) -> bool:
        return self.status == 422

    @property
    def answered(self) -> bool:
        return self.status in {201, 202}

    @property
    def message(self) -> Json:
        message: Json = self.body["message"] if self.refused else self.body
        return message


class Crowd:
    """Several clients at once. Every letter has a text of its own, by which the ledger knows it, unless given."""

    def __init__(self, world: World, chance: Random, *, numbers: Sequence[str], gives_up: float = 0.0) -> None:
        self._world = world
        self._chance = chance
        self._numbers = numbers
        self._gives_up = gives_up
        self.letters: list[Letter] = []
        self.prefers: Callable[[], Sequence[ApiProcess]] = lambda: world.living

    def write(self, number: str | None = None, text: str | None = None) -> Letter:
        place = len(self.letters)
        letter = Letter(
            number=number or self._chance.choice(self._numbers),
            text=text or f"Letter {place:05} {self._chance.getrandbits(40):010x}",
            key=f"key-{place}-{self._chance.getrandbits(40):010x}",
            gives_up=self._chance.random() < self._gives_up,
        )
        self.letters.append(letter)
        return letter

    async def send_until(self, over: Callable[[], bool], clients: int, *, pause: float = 0.0) -> None:
        """Each client sends one letter after the other until it is over; what was begun is brought to its end."""

        async def client() -> None:
            while not over():
                await self.send(self.write())
                await asyncio.sleep(pause * self._chance.random())

        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())

    async def send_all(self, letters: Sequence[Letter], clients: int) -> None:
        """Sends these."""
        waiting = list(reversed(letters))

        async def client() -> None:
            while waiting:
                await self.send(waiting.pop())

        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())

    async def send(self, letter: Letter) -> None:
        """Until it is answered, or given up."""
        deadline = time.monotonic() + _TRIES_WITHIN_SECONDS
        body = {"message": {"recipient_number": letter.number, "content": letter.text}}
        headers = {**self._world.headers, "Idempotency-Key": letter.key}
        while time.monotonic() < deadline:
            candidates = self.prefers() or self._world.apis
            letter.waits_at = self._chance.choice(list(candidates)).url
            begun = time.monotonic()
            try:
                answer = await self._world.http.post(f"{letter.waits_at}/api/messages", json=body, headers=headers)
            except httpx.TransportError:
                letter.failures += 1
            else:
                if answer.status_code < 500:
                    assert answer.status_code in {201, 202, 422}, answer.text
                    letter.status, letter.body = answer.status_code, answer.json()
                    letter.seconds = time.monotonic() - begun
                    return
                letter.failures += 1
            finally:
                letter.waits_at = None
            if letter.gives_up:
                return
            await asyncio.sleep(0.05 + 0.2 * self._chance.random())
        raise AssertionError(f"Nobody answered for {letter.text!r} within {_TRIES_WITHIN_SECONDS} s.")
