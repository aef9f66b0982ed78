"""Who may make an account: an open sign-up that spends somebody's money is a hole."""

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
    """The id that the account is to have, and the invite that it uses up, if any."""

    account_id: ObjectId
    invite: str | None = None


class SignUpPolicy:
    """Admits people to sign-up.

    A code is good for one account, whose id is known beforehand. So nothing has to be reserved before the account is
    made, and nothing is lost if it is not; and of several that are made with one code at once, the database takes one.
    """

    def __init__(self, mode: SignUpMode, setup_code: str | None, clock: Clock) -> None:
        self.mode = mode
        self._setup_code = setup_code
        self._clock = clock

    async def admit(self, code: str | None) -> Admission:
        """Raises SignUpClosedError or InvalidFieldsError."""
        if code and await self._is_setup(code):
            await repository.insert_invite(_SETUP, self._clock())
            # It stays as long as the account does: whoever has seen no account before this one finds its id taken.
            return Admission(await self._account_of(_SETUP))
        if self.mode == "open":
            return Admission(ObjectId())
        if self.mode == "closed":
            raise SignUpClosedError
        if not code:
            raise InvalidFieldsError({"invite_code": ["can't be blank"]})
        invite = hash_invite(code)
        return Admission(await self._account_of(invite), invite)

    async def use_up(self, admission: Admission) -> None:
        """The account has been made."""
        if admission.invite is not None:
            await repository.delete_invite(admission.invite)

    async def forget(self, account_id: ObjectId) -> None:
        """The account is about to go: no code may bring its id back, however its sign-up was interrupted."""
        await repository.delete_invites_of(account_id)

    async def _account_of(self, invite: str) -> ObjectId:
        account_id = await repository.find_account_of_invite(invite)
        if account_id is None:
            raise InvalidFieldsError(NOT_VALID)
        return account_id

    async def _is_setup(self, code: str) -> bool:
        """Whether this is the code for the first account, and there is no account."""
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
