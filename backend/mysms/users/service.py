"""What people do with accounts and sessions."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bson import ObjectId

from mysms.core.errors import InvalidFieldsError, NotFoundError
from mysms.core.settings import SignUpMode
from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.attempts import AttemptLimits
from mysms.users.errors import (
    InvalidCredentialsError,
    InvalidGrantError,
    InvalidTokenRequestError,
    NotSignedInError,
    SessionEndedError,
    UnsupportedGrantTypeError,
)
from mysms.users.models import Session, User
from mysms.users.passwords import PasswordHasher
from mysms.users.schemas import (
    AccessTokenOut,
    Credentials,
    PasswordChange,
    Registration,
    SessionOut,
    SignedInOut,
    TokenForm,
    TokensOut,
    normalise_email,
)
from mysms.users.sign_up import SignUpDesk
from mysms.users.tokens import ACCESS_TOKEN_LIFETIME, AccessClaims, BadTokenError, RefreshClaims, TokenSigner

IDLE_LIFETIME = timedelta(days=30)
ABSOLUTE_LIFETIME = timedelta(days=90)


@dataclass(frozen=True)
class Origin:
    """Where a request comes from."""

    address: str
    device: str


class UserService:
    """Registers people, opens sessions, keeps them alive and ends them.

    `erase_messages` erases what an account has written, when the account is deleted; it may be repeated. Any method
    that checks a password or takes a token raises RateLimitedError once there are too many attempts.
    """

    def __init__(
        self,
        hasher: PasswordHasher,
        signer: TokenSigner,
        desk: SignUpDesk,
        attempts: AttemptLimits,
        erase_messages: Callable[[ObjectId], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._hasher = hasher
        self._signer = signer
        self._desk = desk
        self._attempts = attempts
        self._erase_messages = erase_messages
        self._clock = clock

    @property
    def sign_up_mode(self) -> SignUpMode:
        return self._desk.mode

    async def register(self, registration: Registration, origin: Origin) -> SignedInOut:
        """Raises InvalidFieldsError if the email has already been taken or the code is wrong, and SignUpClosedError."""
        await self._attempts.count_address("sign_up", origin.address)
        taken = await self._desk.take_code(registration.invite_code)
        user = User(
            id=ObjectId(),
            email=registration.email,
            password_hash=await self._hasher.hash(registration.password),
            created_at=self._clock(),
        )
        if not await repository.insert_user(user):
            await self._desk.give_back(taken)
            raise InvalidFieldsError({"email": ["has already been taken"]})
        return SignedInOut.of(user, await self._open_session(user, origin))

    async def sign_in(self, credentials: Credentials, origin: Origin) -> SignedInOut:
        """Raises InvalidCredentialsError, which does not tell whether the account exists."""
        user = await self._authenticate(credentials.email, credentials.password, origin)
        return SignedInOut.of(user, await self._admit(user, origin))

    async def issue_tokens(self, form: TokenForm, origin: Origin) -> AccessTokenOut:
        """Answers an OAuth2 token request. Raises a TokenRequestError."""
        match form.grant_type:
            case "password":
                try:
                    user = await self._authenticate(form.username, form.password, origin)
                    tokens = await self._admit(user, origin)
                except InvalidCredentialsError as error:
                    raise InvalidGrantError from error
                return AccessTokenOut.model_validate(tokens.model_dump())
            case "refresh_token":
                return await self._refresh(form.refresh_token)
            case _:
                raise UnsupportedGrantTypeError

    async def sign_out(self, token: str | None) -> None:
        """Ends the session of an access token or of a refresh token. Raises NotSignedInError."""
        try:
            session_id = self._signer.read_refresh_token(token or "").session_id
        except BadTokenError:
            session_id = (await self.require_session(token)).session_id
        await repository.delete_session(session_id)

    async def sessions(self, caller: AccessClaims) -> list[SessionOut]:
        """The caller's own, those used last first."""
        return [
            SessionOut.of(session, current=session.id == caller.session_id)
            for session in await repository.list_sessions(caller.user_id)
            if not self._is_over(session)
        ]

    async def end_session(self, caller: AccessClaims, session_id: str) -> None:
        """Raises NotFoundError, also for somebody else's session."""
        known = ObjectId.is_valid(session_id)
        if not known or not await repository.delete_own_session(caller.user_id, ObjectId(session_id)):
            raise NotFoundError("There is no such session.")

    async def end_all_sessions(self, caller: AccessClaims) -> None:
        await repository.delete_sessions(caller.user_id)

    async def change_password(self, caller: AccessClaims, change: PasswordChange, origin: Origin) -> None:
        """Ends the other sessions. Raises InvalidFieldsError if the current password is wrong."""
        await self._confirm_password(caller, change.current_password, origin, field="current_password")
        await repository.set_password_hash(caller.user_id, await self._hasher.hash(change.password))
        await repository.delete_sessions(caller.user_id, but=caller.session_id)

    async def delete_account(self, caller: AccessClaims, password: str, origin: Origin) -> None:
        """Deletes the account and all that belongs to it. Raises InvalidFieldsError if the password is wrong."""
        await self._confirm_password(caller, password, origin, field="password")
        await repository.mark_deleting(caller.user_id)
        await self._finish_deletion(caller.user_id)

    async def finish_deletions(self) -> None:
        """Finishes what a process that ended had begun."""
        for user_id in await repository.list_deleting():
            await self._finish_deletion(user_id)

    async def is_open(self, user_id: ObjectId) -> bool:
        """Whether there is such an account, and it is not being deleted."""
        user = await repository.find_user(user_id)
        return user is not None and not user.deleting

    async def require_session(self, access_token: str | None) -> AccessClaims:
        """Whose request this is. Raises NotSignedInError."""
        try:
            claims = self._signer.read_access_token(access_token or "")
        except BadTokenError as error:
            raise NotSignedInError from error
        session = await repository.find_session(claims.session_id)
        if session is None or session.user_id != claims.user_id:
            raise NotSignedInError
        return claims

    async def account(self, user_id: ObjectId) -> User:
        """Raises NotSignedInError if the account is gone."""
        user = await repository.find_user(user_id)
        if user is None:
            raise NotSignedInError
        return user

    async def _authenticate(self, email: str, password: str, origin: Origin) -> User:
        await self._attempts.count_address("sign_in", origin.address)
        try:
            normal_email = normalise_email(email)
        except ValueError:
            normal_email = ""
        attempt = await self._attempts.count_account(normal_email)
        user = await self._find_by_password(normal_email, password)
        await self._attempts.forgive(attempt)
        return user

    async def _find_by_password(self, email: str, password: str) -> User:
        """The account, its password kept under a hash of today's cost. Raises InvalidCredentialsError."""
        user = await repository.find_user_by_email(email)
        if not await self._hasher.verify(password, user.password_hash if user else None) or user is None:
            raise InvalidCredentialsError
        if user.deleting:
            await self._finish_deletion(_id_of(user))
            raise InvalidCredentialsError
        if not self._hasher.is_outdated(user.password_hash):
            return user
        renewed = await self._hasher.hash(password)
        if not await repository.replace_password_hash(_id_of(user), user.password_hash, renewed):
            # Somebody else was faster, or has changed the password: what counts is what is there now.
            return await self._find_by_password(email, password)
        user.password_hash = renewed
        return user

    async def _finish_deletion(self, user_id: ObjectId) -> None:
        """Each step can be repeated; the account itself goes last, so that what was interrupted is found again."""
        await repository.delete_sessions(user_id)
        await self._erase_messages(user_id)
        await repository.delete_user(user_id)

    async def _confirm_password(self, caller: AccessClaims, password: str, origin: Origin, *, field: str) -> None:
        await self._attempts.count_address("password", origin.address)
        user = await self.account(caller.user_id)
        attempt = await self._attempts.count_account(user.email)
        if not await self._hasher.verify(password, user.password_hash):
            raise InvalidFieldsError({field: ["is invalid"]})
        await self._attempts.forgive(attempt)

    async def _admit(self, user: User, origin: Origin) -> TokensOut:
        """Opens a session, unless the account has changed since its password was checked, which takes a while.

        It is asked after the session is there: whoever changes the password or deletes the account ends the sessions
        only afterwards, so either this session is among those, or the change is seen here.
        """
        tokens = await self._open_session(user, origin)
        now = await repository.find_user(_id_of(user))
        if now is None or now.deleting or now.password_hash != user.password_hash:
            await self.sign_out(tokens.refresh_token)
            raise InvalidCredentialsError
        return tokens

    async def _open_session(self, user: User, origin: Origin) -> TokensOut:
        now = self._clock()
        session = Session(id=ObjectId(), user_id=_id_of(user), device=origin.device, created_at=now, last_used_at=now)
        await repository.insert_session(session)
        return self._tokens(session, successor_of=0)

    async def _refresh(self, refresh_token: str) -> TokensOut:
        """A token stays usable until its successor is first used: a lost answer or a racing tab loses nothing."""
        if not refresh_token:
            raise InvalidTokenRequestError
        try:
            claims = self._signer.read_refresh_token(refresh_token)
        except BadTokenError as error:
            raise SessionEndedError from error
        await self._attempts.count_refresh(claims.session_id)
        session = await repository.find_session(claims.session_id)
        if session is None or self._is_over(session):
            raise SessionEndedError
        if claims.generation < session.generation:
            # Its successor has been used, so whoever holds this one copied it: end the session for both.
            await repository.delete_session(claims.session_id)
            raise SessionEndedError
        await repository.advance_session(claims.session_id, claims.generation, self._clock())
        return self._tokens(session, successor_of=claims.generation)

    def _is_over(self, session: Session) -> bool:
        now = self._clock()
        return now > min(session.last_used_at + IDLE_LIFETIME, session.created_at + ABSOLUTE_LIFETIME)

    def _tokens(self, session: Session, *, successor_of: int) -> TokensOut:
        session_id = ObjectId(session.id)
        return TokensOut(
            access_token=self._signer.make_access_token(AccessClaims(session.user_id, session_id), self._clock()),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            refresh_token=self._signer.make_refresh_token(RefreshClaims(session_id, successor_of + 1)),
        )


def _id_of(user: User) -> ObjectId:
    return ObjectId(user.id)
