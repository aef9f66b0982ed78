"""How many passwords of one account an attacker can try in a day, and whether its owner can sign in meanwhile.

The real limits are counted in the real collection, on a clock that the test sets. At the beginning of each hour, the
attacker tries as many passwords as possible from each address. docs/security.md has the results.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from mysms.core import database as connection
from mysms.core.rate_limit import RateLimitedError, RateLimiter
from mysms.core.settings import Settings
from mysms.users.rate_limits import AuthRateLimits
from tests.support.servers import Mongo

A_NEW_HOUR = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
HOURS_OF_A_DAY = 24
PER_ACCOUNT = Settings.model_fields["login_attempts_per_account"].default
EMAIL = "owner@example.com"
HOME, ELSEWHERE = "203.0.113.1", "203.0.113.2"


@dataclass
class Account:
    """The limits of one account, as they are by default."""

    database: connection.Database
    now: datetime = A_NEW_HOUR

    @property
    def limiter(self) -> RateLimiter:
        return RateLimiter(self.database, lambda: self.now)

    @property
    def limits(self) -> AuthRateLimits:
        return AuthRateLimits(self.limiter, per_minute=60, per_account=PER_ACCOUNT)

    async def guess(self, address: str, *, is_known: bool) -> int:
        """Guess until the limit is reached. Returns the number of guesses."""
        for guesses in range(10 * PER_ACCOUNT):
            try:
                await self.limits.count_password(EMAIL, 0, address, is_known=is_known)
            except RateLimitedError:
                return guesses
        raise AssertionError("There is no limit.")

    async def sign_in(self, address: str, *, is_known: bool) -> bool:
        """Whether the owner, who knows the password, can sign in."""
        try:
            hits = await self.limits.count_password(EMAIL, 0, address, is_known=is_known)
        except RateLimitedError:
            return False
        await self.limits.refund_all(hits)
        return True

    async def counters(self) -> int:
        await self.limiter.delete_expired()
        return await self.database["rate_limits"].count_documents({})


@pytest.fixture
async def account(mongodb: Mongo) -> AsyncIterator[Account]:
    async with connection.connect(mongodb.other_database(f"guessing_{secrets.token_hex(4)}")) as client:
        account = Account(connection.database_of(client))
        await account.limiter.create_indexes()
        yield account
        await client.drop_database(account.database.name)


def ipv4(number: int) -> str:
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def ipv6_in_one_site(number: int) -> str:
    return f"2001:db8:1:{number:x}::1"


@dataclass(frozen=True)
class Attack:
    name: str
    addresses: int
    address: Callable[[int], str]
    hours: int
    guesses_per_day: int
    spares_new_addresses: bool
    """Whether the owner can sign in from an address that is new to the account."""
    from_known_addresses: bool = False


ATTACKS = [
    Attack("1 address", 1, ipv4, 24, 240, spares_new_addresses=True),
    Attack("1 known address", 1, ipv4, 24, 240, spares_new_addresses=True, from_known_addresses=True),
    Attack("an IPv6 site", 200, ipv6_in_one_site, 24, 960, spares_new_addresses=True),
    Attack("19 addresses", 19, ipv4, 24, 4_560, spares_new_addresses=True),
    Attack("100 addresses", 100, ipv4, 24, 4_800, spares_new_addresses=False),
    # All hours are alike. Ten thousand addresses take long.
    Attack("10,000 addresses", 10_000, ipv4, 1, 4_800, spares_new_addresses=False),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_guesses_per_day(account: Account, attack: Attack) -> None:
    guesses = 0
    addresses = [attack.address(number) for number in range(attack.addresses)]
    for _ in range(attack.hours):
        guesses += sum(
            await asyncio.gather(*(account.guess(each, is_known=attack.from_known_addresses) for each in addresses))
        )
        assert await account.sign_in(HOME, is_known=True)
        assert await account.sign_in(ELSEWHERE, is_known=False) is attack.spares_new_addresses
        # A counter for each client and its site, two for the owner, and one for the account.
        assert await account.counters() <= 2 * attack.addresses + 3
        account.now += timedelta(hours=1)
    assert guesses * HOURS_OF_A_DAY / attack.hours == attack.guesses_per_day
    assert await account.counters() == 0


async def test_in_any_hour_at_most_two_limits_are_used_up(account: Account) -> None:
    """Windows begin at full hours. Around one, the attempts of both can be used."""
    account.now += timedelta(minutes=59)
    guesses = 0
    for _ in range(60):
        guesses += await account.guess(HOME, is_known=False)
        account.now += timedelta(minutes=1)
    assert guesses == 2 * PER_ACCOUNT
