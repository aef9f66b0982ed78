"""Who may make an account: an open sign-up that spends somebody's money is a hole."""

import hashlib
import hmac
import secrets

from mysms.core.errors import InvalidFieldsError
from mysms.core.settings import SignUpMode
from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.errors import SignUpClosedError

_SETUP = "setup"


class SignUpDesk:
    """Admits people to sign-up. A code that was taken is given back if the account cannot be made."""

    def __init__(self, mode: SignUpMode, setup_code: str | None, clock: Clock) -> None:
        self.mode = mode
        self._setup_code = setup_code
        self._clock = clock

    async def take_code(self, code: str | None) -> str | None:
        """What to give back if no account comes of it. Raises SignUpClosedError or InvalidFieldsError."""
        if code and await self._is_setup(code):
            # One insert, so that of two who are first only one is.
            if await repository.insert_invite(_SETUP, self._clock()):
                return _SETUP
            raise InvalidFieldsError({"invite_code": ["has already been used"]})
        if self.mode == "open":
            return None
        if self.mode == "closed":
            raise SignUpClosedError
        if not code:
            raise InvalidFieldsError({"invite_code": ["can't be blank"]})
        invite = hash_invite(code)
        if not await repository.delete_invite(invite):
            raise InvalidFieldsError({"invite_code": ["is not valid"]})
        return invite

    async def give_back(self, taken: str | None) -> None:
        if taken == _SETUP:
            await repository.delete_invite(_SETUP)
        elif taken is not None:
            await repository.insert_invite(taken, self._clock())

    async def _is_setup(self, code: str) -> bool:
        """Whether this is the code for the first account, and there is none yet."""
        return (
            self._setup_code is not None
            and hmac.compare_digest(code.encode(), self._setup_code.encode())
            and not await repository.has_users()
        )


def new_invite() -> str:
    """A code that nobody guesses and that can be read aloud."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def hash_invite(code: str) -> str:
    """What is stored of a code."""
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
