"""Password hashes."""

import asyncio
import statistics
import threading
import time
import unicodedata
from collections.abc import Awaitable

import pytest
from passlib.handlers.argon2 import argon2
from pymongo import AsyncMongoClient

from mysms.users.passwords import Match, PasswordHasher
from tests.support.api_user import PASSWORD, ApiUser, Json, new_email, register, sign_in
from tests.support.responses import field_errors
from tests.support.servers import Api, Mongo

WEAK = argon2.using(memory_cost=1_024, time_cost=1, parallelism=1)
"""Outdated parameters."""


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return PasswordHasher()


async def test_a_hash_matches_only_its_password(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    assert await hasher.verify("correct horse", stored) is Match.RIGHT
    assert await hasher.verify("Correct horse", stored) is Match.WRONG
    assert await hasher.verify("", stored) is Match.WRONG


async def test_hashes_are_argon2_with_a_salt(hasher: PasswordHasher) -> None:
    first, second = [await hasher.hash("correct horse") for _ in range(2)]
    assert first.startswith("$argon2id$")
    assert first != second


async def test_no_password_matches_without_a_user(hasher: PasswordHasher) -> None:
    """Not even the password of the dummy hash."""
    assert await hasher.verify("nobody's password", None) is Match.WRONG


async def test_a_wrong_password_may_have_any_length(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    for password in ("x" * 100_000, "\u0315\u0300" * 250_000):
        assert await hasher.verify(password, stored) is Match.WRONG


async def test_an_unknown_user_costs_the_same_hash_as_a_known_one(hasher: PasswordHasher) -> None:
    """So that the duration of a sign-in does not reveal whether there is an account."""
    known, dummy = argon2.from_string(await hasher.hash("x" * 8)), argon2.from_string(hasher._dummy_hash)
    for cost in ("type", "memory_cost", "rounds", "parallelism", "checksum_size"):
        assert getattr(known, cost) == getattr(dummy, cost)


async def test_only_two_threads_of_their_own_compute_hashes(hasher: PasswordHasher) -> None:
    """Each thread that has computed a hash keeps its 19 MiB."""
    stored = await hasher.hash("correct horse")
    before = set(threading.enumerate())
    waiting = [asyncio.create_task(hasher.verify("wrong", stored)) for _ in range(12)]
    await asyncio.gather(*waiting, *(hasher.hash("correct horse") for _ in range(12)))
    assert not [thread for thread in set(threading.enumerate()) - before if "password-hash" not in thread.name]
    pool = hasher._threads
    assert (pool._max_workers, len(pool._threads)) == (2, 2)


COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Crème brûlée, s'il vous plaît") for form in ("NFC", "NFD"))
"""One password, as two keyboards type it."""


@pytest.mark.parametrize(("made_of", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)], ids=["NFC", "NFD"])
async def test_a_password_is_the_same_on_another_keyboard(api: Api, made_of: str, typed: str) -> None:
    email = new_email()
    answer = await register(api, email=email, password=made_of, password_confirmation=typed)
    assert answer.status_code == 201
    api_user = ApiUser.from_response(api, answer.json())
    assert (await sign_in(api, email, typed)).status_code == 201
    assert (await sign_in(api, email, made_of)).status_code == 201
    form = {"grant_type": "password", "username": email, "password": typed}
    assert (await api.http.post("/users/token", data=form)).status_code == 200
    change = {"current_password": typed, "password": f"{made_of}!", "password_confirmation": f"{typed}!"}
    assert (await api_user.call("PUT", "/users/password", json={"user": change})).status_code == 200
    assert (await sign_in(api, email, made_of)).status_code == 401
    changed = await sign_in(api, email, f"{typed}!")
    assert changed.status_code == 201
    api_user = ApiUser.from_response(api, changed.json())
    assert (await api_user.call("DELETE", "/users", json={"user": {"password": f"{typed}!"}})).status_code == 204


async def test_the_length_of_a_password_is_that_of_its_normal_form(api: Api) -> None:
    accents = 15 * unicodedata.normalize("NFD", "éüàñôíåèç")
    short, longest, long = [await register(api, password=accents[: 2 * length]) for length in (7, 128, 129)]
    assert field_errors(short) == {"password": ["is too short (minimum is 8 characters)"]}
    assert longest.status_code == 201
    assert field_errors(long) == {"password": ["is too long (maximum is 128 characters)"]}


async def test_a_hash_of_an_unnormalised_password_still_works_and_is_replaced(
    api: Api, api_user: ApiUser, mongodb: Mongo
) -> None:
    """Older versions hashed passwords as they were typed, so that other keyboards could not enter them."""
    old = argon2.using(memory_cost=19_456, time_cost=2, parallelism=1).hash(DECOMPOSED)
    await store_hash(mongodb, api_user, old)
    assert (await sign_in(api, api_user.email, COMPOSED)).status_code == 401
    assert await stored_hash(mongodb, api_user) == old

    assert (await sign_in(api, api_user.email, DECOMPOSED)).status_code == 201
    renewed = await stored_hash(mongodb, api_user)
    assert renewed != old
    for typed in (COMPOSED, DECOMPOSED):
        assert (await sign_in(api, api_user.email, typed)).status_code == 201
    assert await stored_hash(mongodb, api_user) == renewed


class CountingHasher(PasswordHasher):
    compared = 0

    async def _matches(self, text: str, password_hash: str) -> bool:
        self.compared += 1
        return await super()._matches(text, password_hash)


@pytest.mark.parametrize(("typed", "times"), [("wrong", 1), (COMPOSED, 1), (DECOMPOSED, 2), ("x" * 100_000, 0)])
async def test_a_wrong_password_costs_the_same_for_known_and_unknown_users(typed: str, times: int) -> None:
    hasher = CountingHasher()
    for stored in (await hasher.hash("correct horse"), None):
        hasher.compared = 0
        assert await hasher.verify(typed, stored) is Match.WRONG
        assert hasher.compared == times


async def store_hash(mongodb: Mongo, api_user: ApiUser, password_hash: str) -> None:
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        users = client.get_default_database()["users"]
        stored = {"$set": {"password_hash": password_hash}}
        assert (await users.update_one({"email": api_user.email}, stored)).matched_count == 1


async def weaken(mongodb: Mongo, api_user: ApiUser) -> None:
    await store_hash(mongodb, api_user, WEAK.hash(PASSWORD))


async def stored_hash(mongodb: Mongo, api_user: ApiUser) -> str:
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        user = await client.get_default_database()["users"].find_one({"email": api_user.email})
        assert user is not None
        return str(user["password_hash"])


async def test_a_weak_hash_is_replaced_at_the_next_sign_in(api: Api, api_user: ApiUser, mongodb: Mongo) -> None:
    today = (await stored_hash(mongodb, api_user)).split("$")[:4]
    await weaken(mongodb, api_user)
    assert (await sign_in(api, api_user.email, "wrong password")).status_code == 401
    assert (await stored_hash(mongodb, api_user)).split("$")[:4] != today

    assert (await sign_in(api, api_user.email)).status_code == 201
    renewed = await stored_hash(mongodb, api_user)
    assert renewed.split("$")[:4] == today
    assert (await sign_in(api, api_user.email)).status_code == 201
    assert await stored_hash(mongodb, api_user) == renewed


async def test_concurrent_sign_ins_may_replace_a_weak_hash(api: Api, api_user: ApiUser, mongodb: Mongo) -> None:
    await weaken(mongodb, api_user)
    answers = await asyncio.gather(*(sign_in(api, api_user.email) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6


async def test_a_flood_of_sign_ins_does_not_starve_others(api: Api, api_user: ApiUser) -> None:
    """Sign-ins wait for their turn; other requests are as fast as before."""
    ended = asyncio.Event()
    sign_ins: list[float] = []

    async def flood() -> None:
        while not ended.is_set():
            sign_ins.append(await timed(sign_in(api, api_user.email, "wrong password")))

    flooders = [asyncio.create_task(flood()) for _ in range(24)]
    others = [await timed(api_user.call("GET", path)) for _ in range(40) for path in ("/up", "/api/messages")]
    ended.set()
    await asyncio.gather(*flooders)
    assert statistics.median(others) < statistics.median(sign_ins) / 5


async def timed(work: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun
