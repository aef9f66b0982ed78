"""Rate limits of authentication: for each client, account and session."""

from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Literal, NamedTuple

from bson import ObjectId

from mysms.core.rate_limit import Hits, Limit, RateLimiter
from mysms.users.models import RESET_TOKEN_LIFETIME

Action = Literal["sign_in", "sign_up", "password", "password_reset"]

_PASSWORD_WINDOW = timedelta(hours=1)
_NEW_CLIENTS = 20
"""All new clients of an account together have this many times the attempts of one."""
_RESET_MAIL_LIMITS = (
    Limit("password_reset:email", 3, RESET_TOKEN_LIFETIME),
    Limit("password_reset:email:day", 10, timedelta(days=1)),
)
"""Somebody who uses the first limit up for others leaves a working link in their mailbox."""


class Network(NamedTuple):
    """A network that is counted as one client."""

    key: str
    times: int
    """How many times the attempts of a single client it has."""


class AuthRateLimits:
    """Counts attempts. Every method that counts raises RateLimitedError once the limit is reached."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int, per_account: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute
        self._per_account = per_account

    async def count_address(self, action: Action, address: str) -> None:
        await self._limiter.hit_all(
            (Limit(f"{action}:address", times * self._per_minute, timedelta(minutes=1)), key)
            for key, times in client_networks(address)
        )

    async def count_password(self, email: str, password_version: int, address: str, *, is_known: bool) -> Hits:
        """Counts a password that a client gives for an account, to sign in.

        Each client has its own limit, so that nobody can use up the attempts of another one. All new clients together
        have another limit, because passwords can be guessed from many addresses. It does not apply to clients that
        are known to the account, so that its owner can sign in meanwhile.

        What was guessed before the password was changed or reset does not count any more: so a reset also gets an owner
        back in who has used up the attempts.

        Unknown emails are counted too, so that the limit does not reveal which accounts exist. Called before the
        password is checked, so that parallel guesses cannot exceed the limit.
        """
        account = f"{email} {password_version}"
        own, *wider = client_networks(address)
        limits = [self._password_limit("client", own.times, f"{account} {own.key}")]
        if not is_known:
            limits += [self._password_limit("client", times, f"{account} {key}") for key, times in wider]
            limits.append(self._password_limit("new clients", _NEW_CLIENTS, account))
        return await self._limiter.hit_all(limits)

    async def count_confirmation(self, session_id: ObjectId) -> Hits:
        """Counts a password that a signed-in user gives, by session: other sessions have attempts of their own."""
        return await self._limiter.hit_all([self._password_limit("session", 1, str(session_id))])

    async def count_reset_request(self, address: str) -> None:
        """Counts a request for a reset link. Each client has a share of the queue; an IPv6 /48 counts as one."""
        limit = Limit("password_reset:client", self._per_minute, RESET_TOKEN_LIFETIME)
        await self._limiter.hit(limit, client_networks(address)[-1].key)

    async def count_reset_mail(self, email: str) -> None:
        """Counts a mail with a reset link, also to an email without an account."""
        await self._limiter.hit_all((limit, email) for limit in _RESET_MAIL_LIMITS)

    async def refund_all(self, hits: Hits) -> None:
        """Takes back what was counted for a right password."""
        await self._limiter.refund_all(hits)

    async def count_refresh(self, session_id: ObjectId) -> None:
        limit = Limit("refresh", self._per_minute, timedelta(minutes=1))
        await self._limiter.hit(limit, str(session_id))

    def _password_limit(self, name: str, times: int, subject: str) -> tuple[Limit, str]:
        return Limit(f"password:{name}", times * self._per_account, _PASSWORD_WINDOW), subject


def client_networks(address: str) -> tuple[Network, ...]:
    """Returns the networks by which a client is counted, the narrowest first.

    These are an IPv4 address, or two IPv6 networks: a /64, the least that a household or server is assigned, and the
    /48 around it, the most that anybody gets without asking.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return (Network(address, 1),)
    if not isinstance(parsed, IPv6Address):
        return (Network(str(parsed), 1),)
    if parsed.ipv4_mapped:
        return (Network(str(parsed.ipv4_mapped), 1),)
    return tuple(
        Network(str(IPv6Network((int(parsed), prefix), strict=False)), times) for prefix, times in ((64, 1), (48, 4))
    )
