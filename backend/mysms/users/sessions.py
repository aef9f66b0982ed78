"""Opens, refreshes, lists and ends sessions."""

import hmac
from itertools import islice

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.core.batches import BATCH
from mysms.core.errors import NotFoundError
from mysms.core.security_events import SecurityEvent, SecurityEvents
from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.client_info import ClientInfo
from mysms.users.errors import (
    InvalidCredentialsError,
    InvalidTokenRequestError,
    SecondFactorRequiredError,
    SessionEndedError,
    UnauthenticatedError,
    UnknownRefreshTokenError,
)
from mysms.users.known_clients import KnownClients
from mysms.users.models import PushSubscription, Session, User, expiry_of
from mysms.users.rate_limits import AuthRateLimits
from mysms.users.schemas import PushSubscriptionResponse, SessionResponse, TokenResponse
from mysms.users.session_cache import SessionCache
from mysms.users.tokens import (
    ACCESS_TOKEN_LIFETIME,
    AccessClaims,
    ExpiredTokenError,
    InvalidTokenError,
    RefreshClaims,
    TokenSigner,
)


class SessionService:
    """The sessions of all users, and their tokens."""

    def __init__(
        self,
        signer: TokenSigner,
        rate_limits: AuthRateLimits,
        known_clients: KnownClients,
        cache: SessionCache,
        publisher: ChangePublisher,
        events: SecurityEvents,
        clock: Clock,
    ) -> None:
        self._signer = signer
        self._cache = cache
        self._publisher = publisher
        self._rate_limits = rate_limits
        self._known_clients = known_clients
        self._events = events
        self._clock = clock

    async def open(self, user: User, client: ClientInfo) -> TokenResponse:
        """Opens a session. Raises InvalidCredentialsError if the account has changed since it was read.

        Raises SecondFactorRequiredError if the account has another second factor since then, which was not checked.

        The account is read again after the session is stored. A password change or deletion ends the sessions last: so
        either it ends this session too, or it is seen here.
        """
        session_id, tokens = await self._insert(user, client)
        now = await repository.find_user(ObjectId(user.id))
        if now is None or now.deleting or now.password_hash != user.password_hash:
            await self._delete(ObjectId(user.id), session_id)
            raise InvalidCredentialsError
        if now.second_factor_id not in {None, user.second_factor_id}:
            await self._delete(ObjectId(user.id), session_id)
            raise SecondFactorRequiredError
        await self._known_clients.add_address(client.address, user)
        return tokens

    async def replace_all(self, user: User, client: ClientInfo) -> TokenResponse:
        """Opens a session and ends all others, after the password of the account has been changed.

        Raises UnauthenticatedError if the account has changed again, or is being deleted.
        """
        session_id, tokens = await self._insert(user, client)
        now = await repository.find_user(ObjectId(user.id))
        if now is None or now.deleting or now.password_version != user.password_version:
            # The account was deleted, or its password changed again, before it could see this session.
            await repository.delete_session(ObjectId(user.id), session_id)
            raise UnauthenticatedError
        # From the change on the older sessions cannot be continued, even if they are not deleted here.
        async with self._publisher.ending_sessions_of(ObjectId(user.id)):
            await repository.delete_sessions(ObjectId(user.id), but=session_id)
        return tokens

    async def refresh(self, refresh_token: str, client: ClientInfo) -> TokenResponse:
        """Returns new tokens. The old token stays valid until a new one is used, so no response can be lost.

        Raises InvalidTokenRequestError, SessionEndedError and RateLimitedError.
        """
        if not refresh_token:
            raise InvalidTokenRequestError
        try:
            token = self._signer.read_refresh_token(refresh_token)
        except InvalidTokenError as error:
            self._events.record("refresh_token_forged", address=client.address)
            raise UnknownRefreshTokenError from error
        with self._events.recording_rate_limits(address=client.address):
            await self._rate_limits.count_refresh(token.session_id)
        while True:
            session, user = await self._find_continuable(token.session_id)
            newest = session.token_hash or RefreshClaims(token.session_id, session.generation).hash
            if hmac.compare_digest(token.hash, newest):
                await repository.extend_session(session, self._clock())
                break
            if not hmac.compare_digest(token.predecessor_hash, newest):
                # A successor or a sibling of this token has been used, so it was copied: end the session for both.
                await self._delete(session.user_id, token.session_id)
                self._events.record("refresh_token_reused", account=user.email, address=client.address)
                raise SessionEndedError
            if await repository.advance_session(session, token, self._clock()):
                break
        await self._known_clients.add_address(client.address, user)
        return self._tokens(session, token.new_successor())

    async def require(
        self, access_token: str | None, client: ClientInfo, asked_at: float | None = None
    ) -> AccessClaims:
        """Returns the user and session of an access token. Raises UnauthenticatedError."""
        claims = self.verify(access_token, client)
        if not await self.is_active(claims, asked_at):
            raise UnauthenticatedError
        return claims

    def verify(self, access_token: str | None, client: ClientInfo) -> AccessClaims:
        """Returns what an access token says, whose session may have ended. Raises UnauthenticatedError."""
        if not access_token:
            raise UnauthenticatedError
        try:
            return self._signer.read_access_token(access_token, self._clock())
        except ExpiredTokenError as error:
            raise UnauthenticatedError from error
        except InvalidTokenError as error:
            self._events.record("access_token_forged", address=client.address)
            raise UnauthenticatedError from error

    async def is_active(self, claims: AccessClaims, asked_at: float | None = None) -> bool:
        """Whether the session of a verified token has not ended.

        `asked_at` is when a request came in that has waited since, by the change feed's clock.
        """
        if self._cache.has(claims, asked_at):
            return True
        version = self._cache.version
        session = await repository.find_session(claims.session_id)
        if session is None or session.user_id != claims.user_id:
            return False
        self._cache.add(claims, version=version)
        return True

    async def confirm_used(self) -> None:
        """Looks up the sessions in use before their confirmation ends: many at once, so that no request has to."""
        due = iter(self._cache.list_due().items())
        while batch := dict(islice(due, BATCH)):
            began_at = self._cache.now()
            found = await repository.find_sessions_among(batch)
            self._cache.confirm(batch, found, began_at)

    async def list_own(self, caller: AccessClaims) -> list[SessionResponse]:
        """Returns the caller's sessions, most recently used first."""
        return [
            SessionResponse.of(session, current=session.id == caller.session_id)
            for session in await repository.list_sessions(caller.user_id)
            if not self._is_over(session)
        ]

    async def list_push_subscriptions(self, caller: AccessClaims) -> list[PushSubscriptionResponse]:
        """Returns those of the caller's sessions, most recently used first."""
        return [
            PushSubscriptionResponse.of(session.id, session.push)
            for session in await repository.list_sessions(caller.user_id)
            if session.push is not None and not self._is_over(session)
        ]

    async def end_by_token(self, token: str | None, client: ClientInfo) -> None:
        """Ends the session of an access token or of a refresh token. Raises UnauthenticatedError."""
        try:
            session_id = self._signer.read_refresh_token(token or "").session_id
        except InvalidTokenError:
            session_id = (await self.require(token, client)).session_id
        session = await repository.find_session(session_id)
        if session is not None and await self._delete(session.user_id, session_id):
            await self._record("signed_out", session.user_id, client)

    async def end(self, caller: AccessClaims, session_id: str, client: ClientInfo) -> None:
        """Ends one of the caller's sessions. Raises NotFoundError, also for another user's session."""
        known = ObjectId.is_valid(session_id)
        if not known or not await self._delete(caller.user_id, ObjectId(session_id)):
            raise NotFoundError("There is no such session.")
        await self._record("session_ended", caller.user_id, client)

    async def end_all_own(self, caller: AccessClaims, client: ClientInfo) -> None:
        """Ends all sessions of the caller."""
        await self.end_all(caller.user_id)
        await self._record("all_sessions_ended", caller.user_id, client)

    async def end_all(self, user_id: ObjectId) -> None:
        async with self._publisher.ending_sessions_of(user_id):
            await repository.delete_sessions(user_id)

    async def find_push_subscription(self, session_id: ObjectId) -> PushSubscription | None:
        """Returns that of the browser of a session, unless the session cannot be continued."""
        try:
            session, user = await self._find_continuable(session_id)
        except SessionEndedError:
            return None
        return None if user.deleting else session.push

    async def delete_expired(self) -> None:
        """Deletes all expired sessions. Any number of processes may do this at once."""
        while await repository.date_sessions(limit=BATCH) == BATCH:
            pass
        await repository.delete_expired_sessions(self._clock())

    async def _insert(self, user: User, client: ClientInfo) -> tuple[ObjectId, TokenResponse]:
        now = self._clock()
        token = RefreshClaims.first(ObjectId())
        session = Session(
            id=token.session_id,
            user_id=ObjectId(user.id),
            token_hash=token.hash,
            password_version=user.password_version,
            device=client.device,
            created_at=now,
            last_used_at=now,
            expires_at=expiry_of(now, now),
        )
        await repository.insert_session(session)
        return token.session_id, self._tokens(session, token)

    async def _record(self, event: SecurityEvent, user_id: ObjectId, client: ClientInfo) -> None:
        user = await repository.find_user(user_id)
        self._events.record(event, account=user.email if user else None, address=client.address)

    async def _delete(self, user_id: ObjectId, session_id: ObjectId) -> bool:
        """Deletes a session, and tells all processes that it has ended; returns False if the user has no such one."""
        async with self._publisher.ending_sessions_of(user_id):
            return await repository.delete_session(user_id, session_id)

    async def _find_continuable(self, session_id: ObjectId) -> tuple[Session, User]:
        """Returns a session and its user.

        Raises SessionEndedError if the session has ended, has expired or began before the last password change.
        """
        session = await repository.find_session(session_id)
        if session is None or self._is_over(session):
            raise SessionEndedError
        user = await repository.find_user(session.user_id)
        if user is None or session.password_version not in {None, user.password_version}:
            raise SessionEndedError
        return session, user

    def _is_over(self, session: Session) -> bool:
        return self._clock() > expiry_of(session.created_at, session.last_used_at)

    def _tokens(self, session: Session, token: RefreshClaims) -> TokenResponse:
        claims = AccessClaims(session.user_id, token.session_id)
        return TokenResponse(
            access_token=self._signer.make_access_token(claims, self._clock()),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            refresh_token=self._signer.make_refresh_token(token),
        )
