"""Rate limits of authentication: for each IP address, account and session."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from bson import ObjectId

from mysms.core.rate_limit import Limit, RateLimiter

Action = Literal["sign_in", "sign_up", "password", "password_reset"]

_ACCOUNT_WINDOW = timedelta(minutes=5)
_IPV6_SITE_PREFIX = 64
"""The prefix length that one household or server is assigned: all addresses in it count as one client."""


class AuthRateLimits:
    """Counts attempts. Every method that counts raises RateLimitedError once the limit is reached."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int, per_account: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute
        self._per_account = per_account

    async def count_address(self, action: Action, address: str) -> None:
        limit = Limit(f"{action}:address", self._per_minute, timedelta(minutes=1))
        await self._limiter.hit(limit, client_ip_key(address))

    async def count_account(self, email: str) -> str:
        """Counts an attempt for an account, and returns the key for `refund`.

        Unknown emails are counted too, so that the limit does not reveal which accounts exist. Called before the
        password is checked, so that parallel guesses cannot exceed the limit.
        """
        return await self._limiter.hit(Limit("account", self._per_account, _ACCOUNT_WINDOW), email)

    async def refund(self, attempt: str) -> None:
        """Takes back an attempt with the right password, which does not count."""
        await self._limiter.refund(attempt)

    async def count_refresh(self, session_id: ObjectId) -> None:
        limit = Limit("refresh", self._per_minute, timedelta(minutes=1))
        await self._limiter.hit(limit, str(session_id))


def client_ip_key(address: str) -> str:
    """Returns the key by which clients are counted: an IPv4 address, or an IPv6 site prefix."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, _IPV6_SITE_PREFIX), strict=False))
    return str(parsed)
