"""Accounts that are deleted or changed: nothing of them stays or comes back, whatever happens in between."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bson import ObjectId
from passlib.handlers.argon2 import argon2

from mysms.carrier.base import Accepted, NotSent, Outcome, Paused, Refused, Unknown
from tests.faults.environment import Json, World, running_world
from tests.faults.mongo_proxy import Command, Trap, is_insert, is_lock
from tests.faults.outbox_fixture import Workshop, open_workshop
from tests.support.polling import eventually
from tests.support.servers import Mongo

SID = "SM" + "0" * 32
TEXT = "A secret recipe for lentil soup"
PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple the battery"
_places = itertools.count(1)


@pytest.fixture(scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("deletion")
    async with running_world(directory, processes=1, name="deletion", RECONCILE_AFTER_SECONDS="2") as world:
        yield world


@pytest.fixture
async def world(shared_world: World) -> AsyncIterator[World]:
    yield shared_world
    shared_world.apis[0].tap.release()
    await shared_world.simulator.control.reset_faults()


@pytest.fixture
async def workshop(mongodb: Mongo) -> AsyncIterator[Workshop]:
    async with open_workshop(mongodb.uri) as workshop:
        yield workshop


class Leaver:
    """Somebody who will delete the account, with a phone number and a text of their own."""

    def __init__(self, world: World) -> None:
        place = next(_places)
        self._world = world
        self.email = f"leaver-{place}@example.com"
        self.number = f"+1323555{place:04}"
        self.text = f"{TEXT} {place}"
        self.id = ""

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        url = f"{self._world.apis[0].url}{path}"
        return await self._world.http.request(method, url, headers=self._world.headers, **request)

    async def sign_up(self) -> None:
        user = {"email": self.email, "password": PASSWORD, "password_confirmation": PASSWORD}
        answer = await self.call("POST", "/users", json={"user": user})
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["_id"]
        self._world.token = answer.json()["access_token"]

    async def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        return await self.call("POST", "/users/sign_in", json={"user": {"email": self.email, "password": password}})

    async def send(self) -> Json:
        return await self._world.post(self.number, self.text)

    async def delete_account(self) -> httpx.Response:
        return await self.call("DELETE", "/users", json={"user": {"password": PASSWORD}})

    async def traces(self, documents: list[Json] | None = None) -> list[Json]:
        """Everything in any collection that tells something of them; in these messages' words and hashes, too."""
        private = [self.email, self.number, self.text, self.id]
        private += [str(each[name]) for each in documents or [] for name in ("text_key", "request_hash", "_id")]
        found = []
        for name in await self._world.database.list_collection_names():
            async for document in self._world.database[name].find({}):
                told = [each for each in private if each in str(document)]
                if name == "carrier_messages":
                    # Who owns a SID stays known: by the message's id, of which nothing else is left.
                    told = [each for each in told if each != str(document["message_id"])]
                if told:
                    found.append({"in": name, **document})
        return found

    async def documents(self) -> list[Json]:
        rows = self._world.database["messages"].find({"user_id": ObjectId(self.id)})
        return await rows.to_list()


@pytest.fixture
async def leaver(world: World) -> Leaver:
    leaver = Leaver(world)
    await leaver.sign_up()
    return leaver


async def leaves_no_trace(leaver: Leaver, documents: list[Json]) -> None:
    await eventually(lambda: leaver.traces(documents), lambda found: found == [], what="the end of all traces")


async def test_nothing_of_a_person_stays_in_any_collection(world: World, leaver: Leaver) -> None:
    control = world.simulator.control
    settled = await leaver.send()
    await control.set_fault("error_500", to=leaver.number, times=1, commit=False)
    assert (await world.post(leaver.number, f"{leaver.text} again"))["status"] == "unconfirmed"
    await control.set_fault("rate_limited", to=leaver.number)
    assert (await world.post(leaver.number, f"{leaver.text} later"))["status"] == "pending"
    documents = await leaver.documents()
    assert {row["dispatch"] for row in documents} == {"settled", "unconfirmed", "pending"}
    seen = {row["in"] for row in await leaver.traces(documents)}
    assert seen >= {"users", "sessions", "messages", "conversations", "inflight"}, "this does not find what is there"

    assert (await leaver.delete_account()).status_code == 204
    assert (await leaver.sign_in()).status_code == 401
    await leaves_no_trace(leaver, documents)

    assert await world.database["carrier_messages"].find_one({"_id": settled["twilio_sid"]}) is not None
    assert await world.sids_at_carrier(f"{leaver.text} later") == []


def writes(collection: str, kind: str) -> Callable[[Command], bool]:
    return lambda command: command.get(kind) == collection


