"""Hashes passwords: argon2 of the password in Unicode form NFC, in a few threads of its own."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto

from passlib.context import CryptContext

MAXIMUM_PASSWORD_LENGTH = 128
"""Characters, in form NFC."""
LONGEST_FORM = 4 * MAXIMUM_PASSWORD_LENGTH
"""A text is at most four times as long in any form as in NFC: https://www.unicode.org/faq/normalization.html#12"""
_THREADS = 2
"""Each hash uses a core for tens of milliseconds; more at once would starve the API.

A thread keeps the memory of a hash, 19 MiB, for its next one: so there are no more, and no other threads hash.
"""

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
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="password-hash")
        self._dummy_hash = _context.hash("nobody's password")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, _context.hash, normalise_password(password)
        )

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
        return await asyncio.get_running_loop().run_in_executor(self._threads, _context.verify, text, password_hash)
