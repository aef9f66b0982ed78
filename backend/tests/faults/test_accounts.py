"""Account deletion and password changes, with kills and races."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from bson import ObjectId
from passlib.handlers.argon2 import argon2

from mysms.providers.base import Accepted, AccountUnavailable, Indeterminate, Outcome, Rejected, RetryableFailure
from tests.faults.environment import ApiProcess, Environment, Json, running_environment
from tests.faults.inbound_webhooks import direct_webhooks, is_inbound_insert
from tests.faults.mongo_proxy import Command, PausePoint, is_lock_acquisition, is_message_insert
from tests.faults.outbox_fixture import OutboxFixture, open_outbox_fixture
from tests.support.polling import eventually
from tests.support.responses import field_errors
from tests.support.servers import Mongo

SID = "SM" + "0" * 32
TEXT = "A secret recipe for lentil soup"
PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple the battery"
_counter = itertools.count(1)


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory = tmp_path_factory.mktemp("deletion")
    async with running_environment(directory, processes=1, name="deletion", RECONCILE_AFTER_SECONDS="2") as env:
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> AsyncIterator[Environment]:
    yield shared_env
    shared_env.apis[0].mongo_proxy.reset()
    await shared_env.simulator.control.reset_faults()


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


class AccountOwner:
    """A user with a unique phone number and text, who deletes the account."""

    def __init__(self, env: Environment) -> None:
        number = next(_counter)
        self._env = env
        self.email = f"owner-{number}@example.com"
        self.number = f"+1323555{number:04}"
        self.text = f"{TEXT} {number}"
        self.id = ""

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        url = f"{self._env.apis[0].url}{path}"
        return await self._env.http.request(method, url, headers=self._env.headers, **request)

    async def sign_up(self) -> None:
        user = {"email": self.email, "password": PASSWORD, "password_confirmation": PASSWORD}
        answer = await self.call("POST", "/users", json={"user": user})
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["_id"]
        self._env.token = answer.json()["access_token"]

    async def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        return await self.call("POST", "/users/sign_in", json={"user": {"email": self.email, "password": password}})

    async def send(self) -> Json:
        return await self._env.post(self.number, self.text)

    async def delete_account(self) -> httpx.Response:
        return await self.call("DELETE", "/users", json={"user": {"password": PASSWORD}})

    async def change_password(self) -> httpx.Response:
        """Change the password and continue in the new session."""
        user = {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
        answer = await self.call("PUT", "/users/password", json={"user": user})
        if answer.status_code == 200:
            self._env.token = answer.json()["access_token"]
        return answer

    async def refresh(self, token: str) -> httpx.Response:
        return await self.call("POST", "/users/token", data={"grant_type": "refresh_token", "refresh_token": token})

    async def traces(self, documents: list[Json] | None = None) -> list[Json]:
        """All documents that contain data of the user, including hashes and IDs of the given messages."""
        private = [self.email, self.number, self.text, self.id]
        private += [str(each[name]) for each in documents or [] for name in ("request_hash", "_id")]
        private += [each["outbound"]["dedup_key"] for each in documents or []]
        found = []
        for name in await self._env.database.list_collection_names():
            async for document in self._env.database[name].find({}):
                matches = [each for each in private if each in str(document)]
                if name in {"changes", "deleted_accounts"}:
                    # Both keep the ID of the account: the log of changes for an hour, the other one for ten minutes.
                    matches = [each for each in matches if each != self.id]
                if name == "provider_message_ids":
                    # The owner of a SID is kept: the ID of a message that no longer exists.
                    matches = [each for each in matches if each != str(document["message_id"])]
                if matches:
                    found.append({"in": name, **document})
        return found

    async def documents(self) -> list[Json]:
        rows = self._env.database["messages"].find({"user_id": ObjectId(self.id)})
        return await rows.to_list()


@pytest.fixture
async def owner(env: Environment) -> AccountOwner:
    owner = AccountOwner(env)
    await owner.sign_up()
    return owner


async def wait_for_no_traces(owner: AccountOwner, documents: list[Json]) -> None:
    await eventually(lambda: owner.traces(documents), lambda found: found == [], what="the removal of all traces")


async def test_account_deletion_removes_all_personal_data(env: Environment, owner: AccountOwner) -> None:
    control = env.simulator.control
    settled = await owner.send()
    await control.set_fault("error_500", to=owner.number, times=1, commit=False)
    assert (await env.post(owner.number, f"{owner.text} again"))["status"] == "unconfirmed"
    await control.set_fault("rate_limited", to=owner.number)
    assert (await env.post(owner.number, f"{owner.text} later"))["status"] == "pending"
    documents = await owner.documents()
    assert {row["outbound"]["state"] for row in documents} == {"accepted", "unconfirmed", "pending"}
    await direct_webhooks(env)
    answer = await control.text(owner.number, f"{owner.text} to you, too")
    await eventually(
        lambda: env.database["provider_message_ids"].find_one({"_id": answer.sid, "is_settled": True}),
        lambda found: found is not None,
        what="the answer",
    )
    await owner.call("PUT", f"/api/contacts/{owner.number}", json={"contact": {"name": owner.text}})
    seen = {row["in"] for row in await owner.traces(documents)}
    assert seen >= {"users", "sessions", "messages", "conversations", "contacts", "content_locks"}, (
        "traces() must find existing documents"
    )

    assert (await owner.delete_account()).status_code == 204
    assert (await owner.sign_in()).status_code == 401
    await wait_for_no_traces(owner, documents)

    assert await env.database["provider_message_ids"].find_one({"_id": settled["twilio_sid"]}) is not None
    assert await env.sids_at_provider(f"{owner.text} later") == []


async def kill_at(pause_point: PausePoint, api: ApiProcess, request: asyncio.Task[httpx.Response]) -> None:
    """Kill the process once it is at the pause point. The delayed command does not reach the database."""
    async with asyncio.timeout(10):
        await pause_point.reached.wait()
    api.kill()
    await api.mongo_proxy.drop_connections()
    await api.wait()
    await asyncio.gather(request, return_exceptions=True)


def writes(collection: str, kind: str) -> Callable[[Command], bool]:
    return lambda command: command.get(kind) == collection


STEPS: Mapping[str, Callable[[Command], bool]] = {
    "mark the account": writes("users", "update"),
    "delete its sessions": writes("sessions", "delete"),
    "delete its pending messages": writes("messages", "delete"),
    "cancel its messages in flight": lambda command: (
        command.get("update") == "messages" and "erase_at" in str(command.get("updates"))
    ),
    "delete its conversations": writes("conversations", "delete"),
    "delete the account": writes("users", "delete"),
}


@pytest.mark.parametrize("step", STEPS)
async def test_an_interrupted_deletion_is_completed_at_the_next_start(
    env: Environment, owner: AccountOwner, step: str
) -> None:
    """The process is killed before the step. Before the first step the deletion has not started yet."""
    await owner.send()
    await env.simulator.control.set_fault("rate_limited", to=owner.number)
    await env.post(owner.number, f"{owner.text} later")
    documents = await owner.documents()
    api = env.apis[0]
    pause_point = api.mongo_proxy.add(PausePoint(STEPS[step], "request"))
    deleting = asyncio.create_task(owner.delete_account())
    await kill_at(pause_point, api, deleting)
    await api.start()

    if step == "mark the account":
        answer = await owner.sign_in()
        assert answer.status_code == 201
        env.token = answer.json()["access_token"]
        assert (await owner.delete_account()).status_code == 204
    await wait_for_no_traces(owner, documents)
    assert (await owner.sign_in()).status_code == 401
    assert await env.sids_at_provider(f"{owner.text} later") == []


async def test_an_interrupted_deletion_is_completed_by_another_process(tmp_path: Path) -> None:
    """Without a restart and without a sign-in of the user."""
    async with running_environment(tmp_path, processes=2, name="other process") as env:
        owner = AccountOwner(env)
        await owner.sign_up()
        await owner.send()
        documents = await owner.documents()
        api = env.apis[0]
        pause_point = api.mongo_proxy.add(PausePoint(writes("messages", "delete"), "request"))
        deleting = asyncio.create_task(owner.delete_account())
        await kill_at(pause_point, api, deleting)
        assert await owner.traces(documents), "the deletion was not interrupted"
        await eventually(
            lambda: owner.traces(documents), lambda found: found == [], within=60, what="the removal of all traces"
        )


LATE_WRITES: Mapping[str, Callable[[Command], bool]] = {
    "a contact": lambda command: command.get("findAndModify") == "contacts",
    "a file of contacts": writes("contacts", "insert"),
    "a picture": writes("attachments", "insert"),
    "a session": writes("sessions", "insert"),
    "an inbound message": is_inbound_insert,
}


async def test_what_a_process_stores_after_a_deletion_is_erased_although_it_is_killed_before_its_check(
    tmp_path: Path,
) -> None:
    """Everything that is on its way to the database arrives once the account is gone, and the process ends then."""
    async with running_environment(tmp_path, name="late writes", INBOUND_CATCH_UP_SECONDS="2") as env:
        owner = AccountOwner(env)
        await owner.sign_up()
        await owner.send()
        survivor, victim = env.apis
        await direct_webhooks(env, "rc=0")
        held = [victim.mongo_proxy.add(PausePoint(matches, "request")) for matches in LATE_WRITES.values()]
        survivor.is_paused = True
        answer = await env.simulator.control.text(owner.number, f"{owner.text} to you, too")

        async def at_victim(method: str, path: str, **request: Any) -> httpx.Response:
            return await env.http.request(method, f"{victim.url}{path}", headers=env.headers, **request)

        contact, file = {"contact": {"name": owner.text}}, f"Name,Phone\r\n{owner.text},+13235560000\r\n"
        user = {"user": {"email": owner.email, "password": PASSWORD}}
        requests = [
            asyncio.create_task(each)
            for each in (
                at_victim("PUT", "/api/contacts/+13235560001", json=contact),
                at_victim("POST", "/api/contacts/import", params={"apply": "true"}, content=file),
                at_victim("POST", "/api/attachments", content=b"GIF89a" + bytes(300)),
                at_victim("POST", "/users/sign_in", json=user),
            )
        ]
        async with asyncio.timeout(20):
            await asyncio.gather(*(each.reached.wait() for each in held))
        assert (await owner.delete_account()).status_code == 204
        # For somebody else: no report takes it up again.
        await eventually(
            lambda: env.database["provider_message_ids"].find_one({"_id": answer.sid, "is_settled": True}),
            lambda found: found is not None,
            what="the answer",
        )

        victim.mongo_proxy.add(PausePoint(lambda command: command.get("find") == "users", "request", once=False))
        for each in held:
            each.release()
        expected = {"contacts": 2, "attachments": 1, "sessions": 1, "messages": 1}

        async def stored() -> dict[str, int]:
            theirs = {"user_id": ObjectId(owner.id)}
            return {name: await env.database[name].count_documents(theirs) for name in expected}

        await eventually(stored, lambda found: found == expected, what="the arrival of all writes")
        victim.kill()
        await victim.mongo_proxy.drop_connections()
        await victim.wait()
        await asyncio.gather(*requests, return_exceptions=True)
        assert await stored() == expected, "the process took back what it had stored"

        deleted, long_ago = env.database["deleted_accounts"], datetime.now(UTC) - timedelta(minutes=11)
        await deleted.update_many({}, {"$set": {"deleted_at": long_ago}})
        await eventually(stored, lambda left: not any(left.values()), within=60, what="the removal of all of it")
        await eventually(
            lambda: deleted.count_documents({}), lambda left: left == 0, what="the removal of the account's ID"
        )


async def test_a_message_stored_during_a_deletion_is_removed(env: Environment, owner: AccountOwner) -> None:
    storing = env.apis[0].mongo_proxy.add(PausePoint(is_message_insert, "request"))
    url = f"{env.apis[0].url}/api/messages"
    body = {"message": {"recipient_number": owner.number, "content": owner.text}}
    sending = asyncio.create_task(env.http.post(url, json=body, headers=env.headers))
    async with asyncio.timeout(10):
        await storing.reached.wait()
    assert (await owner.delete_account()).status_code == 204
    storing.release()
    answer = await sending
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    await wait_for_no_traces(owner, [])


async def test_a_claim_during_a_deletion_leaves_no_lock(env: Environment, owner: AccountOwner) -> None:
    """The lock contains a hash of number and text, which could be guessed."""
    locking = env.apis[0].mongo_proxy.add(PausePoint(is_lock_acquisition, "request"))
    sending = asyncio.create_task(owner.send())
    async with asyncio.timeout(10):
        await locking.reached.wait()
    documents = await owner.documents()
    assert (await owner.delete_account()).status_code == 204
    locking.release()
    await asyncio.gather(sending, return_exceptions=True)
    await wait_for_no_traces(owner, documents)
    assert await env.sids_at_provider(owner.text) == []


async def test_a_sign_in_with_the_old_password_fails_if_it_changes_meanwhile(
    env: Environment, owner: AccountOwner
) -> None:
    opening = env.apis[0].mongo_proxy.add(PausePoint(writes("sessions", "insert"), "request"))
    signing_in = asyncio.create_task(owner.sign_in())
    async with asyncio.timeout(10):
        await opening.reached.wait()
    assert (await owner.change_password()).status_code == 200
    opening.release()
    assert (await signing_in).status_code == 401
    assert len((await owner.call("GET", "/users/sessions")).json()) == 1


@pytest.mark.parametrize(
    "step",
    [writes("sessions", "insert"), writes("sessions", "delete")],
    ids=["before the new session", "before the others are deleted"],
)
async def test_a_password_change_ends_stolen_refresh_tokens_even_if_the_process_is_killed(
    env: Environment, owner: AccountOwner, step: Callable[[Command], bool]
) -> None:
    stolen = (await owner.sign_in()).json()["refresh_token"]
    api = env.apis[0]
    pause_point = api.mongo_proxy.add(PausePoint(step, "request"))
    changing = asyncio.create_task(owner.change_password())
    await kill_at(pause_point, api, changing)
    assert "kind=password_changed" in api.process.text()
    await api.start()

    answer = await owner.refresh(stolen)
    assert (answer.status_code, answer.json()["code"]) == (400, "session_ended")
    signed_in = await owner.sign_in(NEW_PASSWORD)
    assert signed_in.status_code == 201
    assert (await owner.refresh(signed_in.json()["refresh_token"])).status_code == 200


async def test_of_two_successors_used_at_once_the_second_one_ends_the_session(
    env: Environment, owner: AccountOwner
) -> None:
    """The second one was read as valid before the first one was stored."""
    token = (await owner.sign_in()).json()["refresh_token"]
    first, second = [(await owner.refresh(token)).json()["refresh_token"] for _ in range(2)]
    storing = env.apis[0].mongo_proxy.add(PausePoint(writes("sessions", "update"), "request"))
    overtaken = asyncio.create_task(owner.refresh(second))
    async with asyncio.timeout(10):
        await storing.reached.wait()
    answer = await owner.refresh(first)
    assert answer.status_code == 200
    storing.release()
    assert (await overtaken).json()["code"] == "session_ended"
    assert (await owner.refresh(answer.json()["refresh_token"])).json()["code"] == "session_ended"


@pytest.mark.parametrize("at", ["request", "reply"])
async def test_a_refresh_that_is_killed_can_be_repeated(
    env: Environment, owner: AccountOwner, at: Literal["request", "reply"]
) -> None:
    token = (await owner.sign_in()).json()["refresh_token"]
    token = (await owner.refresh(token)).json()["refresh_token"]
    api = env.apis[0]
    storing = api.mongo_proxy.add(PausePoint(writes("sessions", "update"), at))
    refreshing = asyncio.create_task(owner.refresh(token))
    await kill_at(storing, api, refreshing)
    await api.start()

    answer = await owner.refresh(token)
    assert answer.status_code == 200
    assert (await owner.refresh(answer.json()["refresh_token"])).status_code == 200


async def test_rehashing_does_not_restore_an_old_password(env: Environment, owner: AccountOwner) -> None:
    weak = argon2.using(memory_cost=1_024, time_cost=1, parallelism=1).hash(PASSWORD)
    await env.database["users"].update_one({"email": owner.email}, {"$set": {"password_hash": weak}})
    renewing = env.apis[0].mongo_proxy.add(PausePoint(writes("users", "update"), "request"))
    signing_in = asyncio.create_task(owner.sign_in())
    async with asyncio.timeout(10):
        await renewing.reached.wait()
    assert (await owner.change_password()).status_code == 200
    renewing.release()
    assert (await signing_in).status_code == 401
    assert (await owner.sign_in()).status_code == 401
    assert (await owner.sign_in(NEW_PASSWORD)).status_code == 201


async def test_an_account_is_not_deleted_with_the_old_password_if_it_changes_meanwhile(
    env: Environment, owner: AccountOwner
) -> None:
    marking = env.apis[0].mongo_proxy.add(PausePoint(writes("users", "update"), "request"))
    deleting = asyncio.create_task(owner.delete_account())
    async with asyncio.timeout(10):
        await marking.reached.wait()
    assert (await owner.change_password()).status_code == 200
    marking.release()
    assert field_errors(await deleting) == {"password": ["is invalid"]}
    assert (await owner.sign_in(NEW_PASSWORD)).status_code == 201


async def test_an_account_is_deleted_although_its_password_is_rehashed_meanwhile(
    env: Environment, owner: AccountOwner
) -> None:
    weak = argon2.using(memory_cost=1_024, time_cost=1, parallelism=1).hash(PASSWORD)
    await env.database["users"].update_one({"email": owner.email}, {"$set": {"password_hash": weak}})
    marking = env.apis[0].mongo_proxy.add(PausePoint(writes("users", "update"), "request"))
    deleting = asyncio.create_task(owner.delete_account())
    async with asyncio.timeout(10):
        await marking.reached.wait()
    assert (await owner.sign_in()).status_code == 201
    marking.release()
    assert (await deleting).status_code == 204
    await wait_for_no_traces(owner, [])


async def test_a_sign_in_during_a_deletion_leaves_no_session(env: Environment, owner: AccountOwner) -> None:
    opening = env.apis[0].mongo_proxy.add(PausePoint(writes("sessions", "insert"), "request"))
    signing_in = asyncio.create_task(owner.sign_in())
    async with asyncio.timeout(10):
        await opening.reached.wait()
    assert (await owner.delete_account()).status_code == 204
    opening.release()
    assert (await signing_in).status_code == 401
    await wait_for_no_traces(owner, [])


OUTCOMES: list[Outcome] = [
    Accepted(SID, "queued"),
    Rejected(21211, "is not a phone number"),
    RetryableFailure("refused the connection"),
    AccountUnavailable("unauthorized", 20003),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
async def test_a_message_being_sent_is_erased_after_its_attempt_and_not_retried(
    fixture: OutboxFixture, outcome: Outcome
) -> None:
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+14155550100", TEXT)
    claim = await fixture.claim(outbox)
    await fixture.erasure.erase((await fixture.message(message_id)).user_id)
    await fixture.erasure.erase_abandoned(10)
    assert (await fixture.outbound(message_id)).cancel_requested, "the message is still needed to match its SID"

    await outbox.settle(claim, outcome, 0.5)
    fixture.advance(hours=1)
    assert await outbox.claim_next() is None
    await fixture.erasure.erase_abandoned(10)
    await assert_empty(fixture, except_sid=isinstance(outcome, Accepted))


async def test_a_message_that_was_stored_after_the_deletion_of_its_account_is_not_sent(fixture: OutboxFixture) -> None:
    """By a process that ended before it saw that the account was gone."""
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+14155550100", TEXT)
    fixture.leaving.add((await fixture.message(message_id)).user_id)
    other = await fixture.enqueue(outbox, "+14155550101", TEXT)
    assert (await fixture.claim(outbox)).message_id == other
    assert await outbox.claim_next() is None
    assert [row["_id"] for row in await fixture.database["messages"].find({}).to_list()] == [other]
    assert [row["message_id"] for row in await fixture.database["content_locks"].find({}).to_list()] == [other]


async def test_a_message_without_outbox_state_is_erased(fixture: OutboxFixture) -> None:
    """An inbound message, or one that a process of the previous version has just stored."""
    user_id = ObjectId()
    await fixture.database["messages"].insert_one({"user_id": user_id, "client_id": "message:1", "content": TEXT})
    await asyncio.wait_for(fixture.erasure.erase(user_id), 5)
    await assert_empty(fixture)


async def test_an_unconfirmed_message_is_erased_once_its_absence_is_confirmed(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+14155550100", TEXT)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("no answer"), 0.5)
    await fixture.erasure.erase((await fixture.message(message_id)).user_id)
    await fixture.confirm_absence(message_id)
    assert await outbox.claim_next() is None
    await fixture.erasure.erase_abandoned(10)
    await assert_empty(fixture)


async def test_an_unresolved_message_is_erased_after_a_day(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+14155550100", TEXT)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("no answer"), 0.5)
    await fixture.erasure.erase((await fixture.message(message_id)).user_id)
    fixture.advance(hours=23)
    await fixture.erasure.erase_abandoned(10)
    assert (await fixture.outbound(message_id)).cancel_requested
    fixture.now += timedelta(hours=1)
    await fixture.erasure.erase_abandoned(10)
    await assert_empty(fixture)


async def test_an_identical_text_waits_for_an_unconfirmed_message_of_a_deleted_account(
    fixture: OutboxFixture,
) -> None:
    """Otherwise the SID of one message could be assigned to the other, which would be lost."""
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+14155550100", TEXT)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("no answer"), 0.5)
    await fixture.erasure.erase((await fixture.message(message_id)).user_id)
    other = await fixture.enqueue(outbox, "+14155550100", TEXT)
    assert await outbox.claim_next() is None

    await fixture.confirm_absence(message_id)
    await fixture.erasure.erase_abandoned(10)
    fixture.advance(seconds=5)
    assert (await fixture.claim(outbox)).message_id == other


async def test_a_callback_after_the_deletion_changes_nothing(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("a")
    message_id = await fixture.enqueue(outbox, "+14155550100", TEXT)
    claim = await fixture.claim(outbox)
    await outbox.settle(claim, Accepted(SID, "queued"), 0.5)
    await fixture.erasure.erase((await fixture.message(message_id)).user_id)
    before = await all_documents(fixture)
    for sid in (SID, "SM" + "1" * 32):
        for status in ("sent", "delivered", "failed"):
            await fixture.receive_callback(outbox, claim, sid, status)
    assert await all_documents(fixture) == before
    await assert_empty(fixture, except_sid=True)


async def all_documents(fixture: OutboxFixture) -> dict[str, list[Json]]:
    names = sorted(await fixture.database.list_collection_names())
    return {name: await fixture.database[name].find({}).to_list() for name in names}


async def assert_empty(fixture: OutboxFixture, *, except_sid: bool = False) -> None:
    rest = {name: rows for name, rows in (await all_documents(fixture)).items() if rows}
    owners = rest.pop("provider_message_ids", [])
    assert rest == {}
    assert [row["_id"] for row in owners] == ([SID] if except_sid else [])
    assert all(row.keys() == {"_id", "message_id", "attempt", "created_at"} for row in owners)
