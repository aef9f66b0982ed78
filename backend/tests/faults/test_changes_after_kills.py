"""A client that follows the changes misses none, although the process that makes one is killed between any two writes.

The clock of that process is wrong. Then another process goes on, or it is started again itself.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId

from mysms.changes.change import UNPUBLISHED
from tests.faults import wrong_clock_api
from tests.faults.environment import ApiProcess, Environment, Json, running_environment
from tests.faults.inbound_webhooks import WRITES as INBOUND_WRITES
from tests.faults.mongo_proxy import Command, PausePoint
from tests.faults.scale import IS_LONG, seeded_random
from tests.faults.test_change_feed import is_numbering
from tests.faults.test_deletions import is_announcement, is_correction, is_count, is_deletion
from tests.messages.old_messages import make_older
from tests.support.inbound import INBOUND_PATH, inbound_form
from tests.support.polling import eventually
from tests.support.status_callbacks import signature_of

HOUR = 3600
DAY = timedelta(days=1)
CLOCK_ERRORS = (-HOUR, HOUR)
ITSELF = "itself"
GOES_ON = ("another process", ITSELF)
"""Who goes on after a kill."""

Matches = Callable[[Command], bool]
_numbers = (f"+1316555{number:04}" for number in itertools.count(1))


def is_publication(command: Command) -> bool:
    return command.get("insert") == "changes" and bool(command["documents"][0]["users"])


def is_redaction(command: Command) -> bool:
    if command.get("update") != "messages":
        return False
    return any("content_removed_at" in update["u"].get("$set", {}) for update in command["updates"])


PUBLICATION: Mapping[str, Matches] = {"log entry": is_publication, "revision": is_numbering}
WRITES: Mapping[str, Mapping[str, Matches]] = {
    "inbound": {**INBOUND_WRITES, **PUBLICATION},
    "deletion": {
        "announcement": is_announcement,
        "deletion": is_deletion,
        "last message": is_correction,
        "count": is_count,
        **PUBLICATION,
    },
    "redaction": {"redaction": is_redaction, **PUBLICATION},
}
"""All writes of each change, in their order."""
CHANGES = {"inbound": "message", "deletion": "deletion", "redaction": "redaction"}
"""The write of each that changes what a user sees of a message."""


@dataclass(frozen=True)
class Kill:
    """A process is killed once a write is done, before it knows."""

    kind: str
    write: str
    clock_error: int
    """Of the process, in seconds."""
    goes_on: str

    @property
    def matches(self) -> Matches:
        return WRITES[self.kind][self.write]

    @property
    def is_after_the_change(self) -> bool:
        """Whether the message has changed when the process is killed."""
        writes = list(WRITES[self.kind])
        return writes.index(self.write) >= writes.index(CHANGES[self.kind])

    def __str__(self) -> str:
        return f"{self.write}, {self.clock_error} s, {self.goes_on}"


def kills(kind: str) -> list[Kill]:
    """Kills after each write; in the short form, one of each."""
    random, ways = seeded_random(f"kills of {kind}"), list(itertools.product(CLOCK_ERRORS, GOES_ON))
    return [Kill(kind, write, *way) for write in WRITES[kind] for way in (ways if IS_LONG else [random.choice(ways)])]


@dataclass
class Client:
    """Keeps copies of all messages up to date, and repeats the ETag of each of its lists."""

    env: Environment
    api: ApiProcess
    headers: dict[str, str]
    since: int = 0
    messages: dict[str, tuple[int, str, bool]] = field(default_factory=dict)
    total: int = 0
    conversations: dict[str, tuple[str, int]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        """Read everything."""
        answer = await self._get("/api/messages", limit=200)
        self.since = int(answer.headers["X-Revision"])
        self.total = int(answer.headers["X-Total-Count"])
        self._keep(await self._rest(answer))
        await self.read()

    def from_here(self) -> "Client":
        """Another client that has read the same so far, and asks when all is over."""
        return Client(self.env, self.api, self.headers, self.since, dict(self.messages), self.total)

    async def read(self) -> None:
        """Read what has changed."""
        answer = await self._get("/api/messages/changes", since=self.since)
        if answer.status_code == 200:
            self.total = int(answer.headers["X-Total-Count"])
            rows = await self._rest(answer)
            self._keep(rows)
            if rows:
                self.since = int(answer.headers["X-Revision"])
        answer = await self._get("/api/conversations", limit=200)
        if answer.status_code == 200:
            self.conversations = {
                row["peer_number"]: (row["last_message"]["_id"], row["messages"]) for row in answer.json()
            }

    def _keep(self, rows: list[Json]) -> None:
        for row in rows:
            copy = row["version"], row["content"], row["deleted_at"] is not None
            self.messages[row["_id"]] = max(copy, self.messages.get(row["_id"], copy))

    async def _rest(self, answer: httpx.Response) -> list[Json]:
        rows: list[Json] = answer.json()
        while "next" in answer.links:
            answer = await self._get(answer.links["next"]["url"])
            rows += answer.json()
        return rows

    async def _get(self, path: str, **params: int) -> httpx.Response:
        query = f"{path} {params}"
        headers = {**self.headers, "If-None-Match": self.tags.get(query, "")}
        answer = await self.env.http.get(f"{self.api.url}{path}", params=params or None, headers=headers)
        assert answer.status_code in {200, 304}, answer.text
        self.tags[query] = answer.headers["ETag"]
        return answer

    async def differences(self) -> list[Any]:
        """Read what has changed; returns what is not as it is stored."""
        await self.read()
        rows = await self.env.database["messages"].find({}).to_list()
        shown = [row for row in rows if row.get("deleted_at") is None]
        newest: dict[str, str] = {}
        for row in sorted(shown, key=lambda row: (row["created_at"], row["_id"])):
            newest[row["peer_number"]] = str(row["_id"])
        counts = Counter(row["peer_number"] for row in shown)
        expected = (
            {
                str(row["_id"]): (row["change_count"], row["content"], row.get("deleted_at") is not None)
                for row in rows
                # One that was deleted before is in no list.
                if row.get("deleted_at") is None or str(row["_id"]) in self.messages
            },
            len(shown),
            {number: (newest[number], counts[number]) for number in counts},
        )
        unpublished = [row["_id"] for row in rows if row["revision"] == UNPUBLISHED]
        found = self.messages, self.total, self.conversations
        return [*unpublished, *((mine, stored) for mine, stored in zip(found, expected, strict=True) if mine != stored)]

    async def require_all(self) -> None:
        """Fails unless it soon knows all that is stored, and that is published."""
        await eventually(self.differences, lambda found: not found, within=20, what="all changes")


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory, module = tmp_path_factory.mktemp("kills"), ("tests.faults.wrong_clock_api",)
    async with running_environment(directory, name="changes after kills", module=module) as env:
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> Environment:
    """The first process runs, the second one does not."""
    reader, victim = shared_env.apis
    if victim.is_running:
        await victim.kill_and_wait()
    if not reader.is_running:
        await reader.start()
    return shared_env


@dataclass
class Killing:
    """Starts a process with a wrong clock, kills it while it does its work, and lets the work go on."""

    env: Environment
    kill: Kill
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def victim(self) -> ApiProcess:
        return self.env.apis[1]

    async def start_victim(self) -> None:
        await self.victim.start(**{wrong_clock_api.VARIABLE: str(self.kill.clock_error)}, **self.settings)

    async def run(
        self,
        work: Callable[[ApiProcess], Awaitable[object]],
        is_done: Callable[[], Awaitable[bool]],
        do_again: Callable[[ApiProcess], Awaitable[object]],
    ) -> None:
        """Fails if a client that knows what was before misses something."""
        client = Client(self.env, self.env.apis[0], self.env.headers)
        await client.start()
        await eventually(client.differences, lambda found: not found, what="a settled start")
        late = client.from_here()
        await self._kill(work)
        assert await is_done() == self.kill.is_after_the_change
        if self.kill.goes_on == ITSELF:
            await self.env.apis[0].kill_and_wait()
            await self.start_victim()
            for each in (client, late):
                each.api, each.headers = self.victim, await self.env.sign_in(self.victim)
        if not self.kill.is_after_the_change:
            await do_again(client.api)
        await client.require_all()
        await late.require_all()
        assert await is_done()

    async def _kill(self, work: Callable[[ApiProcess], Awaitable[object]]) -> None:
        # Retention begins with the process.
        pause = self.victim.mongo_proxy.add(PausePoint(self.kill.matches, "reply"))
        await self.start_victim()
        working = asyncio.ensure_future(work(self.victim))
        async with asyncio.timeout(15):
            await pause.reached.wait()
        self.victim.kill()
        await self.victim.mongo_proxy.drop_connections()
        await self.victim.wait()
        await asyncio.gather(working, return_exceptions=True)


async def receive(env: Environment, api: ApiProcess, form: Mapping[str, str]) -> None:
    """Post the webhook of a message, signed for the public address."""
    public = f"http://127.0.0.1:{env.callback_proxy.port}{INBOUND_PATH}"
    headers = {"X-Twilio-Signature": signature_of(public, form)}
    answer = await env.http.post(f"{api.url}{INBOUND_PATH}", data=dict(form), headers=headers)
    assert answer.status_code == 200, answer.text


async def received(env: Environment, *texts: str) -> list[ObjectId]:
    """The ids of messages of a new conversation that are received now."""
    found, number = [], next(_numbers)
    for text in texts:
        form = inbound_form(number, text)
        await receive(env, env.apis[0], form)
        row = await env.database["messages"].find_one({"twilio_sid": form["MessageSid"]})
        assert row is not None
        found.append(row["_id"])
    return found


@pytest.mark.parametrize("kill", kills("inbound"), ids=str)
async def test_an_inbound_message_is_not_missed(env: Environment, kill: Kill) -> None:
    form = inbound_form(next(_numbers), f"Hello, {kill}")

    async def is_stored() -> bool:
        return await env.database["messages"].find_one({"twilio_sid": form["MessageSid"]}) is not None

    # The provider repeats a webhook that was not answered.
    async def webhook(api: ApiProcess) -> None:
        await receive(env, api, form)

    await Killing(env, kill).run(webhook, is_stored, webhook)


@pytest.mark.parametrize("kill", kills("deletion"), ids=str)
async def test_a_deletion_is_not_missed(env: Environment, kill: Kill) -> None:
    _, last = await received(env, "First", "Last")

    async def is_deleted() -> bool:
        return await env.database["messages"].find_one({"_id": last, "deleted_at": None}) is None

    async def delete(api: ApiProcess) -> None:
        headers = await env.sign_in(api)
        answer = await env.http.delete(f"{api.url}/api/messages/{last}", headers=headers)
        assert answer.status_code == 204, answer.text

    await Killing(env, kill).run(delete, is_deleted, delete)


@pytest.mark.parametrize("kill", kills("redaction"), ids=str)
async def test_a_redaction_is_not_missed(env: Environment, kill: Kill) -> None:
    messages, old = env.database["messages"], datetime.now(UTC) - 2 * DAY
    ids = [await make_older(messages, each, old) for each in await received(env, "Old", "Also old")]

    async def is_redacted() -> bool:
        return await messages.count_documents({"_id": {"$in": ids}, "content": ""}) == len(ids)

    async def begins_with_the_process(_: ApiProcess) -> None:
        pass

    killing = Killing(env, kill, {"CONTENT_RETENTION_DAYS": "1"})
    await killing.run(begins_with_the_process, is_redacted, begins_with_the_process)
