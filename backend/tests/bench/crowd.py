"""Many people at once on one API process: lines 7 and 8 of the table.

With streams, each of them reads GET /api/events, while messages of random ones change. With polls, each asks every ten
seconds for the messages that have changed, as the SPA does, and random ones send messages.
"""

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import uvloop

from mysms.web.open_files import most_open
from tests.bench import population
from tests.bench.client import Connection, Pool, StreamConnection
from tests.bench.population import Person
from tests.bench.processes import OTHER_CORE, pinned_to, processor_seconds, resident_megabytes
from tests.bench.servers import Bench, running_bench
from tests.support.api_user import Json
from tests.support.status_callbacks import PATH as CALLBACK_PATH
from tests.support.status_callbacks import form_of, query_of, signature_of

_POLL_SECONDS = 10.0
_CONNECTIONS = 20_000
"""Beside which 10,000 connections of the clients are few enough."""
_OPENED_AT_ONCE = 50
_LATEST_EVENT_SECONDS = 5.0
_TICK_SECONDS = 0.05
_STATUSES = ("sending", "sent", "delivered")
_SEED = 20260101
"""All runs have the same order."""


@dataclass(frozen=True)
class Crowd:
    people: int
    seconds: float
    per_second: float
    """Changes with streams, sent messages with polls."""


@dataclass
class Times:
    """Seconds of something that happened many times."""

    values: list[float] = field(default_factory=list)

    def summary(self) -> Json:
        """Returns the count, and milliseconds."""
        if not self.values:
            return {"count": 0}
        cuts = (
            statistics.quantiles(self.values, n=100, method="inclusive") if len(self.values) > 1 else self.values * 99
        )
        found = {"p50": cuts[49], "p99": cuts[98], "most": max(self.values)}
        return {"count": len(self.values), **{name: round(value * 1000, 1) for name, value in found.items()}}


@dataclass
class Seen:
    """What the people have seen."""

    answers: Times = field(default_factory=Times)
    """From the sending of a callback to the event, or from a poll to its response."""
    requests: Times = field(default_factory=Times)
    """The callbacks, or the sent messages."""
    lag: Times = field(default_factory=Times)
    """How late the timers of this process are."""
    errors: list[str] = field(default_factory=list)


class StreamingPeople:
    """Each of them reads the event stream."""

    def __init__(self, bench: Bench, people: Sequence[tuple[Person, Json]], seen: Seen) -> None:
        self._bench = bench
        self._people = people
        self._seen = seen
        self._changed_at: dict[int, float] = {}
        self._streams: list[StreamConnection] = []

    async def open(self, number: int) -> None:
        person, _ = self._people[number]
        stream = StreamConnection(lambda: self._see(number), self._seen.errors.append)
        await stream.open(self._bench.api.url, "/api/events", person.token)
        self._streams.append(stream)

    async def live(self, crowd: Crowd) -> None:
        pool = Pool(self._bench.api.url)
        changes = self._changes(crowd)
        await _at_a_rate(crowd.per_second, crowd.seconds, lambda: self._change(pool, *next(changes)), self._seen.errors)
        await asyncio.sleep(_LATEST_EVENT_SECONDS)
        self._seen.errors += [f"no event for change {number}" for number in self._changed_at]

    def close(self) -> None:
        for stream in self._streams:
            stream.close()

    def _changes(self, crowd: Crowd) -> Iterator[tuple[int, str]]:
        everybody = list(range(crowd.people))
        for status in _STATUSES:
            random.Random(f"{_SEED} {status}").shuffle(everybody)
            yield from ((number, status) for number in everybody)

    async def _change(self, pool: Pool, number: int, status: str) -> None:
        message = self._people[number][1]
        query, form = query_of(message), form_of(message, status)
        signature = signature_of(f"{self._bench.api.callback_url}?{query}", form)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        body = urlencode(form).encode()
        self._changed_at[number] = began_at = time.monotonic()
        response = await pool.request("POST", f"{CALLBACK_PATH}?{query}", headers, body)
        self._seen.requests.values.append(time.monotonic() - began_at)
        if response.status != 204:
            self._seen.errors.append(f"callback: {response.status}")

    def _see(self, number: int) -> None:
        changed_at = self._changed_at.pop(number, None)
        if changed_at is not None:
            self._seen.answers.values.append(time.monotonic() - changed_at)


