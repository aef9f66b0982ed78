"""How often somebody may try: for each address, each account and each session."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from bson import ObjectId

from mysms.core.rate_limit import Limit, RateLimiter

Action = Literal["sign_in", "sign_up", "password"]

_ACCOUNT_WINDOW = timedelta(minutes=5)
_IPV6_SITE_PREFIX = 64
"""What one household or server is given: everything below it is one visitor."""


class AuthRateLimits:
    """Counts attempts. Every method that counts raises RateLimitedError once they are too many."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int, per_account: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute
        self._per_account = per_account

    async def count_address(self, action: Action, address: str) -> None:
        limit = Limit(f"{action}:address", self._per_minute, timedelta(minutes=1))
        await self._limiter.hit(limit, client_ip_key(address))

    async def count_account(self, email: str) -> str:
        """Also for accounts that do not exist: who is told of a limit shall not learn that they do.

        It is counted before the password is looked at, so that many guesses at once are not more than the limit;
        answers what `refund` asks for.
        """
        return await self._limiter.hit(Limit("account", self._per_account, _ACCOUNT_WINDOW), email)

    async def refund(self, attempt: str) -> None:
        """The password was right: whoever knows it may use it as often as they like."""
        await self._limiter.refund(attempt)

    async def count_refresh(self, session_id: ObjectId) -> None:
        limit = Limit("refresh", self._per_minute, timedelta(minutes=1))
        await self._limiter.hit(limit, str(session_id))


def client_ip_key(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or an IPv6 site."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, _IPV6_SITE_PREFIX), strict=False))
    return str(parsed)
