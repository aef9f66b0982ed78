"""Password hashes: argon2, off the event loop, a bounded number at a time."""

import anyio.to_thread
from anyio import CapacityLimiter
from passlib.context import CryptContext
from passlib.exc import PasswordSizeError

_CONCURRENT_HASHES = 2
"""Each hash takes a core and tens of megabytes for tens of milliseconds; more at once would starve the API."""

_context = CryptContext(schemes=["argon2"], argon2__memory_cost=19_456, argon2__time_cost=2, argon2__parallelism=1)
"""19 MiB, two passes, one lane: a setting that OWASP recommends, chosen by measurement (docs/decisions/0005)."""


class PasswordHasher:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_CONCURRENT_HASHES)
        self._nobodys_hash = _context.hash("nobody's password")

    async def hash(self, password: str) -> str:
        hashed: str = await anyio.to_thread.run_sync(_context.hash, password, limiter=self._limiter)
        return hashed

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is right. An unknown user (None) takes as long as a known one with a wrong password."""
        try:
            right: bool = await anyio.to_thread.run_sync(
                _context.verify, password, password_hash or self._nobodys_hash, limiter=self._limiter
            )
        except PasswordSizeError:
            return False
        return right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made at a lower cost than hashes are made today."""
        return bool(_context.needs_update(password_hash))
