"""Routes for resetting a forgotten password by mail."""

from fastapi import APIRouter, Response, status

from mysms.api.deps import Client, PasswordResets, counted
from mysms.core.errors import InvalidFieldsError, error_responses
from mysms.core.rate_limit import RateLimitedError
from mysms.users.errors import MailNotConfiguredError
from mysms.users.password_reset import NOT_VALID
from mysms.users.schemas import (
    ForgottenPasswordRequest,
    PasswordResetPolicyResponse,
    ResetPasswordRequest,
)

router = APIRouter(prefix="/users/password_reset", tags=["Accounts"])


@router.get("", summary="Get the way to reset a password")
async def password_reset_policy(service: PasswordResets) -> PasswordResetPolicyResponse:
    """Returns whether a forgotten password can be reset by mail."""
    return PasswordResetPolicyResponse(by_mail=service.is_available)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    response_class=Response,
    summary="Ask for a link to reset your password",
    responses=error_responses(
        MailNotConfiguredError(), InvalidFieldsError({"email": ["is invalid"]}), RateLimitedError()
    ),
    dependencies=[counted("password_reset")],
)
async def request_password_reset(body: ForgottenPasswordRequest, service: PasswordResets, client: Client) -> Response:
    """Sends a link by mail if there is an account with this email. The response is the same for every email."""
    await service.request(body.user.email, client)
    return Response(status_code=status.HTTP_202_ACCEPTED)


@router.put(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Reset your password",
    responses=error_responses(InvalidFieldsError(NOT_VALID), RateLimitedError()),
    dependencies=[counted("password_reset")],
)
async def reset_password(body: ResetPasswordRequest, service: PasswordResets, client: Client) -> None:
    """Sets a new password with the token from a mail, and ends all your sessions. A token works once."""
    await service.complete(body.user, client)
