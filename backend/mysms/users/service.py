"""What people do with accounts and sessions."""

from datetime import timedelta

from bson import ObjectId

from mysms.core.errors import InvalidFieldsError
from mysms.core.timestamps import Clock
from mysms.users import repository
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
    Registration,
    SignedInOut,
    TokenForm,
    TokensOut,
    normalise_email,
)
from mysms.users.tokens import ACCESS_TOKEN_LIFETIME, AccessClaims, BadTokenError, RefreshClaims, TokenSigner

IDLE_LIFETIME = timedelta(days=30)
ABSOLUTE_LIFETIME = timedelta(days=90)


class UserService:
    """Registers people, opens sessions, keeps them alive and ends them."""

    def __init__(self, hasher: PasswordHasher, signer: TokenSigner, clock: Clock) -> None:
        self._hasher = hasher
        self._signer = signer
        self._clock = clock

    async def register(self, registration: Registration) -> SignedInOut:
        """Raises InvalidFieldsError if the email has already been taken."""
        user = User(
            id=ObjectId(),
            email=registration.email,
            password_hash=await self._hasher.hash(registration.password),
            created_at=self._clock(),
        )
        if not await repository.insert_user(user):
            raise InvalidFieldsError({"email": ["has already been taken"]})
        return SignedInOut.of(user, await self._open_session(user))

    async def sign_in(self, credentials: Credentials) -> SignedInOut:
        """Raises InvalidCredentialsError, which does not tell whether the account exists."""
        user = await self._authenticate(credentials.email, credentials.password)
        return SignedInOut.of(user, await self._open_session(user))

    async def issue_tokens(self, form: TokenForm) -> AccessTokenOut:
        """Answers an OAuth2 token request. Raises a TokenRequestError."""
        match form.grant_type:
            case "password":
                try:
                    user = await self._authenticate(form.username, form.password)
                except InvalidCredentialsError as error:
                    raise InvalidGrantError from error
                return AccessTokenOut.model_validate((await self._open_session(user)).model_dump())
            case "refresh_token":
                return await self._refresh(form.refresh_token)
            case _:
                raise UnsupportedGrantTypeError

    async def sign_out(self, claims: AccessClaims) -> None:
        await repository.delete_session(claims.session_id)

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

    async def _authenticate(self, email: str, password: str) -> User:
        try:
            user = await repository.find_user_by_email(normalise_email(email))
        except ValueError:
            user = None
        if not await self._hasher.verify(password, user.password_hash if user else None) or user is None:
            raise InvalidCredentialsError
        return user

    async def _open_session(self, user: User) -> TokensOut:
        now = self._clock()
        session = Session(id=ObjectId(), user_id=_id_of(user), created_at=now, last_used_at=now)
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
        now = self._clock()
        session = await repository.find_session(claims.session_id)
        if session is None or now > min(session.last_used_at + IDLE_LIFETIME, session.created_at + ABSOLUTE_LIFETIME):
            raise SessionEndedError
        if claims.generation < session.generation:
            # Its successor has been used, so whoever holds this one copied it: end the session for both.
            await repository.delete_session(claims.session_id)
            raise SessionEndedError
        await repository.advance_session(claims.session_id, claims.generation, now)
        return self._tokens(session, successor_of=claims.generation)

    def _tokens(self, session: Session, *, successor_of: int) -> TokensOut:
        session_id = ObjectId(session.id)
        return TokensOut(
            access_token=self._signer.make_access_token(AccessClaims(session.user_id, session_id), self._clock()),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            refresh_token=self._signer.make_refresh_token(RefreshClaims(session_id, successor_of + 1)),
        )


def _id_of(user: User) -> ObjectId:
    return ObjectId(user.id)
