"""Password hashes."""

import asyncio
import statistics
import time
from collections.abc import Awaitable

import pytest
from passlib.handlers.argon2 import argon2
from pymongo import AsyncMongoClient

from mysms.users.passwords import PasswordHasher
from tests.support.person import PASSWORD, Json, Person, sign_in
from tests.support.servers import Api, Mongo

WEAK = argon2.using(memory_cost=1_024, time_cost=1, parallelism=1)
"""What was good enough years ago."""


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return PasswordHasher()


async def test_a_hash_knows_its_password_and_no_other(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    assert await hasher.verify("correct horse", stored)
    assert not await hasher.verify("Correct horse", stored)
    assert not await hasher.verify("", stored)


async def test_it_is_argon2_with_a_salt(hasher: PasswordHasher) -> None:
    first, second = [await hasher.hash("correct horse") for _ in range(2)]
    assert first.startswith("$argon2id$")
    assert first != second


async def test_nobody_has_no_password(hasher: PasswordHasher) -> None:
    """Not even the one that stands in for it."""
    assert not await hasher.verify("nobody's password", None)


async def test_a_password_of_any_length_can_be_wrong(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("x" * 100_000, await hasher.hash("correct horse"))


async def test_an_unknown_user_costs_the_same_hash_as_a_known_one(hasher: PasswordHasher) -> None:
    """So that the time of a sign-in does not tell who has an account."""
    known, nobodys = argon2.from_string(await hasher.hash("x" * 8)), argon2.from_string(hasher._nobodys_hash)
    for cost in ("type", "memory_cost", "rounds", "parallelism", "checksum_size"):
        assert getattr(known, cost) == getattr(nobodys, cost)


async def test_only_a_few_hashes_are_made_at_a_time(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    waiting = [asyncio.create_task(hasher.verify("wrong", stored)) for _ in range(12)]
    most = 0
    while not all(each.done() for each in waiting):
        most = max(most, hasher._limiter.borrowed_tokens)
        await asyncio.sleep(0)
    assert most == 2


async def weaken(mongodb: Mongo, person: Person) -> None:
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        users = client.get_default_database()["users"]
        weak = {"$set": {"password_hash": WEAK.hash(PASSWORD)}}
        assert (await users.update_one({"email": person.email}, weak)).matched_count == 1


async def stored_hash(mongodb: Mongo, person: Person) -> str:
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        user = await client.get_default_database()["users"].find_one({"email": person.email})
        assert user is not None
        return str(user["password_hash"])


async def test_a_weak_hash_is_replaced_at_the_next_sign_in(api: Api, person: Person, mongodb: Mongo) -> None:
    today = (await stored_hash(mongodb, person)).split("$")[:4]
    await weaken(mongodb, person)
    assert (await sign_in(api, person.email, "wrong password")).status_code == 401
    assert (await stored_hash(mongodb, person)).split("$")[:4] != today

    assert (await sign_in(api, person.email)).status_code == 201
    renewed = await stored_hash(mongodb, person)
    assert renewed.split("$")[:4] == today
    assert (await sign_in(api, person.email)).status_code == 201
    assert await stored_hash(mongodb, person) == renewed


async def test_several_sign_ins_may_replace_a_weak_hash_at_once(api: Api, person: Person, mongodb: Mongo) -> None:
    await weaken(mongodb, person)
    answers = await asyncio.gather(*(sign_in(api, person.email) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6


async def test_a_flood_of_sign_ins_does_not_starve_others(api: Api, person: Person) -> None:
    """Each of those waits for its turn; everybody else is answered as soon as ever."""
    ended = asyncio.Event()
    sign_ins: list[float] = []

    async def flood() -> None:
        while not ended.is_set():
            sign_ins.append(await timed(sign_in(api, person.email, "wrong password")))

    flooders = [asyncio.create_task(flood()) for _ in range(24)]
    others = [await timed(person.call("GET", path)) for _ in range(40) for path in ("/up", "/api/messages")]
    ended.set()
    await asyncio.gather(*flooders)
    assert statistics.median(others) < statistics.median(sign_ins) / 5


async def timed(work: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun
