"""Accounts and sessions: sign-up, sign-in, token refresh, password change and deletion."""

import contextlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bson import ObjectId

from mysms.core.database import DatabaseError
from mysms.core.errors import FieldErrors, InvalidFieldsError, NotFoundError
from mysms.core.settings import SignUpMode
from mysms.core.timestamps import Clock
from mysms.users import repository
from mysms.users.errors import (
    InvalidCredentialsError,
    InvalidGrantError,
    InvalidTokenRequestError,
    SessionEndedError,
    UnauthenticatedError,
    UnknownAccountError,
    UnsupportedGrantTypeError,
)
from mysms.users.models import Session, User, expiry_of
from mysms.users.passwords import Match, PasswordHasher
from mysms.users.rate_limits import Action, AuthRateLimits
from mysms.users.schemas import (
    AccessTokenResponse,
    Applicant,
    Credentials,
    PasswordChange,
    Registration,
    SessionResponse,
    SignedInResponse,
    TokenForm,
    TokenResponse,
    normalise_email,
)
from mysms.users.sign_up import NOT_VALID, Admission, SignUpPolicy, hash_invite, new_invite
from mysms.users.tokens import ACCESS_TOKEN_LIFETIME, AccessClaims, InvalidTokenError, RefreshClaims, TokenSigner

EMAIL_TAKEN = {"email": ["has already been taken"]}

_BATCH = 200
"""How many documents a background task processes in one step, which keeps each step short."""


@dataclass(frozen=True)
class ClientInfo:
    """The IP address and the device of a client."""

    address: str
    device: str


class UserService:
    """Creates accounts, and opens, refreshes and ends their sessions.

    `erase_messages` erases the messages of an account that is deleted; it must be idempotent. Any method that checks a
    password or takes a token raises RateLimitedError after too many attempts.
    """

    def __init__(
        self,
        hasher: PasswordHasher,
        signer: TokenSigner,
        sign_up_policy: SignUpPolicy,
        attempts: AuthRateLimits,
        erase_messages: Callable[[ObjectId], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._hasher = hasher
        self._signer = signer
        self._sign_up_policy = sign_up_policy
        self._attempts = attempts
        self._erase_messages = erase_messages
        self._clock = clock

    @property
    def sign_up_mode(self) -> SignUpMode:
        return self._sign_up_policy.mode

    async def count_address(self, action: Action, origin: ClientInfo) -> None:
        """Counts an attempt of the client's address: before `register`, `find_sign_up_errors` and `sign_in`."""
        await self._attempts.count_address(action, origin.address)

    async def register(self, registration: Registration, origin: ClientInfo) -> SignedInResponse:
        """Creates an account and opens a session.

        Raises SignUpClosedError, and InvalidFieldsError if the email has already been taken or the code is wrong.
        """
        admission = await self._sign_up_policy.admit(registration.invite_code)
        user = User(
            id=admission.account_id,
            email=registration.email,
            password_hash=await self._hasher.hash(registration.password),
            created_at=self._clock(),
        )
        if not await repository.insert_user(user):
            raise InvalidFieldsError(await self._reasons_not_to_insert(user, admission))
        # The account exists even if this fails, and a code that is left behind cannot create another one.
        with contextlib.suppress(DatabaseError):
            await self._sign_up_policy.use_up(admission)
        _, tokens = await self._open_session(user, origin)
        return SignedInResponse.of(user, tokens)

    async def find_sign_up_errors(self, applicant: Applicant) -> FieldErrors:
        """Returns the errors that the database adds to those of an invalid sign-up, so that all are shown at once.

        Raises SignUpClosedError. If a code is required, only a valid one reveals that an email has been taken.
        """
        try:
            await self._sign_up_policy.admit(applicant.invite_code)
        except InvalidFieldsError as error:
            return error.errors
        is_taken = applicant.email is not None and await repository.find_user_by_email(applicant.email) is not None
        return EMAIL_TAKEN if is_taken else {}

    async def sign_in(self, credentials: Credentials, origin: ClientInfo) -> SignedInResponse:
        """Opens a session. Raises InvalidCredentialsError, which does not reveal whether the account exists."""
        user = await self._authenticate(credentials.email, credentials.password)
        return SignedInResponse.of(user, await self._admit(user, origin))

    async def issue_tokens(self, form: TokenForm, origin: ClientInfo) -> AccessTokenResponse:
        """Answers an OAuth2 token request. Raises a TokenRequestError."""
        match form.grant_type:
            case "password":
                await self.count_address("sign_in", origin)
                try:
                    user = await self._authenticate(form.username, form.password)
                    tokens = await self._admit(user, origin)
                except InvalidCredentialsError as error:
                    raise InvalidGrantError from error
                return AccessTokenResponse.model_validate(tokens.model_dump())
            case "refresh_token":
                return await self._refresh(form.refresh_token)
            case _:
                raise UnsupportedGrantTypeError

    async def sign_out(self, token: str | None) -> None:
        """Ends the session of an access token or of a refresh token. Raises UnauthenticatedError."""
        try:
            session_id = self._signer.read_refresh_token(token or "").session_id
        except InvalidTokenError:
            session_id = (await self.require_session(token)).session_id
        await repository.delete_session(session_id)

    async def sessions(self, caller: AccessClaims) -> list[SessionResponse]:
        """Returns the caller's sessions, most recently used first."""
        return [
            SessionResponse.of(session, current=session.id == caller.session_id)
            for session in await repository.list_sessions(caller.user_id)
            if not self._is_over(session)
        ]

    async def end_session(self, caller: AccessClaims, session_id: str) -> None:
        """Ends one of the caller's sessions. Raises NotFoundError, also for another user's session."""
        known = ObjectId.is_valid(session_id)
        if not known or not await repository.delete_own_session(caller.user_id, ObjectId(session_id)):
            raise NotFoundError("There is no such session.")

    async def end_all_sessions(self, caller: AccessClaims) -> None:
        await repository.delete_sessions(caller.user_id)

    async def change_password(self, caller: AccessClaims, change: PasswordChange, origin: ClientInfo) -> TokenResponse:
        """Changes the password, and replaces all sessions by a new one, so that a stolen token is worth nothing.

        Raises InvalidFieldsError if the current password is wrong.
        """
        user = await self._confirm_password(caller, change.current_password, origin, field="current_password")
        changed = await self._hasher.hash(change.password)
        if not await repository.change_password(user, changed):
            # Another request renewed the hash or changed the password first: check against the present hash.
            return await self.change_password(caller, change, origin)
        user.password_version += 1
        session_id, tokens = await self._open_session(user, origin)
        # From the change on the older sessions cannot be continued, even if they are not deleted here.
        await repository.delete_sessions(caller.user_id, but=session_id)
        return tokens

    async def delete_account(self, caller: AccessClaims, password: str, origin: ClientInfo) -> None:
        """Deletes the account and all its data. Raises InvalidFieldsError if the password is wrong."""
        await self._confirm_password(caller, password, origin, field="password")
        await repository.mark_deleting(caller.user_id)
        await self._finish_deletion(caller.user_id)

    async def make_invite(self) -> str:
        """Creates an invite and returns its code, with which one person can sign up. Only its hash is stored."""
        code = new_invite()
        await repository.insert_invite(hash_invite(code), self._clock())
        return code

    async def reset_password(self, email: str) -> str:
        """Sets a random password, which it returns, and ends all sessions. Raises UnknownAccountError."""
        try:
            user = await repository.find_user_by_email(normalise_email(email))
        except ValueError:
            user = None
        if user is None:
            raise UnknownAccountError(f"There is no account with the email {email}.")
        password = secrets.token_urlsafe(12)
        await repository.reset_password(_id_of(user), await self._hasher.hash(password))
        await repository.delete_sessions(_id_of(user))
        return password

    async def finish_deletions(self) -> None:
        """Completes deletions that were interrupted because a process ended or lost its database.

        Any number of processes may do this at once, also while another one is deleting the same account. Tries every
        account, then raises the first error.
        """
        failure: Exception | None = None
        for user_id in await repository.list_deleting(_BATCH):
            try:
                await self._finish_deletion(user_id)
            except Exception as error:  # noqa: BLE001  # one account must not block the others
                failure = failure or error
        if failure is not None:
            raise failure

    async def delete_expired_sessions(self) -> None:
        """Deletes all expired sessions, batch by batch. Any number of processes may do this at once."""
        while await repository.date_sessions(limit=_BATCH) == _BATCH:
            pass
        now = self._clock()
        while await repository.delete_expired_sessions(now, limit=_BATCH) == _BATCH:
            pass

    async def is_active(self, user_id: ObjectId) -> bool:
        """Whether the account exists and is not being deleted."""
        user = await repository.find_user(user_id)
        return user is not None and not user.deleting

    async def require_session(self, access_token: str | None) -> AccessClaims:
        """Returns the user and session of an access token. Raises UnauthenticatedError."""
        try:
            claims = self._signer.read_access_token(access_token or "")
        except InvalidTokenError as error:
            raise UnauthenticatedError from error
        session = await repository.find_session(claims.session_id)
        if session is None or session.user_id != claims.user_id:
            raise UnauthenticatedError
        return claims

    async def account(self, user_id: ObjectId) -> User:
        """Returns the account. Raises UnauthenticatedError if it is gone."""
        user = await repository.find_user(user_id)
        if user is None:
            raise UnauthenticatedError
        return user

    async def _authenticate(self, email: str, password: str) -> User:
        try:
            normal_email = normalise_email(email)
        except ValueError:
            normal_email = ""
        attempt = await self._attempts.count_account(normal_email)
        user = await self._find_by_password(normal_email, password)
        await self._attempts.refund(attempt)
        return user

    async def _find_by_password(self, email: str, password: str) -> User:
        """Returns the account, after renewing an outdated password hash. Raises InvalidCredentialsError."""
        user = await repository.find_user_by_email(email)
        match = await self._hasher.verify(password, user.password_hash if user else None)
        if match is Match.WRONG or user is None:
            raise InvalidCredentialsError
        if user.deleting:
            await self._finish_deletion(_id_of(user))
            raise InvalidCredentialsError
        if match is Match.RIGHT:
            return user
        renewed = await self._hasher.hash(password)
        if not await repository.replace_password_hash(_id_of(user), user.password_hash, renewed):
            # Another request renewed the hash or changed the password first: check against the present hash.
            return await self._find_by_password(email, password)
        user.password_hash = renewed
        return user

    async def _reasons_not_to_insert(self, user: User, admission: Admission) -> FieldErrors:
        """Returns why the database rejected an account: its email is taken, or its id, so that its code is used up."""
        holder = await repository.find_user(admission.account_id)
        if holder is None:
            return EMAIL_TAKEN
        await self._sign_up_policy.use_up(admission)
        return NOT_VALID if holder.email != user.email else {**NOT_VALID, **EMAIL_TAKEN}

    async def _finish_deletion(self, user_id: ObjectId) -> None:
        """Deletes an account in idempotent steps; the account itself goes last, so an interrupted deletion is found."""
        await repository.delete_sessions(user_id)
        await self._erase_messages(user_id)
        await self._sign_up_policy.forget(user_id)
        await repository.delete_user(user_id)

    async def _confirm_password(self, caller: AccessClaims, password: str, origin: ClientInfo, *, field: str) -> User:
        """Returns the account. Raises InvalidFieldsError if the password is wrong."""
        await self._attempts.count_address("password", origin.address)
        user = await self.account(caller.user_id)
        attempt = await self._attempts.count_account(user.email)
        if await self._hasher.verify(password, user.password_hash) is Match.WRONG:
            raise InvalidFieldsError({field: ["is invalid"]})
        await self._attempts.refund(attempt)
        return user

    async def _admit(self, user: User, origin: ClientInfo) -> TokenResponse:
        """Opens a session, unless the account has changed since its password was checked, which takes a while.

        The account is read again after the session is stored. A password change or deletion ends the sessions last: so
        either it ends this session too, or it is seen here.
        """
        session_id, tokens = await self._open_session(user, origin)
        now = await repository.find_user(_id_of(user))
        if now is None or now.deleting or now.password_hash != user.password_hash:
            await repository.delete_session(session_id)
            raise InvalidCredentialsError
        return tokens

    async def _open_session(self, user: User, origin: ClientInfo) -> tuple[ObjectId, TokenResponse]:
        now = self._clock()
        token = RefreshClaims.first(ObjectId())
        session = Session(
            id=token.session_id,
            user_id=_id_of(user),
            token_hash=token.hash,
            password_version=user.password_version,
            device=origin.device,
            created_at=now,
            last_used_at=now,
            expires_at=expiry_of(now, now),
        )
        await repository.insert_session(session)
        return token.session_id, self._tokens(session, token)

    async def _refresh(self, refresh_token: str) -> TokenResponse:
        """Returns new tokens. The old token stays valid until a new one is used, so no response can be lost."""
        if not refresh_token:
            raise InvalidTokenRequestError
        try:
            token = self._signer.read_refresh_token(refresh_token)
        except InvalidTokenError as error:
            raise SessionEndedError from error
        await self._attempts.count_refresh(token.session_id)
        while True:
            session = await self._find_continuable_session(token.session_id)
            newest = session.token_hash or RefreshClaims(token.session_id, session.generation).hash
            if hmac.compare_digest(token.hash, newest):
                await repository.extend_session(session, self._clock())
                break
            if not hmac.compare_digest(token.predecessor_hash, newest):
                # A successor or a sibling of this token has been used, so it was copied: end the session for both.
                await repository.delete_session(token.session_id)
                raise SessionEndedError
            if await repository.advance_session(session, token, self._clock()):
                break
        return self._tokens(session, token.new_successor())

    async def _find_continuable_session(self, session_id: ObjectId) -> Session:
        """Raises SessionEndedError if the session has ended, has expired or began before the last password change."""
        session = await repository.find_session(session_id)
        if session is None or self._is_over(session):
            raise SessionEndedError
        user = await repository.find_user(session.user_id)
        if user is None or session.password_version not in {None, user.password_version}:
            raise SessionEndedError
        return session

    def _is_over(self, session: Session) -> bool:
        return self._clock() > expiry_of(session.created_at, session.last_used_at)

    def _tokens(self, session: Session, token: RefreshClaims) -> TokenResponse:
        claims = AccessClaims(session.user_id, token.session_id)
        return TokenResponse(
            access_token=self._signer.make_access_token(claims, self._clock()),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            refresh_token=self._signer.make_refresh_token(token),
        )


def _id_of(user: User) -> ObjectId:
    return ObjectId(user.id)
