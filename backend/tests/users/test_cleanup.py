"""What is over is deleted, and what was interrupted is finished, at a cost that does not grow with what is stored."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from mysms.core import database as connection
from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.users import repository
from mysms.users.models import Invite, Session, User, expiry_of
from mysms.users.passwords import PasswordHasher
from mysms.users.rate_limits import AuthRateLimits
from mysms.users.service import UserService
from mysms.users.sign_up import SignUpPolicy
from mysms.users.tokens import TokenSigner
from tests.support.api_user import Json
from tests.support.servers import Mongo

NOW = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)
FEW, MANY = 50, 5_000


@dataclass
class Office:
    """The accounts of an installation, in the test's own process, at a time that the test tells."""

    database: connection.Database
    now: datetime = NOW
    erased: list[ObjectId] = field(default_factory=list)
    unerasable: set[ObjectId] = field(default_factory=set)

    def clock(self) -> datetime:
        return self.now

    async def erase(self, user_id: ObjectId) -> None:
        if user_id in self.unerasable:
            raise RuntimeError("This one cannot be erased.")
        self.erased.append(user_id)

    @property
    def limiter(self) -> RateLimiter:
        return RateLimiter(self.database, self.clock)

    @property
    def users(self) -> UserService:
        return UserService(
            PasswordHasher(),
            TokenSigner("a secret"),
            SignUpPolicy("open", None, self.clock),
            AuthRateLimits(self.limiter, per_minute=10, per_account=10),
            self.erase,
            self.clock,
        )

    async def store_sessions(self, count: int, *, age: timedelta, is_dated: bool = True) -> list[ObjectId]:
        """Sessions that were used once, so long ago; as older versions stored them, if they are not dated."""
        at = self.now - age
        rows: list[Json] = [
            {
                "_id": ObjectId(),
                "user_id": ObjectId(),
                "generation": 0,
                "device": "curl",
                "created_at": at,
                "last_used_at": at,
                **({"expires_at": expiry_of(at, at)} if is_dated else {}),
            }
            for _ in range(count)
        ]
        await self.database["sessions"].insert_many(rows)
        return [row["_id"] for row in rows]

    async def store_users(self, count: int, *, deleting: bool = False) -> list[ObjectId]:
        rows: list[Json] = [
            {
                "_id": ObjectId(),
                "email": f"{secrets.token_hex(8)}@example.com",
                "password_hash": "",
                "created_at": self.now,
                "deleting": deleting,
            }
            for _ in range(count)
        ]
        await self.database["users"].insert_many(rows)
        return [row["_id"] for row in rows]

    async def ids(self, collection: str) -> set[Any]:
        return {row["_id"] async for row in self.database[collection].find({}, {"_id": 1})}

    async def examined(self, work: Callable[[], Awaitable[None]]) -> int:
        """How many documents the server looks at for this; the least of three times, as other processes use it too."""
        costs = []
        for _ in range(3):
            before = await self._scanned()
            await work()
            costs.append(await self._scanned() - before)
        return min(costs)

    async def _scanned(self) -> int:
        status = await self.database.client.admin.command("serverStatus")
        return int(status["metrics"]["queryExecutor"]["scannedObjects"])


@pytest.fixture
async def office(mongodb: Mongo) -> AsyncIterator[Office]:
    async with connection.connect(mongodb.other_database(f"office_{secrets.token_hex(4)}")) as client:
        database = connection.database_of(client)
        await connection.init_documents(database, [User, Session, Invite])
        office = Office(database)
        await office.limiter.prepare()
        yield office
        await client.drop_database(database.name)


@pytest.mark.parametrize("is_dated", [True, False], ids=["", "of an older version"])
async def test_sessions_that_are_over_are_deleted_however_many_they_are(
    office: Office,
    is_dated: bool,
) -> None:
    await office.store_sessions(450, age=timedelta(days=31), is_dated=is_dated)
    kept = await office.store_sessions(450, age=timedelta(days=29), is_dated=is_dated)
    await office.users.delete_expired_sessions()
    assert await office.ids("sessions") == set(kept)
    office.now += timedelta(days=2)
    await office.users.delete_expired_sessions()
    assert await office.ids("sessions") == set()


