"""Sets forgotten passwords anew, by a link that is sent by mail."""

from bson import ObjectId

from mysms.core.errors import InvalidFieldsError
from mysms.core.rate_limit import RateLimitedError
from mysms.core.security_events import SecurityEvents
from mysms.mail.queue import MailQueue
from mysms.users import repository
from mysms.users.client_info import ClientInfo
from mysms.users.errors import MailNotConfiguredError
from mysms.users.known_clients import KnownClients
from mysms.users.models import RESET_TOKEN_LIFETIME, User
from mysms.users.notifications import Notifications
from mysms.users.password_rules import find_faults
from mysms.users.passwords import PasswordHasher
from mysms.users.rate_limits import AuthRateLimits
from mysms.users.reset_tokens import ResetTokens
from mysms.users.schemas import ResetPassword
from mysms.users.sessions import SessionService

RESET_MAIL = "password_reset"
"""The kind of the mail with the link."""
NOT_VALID = {"token": ["is not valid any more"]}

MOST_WAITING = 5000
"""How many mails may wait to be sent, whatever the number of addresses from which requests come.

That is 83 times the share of one client, by default, and takes a few megabytes."""
_RETRY_SECONDS = 60


class PasswordResetService:
    """Resets passwords by mail. Without a queue there is no mail server."""

    def __init__(
        self,
        queue: MailQueue | None,
        tokens: ResetTokens,
        rate_limits: AuthRateLimits,
        hasher: PasswordHasher,
        sessions: SessionService,
        known_clients: KnownClients,
        notifications: Notifications,
        events: SecurityEvents,
    ) -> None:
        self._queue = queue
        self._tokens = tokens
        self._rate_limits = rate_limits
        self._hasher = hasher
        self._sessions = sessions
        self._known_clients = known_clients
        self._notifications = notifications
        self._events = events

    @property
    def is_available(self) -> bool:
        return self._queue is not None

    async def request(self, email: str, client: ClientInfo) -> None:
        """Queues the mail with the link.

        Raises MailNotConfiguredError, and RateLimitedError if the client has asked too much or the queue is full.

        Does the same for every email: the account is looked up when the mail is sent. Too many requests for one email
        are dropped in silence, so that nobody's mailbox is filled, and no answer tells what others have asked for.
        """
        if self._queue is None:
            raise MailNotConfiguredError
        self._events.record("password_reset_requested", account=email, address=client.address)
        with self._events.recording_rate_limits(account=email, address=client.address):
            # Before counting, so that a full queue does not use up the client's share of it.
            if await self._queue.has_waiting(RESET_MAIL, MOST_WAITING):
                raise RateLimitedError(_RETRY_SECONDS)
            await self._rate_limits.count_reset_request(client.address)
        try:
            with self._events.recording_rate_limits(account=email, address=client.address):
                await self._rate_limits.count_reset_mail(email)
        except RateLimitedError:
            return
        await self._queue.add(RESET_MAIL, {"email": email}, valid_for=RESET_TOKEN_LIFETIME)

    async def complete(self, reset: ResetPassword, client: ClientInfo) -> None:
        """Sets the password and ends all sessions. A second factor stays.

        Raises InvalidFieldsError. A weak password does not use up the token.
        """
        user = await self._find_user(reset, client)
        if faults := find_faults(reset.password, user.email):
            raise InvalidFieldsError({"password": faults})
        password_hash = await self._hasher.hash(reset.password)
        # The guarded update outdates the token, and so accepts it once.
        while not await repository.change_password(user, password_hash, by_mail=True):
            user = await self._find_user(reset, client)
        self._events.record("password_reset_completed", account=user.email, address=client.address)
        user_id = ObjectId(user.id)
        await self._sessions.end_all(user_id)
        await self._tokens.forget(user_id)
        # Who has the mailbox can sign in, also while others guess passwords from many addresses. With a second factor,
        # an address is known after a code only: known ones have guesses of their own.
        if user.second_factor is None:
            await self._known_clients.add_address(client.address, user)
        await self._notifications.notify("password_reset_completed", user, client)

    async def _find_user(self, reset: ResetPassword, client: ClientInfo) -> User:
        """Raises InvalidFieldsError if the token is not valid any more."""
        user = await self._tokens.find_user(reset.token)
        if user is None:
            self._events.record("password_reset_failed", address=client.address)
            raise InvalidFieldsError(NOT_VALID)
        return user
