"""Makes and checks the tokens of password resets."""

import hashlib
import secrets
from datetime import datetime

from bson import ObjectId

from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.models import RESET_TOKEN_LIFETIME, ResetToken, User

_TOKEN_BYTES = 32
_MOST_OPEN = 5
"""How many tokens of an account are valid at the same time. A mail that arrives twice has two, and both work."""


class ResetTokens:
    """Random tokens, of which only the hashes are stored."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def make(self, user: User) -> tuple[str, datetime]:
        """Returns a new token for the account, and when it expires."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        expires_at = self._clock() + RESET_TOKEN_LIFETIME
        stored = ResetToken(
            id=_hashed(token), user_id=user.id, password_version=user.password_version, expires_at=expires_at
        )
        await repository.insert_reset_token(stored, most=_MOST_OPEN)
        return token, expires_at

    async def find_user(self, token: str) -> User | None:
        """Returns the account whose password the token may replace; None if it is forged, used, expired or outdated."""
        stored = await repository.find_reset_token(_hashed(token))
        if stored is None or stored.expires_at <= self._clock():
            return None
        user = await repository.find_user(ObjectId(stored.user_id))
        if user is None or user.deleting or user.password_version != stored.password_version:
            return None
        return user

    async def forget(self, user_id: ObjectId) -> None:
        """Deletes the tokens of an account."""
        await repository.delete_reset_tokens(user_id)

    async def delete_expired(self) -> None:
        """Deletes all expired tokens. Any number of processes may do this at once."""
        await repository.delete_expired_reset_tokens(self._clock())


def _hashed(token: str) -> str:
    """Not salted: the token is random and long, so nobody can guess it from its hash."""
    return hashlib.sha256(token.encode()).hexdigest()
