"""Checks passwords, under the rate limits of authentication."""

from bson import ObjectId

from mysms.core.email_addresses import normalise_email
from mysms.core.errors import InvalidFieldsError
from mysms.core.security_events import SecurityEvents
from mysms.users import repository
from mysms.users.client_info import ClientInfo
from mysms.users.errors import InvalidCredentialsError
from mysms.users.known_clients import KnownClients
from mysms.users.lookup import find_signed_in
from mysms.users.models import User
from mysms.users.passwords import Match, PasswordHasher
from mysms.users.rate_limits import Action, AuthRateLimits
from mysms.users.tokens import AccessClaims


class Authenticator:
    """Checks passwords. Every method raises RateLimitedError after too many attempts."""

    def __init__(
        self,
        hasher: PasswordHasher,
        rate_limits: AuthRateLimits,
        known_clients: KnownClients,
        events: SecurityEvents,
    ) -> None:
        self._hasher = hasher
        self._rate_limits = rate_limits
        self._known_clients = known_clients
        self._events = events

    async def count_address(self, action: Action, client: ClientInfo) -> None:
        """Counts an attempt of the client's address, before anything else is done for it."""
        with self._events.recording_rate_limits(address=client.address):
            await self._rate_limits.count_address(action, client.address)

    async def authenticate(self, email: str, password: str, client: ClientInfo) -> User:
        """Returns the account. Raises InvalidCredentialsError, which does not reveal whether the account exists."""
        try:
            normal_email = normalise_email(email)
        except ValueError:
            # No account can have it, so there is no password to guess: only the client's address counts.
            self._events.record("sign_in_failed", address=client.address)
            raise InvalidCredentialsError from None
        user = await repository.find_user_by_email(normal_email)
        is_known = self._known_clients.knows_address(client.address, user)
        with self._events.recording_rate_limits(account=normal_email, address=client.address):
            hits = await self._rate_limits.count_password(
                normal_email, user.password_version if user else 0, client.address, is_known=is_known
            )
        try:
            user = await self._check(user, password)
        except InvalidCredentialsError:
            self._events.record("sign_in_failed", account=normal_email, address=client.address)
            raise
        await self._rate_limits.refund_all(hits)
        return user

    async def confirm_password(self, caller: AccessClaims, password: str, client: ClientInfo, *, field: str) -> User:
        """Returns the account of a signed-in user. Raises InvalidFieldsError if the password is wrong."""
        await self.count_address("password", client)
        user = await find_signed_in(caller)
        with self._events.recording_rate_limits(account=user.email, address=client.address):
            hits = await self._rate_limits.count_confirmation(caller.session_id)
        if await self._hasher.verify(password, user.password_hash) is Match.WRONG:
            self._events.record("password_confirmation_failed", account=user.email, address=client.address)
            raise InvalidFieldsError({field: ["is invalid"]})
        await self._rate_limits.refund_all(hits)
        return user

    async def _check(self, user: User | None, password: str) -> User:
        """Returns the account, after renewing an outdated password hash. Raises InvalidCredentialsError."""
        match = await self._hasher.verify(password, user.password_hash if user else None)
        if match is Match.WRONG or user is None or user.deleting:
            raise InvalidCredentialsError
        if match is Match.RIGHT:
            return user
        renewed = await self._hasher.hash(password)
        if not await repository.replace_password_hash(ObjectId(user.id), user.password_hash, renewed):
            # Another request renewed the hash or changed the password first: check against the present hash.
            return await self._check(await repository.find_user(ObjectId(user.id)), password)
        user.password_hash = renewed
        return user
