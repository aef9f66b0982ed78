"""Expired data is deleted and interrupted deletions are completed, at a cost that does not grow with the data."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from mysms.changes.services import Changes
from mysms.core import database as connection
from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.mail.queue import MailQueue
from mysms.users import repository
from mysms.users.account_cache import AccountCache
from mysms.users.accounts import AccountService
from mysms.users.authenticator import Authenticator
from mysms.users.known_clients import KnownClients
from mysms.users.models import DeletedAccount, Invite, ResetToken, Session, User, expiry_of
from mysms.users.notifications import Notifications
from mysms.users.passwords import PasswordHasher
from mysms.users.rate_limits import AuthRateLimits
from mysms.users.reset_tokens import ResetTokens
from mysms.users.session_cache import SessionCache
from mysms.users.sessions import SessionService
from mysms.users.sign_up import SignUpPolicy
from mysms.users.tokens import RefreshClaims, TokenSigner
from tests.support.api_user import Json
from tests.support.database import running_database
from tests.support.servers import Mongo

NOW = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)
FEW, MANY = 50, 5_000


@dataclass
class UsersFixture:
    """The user service in the process of the test, with a clock that the test sets."""

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
    def sessions(self) -> SessionService:
        changes = Changes.of(self.database, self.clock)
        return SessionService(
            TokenSigner(("a secret",)),
            self._rate_limits,
            self._known_clients,
            SessionCache(changes.feed),
            changes.publisher,
            SecurityEvents("a secret"),
            self.clock,
        )

    @property
    def accounts(self) -> AccountService:
        hasher, events = PasswordHasher(), SecurityEvents("a secret")
        authenticator = Authenticator(hasher, self._rate_limits, self._known_clients, events)
        sign_up_policy = SignUpPolicy("open", None, self.clock)
        return AccountService(
            authenticator,
            hasher,
            self.sessions,
            sign_up_policy,
            self.erase,
            Notifications(
                MailQueue(self.database, self.clock), self._known_clients, self.limiter, self.clock, enabled=False
            ),
            self.reset_tokens,
            AccountCache(),
            events,
            self.clock,
        )

    @property
    def reset_tokens(self) -> ResetTokens:
        return ResetTokens(self.clock)

    @property
    def _rate_limits(self) -> AuthRateLimits:
        return AuthRateLimits(self.limiter, per_minute=10, per_account=10)

    @property
    def _known_clients(self) -> KnownClients:
        return KnownClients(["a secret"])

    async def store_sessions(self, count: int, *, age: timedelta, is_dated: bool = True) -> list[ObjectId]:
        """Store sessions that were last used this long ago; if not dated, as older versions stored them."""
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
        """The number of documents examined; the minimum of three runs, because other processes use the server, too."""
        costs = []
        for _ in range(3):
            before = await self._scanned()
            await work()
            costs.append(await self._scanned() - before)
        return min(costs)

    async def _scanned(self) -> int:
        status = await self.database.client.admin.command("serverStatus")
        return int(status["metrics"]["queryExecutor"]["scannedObjects"])


@pytest.fixture(scope="module")
async def mongodb(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    """A server that nobody else uses, since the documents that it examines are counted."""
    async with running_database(tmp_path_factory.mktemp("mongodb")) as mongodb:
        yield mongodb


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[UsersFixture]:
    async with connection.connect(mongodb.other_database(f"office_{secrets.token_hex(4)}")) as client:
        database = connection.database_of(client)
        await connection.init_documents(database, [User, DeletedAccount, Session, Invite, ResetToken])
        fixture = UsersFixture(database)
        await fixture.limiter.create_indexes()
        yield fixture
        await client.drop_database(database.name)


@pytest.mark.parametrize("is_dated", [True, False], ids=["", "of an older version"])
async def test_expired_sessions_are_deleted_however_many_there_are(
    fixture: UsersFixture,
    is_dated: bool,
) -> None:
    await fixture.store_sessions(450, age=timedelta(days=31), is_dated=is_dated)
    kept = await fixture.store_sessions(450, age=timedelta(days=29), is_dated=is_dated)
    await fixture.sessions.delete_expired()
    assert await fixture.ids("sessions") == set(kept)
    fixture.now += timedelta(days=2)
    await fixture.sessions.delete_expired()
    assert await fixture.ids("sessions") == set()


async def test_using_a_session_extends_it(fixture: UsersFixture) -> None:
    (session_id,) = await fixture.store_sessions(1, age=timedelta(days=29), is_dated=False)
    session = await repository.find_session(session_id)
    assert session is not None
    assert await repository.advance_session(session, RefreshClaims.first(session_id), fixture.now)
    await fixture.sessions.delete_expired()
    fixture.now += timedelta(days=29)
    await fixture.sessions.delete_expired()
    assert await fixture.ids("sessions") == {session_id}
    fixture.now += timedelta(days=2)
    await fixture.sessions.delete_expired()
    assert await fixture.ids("sessions") == set()


async def test_using_the_newest_token_again_extends_a_session(fixture: UsersFixture) -> None:
    """A browser without room for a new token goes on using the old one."""
    (session_id,) = await fixture.store_sessions(1, age=timedelta(days=29))
    session = await repository.find_session(session_id)
    assert session is not None
    await repository.extend_session(session, fixture.now)
    fixture.now += timedelta(days=29)
    await fixture.sessions.delete_expired()
    assert await fixture.ids("sessions") == {session_id}


async def test_a_session_expires_after_ninety_days_even_if_it_is_used(fixture: UsersFixture) -> None:
    (session_id,) = await fixture.store_sessions(1, age=timedelta(days=0))
    for days in (28, 28, 28):
        fixture.now += timedelta(days=days)
        session = await repository.find_session(session_id)
        assert session is not None
        assert await repository.advance_session(session, RefreshClaims.first(session_id), fixture.now)
        await fixture.sessions.delete_expired()
        assert await fixture.ids("sessions") == {session_id}
    fixture.now += timedelta(days=7)
    await fixture.sessions.delete_expired()
    assert await fixture.ids("sessions") == set()


async def test_interrupted_deletions_are_completed_despite_one_that_fails(fixture: UsersFixture) -> None:
    kept = await fixture.store_users(3)
    first, stuck, last = await fixture.store_users(3, deleting=True)
    fixture.unerasable = {stuck}
    with pytest.raises(RuntimeError):
        await fixture.accounts.finish_deletions()
    assert await fixture.ids("users") == {*kept, stuck}
    assert set(fixture.erased) == {first, last}
    fixture.unerasable = set()
    await fixture.accounts.finish_deletions()
    assert await fixture.ids("users") == set(kept)


async def test_a_deleted_account_is_erased_again_once_after_ten_minutes(fixture: UsersFixture) -> None:
    first, stuck, last = await fixture.store_users(3, deleting=True)
    await fixture.accounts.finish_deletions()
    fixture.erased.clear()
    fixture.now += timedelta(minutes=9)
    await fixture.accounts.finish_deletions()
    assert (fixture.erased, await fixture.ids("deleted_accounts")) == ([], {first, stuck, last})

    fixture.now += timedelta(minutes=1)
    fixture.unerasable = {stuck}
    with pytest.raises(RuntimeError):
        await fixture.accounts.finish_deletions()
    assert (set(fixture.erased), await fixture.ids("deleted_accounts")) == ({first, last}, {stuck})
    fixture.unerasable = set()
    for _ in range(2):
        await fixture.accounts.finish_deletions()
    assert fixture.erased[2:] == [stuck]
    assert await fixture.ids("deleted_accounts") == set()


async def test_a_deletion_does_not_erase_what_a_later_account_of_the_same_id_has(fixture: UsersFixture) -> None:
    """An invite determines the id of the account, and two sign-ups with it may have been under way."""
    (user_id,) = await fixture.store_users(1, deleting=True)
    await fixture.accounts.finish_deletions()
    again = User(id=user_id, email="again@example.com", password_hash="", created_at=fixture.now)
    assert await repository.insert_user(again)
    # By a process that began to delete the account before.
    await repository.delete_user(user_id, fixture.now)
    assert await fixture.ids("users") == {user_id}
    fixture.erased.clear()
    fixture.now += timedelta(minutes=11)
    await fixture.accounts.finish_deletions()
    assert (fixture.erased, await fixture.ids("deleted_accounts")) == ([], set())
    assert await fixture.ids("users") == {user_id}


async def test_expired_counters_are_deleted_and_others_are_kept(fixture: UsersFixture) -> None:
    minute, day = Limit("a minute", 1, timedelta(minutes=1)), Limit("a day", 1, timedelta(days=1))
    for index in range(30):
        await fixture.limiter.hit(minute, f"visitor {index}")
    await fixture.limiter.hit(day, "visitor")
    fixture.now += timedelta(minutes=2)
    await fixture.limiter.delete_expired()
    assert len(await fixture.ids("rate_limits")) == 1
    with pytest.raises(RateLimitedError):
        await fixture.limiter.hit(day, "visitor")


async def test_a_full_counter_is_not_incremented_so_that_a_refund_makes_room(fixture: UsersFixture) -> None:
    limit = Limit("quota", 2, timedelta(days=1))
    keys = [await fixture.limiter.hit(limit, "somebody") for _ in range(2)]
    for _ in range(5):
        with pytest.raises(RateLimitedError):
            await fixture.limiter.hit(limit, "somebody")
    await fixture.limiter.refund(keys[0])
    await fixture.limiter.hit(limit, "somebody")
    with pytest.raises(RateLimitedError):
        await fixture.limiter.hit(limit, "somebody")


async def test_the_cost_of_a_cleanup_does_not_grow_with_the_data(fixture: UsersFixture) -> None:
    sessions, accounts = fixture.sessions, fixture.accounts

    async def round_of_all() -> None:
        await accounts.finish_deletions()
        await sessions.delete_expired()
        await fixture.limiter.delete_expired()

    costs = []
    for count in (FEW, MANY):
        await fixture.store_users(count)
        await fixture.store_sessions(count, age=timedelta(days=1))
        later = fixture.now + timedelta(days=1)
        await fixture.database["rate_limits"].insert_many(
            [{"_id": secrets.token_hex(8), "times": 1, "expires_at": later} for _ in range(count)]
        )
        costs.append(await fixture.examined(round_of_all))
    assert costs[1] <= costs[0] + 5, f"{costs} documents among {FEW} and {MANY}"
