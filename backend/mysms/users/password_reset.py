"""Sets forgotten passwords anew, by a link that is sent by mail."""

from datetime import timedelta

from bson import ObjectId

from mysms.core.errors import InvalidFieldsError
from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.mail.queue import MailQueue
from mysms.users import repository
from mysms.users.client_info import ClientInfo
from mysms.users.errors import MailNotConfiguredError
from mysms.users.known_clients import KnownClients
from mysms.users.models import User
from mysms.users.notifications import Notifications
from mysms.users.password_rules import find_faults
from mysms.users.passwords import PasswordHasher
from mysms.users.reset_tokens import LIFETIME, ResetTokens
from mysms.users.schemas import ResetPassword
from mysms.users.sessions import SessionService

RESET_MAIL = "password_reset"
"""The kind of the mail with the link."""
NOT_VALID = {"token": ["is not valid any more"]}

_PER_EMAIL = Limit("password_reset:email", 3, LIFETIME)
"""In the lifetime of a link. So somebody who uses the limit up for others leaves a working link in their mailbox."""
_IN_TOTAL = Limit("password_reset:all", 1000, timedelta(minutes=5))
"""Bounds the queue, whatever the number of addresses from which requests come."""


class PasswordResetService:
    """Resets passwords by mail. Without a queue there is no mail server."""

    def __init__(
        self,
        queue: MailQueue | None,
        tokens: ResetTokens,
        limiter: RateLimiter,
        hasher: PasswordHasher,
        sessions: SessionService,
        known_clients: KnownClients,
        notifications: Notifications,
        events: SecurityEvents,
    ) -> None:
        self._queue = queue
        self._tokens = tokens
        self._limiter = limiter
        self._hasher = hasher
        self._sessions = sessions
        self._known_clients = known_clients
        self._notifications = notifications
        self._events = events

    @property
    def is_available(self) -> bool:
        return self._queue is not None

    async def request(self, email: str, client: ClientInfo) -> None:
        """Queues the mail with the link. Raises MailNotConfiguredError, and RateLimitedError if all users ask too much.

        Does the same for every email: the account is looked up when the mail is sent. Too many requests for one email
        are dropped in silence, so that nobody's mailbox is filled, and no answer tells what others have asked for.
        """
        if self._queue is None:
            raise MailNotConfiguredError
        self._events.record("password_reset_requested", account=email, address=client.address)
        try:
            with self._events.recording_rate_limits(account=email, address=client.address):
                await self._limiter.hit(_PER_EMAIL, email)
        except RateLimitedError:
            return
        with self._events.recording_rate_limits(account=email, address=client.address):
            await self._limiter.hit(_IN_TOTAL, "")
        await self._queue.add(RESET_MAIL, {"email": email}, valid_for=LIFETIME)

    async def complete(self, reset: ResetPassword, client: ClientInfo) -> None:
        """Sets the password and ends all sessions. A second factor stays.

        Raises InvalidFieldsError. A weak password does not use up the token.
        """
        user = await self._find_user(reset, client)
        if faults := find_faults(reset.password, user.email):
            raise InvalidFieldsError({"password": faults})
        password_hash = await self._hasher.hash(reset.password)
        # The guarded update outdates the token, and so accepts it once.
        while not await repository.change_password(user, password_hash):
            user = await self._find_user(reset, client)
        user_id = ObjectId(user.id)
        await self._sessions.end_all(user_id)
        await self._tokens.forget(user_id)
        # Who has the mailbox can sign in, also while others guess passwords from many addresses.
        await self._known_clients.add_address(client.address, user)
        self._events.record("password_reset_completed", account=user.email, address=client.address)
        await self._notifications.notify("password_reset_completed", user, client)

    async def _find_user(self, reset: ResetPassword, client: ClientInfo) -> User:
        """Raises InvalidFieldsError if the token is not valid any more."""
        user = await self._tokens.find_user(reset.token)
        if user is None:
            self._events.record("password_reset_failed", address=client.address)
            raise InvalidFieldsError(NOT_VALID)
        return user