async def test_a_session_that_is_used_is_over_later(office: Office) -> None:
    (session_id,) = await office.store_sessions(1, age=timedelta(days=29), is_dated=False)
    session = await repository.find_session(session_id)
    assert session is not None
    await repository.advance_session(session, 1, office.now)
    await office.users.delete_expired_sessions()
    office.now += timedelta(days=29)
    await office.users.delete_expired_sessions()
    assert await office.ids("sessions") == {session_id}
    office.now += timedelta(days=2)
    await office.users.delete_expired_sessions()
    assert await office.ids("sessions") == set()


async def test_ninety_days_are_the_end_of_a_session_however_often_it_is_used(office: Office) -> None:
    (session_id,) = await office.store_sessions(1, age=timedelta(days=0))
    session = await repository.find_session(session_id)
    assert session is not None
    for generation, days in enumerate((28, 28, 28), start=1):
        office.now += timedelta(days=days)
        await repository.advance_session(session, generation, office.now)
        await office.users.delete_expired_sessions()
        assert await office.ids("sessions") == {session_id}
    office.now += timedelta(days=7)
    await office.users.delete_expired_sessions()
    assert await office.ids("sessions") == set()


async def test_interrupted_deletions_are_finished_also_beside_one_that_cannot_be(office: Office) -> None:
    kept = await office.store_users(3)
    first, stuck, last = await office.store_users(3, deleting=True)
    office.unerasable = {stuck}
    with pytest.raises(RuntimeError):
        await office.users.finish_deletions()
    assert await office.ids("users") == {*kept, stuck}
    assert set(office.erased) == {first, last}
    office.unerasable = set()
    await office.users.finish_deletions()
    assert await office.ids("users") == set(kept)


async def test_counters_that_are_over_are_deleted_and_others_go_on(office: Office) -> None:
    minute, day = Limit("a minute", 1, timedelta(minutes=1)), Limit("a day", 1, timedelta(days=1))
    for place in range(30):
        await office.limiter.hit(minute, f"visitor {place}")
    await office.limiter.hit(day, "visitor")
    office.now += timedelta(minutes=2)
    await office.limiter.delete_expired()
    assert len(await office.ids("rate_limits")) == 1
    with pytest.raises(RateLimitedError):
        await office.limiter.hit(day, "visitor")


async def test_a_full_counter_is_not_raised_so_that_what_is_given_back_makes_room(office: Office) -> None:
    limit = Limit("quota", 2, timedelta(days=1))
    keys = [await office.limiter.hit(limit, "somebody") for _ in range(2)]
    for _ in range(5):
        with pytest.raises(RateLimitedError):
            await office.limiter.hit(limit, "somebody")
    await office.limiter.refund(keys[0])
    await office.limiter.hit(limit, "somebody")
    with pytest.raises(RateLimitedError):
        await office.limiter.hit(limit, "somebody")


async def test_a_round_costs_the_same_among_few_and_many(office: Office) -> None:
    users = office.users

    async def round_of_all() -> None:
        await users.finish_deletions()
        await users.delete_expired_sessions()
        await office.limiter.delete_expired()

    costs = []
    for count in (FEW, MANY):
        await office.store_users(count)
        await office.store_sessions(count, age=timedelta(days=1))
        later = office.now + timedelta(days=1)
        await office.database["rate_limits"].insert_many(
            [{"_id": secrets.token_hex(8), "times": 1, "expires_at": later} for _ in range(count)]
        )
        costs.append(await office.examined(round_of_all))
    assert costs[1] <= costs[0] + 5, f"{costs} documents among {FEW} and {MANY}"
