"""Changes passwords: by their user, who knows the present one, and by the operator."""

import secrets

from bson import ObjectId

from mysms.core.errors import FieldErrors, InvalidFieldsError
from mysms.core.security_events import SecurityEvents
from mysms.users import repository
from mysms.users.authenticator import Authenticator
from mysms.users.client_info import ClientInfo
from mysms.users.lookup import find_by_email, find_signed_in
from mysms.users.models import User
from mysms.users.notifications import Notifications
from mysms.users.password_rules import find_faults
from mysms.users.passwords import PasswordHasher
from mysms.users.schemas import PasswordChange, TokenResponse
from mysms.users.sessions import SessionService
from mysms.users.tokens import AccessClaims


class PasswordService:
    """Changes passwords. Each change ends all earlier sessions of the account."""

    def __init__(
        self,
        authenticator: Authenticator,
        hasher: PasswordHasher,
        sessions: SessionService,
        notifications: Notifications,
        events: SecurityEvents,
    ) -> None:
        self._authenticator = authenticator
        self._hasher = hasher
        self._sessions = sessions
        self._notifications = notifications
        self._events = events

    async def change(self, caller: AccessClaims, change: PasswordChange, client: ClientInfo) -> TokenResponse:
        """Changes the password, and replaces all sessions by a new one, so that a stolen token is worth nothing.

        Raises InvalidFieldsError if the current password is wrong, or the new one is weak.
        """
        user = await self._confirm(caller, change, client)
        if not await repository.change_password(user, await self._hasher.hash(change.password)):
            # Another request renewed the hash or changed the password first: check against the present hash.
            return await self.change(caller, change, client)
        self._events.record("password_changed", account=user.email, address=client.address)
        user.password_version += 1
        tokens = await self._sessions.replace_all(user, client)
        await self._notifications.notify("password_changed", user, client)
        return tokens

    async def _confirm(self, caller: AccessClaims, change: PasswordChange, client: ClientInfo) -> User:
        """Returns the account. Raises InvalidFieldsError with all that is wrong.

        The change has been validated without knowing the email, which the new password may not consist of.
        """
        account = await find_signed_in(caller)
        faults = find_faults(change.password, account.email)
        errors: FieldErrors = {"password": faults} if faults else {}
        try:
            user = await self._authenticator.confirm_password(
                caller, change.current_password, client, field="current_password"
            )
        except InvalidFieldsError as wrong:
            raise InvalidFieldsError({**wrong.errors, **errors}) from wrong
        if errors:
            raise InvalidFieldsError(errors)
        return user

    async def reset_by_operator(self, email: str) -> str:
        """Sets a random password, which it returns, and ends all sessions. Raises UnknownAccountError.

        The second factor stays.
        """
        user = await find_by_email(email)
        password = new_random_password()
        await repository.reset_password(ObjectId(user.id), await self._hasher.hash(password))
        self._events.record("password_reset_by_operator", account=user.email)
        await self._sessions.end_all(ObjectId(user.id))
        await self._notifications.notify("password_reset_by_operator", user)
        return password


def new_random_password() -> str:
    return secrets.token_urlsafe(16)
