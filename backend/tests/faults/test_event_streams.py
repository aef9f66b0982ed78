"""A client that resumes its event stream learns of every change, whatever happens to connections and processes."""

import asyncio
import contextlib
import signal
from pathlib import Path

import httpx

from mysms.changes.change import UNPUBLISHED
from tests.faults.environment import Environment, running_environment
from tests.faults.mongo_proxy import Command, PausePoint
from tests.faults.scale import seeded_random
from tests.support.event_client import EventClient, following
from tests.support.polling import eventually
from tests.support.servers import NO_TLS

STAYS_QUEUED = "+15005551002"
CHANGES = 40


class Follower:
    """Follows the events of one user as the SPA does: whatever ends the stream, it resumes at a running process."""

    def __init__(self, env: Environment, name: str) -> None:
        self._env = env
        self._random = seeded_random(f"follower {name}")
        self.last_id = ""
        self.kinds: list[str] = []
        self._stream: asyncio.Task[None] | None = None

    async def run(self) -> None:
        while True:
            self._stream = asyncio.create_task(self._follow())
            await asyncio.wait([self._stream])
            await asyncio.sleep(0.05)

    def disconnect(self) -> None:
        if self._stream is not None:
            self._stream.cancel()

    async def _follow(self) -> None:
        with contextlib.suppress(httpx.TransportError):
            await self._read()

    async def _read(self) -> None:
        api = self._random.choice(self._env.running_apis)
        headers = {**self._env.headers, "Last-Event-ID": self.last_id}
        async with (
            httpx.AsyncClient(trust_env=False, verify=NO_TLS, timeout=httpx.Timeout(5, read=None)) as http,
            http.stream("GET", f"{api.url}/api/events", headers=headers) as response,
        ):
            if response.status_code != 200:
                return
            client = EventClient(response)
            reading = asyncio.create_task(client.read())
            try:
                while not reading.done():
                    await asyncio.sleep(0.01)
                    self._note(client)
            finally:
                reading.cancel()
                self._note(client)

    def _note(self, client: EventClient) -> None:
        for event in client.events:
            self.last_id = event.id
            self.kinds.append(event.kind)
        client.events.clear()


async def last_change(env: Environment) -> int:
    """The number of the last log entry that concerns the user."""
    row = await env.database["changes"].find_one({"users": {"$ne": []}}, sort=[("_id", -1)])
    return int(row["_id"]) if row else 0


async def test_no_change_is_missed_by_a_client_that_resumes(tmp_path: Path) -> None:
    random = seeded_random("event streams")
    async with running_environment(tmp_path, processes=2, name="event streams") as env:
        follower = Follower(env, "of both")
        following = asyncio.create_task(follower.run())
        try:
            for number in range(CHANGES):
                await env.post(STAYS_QUEUED, f"Change {number}", to=random.choice(env.running_apis))
                if random.random() < 0.3:
                    follower.disconnect()
                if number % 15 == 10:
                    killed = random.choice(env.apis)
                    await killed.kill_and_wait()
                    await killed.start()

            async def newest() -> tuple[int, int]:
                return int(follower.last_id.partition("-")[0] or 0), await last_change(env)

            await asyncio.sleep(1)
            await eventually(newest, lambda seen: seen[0] >= seen[1] > 0, what="the last change")
            assert "changes" in follower.kinds
        finally:
            following.cancel()
            follower.disconnect()
            await asyncio.gather(following, return_exceptions=True)


async def test_a_process_tells_of_its_own_changes_without_reading_the_log(tmp_path: Path) -> None:
    """So they are told at once, and wait neither for the next read of the log nor for the next look for marks."""

    def reads_changes(command: Command) -> bool:
        is_of_log = command.get("find") == "changes" and "_id" in command["filter"]
        return is_of_log or command.get("filter") == {"revision": UNPUBLISHED}

    async with running_environment(tmp_path, processes=1, name="own changes") as env:
        (api,) = env.apis
        async with following(api.url, env.token) as client:
            await client.wait_for(1)
            reading = api.mongo_proxy.add(PausePoint(reads_changes, "request", once=False))
            await reading.reached.wait()
            await env.post(STAYS_QUEUED, "Now")
            await client.wait_for(2)
            assert client.events[1].kind == "changes"
            reading.release()


async def test_a_process_that_hangs_does_not_hide_changes(tmp_path: Path) -> None:
    """Its streams are silent while it is stopped, and tell what they have missed when it goes on."""
    async with running_environment(tmp_path, processes=2, name="stopped stream") as env:
        stopped, writer = env.apis
        async with (
            httpx.AsyncClient(trust_env=False, verify=NO_TLS, timeout=httpx.Timeout(5, read=None)) as http,
            http.stream("GET", f"{stopped.url}/api/events", headers=env.headers) as response,
        ):
            client = EventClient(response)
            reading = asyncio.create_task(client.read())
            await client.wait_for(1)
            stopped.process.send_signal(signal.SIGSTOP)
            await env.post(STAYS_QUEUED, "Meanwhile", to=writer)
            await asyncio.sleep(2)
            assert len(client.events) == 1
            stopped.process.send_signal(signal.SIGCONT)
            await client.wait_for(2)
            assert client.events[1].kind == "changes"
            reading.cancel()