class PollingPeople:
    """Each of them polls every ten seconds for what has changed since a revision: from there on, like the SPA.

    It asks for contacts besides, once a minute, and after a change for what is unread.
    """

    def __init__(self, bench: Bench, people: Sequence[tuple[Person, Json]], seen: Seen) -> None:
        self._bench = bench
        self._people = people
        self._seen = seen
        self._since: dict[int, str] = {}
        self._etags: dict[int, str] = {}
        self._connections: dict[int, Connection] = {}

    async def open(self, number: int) -> None:
        connection = self._connections[number] = Connection(self._bench.api.url)
        await connection.open()
        # The first one has their message, the second one the ETag of what has changed since.
        await self._poll(number)
        await self._poll(number)

    async def live(self, crowd: Crowd) -> None:
        ends_at = time.monotonic() + crowd.seconds
        pages = [asyncio.create_task(self._keep_polling(number, ends_at)) for number in range(crowd.people)]
        pool, senders = Pool(self._bench.api.url), random.Random(_SEED)
        counter = itertools.count()
        await _at_a_rate(
            crowd.per_second,
            crowd.seconds,
            lambda: self._send(pool, senders.randrange(crowd.people), next(counter)),
            self._seen.errors,
        )
        await asyncio.gather(*pages)

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    async def _keep_polling(self, number: int, ends_at: float) -> None:
        await asyncio.sleep(_POLL_SECONDS * number / len(self._people))
        while (began_at := time.monotonic()) < ends_at:
            try:
                await self._poll(number)
            except ConnectionError as error:
                self._seen.errors.append(f"poll: {error!r}")
                return
            self._seen.answers.values.append(time.monotonic() - began_at)
            await asyncio.sleep(began_at + _POLL_SECONDS - time.monotonic())

    async def _poll(self, number: int) -> None:
        headers = {"Authorization": f"Bearer {self._people[number][0].token}"}
        if number in self._etags:
            headers["If-None-Match"] = self._etags[number]
        target = f"/api/messages/changes?since={self._since.get(number, 0)}&limit=200"
        response = await self._connections[number].request("GET", target, headers)
        if response.status not in {200, 304}:
            self._seen.errors.append(f"poll: {response.status}")
        elif response.status == 200 and response.is_empty_list:
            # While nothing changes, it asks the same again.
            self._etags[number] = response.etag
        elif response.status == 200:
            self._etags.pop(number, None)
            self._since[number] = response.revision

    async def _send(self, pool: Pool, number: int, count: int) -> None:
        message = {"recipient_number": f"+1212{2_000_000 + count:07}", "content": "Now and then"}
        headers = {"Authorization": f"Bearer {self._people[number][0].token}", "Content-Type": "application/json"}
        began_at = time.monotonic()
        response = await pool.request("POST", "/api/messages", headers, orjson.dumps({"message": message}))
        self._seen.requests.values.append(time.monotonic() - began_at)
        if response.status not in {201, 202}:
            self._seen.errors.append(f"send: {response.status}")


async def measure(directory: Path, kind: str, crowd: Crowd) -> Json:
    """Runs a crowd of `streams` or `polls`."""
    most_open(_CONNECTIONS)
    async with running_bench(directory) as bench:
        templates = await population.read_templates(bench)
    people, rows = _people(templates, crowd.people)
    population.store(directory, bench.api.mongodb_uri, rows)
    seen = Seen()
    async with running_bench(directory) as bench:
        with pinned_to(OTHER_CORE):
            everybody = (StreamingPeople if kind == "streams" else PollingPeople)(bench, people, seen)
            return {"kind": kind, **asdict(crowd), **await _live(bench, everybody, crowd, seen)}


async def _live(bench: Bench, everybody: StreamingPeople | PollingPeople, crowd: Crowd, seen: Seen) -> Json:
    pid = bench.api.process.pid
    megabytes, used = resident_megabytes(pid), processor_seconds(pid)
    opening = asyncio.Semaphore(_OPENED_AT_ONCE)

    async def open_one(number: int) -> None:
        async with opening:
            await _noting_errors(everybody.open(number), seen.errors)

    began_at = time.monotonic()
    await asyncio.gather(*map(open_one, range(crowd.people)))
    opened = {
        "open_seconds": round(time.monotonic() - began_at, 1),
        "open_milliseconds_each": round((processor_seconds(pid) - used) / crowd.people * 1000, 2),
        "kilobytes_each": round((resident_megabytes(pid) - megabytes) / crowd.people * 1024, 1),
    }
    ticking = asyncio.create_task(_measure_lag(seen.lag))
    pids = {"api": pid} | ({} if bench.database_pid is None else {"database": bench.database_pid})
    before = {name: processor_seconds(each) for name, each in pids.items()}
    own, began_at = time.process_time(), time.monotonic()
    await everybody.live(crowd)
    took = time.monotonic() - began_at
    shares = {name: (processor_seconds(pids[name]) - was) / took for name, was in before.items()}
    shares["client"] = (time.process_time() - own) / took
    ticking.cancel()
    everybody.close()
    return {
        "megabytes_before": round(megabytes),
        **opened,
        "megabytes_after": round(resident_megabytes(pid)),
        "answers": seen.answers.summary(),
        "requests": seen.requests.summary(),
        "errors": len(seen.errors),
        "first_errors": seen.errors[:5],
        "shares_of_a_core": {name: round(share, 2) for name, share in shares.items()},
        "client_lag": seen.lag.summary(),
    }


def _people(templates: population.Templates, count: int) -> tuple[list[tuple[Person, Json]], Iterator[population.Row]]:
    found: list[tuple[Person, Json]] = []
    rows: list[population.Row] = []
    for _ in range(count):
        person, own = templates.person()
        own += templates.messages(person.user_id, 1, accepted=1)
        message: Any = next(document for name, document in own if name == "messages")
        found.append((person, message))
        rows += own
    return found, iter(rows)


async def _at_a_rate(per_second: float, seconds: float, act: Callable[[], Awaitable[None]], errors: list[str]) -> None:
    """Begins so many actions a second, whether or not the earlier ones have ended."""
    began_at, running = time.monotonic(), set[asyncio.Task[None]]()
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(began_at + number / per_second - time.monotonic())
        task = asyncio.create_task(_noting_errors(act(), errors))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.sleep(began_at + seconds - time.monotonic())
    await asyncio.gather(*running)


async def _noting_errors(action: Awaitable[None], errors: list[str]) -> None:
    try:
        await action
    except ConnectionError as error:
        errors.append(repr(error))


async def _measure_lag(lag: Times) -> None:
    while True:
        due_at = time.monotonic() + _TICK_SECONDS
        await asyncio.sleep(_TICK_SECONDS)
        lag.values.append(time.monotonic() - due_at)


def run(directory: Path, kind: str, crowd: Crowd) -> Json:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure(directory, kind, crowd))
