"""An import of ten thousand contacts: what it costs in database commands, and what is left of it after a kill."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from mysms.changes.change import UNPUBLISHED
from tests.faults.counted_api import HEADER
from tests.faults.environment import ApiProcess, Environment, Json, running_environment
from tests.faults.mongo_proxy import Command, PausePoint
from tests.support.polling import eventually

COUNT, BATCH = 10_000, 1_000
FEWER = 3 * BATCH
NUMBERS = [f"+1415{index:07}" for index in range(5_550_000, 5_550_000 + COUNT)]


def file_of(count: int, name: str) -> str:
    return "Name,Phone\r\n" + "".join(f"{name} {number},{number}\r\n" for number in NUMBERS[:count])


@pytest.fixture
async def env(tmp_path: Path) -> AsyncIterator[Environment]:
    module = ("tests.faults.counted_api",)
    async with running_environment(tmp_path, processes=2, name="imports", module=module) as env:
        yield env


async def send(env: Environment, api: ApiProcess, file: str, **query: str) -> httpx.Response:
    url, headers = f"{api.url}/api/contacts/import", await env.sign_in(api)
    answer = await env.http.post(url, content=file, params=query, headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    return answer


async def counts(env: Environment, api: ApiProcess, file: str, **query: str) -> list[int]:
    found: Json = (await send(env, api, file, **query)).json()["counts"]
    return list(found.values())


def is_batch(command: Command) -> bool:
    """Stores contacts, as the driver splits a batch of new ones, or of changed ones."""
    is_new = command.get("insert") == "contacts"
    return is_new or (command.get("update") == "contacts" and "$inc" in command["updates"][0]["u"])


async def all_published(env: Environment) -> None:
    async def count_marked() -> int:
        return await env.database["contacts"].count_documents({"revision": UNPUBLISHED})

    await eventually(count_marked, lambda left: left == 0, within=30, what="the publication of all contacts")


async def test_a_long_import_costs_few_commands_and_one_log_entry_for_each_batch(env: Environment) -> None:
    api = env.apis[0]
    batches = COUNT // BATCH

    async def commands(file: str, **query: str) -> int:
        return len((await send(env, api, file, **query)).headers[HEADER].split(", "))

    file, again = file_of(COUNT, "Person"), file_of(COUNT, "Client")
    # The rate limit, the session, the count; and what is known of each batch.
    assert await commands(file) <= batches + 6
    before = await env.database["changes"].count_documents({"contacts": {"$exists": True}})
    # Besides: the count, the batch, what it is now, and whether the account is left.
    assert await commands(file, apply="true") <= 5 * batches + 6
    await all_published(env)
    entries = await env.database["changes"].count_documents({"contacts": {"$exists": True}}) - before
    # A publication may begin before a batch is complete, and another process finds the rest.
    assert entries <= 3 * batches
    assert await commands(again, apply="true") <= 5 * batches + 6
    assert await env.database["contacts"].count_documents({}) == COUNT
    assert await counts(env, api, again) == [0, 0, COUNT, 0]


@pytest.mark.parametrize("is_new", [True, False], ids=["new contacts", "changed contacts"])
async def test_an_import_that_is_killed_between_two_batches_is_completed_by_a_second_one(
    env: Environment, is_new: bool
) -> None:
    victim, survivor = env.apis
    file = file_of(FEWER, "Person")
    if not is_new:
        await send(env, survivor, file_of(FEWER, "Client"), apply="true")
        await all_published(env)
    since = (await env.http.get(f"{survivor.url}/api/contacts", headers=env.headers)).headers["X-Revision"]
    seen = 0

    def is_second(command: Command) -> bool:
        nonlocal seen
        seen += is_batch(command)
        return is_batch(command) and seen == 2

    point = victim.mongo_proxy.add(PausePoint(is_second, "reply"))
    request = asyncio.create_task(send(env, victim, file, apply="true"))
    await asyncio.wait_for(point.reached.wait(), 60)
    await victim.kill_and_wait()
    with pytest.raises(httpx.HTTPError):
        await request
    stored = await env.database["contacts"].count_documents({"name": {"$regex": "^Person"}})
    assert stored == 2 * BATCH
    # What the killed one has stored is told, although it did not tell it.
    await all_published(env)
    first, second = (FEWER - stored, 0) if is_new else (0, FEWER - stored)
    assert await counts(env, survivor, file) == [first, second, stored, 0]
    assert await counts(env, survivor, file, apply="true") == [first, second, stored, 0]
    assert await counts(env, survivor, file, apply="true") == [0, 0, FEWER, 0]
    await all_published(env)
    told: dict[str, str] = {}
    url = f"{survivor.url}/api/contacts/changes?since={since}&limit=200"
    while url:
        answer = await env.http.get(url, headers=env.headers)
        told |= {row["number"]: row["name"] for row in answer.json()}
        url = survivor.url + answer.links["next"]["url"] if "next" in answer.links else ""
    assert told == {number: f"Person {number}" for number in NUMBERS[:FEWER]}
