"""A client that follows the changes misses none, although the process that makes one is killed between any two writes.

The clock of that process is wrong. Then another process goes on, or it is started again itself.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from bson import ObjectId

from mysms.changes.change import UNPUBLISHED
from mysms.core.timestamps import to_rfc3339
from mysms.messages.error_catalog import RECIPIENT_OPTED_OUT
from tests.faults import wrong_clock_api
from tests.faults.environment import ApiProcess, Environment, Json, running_environment
from tests.faults.inbound_webhooks import WRITES as INBOUND_WRITES
from tests.faults.mongo_proxy import (
    Command,
    InjectedError,
    PausePoint,
    changes_of_messages,
    is_acceptance,
    is_lock_acquisition,
    is_message_insert,
    is_sid_recording,
)
from tests.faults.scale import IS_LONG, seeded_random
from tests.faults.test_change_feed import STAYS_QUEUED, is_numbering
from tests.faults.test_deletions import is_announcement, is_correction, is_count, is_deletion
from tests.messages.old_messages import make_older
from tests.support.inbound import INBOUND_PATH, inbound_form
from tests.support.polling import eventually
from tests.support.status_callbacks import PATH, form_of, query_of, signature_of

HOUR = 3600
DAY = timedelta(days=1)
CLOCK_ERRORS = (-HOUR, HOUR)
MAX_TIME_EXPIRED = 50
"""After this error of the database, a process tries again soon, without a traceback."""
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


def is_limit_of(name: str) -> Matches:
    """Counts a hit of the limits with this name."""

    def matches(command: Command) -> bool:
        return command.get("update") == "rate_limits" and command["updates"][0]["q"]["_id"].startswith(f"{name}:")

    return matches


def is_unlock(command: Command) -> bool:
    return bool(command.get("delete") == "content_locks")


def is_cancellation(command: Command) -> bool:
    update = command["update"] if command.get("findAndModify") == "messages" else {}
    return bool(update.get("$set", {}).get("outbound.state") == "cancelled")


def is_status_change(command: Command) -> bool:
    update = command["update"] if command.get("findAndModify") == "messages" else {}
    return "provider_status" in update.get("$set", {})


def is_contact_change(command: Command) -> bool:
    return bool(command.get("findAndModify") == "contacts")


def is_cancel_request(command: Command) -> bool:
    return any("outbound.cancel_requested" in changes for changes in changes_of_messages(command))


def is_refusal(command: Command) -> bool:
    return any(changes.get("error_code") == RECIPIENT_OPTED_OUT for changes in changes_of_messages(command))


def is_unarchiving(command: Command) -> bool:
    update = command["update"] if command.get("findAndModify") == "conversations" else {}
    return "archived" in update.get("$unset", {})


def is_lookup(command: Command) -> bool:
    """Takes a message that is to be looked up at the provider: an unconfirmed one, or one whose status is checked."""
    state = command["query"].get("outbound.state") if command.get("findAndModify") == "messages" else None
    # A transition has a condition there, with several states.
    return state in ("unconfirmed", "accepted")


def is_search_for_due(command: Command) -> bool:
    """Looks for messages that may be claimed."""
    return command.get("find") == "messages" and "outbound.next_attempt_at" in command["filter"]


def is_numbering_in(collection: str) -> Matches:
    def matches(command: Command) -> bool:
        updates = command["updates"] if command.get("update") == collection else []
        return any(list(each["u"].get("$set", {})) == ["revision"] for each in updates)

    return matches


PUBLICATION: Mapping[str, Matches] = {"log entry": is_publication, "revision": is_numbering}
PUBLICATION_OF_CONTACT: Mapping[str, Matches] = {
    "log entry": is_publication,
    "revision": is_numbering_in("contacts"),
}
STORED_CONTACT: Mapping[str, Matches] = {
    "limit": is_limit_of("contacts"),
    "contact": is_contact_change,
    **PUBLICATION_OF_CONTACT,
}
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
    "send": {
        "quotas": is_limit_of("messages"),
        "lock": is_lock_acquisition,
        "announcement": INBOUND_WRITES["announcement"],
        "message": is_message_insert,
        "count": INBOUND_WRITES["count"],
        "owner": is_sid_recording,
        "acceptance": is_acceptance,
        "unlock": is_unlock,
        **PUBLICATION,
    },
    # Of a message that is published already; the writes before it are those of a send.
    "late acceptance": {"acceptance": is_acceptance, "unlock": is_unlock, **PUBLICATION},
    # Once the message is claimed.
    "refusal": {"refusal": is_refusal, "unlock": is_unlock, **PUBLICATION},
    "callback": {"status": is_status_change, **PUBLICATION},
    "early callback": {"owner": is_sid_recording, "acceptance": is_acceptance, "unlock": is_unlock, **PUBLICATION},
    # What was found in the provider's list.
    "look-up": {
        "owner": is_sid_recording,
        "acceptance": is_acceptance,
        "unlock": is_unlock,
        "status": is_status_change,
        **PUBLICATION,
    },
    # There is no lock to release: it was when the attempt before had ended.
    "cancellation": {"cancellation": is_cancellation, **PUBLICATION},
    "cancel request": {"request": is_cancel_request, "unlock": is_unlock, **PUBLICATION},
    "unarchiving": {"flag": is_unarchiving, "log entry": is_publication, "revision": is_numbering_in("conversations")},
    "new contact": STORED_CONTACT,
    "changed contact": STORED_CONTACT,
    "deleted contact": {"contact": is_contact_change, **PUBLICATION_OF_CONTACT},
}
"""All writes of each change, in their order."""
CHANGES = {
    "inbound": "message",
    "deletion": "deletion",
    "redaction": "redaction",
    "send": "message",
    "late acceptance": "acceptance",
    "refusal": "refusal",
    "callback": "status",
    "early callback": "acceptance",
    "look-up": "acceptance",
    "cancellation": "cancellation",
    "cancel request": "request",
    "unarchiving": "flag",
    "new contact": "contact",
    "changed contact": "contact",
    "deleted contact": "contact",
}
"""The write of each that changes what a user sees of a message, a conversation or a contact."""
PUBLISHED_BEFORE = {"late acceptance"}
"""What the same process has published once before, as it was until then."""


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
    def skipped(self) -> int:
        """How many such writes the same process makes before."""
        return int(self.kind in PUBLISHED_BEFORE and self.write in PUBLICATION)

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
    messages: dict[str, tuple[int, str, str, bool]] = field(default_factory=dict)
    """The version of each, when it last changed, its text, and whether it is deleted."""
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
            copy = row["version"], row["updated_at"], row["content"], row["deleted_at"] is not None
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
                str(row["_id"]): (
                    row["change_count"],
                    # A change that is not marked does not count, but tells its time.
                    to_rfc3339(row["updated_at"]),
                    row["content"],
                    row.get("deleted_at") is not None,
                )
                for row in rows
                # One that was deleted before is in no list.
                if row.get("deleted_at") is None or str(row["_id"]) in self.messages
            },
            len(shown),
            {number: (newest[number], counts[number]) for number in counts},
        )
        found = self.messages, self.total, self.conversations
        unpublished = [row["_id"] for row in rows if row["revision"] == UNPUBLISHED]
        return [
            *unpublished,
            *((mine, stored) for mine, stored in zip(found, expected, strict=True) if mine != stored),
        ]

    async def settle(self) -> None:
        """Wait until its process knows all log entries, and read what they tell.

        Otherwise it could be told of one of these later, and then read again what it should be told of by another one.
        """
        last = await self.env.database["changes"].find_one({}, sort=[("_id", -1)])
        assert last is not None

        async def position() -> int:
            answer = await self.env.http.get(f"{self.api.url}/api/messages", headers=self.headers)
            return int(answer.headers["X-Revision"])

        await eventually(position, lambda number: number >= last["_id"], what="the last log entry")
        await eventually(self.differences, lambda found: not found, within=20, what="a settled start")

    async def require_all(self) -> None:
        """Fails unless it soon knows all that is stored, and that is published."""
        await eventually(self.differences, lambda found: not found, within=20, what="all changes")


@dataclass
class ContactsClient(Client):
    """Keeps copies of all contacts up to date in the same way."""

    contacts: dict[str, tuple[int, str, bool]] = field(default_factory=dict)
    listed: list[tuple[str, str]] = field(default_factory=list)

    async def start(self) -> None:
        answer = await self._get("/api/contacts", limit=200)
        self.since = int(answer.headers["X-Revision"])
        self._keep_contacts(await self._rest(answer))
        await self.read()

    def from_here(self) -> "ContactsClient":
        return ContactsClient(self.env, self.api, self.headers, self.since, contacts=dict(self.contacts))

    async def read(self) -> None:
        answer = await self._get("/api/contacts/changes", since=self.since)
        if answer.status_code == 200:
            rows = await self._rest(answer)
            self._keep_contacts(rows)
            if rows:
                self.since = int(answer.headers["X-Revision"])
        # With a limit of its own: `start` has read the other one before what came after it.
        answer = await self._get("/api/contacts", limit=199)
        if answer.status_code == 200:
            self.listed = [(row["number"], row["name"]) for row in answer.json()]

    def _keep_contacts(self, rows: list[Json]) -> None:
        for row in rows:
            copy = row["version"], row["name"], row["deleted_at"] is not None
            self.contacts[row["number"]] = max(copy, self.contacts.get(row["number"], copy))

    async def differences(self) -> list[Any]:
        await self.read()
        rows = await self.env.database["contacts"].find({}, sort=[("sort_key", 1)]).to_list()
        expected = (
            {
                row["number"]: (row["change_count"], row["name"], row["deleted_at"] is not None)
                for row in rows
                if row["deleted_at"] is None or row["number"] in self.contacts
            },
            [(row["number"], row["name"]) for row in rows if row["deleted_at"] is None],
        )
        found = self.contacts, self.listed
        unpublished = [row["_id"] for row in rows if row["revision"] == UNPUBLISHED]
        return [
            *unpublished,
            *((mine, stored) for mine, stored in zip(found, expected, strict=True) if mine != stored),
        ]


@dataclass
class ArchiveClient(Client):
    """Keeps the numbers of all conversations up to date, and of those which of them are archived."""

    listed: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    """Which are archived, as is told with what is unread."""

    async def start(self) -> None:
        await self.read()

    def from_here(self) -> "ArchiveClient":
        copies = self.listed, self.archived, self.told
        # It has nothing but the ETags to ask with.
        return ArchiveClient(self.env, self.api, self.headers, 0, {}, 0, {}, dict(self.tags), *copies)

    async def read(self) -> None:
        for query, numbers in (({}, self.listed), ({"archived": 1}, self.archived)):
            answer = await self._get("/api/conversations", limit=200, **query)
            if answer.status_code == 200:
                numbers.clear()
                numbers.update(row["peer_number"] for row in answer.json())
        answer = await self._get("/api/conversations/unread")
        if answer.status_code == 200:
            self.told = {row["peer_number"] for row in answer.json()["archived"]}

    async def differences(self) -> list[Any]:
        await self.read()
        rows = await self.env.database["conversations"].find({"last_message_key": {"$gt": ""}}).to_list()
        own = [row for row in rows if "peer_number" in row]
        archived = {row["peer_number"] for row in own if row.get("archived")}
        expected = {row["peer_number"] for row in own} - archived, archived, archived
        unpublished = [row["_id"] for row in own if row.get("revision") == UNPUBLISHED]
        found = self.listed, self.archived, self.told
        return [
            *unpublished,
            *((mine, stored) for mine, stored in zip(found, expected, strict=True) if mine != stored),
        ]


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory, module = tmp_path_factory.mktemp("kills"), ("tests.faults.wrong_clock_api",)
    # With a long lease: nothing changes what a process was about to send before a client must know all.
    timeout = "30"
    async with running_environment(
        directory, name="changes after kills", module=module, TWILIO_TIMEOUT_SECONDS=timeout
    ) as env:
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
    client: type[Client] = Client
    following: Client | None = None
    """The client that asks all the time."""

    @property
    def victim(self) -> ApiProcess:
        return self.env.apis[1]

    async def start_victim(self) -> None:
        await self.victim.start(**{wrong_clock_api.VARIABLE: str(self.kill.clock_error)}, **self.settings)

    async def run(
        self,
        work: Callable[[ApiProcess], Awaitable[object]],
        is_done: Callable[[], Awaitable[bool]],
        do_again: Callable[[ApiProcess], Awaitable[object]] | None = None,
    ) -> None:
        """Fails if a client that knows what was before misses something.

        `do_again`: what is done after a kill before the change. None if the change is the first write.
        """
        client = self.client(self.env, self.env.apis[0], self.env.headers)
        await client.start()
        await client.settle()
        # A process whose clock is an hour ahead would check others, and publish what it finds.
        checked = {"$set": {"outbound.next_check_at": None}}
        await self.env.database["messages"].update_many({"outbound.state": "accepted"}, checked)
        late, self.following = client.from_here(), client
        await self._kill(work)
        assert await is_done() == self.kill.is_after_the_change
        if self.kill.goes_on == ITSELF:
            await self.env.apis[0].kill_and_wait()
            await self.start_victim()
            for each in (client, late):
                each.api, each.headers = self.victim, await self.env.sign_in(self.victim)
        if not self.kill.is_after_the_change:
            assert do_again is not None
            await do_again(client.api)
        await client.require_all()
        await late.require_all()
        assert await is_done()

    async def _kill(self, work: Callable[[ApiProcess], Awaitable[object]]) -> None:
        # Retention begins with the process.
        pause = self.victim.mongo_proxy.add(PausePoint(self.kill.matches, "reply", skipped=self.kill.skipped))
        await self.start_victim()
        working = asyncio.ensure_future(work(self.victim))
        async with asyncio.timeout(60):
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


async def begins_with_the_process(_: ApiProcess) -> None:
    """Does nothing."""


@pytest.mark.parametrize("kill", kills("redaction"), ids=str)
async def test_a_redaction_is_not_missed(env: Environment, kill: Kill) -> None:
    messages, old = env.database["messages"], datetime.now(UTC) - 2 * DAY
    ids = [await make_older(messages, each, old) for each in await received(env, "Old", "Also old")]

    async def is_redacted() -> bool:
        return await messages.count_documents({"_id": {"$in": ids}, "content": ""}) == len(ids)

    await Killing(env, kill, {"CONTENT_RETENTION_DAYS": "1"}).run(begins_with_the_process, is_redacted)


@pytest.fixture
async def nothing_else(env: Environment) -> AsyncIterator[None]:
    """Nothing else changes a message that is sent, so that a change that was missed stays missed.

    Neither does what is left of one test change anything during the next one.
    """
    await env.simulator.control.set_fault("drop_callbacks", to=STAYS_QUEUED)
    yield
    await env.simulator.control.reset_faults()
    unsent = {"outbound.state": {"$in": ["pending", "claimed", "unconfirmed"]}}
    await env.database["messages"].update_many(unsent, {"$set": {"outbound.state": "rejected"}})
    await env.database["content_locks"].delete_many({})


@pytest.fixture
async def no_lookups(env: Environment) -> AsyncIterator[None]:
    """The first process looks nothing up until its proxy is reset."""
    env.apis[0].mongo_proxy.inject(InjectedError(is_lookup, MAX_TIME_EXPIRED))
    yield
    env.apis[0].mongo_proxy.reset()


async def send(env: Environment, api: ApiProcess, text: str) -> None:
    """Post a message that stays queued, with its text as the key."""
    body = {"message": {"recipient_number": STAYS_QUEUED, "content": text}}
    headers = {**await env.sign_in(api), "Idempotency-Key": text}
    answer = await env.http.post(f"{api.url}/api/messages", json=body, headers=headers)
    assert answer.status_code in {201, 202}, answer.text


@pytest.mark.usefixtures("nothing_else")
@pytest.mark.parametrize("kill", kills("send"), ids=str)
async def test_a_new_message_is_not_missed(env: Environment, kill: Kill) -> None:
    text = f"New, {kill}"

    async def is_stored() -> bool:
        return await env.database["messages"].find_one({"content": text}) is not None

    async def post(api: ApiProcess) -> None:
        await send(env, api, text)

    await Killing(env, kill).run(post, is_stored, post)


@pytest.mark.usefixtures("nothing_else")
@pytest.mark.parametrize("kill", kills("late acceptance"), ids=str)
async def test_an_acceptance_after_the_publication_is_not_missed(env: Environment, kill: Kill) -> None:
    text = f"Accepted late, {kill}"

    async def find(**query: object) -> Json | None:
        return await env.database["messages"].find_one({"content": text, **query})

    async def is_accepted() -> bool:
        return await find(twilio_sid={"$ne": None}) is not None

    async def post(api: ApiProcess) -> None:
        held = api.mongo_proxy.add(PausePoint(is_sid_recording, "request"))
        sending = asyncio.ensure_future(send(env, api, text))
        await eventually(lambda: find(revision={"$gt": 0}), bool, what="the first publication")
        # Otherwise a client learns of both at once.
        assert killing.following is not None
        await killing.following.settle()
        held.release()
        await sending

    killing = Killing(env, kill)
    await killing.run(post, is_accepted)


async def report(env: Environment, api: ApiProcess, message: Json, status: str) -> None:
    """Post a status callback for a message that stays queued."""
    form, path = form_of({**message, "recipient_number": STAYS_QUEUED}, status), f"{PATH}?{query_of(message)}"
    public = f"http://127.0.0.1:{env.callback_proxy.port}{path}"
    headers = {"X-Twilio-Signature": signature_of(public, form)}
    answer = await env.http.post(f"{api.url}{path}", data=form, headers=headers)
    assert answer.status_code == 204, answer.text


@pytest.mark.usefixtures("nothing_else")
@pytest.mark.parametrize("kill", kills("callback"), ids=str)
async def test_a_status_is_not_missed(env: Environment, kill: Kill) -> None:
    messages, text = env.database["messages"], f"Reported, {kill}"
    await send(env, env.apis[0], text)
    accepted = {"content": text, "twilio_sid": {"$ne": None}}
    message = await eventually(lambda: messages.find_one(accepted), bool, what="the acceptance")
    assert message is not None

    async def is_reported() -> bool:
        return await messages.find_one({"content": text, "provider_status": "sent"}) is not None

    async def report_sent(api: ApiProcess) -> None:
        await report(env, api, message, "sent")

    await Killing(env, kill).run(report_sent, is_reported)


@pytest.mark.usefixtures("nothing_else", "no_lookups")
@pytest.mark.parametrize("kill", kills("early callback"), ids=str)
async def test_what_a_callback_before_the_response_proves_is_not_missed(env: Environment, kill: Kill) -> None:
    messages, text = env.database["messages"], f"Reported early, {kill}"
    # What the process that sends it does with the response comes after everything else.
    held = env.apis[0].mongo_proxy.add(PausePoint(is_sid_recording, "request"))
    await send(env, env.apis[0], text)
    await asyncio.wait_for(held.reached.wait(), 60)
    (sid,) = await env.sids_at_provider(text)
    stored = await messages.find_one({"content": text})
    assert stored is not None

    async def is_accepted() -> bool:
        return await messages.find_one({"content": text, "twilio_sid": sid}) is not None

    async def report_as(status: str, api: ApiProcess) -> None:
        await report(env, api, {**stored, "twilio_sid": sid}, status)

    # No callback is repeated, but there is a next one.
    await Killing(env, kill).run(partial(report_as, "sent"), is_accepted, partial(report_as, "delivered"))
    held.release()


async def unconfirmed(env: Environment, text: str) -> ObjectId:
    """The id of a message that the provider has, but whose response was lost. It is not looked up before tomorrow."""
    messages = env.database["messages"]
    await env.simulator.control.set_fault("lose_201", to=STAYS_QUEUED, times=1)
    await send(env, env.apis[0], text)
    lost = {"content": text, "outbound.state": "unconfirmed"}
    row = await eventually(lambda: messages.find_one(lost), bool, what="the end of the attempt")
    assert row is not None
    later = {"$set": {"outbound.next_check_at": datetime.now(UTC) + DAY}}
    assert (await messages.update_one({**lost, "_id": row["_id"]}, later)).matched_count == 1
    return ObjectId(row["_id"])


@pytest.mark.usefixtures("nothing_else", "no_lookups")
@pytest.mark.parametrize("kill", kills("look-up"), ids=str)
async def test_what_a_look_up_finds_is_not_missed(env: Environment, kill: Kill) -> None:
    messages, text = env.database["messages"], f"Looked up, {kill}"
    message_id = await unconfirmed(env, text)
    # A process whose lookup was cut off holds it for a while, by its clock.
    due = {"$set": {"outbound.next_check_at": datetime.now(UTC) - DAY}}

    async def is_found() -> bool:
        return await messages.find_one({"_id": message_id, "twilio_sid": {"$ne": None}}) is not None

    async def look_up(_: ApiProcess) -> None:
        await messages.update_one({"_id": message_id}, due)

    async def look_up_again(api: ApiProcess) -> None:
        api.mongo_proxy.reset()
        await look_up(api)
        await eventually(is_found, bool, within=60, what="another look-up")

    await Killing(env, kill).run(look_up, is_found, look_up_again)


async def pending(env: Environment, text: str) -> ObjectId:
    """The id of a message that is not sent before tomorrow."""
    number = next(_numbers)
    await env.simulator.control.set_fault("rate_limited", to=number)
    message_id = ObjectId((await env.post(number, text, to=env.apis[0]))["_id"])
    later = {"$set": {"outbound.next_attempt_at": datetime.now(UTC) + DAY}}

    async def is_postponed() -> bool:
        waiting = {"_id": message_id, "outbound.state": "pending"}
        return (await env.database["messages"].update_one(waiting, later)).matched_count == 1

    await eventually(is_postponed, bool, what="the end of the attempt")
    await env.simulator.control.reset_faults()
    return message_id


@pytest.mark.usefixtures("nothing_else")
@pytest.mark.parametrize("kill", kills("refusal"), ids=str)
async def test_a_refusal_after_an_opt_out_is_not_missed(env: Environment, kill: Kill) -> None:
    messages, reader = env.database["messages"], env.apis[0]
    message_id = await pending(env, f"Refused, {kill}")
    row = await messages.find_one({"_id": message_id})
    assert row is not None
    url = f"{reader.url}/api/opt_outs/{row['recipient_number']}"
    body = {"opt_out": {"opted_out": True, "reason": "They said so."}}
    answer = await env.http.put(url, json=body, headers=env.headers)
    assert answer.status_code == 200, answer.text

    async def is_refused() -> bool:
        return await messages.find_one({"_id": message_id, "error_code": RECIPIENT_OPTED_OUT}) is not None

    async def make_due(_: ApiProcess) -> None:
        due = {"$set": {"outbound.next_attempt_at": datetime.now(UTC) - DAY}}
        await messages.update_one({"_id": message_id}, due)

    # The other process claims nothing.
    reader.mongo_proxy.inject(InjectedError(is_search_for_due, MAX_TIME_EXPIRED))
    try:
        await Killing(env, kill).run(make_due, is_refused)
    finally:
        reader.mongo_proxy.reset()


@pytest.mark.usefixtures("nothing_else")
@pytest.mark.parametrize("kill", kills("cancellation"), ids=str)
async def test_a_cancellation_is_not_missed(env: Environment, kill: Kill) -> None:
    message_id = await pending(env, f"Cancelled, {kill}")

    async def is_cancelled() -> bool:
        row = await env.database["messages"].find_one({"_id": message_id})
        return row is not None and row["outbound"]["state"] == "cancelled"

    async def cancel(api: ApiProcess) -> None:
        answer = await env.http.post(f"{api.url}/api/messages/{message_id}/cancel", headers=await env.sign_in(api))
        assert answer.status_code == 200, answer.text

    await Killing(env, kill).run(cancel, is_cancelled)


@pytest.mark.usefixtures("nothing_else", "no_lookups")
@pytest.mark.parametrize("kill", kills("cancel request"), ids=str)
async def test_a_request_to_cancel_is_not_missed(env: Environment, kill: Kill) -> None:
    message_id = await unconfirmed(env, f"Not again, {kill}")

    async def is_requested() -> bool:
        return (
            await env.database["messages"].find_one({"_id": message_id, "outbound.cancel_requested": True}) is not None
        )

    async def cancel(api: ApiProcess) -> None:
        answer = await env.http.post(f"{api.url}/api/messages/{message_id}/cancel", headers=await env.sign_in(api))
        assert answer.status_code == 200, answer.text

    await Killing(env, kill).run(cancel, is_requested)


@pytest.mark.parametrize("kill", kills("unarchiving"), ids=str)
async def test_a_conversation_that_is_brought_back_is_not_missed(env: Environment, kill: Kill) -> None:
    await received(env, f"Archived, {kill}")
    row = await env.database["messages"].find_one({"content": f"Archived, {kill}"})
    assert row is not None
    own, path = {"peer_number": row["peer_number"]}, f"/api/conversations/{row['peer_number']}/archived"
    # What is counted later would bring it back.
    counted = {**own, "inbound": 1}
    await eventually(lambda: env.database["conversations"].find_one(counted), bool, what="the counted message")
    answer = await env.http.put(f"{env.apis[0].url}{path}", json={"inbound": 1}, headers=env.headers)
    assert answer.status_code == 204, answer.text

    async def is_back() -> bool:
        return await env.database["conversations"].find_one({**own, "archived": True}) is None

    assert not await is_back()

    async def bring_back(api: ApiProcess) -> None:
        # With the start of a process, all ETags change, which would tell of anything.
        assert killing.following is not None
        await killing.following.settle()
        answer = await env.http.delete(f"{api.url}{path}", headers=await env.sign_in(api))
        assert answer.status_code == 204, answer.text

    killing = Killing(env, kill, client=ArchiveClient)
    await killing.run(bring_back, is_back)


async def store_contact(env: Environment, api: ApiProcess, number: str, name: str) -> None:
    url, body = f"{api.url}/api/contacts/{number}", {"contact": {"name": name}}
    answer = await env.http.put(url, json=body, headers=await env.sign_in(api))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "kill", [*kills("new contact"), *kills("changed contact")], ids=lambda kill: f"{kill.kind}, {kill}"
)
async def test_a_stored_contact_is_not_missed(env: Environment, kill: Kill) -> None:
    number, name = next(_numbers), f"Ada after {kill}"
    if kill.kind == "changed contact":
        await store_contact(env, env.apis[0], number, f"Ada before {kill}")

    async def is_stored() -> bool:
        return await env.database["contacts"].find_one({"number": number, "name": name}) is not None

    async def store(api: ApiProcess) -> None:
        await store_contact(env, api, number, name)

    await Killing(env, kill, client=ContactsClient).run(store, is_stored, store)


@pytest.mark.parametrize("kill", kills("deleted contact"), ids=str)
async def test_a_deleted_contact_is_not_missed(env: Environment, kill: Kill) -> None:
    number = next(_numbers)
    await store_contact(env, env.apis[0], number, f"Ada, {kill}")

    async def is_deleted() -> bool:
        return await env.database["contacts"].find_one({"number": number, "deleted_at": None}) is None

    async def delete(api: ApiProcess) -> None:
        answer = await env.http.delete(f"{api.url}/api/contacts/{number}", headers=await env.sign_in(api))
        assert answer.status_code == 204, answer.text

    await Killing(env, kill, client=ContactsClient).run(delete, is_deleted)
