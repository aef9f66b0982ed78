"""Accounts and sessions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Form, Response, status

from mysms.core.errors import InvalidFieldsError, documented
from mysms.users.dependencies import Caller, Users
from mysms.users.errors import (
    InvalidCredentialsError,
    InvalidGrantError,
    InvalidTokenRequestError,
    NotSignedInError,
    SessionEndedError,
    UnsupportedGrantTypeError,
)
from mysms.users.schemas import (
    AccessTokenOut,
    AccountOut,
    RegistrationRequest,
    SignedInOut,
    SignInRequest,
    TokenForm,
    TokensOut,
)

router = APIRouter(prefix="/users", tags=["Accounts"])


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Sign up",
    responses=documented(InvalidFieldsError({"email": ["has already been taken"]})),
)
async def sign_up(body: RegistrationRequest, users: Users, response: Response) -> SignedInOut:
    """Makes an account and signs it in."""
    response.headers["Cache-Control"] = "no-store"
    return await users.register(body.user)


@router.post(
    "/sign_in",
    status_code=status.HTTP_201_CREATED,
    summary="Sign in",
    responses=documented(InvalidCredentialsError(), InvalidFieldsError({"password": ["can't be blank"]})),
)
async def sign_in(body: SignInRequest, users: Users, response: Response) -> SignedInOut:
    """Opens a session: an access token for 15 minutes, and a refresh token that keeps the session alive."""
    response.headers["Cache-Control"] = "no-store"
    return await users.sign_in(body.user)


@router.post(
    "/token",
    summary="Get tokens (OAuth2)",
    responses=documented(
        InvalidGrantError(), SessionEndedError(), UnsupportedGrantTypeError(), InvalidTokenRequestError()
    ),
)
async def token(form: Annotated[TokenForm, Form()], users: Users, response: Response) -> TokensOut | AccessTokenOut:
    """The token endpoint of RFC 6749.

    `grant_type=refresh_token` continues a session and yields the successor of the refresh token; the old one stays
    usable until the successor is first used, and using it after that ends the session. `grant_type=password` serves
    the Authorize button of this page and yields an access token only.
    """
    response.headers["Cache-Control"] = "no-store"
    return await users.issue_tokens(form)


@router.delete(
    "/sign_out",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Sign out",
    responses=documented(NotSignedInError()),
)
async def sign_out(caller: Caller, users: Users) -> None:
    """Ends the session: its tokens are dead from now on."""
    await users.sign_out(caller)


@router.get("", summary="Who am I?", responses=documented(NotSignedInError()))
async def current_user(caller: Caller, users: Users) -> AccountOut:
    """The account that the access token belongs to."""
    return AccountOut.of(await users.account(caller.user_id))