STEPS: Mapping[str, Callable[[Command], bool]] = {
    "the account is marked": writes("users", "update"),
    "its sessions end": writes("sessions", "delete"),
    "what is pending is erased": writes("messages", "delete"),
    "what is being sent is withdrawn": lambda command: (
        command.get("update") == "messages" and "erase_at" in str(command.get("updates"))
    ),
    "its conversations are erased": writes("conversations", "delete"),
    "the account goes": writes("users", "delete"),
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_deletion_that_is_killed_is_finished_at_the_next_start(world: World, leaver: Leaver, step: str) -> None:
    """Killed before the step; before the first one nothing has happened, and it can be asked for again."""
    await leaver.send()
    await world.simulator.control.set_fault("rate_limited", to=leaver.number)
    await world.post(leaver.number, f"{leaver.text} later")
    documents = await leaver.documents()
    api = world.apis[0]
    trap = api.tap.set(Trap(STEPS[step], "request"))
    deleting = asyncio.create_task(leaver.delete_account())
    async with asyncio.timeout(10):
        await trap.sprung.wait()
    api.die()
    # What is held back never arrives.
    await api.tap.cut()
    await api.bury()
    await asyncio.gather(deleting, return_exceptions=True)
    await api.start()

    if step == "the account is marked":
        answer = await leaver.sign_in()
        assert answer.status_code == 201
        world.token = answer.json()["access_token"]
        assert (await leaver.delete_account()).status_code == 204
    await leaves_no_trace(leaver, documents)
    assert (await leaver.sign_in()).status_code == 401
    assert await world.sids_at_carrier(f"{leaver.text} later") == []


async def test_a_deletion_that_is_interrupted_is_finished_by_another_process(tmp_path: Path) -> None:
    """Without any start or sign-in: whoever has asked to be forgotten does not come back to see to it."""
    async with running_world(tmp_path, processes=2, name="other process") as world:
        leaver = Leaver(world)
        await leaver.sign_up()
        await leaver.send()
        documents = await leaver.documents()
        api = world.apis[0]
        trap = api.tap.set(Trap(writes("messages", "delete"), "request"))
        deleting = asyncio.create_task(leaver.delete_account())
        async with asyncio.timeout(10):
            await trap.sprung.wait()
        api.die()
        await api.tap.cut()
        await api.bury()
        await asyncio.gather(deleting, return_exceptions=True)
        assert await leaver.traces(documents), "it was not interrupted"
        await eventually(
            lambda: leaver.traces(documents), lambda found: found == [], within=60, what="the end of all traces"
        )


async def test_what_is_being_stored_during_a_deletion_is_not_left_behind(world: World, leaver: Leaver) -> None:
    storing = world.apis[0].tap.set(Trap(is_insert, "request"))
    url = f"{world.apis[0].url}/api/messages"
    body = {"message": {"recipient_number": leaver.number, "content": leaver.text}}
    sending = asyncio.create_task(world.http.post(url, json=body, headers=world.headers))
    async with asyncio.timeout(10):
        await storing.sprung.wait()
    assert (await leaver.delete_account()).status_code == 204
    storing.release()
    answer = await sending
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    await leaves_no_trace(leaver, [])


async def test_a_claim_that_meets_a_deletion_leaves_no_lock(world: World, leaver: Leaver) -> None:
    """A text's lock tells, to who guesses it, what was written to whom."""
    locking = world.apis[0].tap.set(Trap(is_lock, "request"))
    sending = asyncio.create_task(leaver.send())
    async with asyncio.timeout(10):
        await locking.sprung.wait()
    documents = await leaver.documents()
    assert (await leaver.delete_account()).status_code == 204
    locking.release()
    await asyncio.gather(sending, return_exceptions=True)
    await leaves_no_trace(leaver, documents)
    assert await world.sids_at_carrier(leaver.text) == []


async def test_a_sign_in_that_began_with_the_old_password_does_not_outlive_it(world: World, leaver: Leaver) -> None:
    opening = world.apis[0].tap.set(Trap(writes("sessions", "insert"), "request"))
    signing_in = asyncio.create_task(leaver.sign_in())
    async with asyncio.timeout(10):
        await opening.sprung.wait()
    change = {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
    assert (await leaver.call("PUT", "/users/password", json={"user": change})).status_code == 204
    opening.release()
    assert (await signing_in).status_code == 401
    assert len((await leaver.call("GET", "/users/sessions")).json()) == 1


async def test_the_renewal_of_a_weak_hash_does_not_bring_an_old_password_back(world: World, leaver: Leaver) -> None:
    weak = argon2.using(memory_cost=1_024, time_cost=1, parallelism=1).hash(PASSWORD)
    await world.database["users"].update_one({"email": leaver.email}, {"$set": {"password_hash": weak}})
    renewing = world.apis[0].tap.set(Trap(writes("users", "update"), "request"))
    signing_in = asyncio.create_task(leaver.sign_in())
    async with asyncio.timeout(10):
        await renewing.sprung.wait()
    change = {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
    assert (await leaver.call("PUT", "/users/password", json={"user": change})).status_code == 204
    renewing.release()
    assert (await signing_in).status_code == 401
    assert (await leaver.sign_in()).status_code == 401
    assert (await leaver.sign_in(NEW_PASSWORD)).status_code == 201


async def test_a_sign_in_during_a_deletion_leaves_no_session(world: World, leaver: Leaver) -> None:
    opening = world.apis[0].tap.set(Trap(writes("sessions", "insert"), "request"))
    signing_in = asyncio.create_task(leaver.sign_in())
    async with asyncio.timeout(10):
        await opening.sprung.wait()
    assert (await leaver.delete_account()).status_code == 204
    opening.release()
    assert (await signing_in).status_code == 401
    await leaves_no_trace(leaver, [])


OUTCOMES: list[Outcome] = [
    Accepted(SID, "queued"),
    Refused(21211, "is not a phone number"),
    NotSent("refused the connection"),
    Paused("unauthorized", 20003),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
async def test_what_is_being_sent_is_not_sent_again_and_is_erased_when_that_has_ended(
    workshop: Workshop, outcome: Outcome
) -> None:
    outbox = workshop.outbox("a")
    message_id = await workshop.store(outbox, "+14155550100", TEXT)
    claim = await workshop.claim(outbox)
    await workshop.erasure.erase((await workshop.message(message_id)).user_id)
    await workshop.erasure.erase_abandoned(10)
    assert (await workshop.message(message_id)).withdrawn, "it has to be told from the same text of somebody else"

    await outbox.settle(claim, outcome, 0.5)
    workshop.wait(hours=1)
    assert await outbox.claim_next() is None
    await workshop.erasure.erase_abandoned(10)
    await is_empty(workshop, but_sid=isinstance(outcome, Accepted))


async def test_what_is_unconfirmed_is_erased_once_the_carrier_is_known_not_to_have_it(workshop: Workshop) -> None:
    outbox = workshop.outbox("a")
    message_id = await workshop.store(outbox, "+14155550100", TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("no answer"), 0.5)
    await workshop.erasure.erase((await workshop.message(message_id)).user_id)
    await workshop.find_absent(message_id)
    assert await outbox.claim_next() is None
    await workshop.erasure.erase_abandoned(10)
    await is_empty(workshop)


async def test_what_stays_in_doubt_is_erased_after_a_day(workshop: Workshop) -> None:
    outbox = workshop.outbox("a")
    message_id = await workshop.store(outbox, "+14155550100", TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("no answer"), 0.5)
    await workshop.erasure.erase((await workshop.message(message_id)).user_id)
    workshop.wait(hours=23)
    await workshop.erasure.erase_abandoned(10)
    assert (await workshop.message(message_id)).withdrawn
    workshop.now += timedelta(hours=1)
    await workshop.erasure.erase_abandoned(10)
    await is_empty(workshop)


async def test_the_same_text_of_somebody_else_waits_for_what_a_deleted_account_left_in_doubt(
    workshop: Workshop,
) -> None:
    """Else the carrier's SID for the one could be taken for the other's, which would then be lost."""
    outbox = workshop.outbox("a")
    message_id = await workshop.store(outbox, "+14155550100", TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("no answer"), 0.5)
    await workshop.erasure.erase((await workshop.message(message_id)).user_id)
    other = await workshop.store(outbox, "+14155550100", TEXT)
    assert await outbox.claim_next() is None

    await workshop.find_absent(message_id)
    await workshop.erasure.erase_abandoned(10)
    workshop.wait(seconds=5)
    assert (await workshop.claim(outbox)).message_id == other


async def test_a_callback_after_the_deletion_changes_nothing(workshop: Workshop) -> None:
    outbox = workshop.outbox("a")
    message_id = await workshop.store(outbox, "+14155550100", TEXT)
    claim = await workshop.claim(outbox)
    await outbox.settle(claim, Accepted(SID, "queued"), 0.5)
    await workshop.erasure.erase((await workshop.message(message_id)).user_id)
    before = await everything(workshop)
    for sid in (SID, "SM" + "1" * 32):
        for status in ("sent", "delivered", "failed"):
            await workshop.hear(outbox, claim, sid, status)
    assert await everything(workshop) == before
    await is_empty(workshop, but_sid=True)


async def everything(workshop: Workshop) -> dict[str, list[Json]]:
    names = sorted(await workshop.database.list_collection_names())
    return {name: await workshop.database[name].find({}).to_list() for name in names}


async def is_empty(workshop: Workshop, *, but_sid: bool = False) -> None:
    rest = {name: rows for name, rows in (await everything(workshop)).items() if rows}
    owners = rest.pop("carrier_messages", [])
    assert rest == {}
    assert [row["_id"] for row in owners] == ([SID] if but_sid else [])
    assert all(row.keys() == {"_id", "message_id", "attempt", "created_at"} for row in owners)
