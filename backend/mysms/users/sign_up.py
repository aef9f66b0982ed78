"""The sign-up policy: open, by invite code, or closed."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from bson import ObjectId

from mysms.core.errors import InvalidFieldsError
from mysms.core.settings import SignUpMode
from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.errors import SignUpClosedError

NOT_VALID = {"invite_code": ["is not valid"]}
_SETUP = "setup"


@dataclass(frozen=True)
class Admission:
    """The id for the new account, and the invite that determines it, if any."""

    account_id: ObjectId
    invite: str | None = None


class SignUpPolicy:
    """Decides who may sign up.

    An invite determines the id of the account that it creates. So no code has to be reserved before the account is
    created, no code is lost if that fails, and of concurrent sign-ups with one code the database accepts only one.
    """

    def __init__(self, mode: SignUpMode, setup_code: str | None, clock: Clock) -> None:
        self.mode = mode
        self._setup_code = setup_code
        self._clock = clock

    async def admit(self, code: str | None) -> Admission:
        """Checks the code and returns the id for the account. Raises SignUpClosedError or InvalidFieldsError."""
        if code and await self._is_setup(code):
            await repository.insert_invite(_SETUP, self._clock())
            return Admission(await self._account_of(_SETUP), _SETUP)
        if self.mode == "open":
            return Admission(ObjectId())
        if self.mode == "closed":
            raise SignUpClosedError
        if not code:
            raise InvalidFieldsError({"invite_code": ["can't be blank"]})
        invite = hash_invite(code)
        return Admission(await self._account_of(invite), invite)

    async def use_up(self, admission: Admission) -> None:
        """Deletes the invite after its account has been created."""
        # That of the setup code exists as long as the account: a concurrent sign-up with it finds the id taken.
        if admission.invite not in {None, _SETUP}:
            await repository.delete_invite(admission.invite)

    async def forget(self, account_id: ObjectId) -> None:
        """Deletes the invites of an account before it is deleted, so that no code can create its id again."""
        await repository.delete_invites_of(account_id)

    async def _account_of(self, invite: str) -> ObjectId:
        account_id = await repository.find_account_of_invite(invite)
        if account_id is None:
            raise InvalidFieldsError(NOT_VALID)
        return account_id

    async def _is_setup(self, code: str) -> bool:
        """Whether this is the setup code, and there is no account yet."""
        return (
            self._setup_code is not None
            and hmac.compare_digest(code.encode(), self._setup_code.encode())
            and not await repository.has_users()
        )


def new_invite() -> str:
    """Creates a random code that can be read aloud."""
    return "-".join(secrets.token_hex(4) for _ in range(4))


def hash_invite(code: str) -> str:
    """Returns the hash under which an invite is stored."""
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
