"""Signs users in, and answers OAuth2 token requests."""

from mysms.core.security_events import SecurityEvents
from mysms.users.authenticator import Authenticator
from mysms.users.client_info import ClientInfo
from mysms.users.errors import (
    InvalidCredentialsError,
    InvalidGrantError,
    InvalidTokenRequestError,
    SecondFactorGrantError,
    SecondFactorRequiredError,
    UnsupportedGrantTypeError,
)
from mysms.users.notifications import Notifications
from mysms.users.schemas import AccessTokenResponse, Credentials, SignedInResponse, TokenForm
from mysms.users.second_factor import SecondFactorService
from mysms.users.sessions import SessionService


class SignInService:
    """Signs users in. Every method raises RateLimitedError after too many attempts."""

    def __init__(
        self,
        authenticator: Authenticator,
        second_factor: SecondFactorService,
        sessions: SessionService,
        notifications: Notifications,
        events: SecurityEvents,
    ) -> None:
        self._authenticator = authenticator
        self._second_factor = second_factor
        self._sessions = sessions
        self._notifications = notifications
        self._events = events

    async def sign_in(self, credentials: Credentials, client: ClientInfo) -> SignedInResponse:
        """Opens a session. Raises InvalidCredentialsError, which does not reveal whether the account exists.

        After a right password, raises SecondFactorRequiredError and InvalidSecondFactorCodeError if the account has a
        second factor.
        """
        user = await self._authenticator.authenticate(credentials.email, credentials.password, client)
        await self._second_factor.require(user, credentials.second_factor_code, client)
        is_new_device = await self._notifications.is_new_device(user, client)
        tokens = await self._sessions.open(user, client)
        self._events.record("signed_in", account=user.email, address=client.address)
        if is_new_device:
            await self._notifications.notify_of_new_device(user, client)
        return SignedInResponse.of(user, tokens)

    async def issue_tokens(self, form: TokenForm, client: ClientInfo) -> AccessTokenResponse:
        """Answers an OAuth2 token request. Raises a TokenRequestError."""
        match form.grant_type:
            case "password":
                await self._authenticator.count_address("sign_in", client)
                if not form.username or not form.password:
                    raise InvalidTokenRequestError
                try:
                    signed_in = await self.sign_in(Credentials(email=form.username, password=form.password), client)
                except InvalidCredentialsError as error:
                    raise InvalidGrantError from error
                except SecondFactorRequiredError as error:
                    raise SecondFactorGrantError from error
                return AccessTokenResponse(access_token=signed_in.access_token, expires_in=signed_in.expires_in)
            case "refresh_token":
                return await self._sessions.refresh(form.refresh_token, client)
            case _:
                raise UnsupportedGrantTypeError
