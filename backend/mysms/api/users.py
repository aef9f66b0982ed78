"""Routes for accounts and sessions."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from mysms.api.deps import (
    Accounts,
    BearerToken,
    Client,
    CurrentUser,
    Passwords,
    Sessions,
    SignIn,
    counted,
    get_client_info,
    get_services,
    require_caller,
)
from mysms.api.direct import SIGNED_IN, DirectRoute
from mysms.api.forms import FormRoute
from mysms.core.errors import InvalidFieldsError, NotFoundError, error_responses
from mysms.core.rate_limit import RateLimitedError
from mysms.users.errors import (
    InvalidCredentialsError,
    InvalidGrantError,
    InvalidSecondFactorCodeError,
    InvalidTokenRequestError,
    SecondFactorGrantError,
    SecondFactorRequiredError,
    SessionEndedError,
    SignUpClosedError,
    UnauthenticatedError,
    UnsupportedGrantTypeError,
)
from mysms.users.schemas import (
    AccessTokenResponse,
    AccountDeletionRequest,
    AccountResponse,
    Applicant,
    PasswordChangeRequest,
    RegistrationRequest,
    SessionResponse,
    SignedInResponse,
    SignInRequest,
    SignUpPolicyResponse,
    TokenForm,
    TokenResponse,
)

router = APIRouter(prefix="/users", tags=["Accounts"])


async def current_user(request: Request) -> Response:
    """Returns the account to which the access token belongs."""
    caller = await require_caller(request)
    account = await get_services(request).users.accounts.describe(caller)
    return Response(account.model_dump_json(by_alias=True), media_type="application/json")


# The first route of these, because it is used most.
router.add_api_route(
    "",
    current_user,
    methods=["GET"],
    response_model=AccountResponse,
    summary="Get the current user",
    responses=error_responses(UnauthenticatedError()),
    openapi_extra=SIGNED_IN,
    route_class_override=DirectRoute,
)


class _SignUpRoute(APIRoute):
    """Adds the errors that need the database to the validation errors of a sign-up, so that all are shown at once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_and_add_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as invalid:
                user = invalid.body.get("user") if isinstance(invalid.body, dict) else None
                if not isinstance(user, dict):
                    raise
                accounts = get_services(request).users.accounts
                client = get_client_info(request)
                found = await accounts.find_sign_up_errors(Applicant.of(user), client)
                invalid_fields = {error["loc"][-1] for error in invalid.errors()}
                more = [
                    {"type": "sign_up", "loc": ("body", "user", field), "msg": message}
                    for field, messages in found.items()
                    if field not in invalid_fields
                    for message in messages
                ]
                raise RequestValidationError([*more, *invalid.errors()], body=invalid.body) from invalid

        return handle_and_add_errors


async def sign_up(body: RegistrationRequest, accounts: Accounts, client: Client) -> SignedInResponse:
    """Creates an account and signs in."""
    return await accounts.register(body.user, client)


router.add_api_route(
    "",
    sign_up,
    methods=["POST"],
    status_code=status.HTTP_201_CREATED,
    summary="Sign up",
    responses=error_responses(
        SignUpClosedError(), InvalidFieldsError({"email": ["has already been taken"]}), RateLimitedError()
    ),
    dependencies=[counted("sign_up")],
    route_class_override=_SignUpRoute,
)


@router.post(
    "/sign_in",
    status_code=status.HTTP_201_CREATED,
    summary="Sign in",
    responses=error_responses(
        InvalidCredentialsError(),
        SecondFactorRequiredError(),
        InvalidSecondFactorCodeError(),
        InvalidFieldsError({"password": ["can't be blank"]}),
        RateLimitedError(),
    ),
    dependencies=[counted("sign_in")],
)
async def sign_in(body: SignInRequest, service: SignIn, client: Client) -> SignedInResponse:
    """Opens a session. Returns an access token for 15 minutes, and a refresh token that continues the session.

    If the account has a second factor and the password is right, a code is required too: `second_factor_required`.
    """
    return await service.sign_in(body.user, client)


async def token(
    form: Annotated[TokenForm, Form()], service: SignIn, client: Client
) -> TokenResponse | AccessTokenResponse:
    """Issues tokens: the token endpoint of RFC 6749.

    `grant_type=refresh_token` continues a session and returns a new refresh token, another one each time. The old one
    stays valid until one of the new ones is first used; using any of the others after that ends the session.
    If this server's secrets have not signed it, `session_ended` has the `reason` `unknown_token`.
    `grant_type=password` is for programs and the Authorize button of this page, and returns an access token only.
    It has no way to ask for a code, so accounts with two-step sign-in sign in in the browser only.
    """
    return await service.issue_tokens(form, client)


router.add_api_route(
    "/token",
    token,
    methods=["POST"],
    summary="Get tokens (OAuth2)",
    responses=error_responses(
        InvalidGrantError(),
        SecondFactorGrantError(),
        SessionEndedError(),
        UnsupportedGrantTypeError(),
        InvalidTokenRequestError(),
        RateLimitedError(),
    ),
    route_class_override=FormRoute,
)


@router.delete(
    "/sign_out",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Sign out",
    responses=error_responses(UnauthenticatedError()),
)
async def sign_out(token: BearerToken, sessions: Sessions, client: Client) -> None:
    """Ends the session and invalidates its tokens. Accepts its access token or its refresh token."""
    await sessions.end_by_token(token, client)


@router.get("/sign_up", summary="Get the sign-up policy")
async def sign_up_mode(accounts: Accounts) -> SignUpPolicyResponse:
    """Returns whether sign-up is open, needs an invite code, or is closed."""
    return SignUpPolicyResponse(mode=accounts.sign_up_mode)


@router.get("/sessions", summary="List your sessions", responses=error_responses(UnauthenticatedError()))
async def list_sessions(user: CurrentUser, sessions: Sessions) -> list[SessionResponse]:
    """Returns your sessions, most recently used first."""
    return await sessions.list_own(user)


@router.delete(
    "/sessions",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Sign out everywhere",
    responses=error_responses(UnauthenticatedError()),
)
async def end_all_sessions(user: CurrentUser, sessions: Sessions, client: Client) -> None:
    """Ends all your sessions, including this one."""
    await sessions.end_all_own(user, client)


@router.delete(
    "/sessions/{session_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End one of your sessions",
    responses=error_responses(UnauthenticatedError(), NotFoundError("There is no such session.")),
)
async def end_session(session_id: str, user: CurrentUser, sessions: Sessions, client: Client) -> None:
    """Ends the session and invalidates its tokens."""
    await sessions.end(user, session_id, client)


@router.put(
    "/password",
    summary="Change your password",
    responses=error_responses(
        UnauthenticatedError(), InvalidFieldsError({"current_password": ["is invalid"]}), RateLimitedError()
    ),
)
async def change_password(
    body: PasswordChangeRequest, user: CurrentUser, passwords: Passwords, client: Client
) -> TokenResponse:
    """Changes your password, ends all your sessions, and returns the tokens of a new one."""
    return await passwords.change(user, body.user, client)


@router.delete(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete your account",
    responses=error_responses(
        UnauthenticatedError(), InvalidFieldsError({"password": ["is invalid"]}), RateLimitedError()
    ),
)
async def delete_account(body: AccountDeletionRequest, user: CurrentUser, accounts: Accounts, client: Client) -> None:
    """Deletes your account, your sessions and your messages. Messages that have not been sent will not be sent."""
    await accounts.delete(user, body.user.password, client)
