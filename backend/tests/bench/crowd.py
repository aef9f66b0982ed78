# ruff: noqa: T201  # a command prints
"""`python -m tests.bench.crowd polls|streams`: many people at once, on one API process.

With `polls` each of them asks every ten seconds, with the ETag of the last answer. With `streams` each of them reads
GET /api/events, while messages of random ones change. All share a few accounts, since sign-ups are slow on purpose.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.processes import OTHER_CORE, pinned_to, processor_seconds, resident_megabytes
from tests.bench.servers import Bench, running_bench
from tests.support.api_user import ApiUser, new_number
from tests.support.status_callbacks import report

_ACCOUNTS = 50
_POLL_SECONDS = 10.0
_CONNECTIONS_PER_SECOND = 200.0


@dataclass
class Measured:
    """What the people have seen."""

    seconds: list[float] = field(default_factory=list)
    """From a request to its response, or from a change to its event."""
    errors: int = 0


class Connection:
    """A keep-alive connection, without more of HTTP than these requests need."""

    def __init__(self, bench: Bench, api_user: ApiUser) -> None:
        address = urlsplit(bench.api.url)
        self._host, self._port = address.hostname or "", address.port or 80
        self._token = api_user.access_token

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    def close(self) -> None:
        self._writer.close()

    async def get(self, path: str, **headers: str) -> tuple[int, dict[str, str]]:
        """Sends a request; returns the status and the headers of the response, whose body is not read yet."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {self._host}:{self._port}", f"Authorization: Bearer {self._token}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found = (line.partition(": ") for line in head[1:] if line)
        return int(head[0].split()[1]), {name.lower(): value for name, _, value in found}

    async def read_body(self, headers: dict[str, str]) -> None:
        await self._reader.readexactly(int(headers.get("content-length", 0)))

    async def next_event(self) -> None:
        """Waits for an event that has data; comments and other fields are skipped."""
        while not (await self._reader.readuntil(b"\n")).startswith(b"data:"):
            pass


async def poll(bench: Bench, api_user: ApiUser, ends_at: float, measured: Measured) -> None:
    """One person's page: a poll every ten seconds."""
    connection = Connection(bench, api_user)
    await connection.open()
    etag = ""
    while time.monotonic() < ends_at:
        began_at = time.monotonic()
        status, headers = await connection.get("/api/messages", If_None_Match=etag or '""')
        await connection.read_body(headers)
        measured.seconds.append(time.monotonic() - began_at)
        measured.errors += status not in {200, 304}
        etag = headers.get("etag", "")
        await asyncio.sleep(max(0.0, began_at + _POLL_SECONDS - time.monotonic()))
    connection.close()


async def read_stream(bench: Bench, api_user: ApiUser, changed_at: dict[str, float], measured: Measured) -> None:
    """One person's page: an open stream. `changed_at` has the time of the last change of each account."""
    connection = Connection(bench, api_user)
    await connection.open()
    status, _ = await connection.get("/api/events", Accept="text/event-stream")
    if status != 200:
        measured.errors += 1
        return
    while True:
        await connection.next_event()
        if (since := changed_at.get(api_user.id)) is not None:
            measured.seconds.append(time.monotonic() - since)


async def change(
    bench: Bench, people: Sequence[ApiUser], changed_at: dict[str, float], ends_at: float, rate: float
) -> None:
    """Sends messages of random accounts, and reports their statuses."""
    while time.monotonic() < ends_at:
        api_user = random.choice(people)
        message = await api_user.send_accepted(new_number())
        changed_at[api_user.id] = time.monotonic()
        await report(bench.api, message, "sent")
        await asyncio.sleep(1 / rate)


async def run(kind: str, count: int, seconds: float, rate: float) -> None:
    with tempfile.TemporaryDirectory() as name, pinned_to(OTHER_CORE):
        async with running_bench(Path(name)) as bench:
            accounts = [await ApiUser.sign_up(bench.api) for _ in range(min(_ACCOUNTS, count))]
            before = resident_megabytes(bench.api.process.pid)
            measured, changed_at = Measured(), dict[str, float]()
            ends_at = time.monotonic() + seconds + count / _CONNECTIONS_PER_SECOND
            people = []
            for number in range(count):
                api_user = accounts[number % len(accounts)]
                page = (
                    poll(bench, api_user, ends_at, measured)
                    if kind == "polls"
                    else read_stream(bench, api_user, changed_at, measured)
                )
                people.append(asyncio.create_task(page))
                await asyncio.sleep(1 / _CONNECTIONS_PER_SECOND)
            used, began_at = processor_seconds(bench.api.process.pid), time.monotonic()
            await change(bench, accounts, changed_at, ends_at, rate)
            share = (processor_seconds(bench.api.process.pid) - used) / (time.monotonic() - began_at)
            memory = resident_megabytes(bench.api.process.pid) - before
            for each in people:
                each.cancel()
            ends = await asyncio.gather(*people, return_exceptions=True)
            measured.errors += sum(isinstance(end, Exception) for end in ends)
    p99 = statistics.quantiles(measured.seconds, n=100)[-1] if len(measured.seconds) > 1 else 0.0
    print(f"{count} {kind}, {seconds:.0f} s: {len(measured.seconds)} answers, {measured.errors} errors")
    print(f"p99 {p99 * 1000:.0f} ms; {share * 100:.0f} % of a core; {memory / count * 1024:.0f} KB each")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd")
    parser.add_argument("kind", choices=["polls", "streams"])
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--changes-per-second", type=float, default=50.0)
    given = parser.parse_args()
    asyncio.run(run(given.kind, given.people, given.seconds, given.changes_per_second))


if __name__ == "__main__":
    main()
