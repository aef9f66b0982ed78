"""Hashes passwords: argon2 of the password in Unicode form NFC, in threads, a few at a time."""

import unicodedata
from enum import Enum, auto

import anyio.to_thread
from anyio import CapacityLimiter
from passlib.context import CryptContext

MAXIMUM_PASSWORD_LENGTH = 128
"""Characters, in form NFC."""
LONGEST_FORM = 4 * MAXIMUM_PASSWORD_LENGTH
"""A text is at most four times as long in any form as in NFC: https://www.unicode.org/faq/normalization.html#12"""
_CONCURRENT_HASHES = 2
"""Each hash uses a core and tens of megabytes for tens of milliseconds; more at once would starve the API."""

_context = CryptContext(schemes=["argon2"], argon2__memory_cost=19_456, argon2__time_cost=2, argon2__parallelism=1)
"""19 MiB, two passes, one lane: OWASP recommends these parameters (docs/decisions/0005)."""


class Match(Enum):
    """The result of comparing a password with a hash."""

    WRONG = auto()
    RIGHT = auto()
    OUTDATED = auto()
    """Right, but the hash must be renewed: its cost is lower than today's, or the hashed text was not in NFC."""


def normalise_password(password: str) -> str:
    """Returns the password in form NFC, so that it does not depend on the keyboard.

    A password that is too long in any form is returned unchanged: reordering combining marks takes quadratic time.
    """
    return unicodedata.normalize("NFC", password) if len(password) <= LONGEST_FORM else password


class PasswordHasher:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_CONCURRENT_HASHES)
        self._dummy_hash = _context.hash("nobody's password")

    async def hash(self, password: str) -> str:
        normal = normalise_password(password)
        hashed: str = await anyio.to_thread.run_sync(_context.hash, normal, limiter=self._limiter)
        return hashed

    async def verify(self, password: str, password_hash: str | None) -> Match:
        """Compares a password with a hash. For an unknown user (None) this takes as long as for a wrong password.

        A password that is not in NFC, and wrong in NFC, is tried again as typed, since older versions hashed that. This
        takes twice as long, for known and unknown users alike.
        """
        if len(password) > LONGEST_FORM:
            return Match.WRONG
        normal = normalise_password(password)
        stored = password_hash or self._dummy_hash
        if await self._matches(normal, stored):
            match = Match.OUTDATED if _context.needs_update(stored) else Match.RIGHT
        elif normal != password and await self._matches(password, stored):
            match = Match.OUTDATED
        else:
            match = Match.WRONG
        return match if password_hash is not None else Match.WRONG

    async def _matches(self, text: str, password_hash: str) -> bool:
        right: bool = await anyio.to_thread.run_sync(_context.verify, text, password_hash, limiter=self._limiter)
        return right
