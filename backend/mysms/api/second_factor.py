"""Routes for the second factor of the signed-in user."""

from fastapi import APIRouter, status

from mysms.api.deps import Client, CurrentUser, SecondFactors
from mysms.core.errors import InvalidFieldsError, error_responses
from mysms.core.rate_limit import RateLimitedError
from mysms.users.errors import NoSecondFactorError, UnauthenticatedError
from mysms.users.schemas import (
    CodeConfirmationRequest,
    PasswordConfirmationRequest,
    RecoveryCodesResponse,
    SecondFactorResponse,
    SecondFactorSetUpResponse,
)

_WRONG_PASSWORD = InvalidFieldsError({"password": ["is invalid"]})

router = APIRouter(prefix="/users/second_factor", tags=["Accounts"])


@router.get("", summary="Get the state of your second factor", responses=error_responses(UnauthenticatedError()))
async def second_factor_state(user: CurrentUser, second_factors: SecondFactors) -> SecondFactorResponse:
    """Returns whether signing in requires a code of an authenticator app, and how many recovery codes are left."""
    return await second_factors.describe(user)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Begin to set up a second factor",
    responses=error_responses(UnauthenticatedError(), _WRONG_PASSWORD, RateLimitedError()),
)
async def begin_second_factor(
    body: PasswordConfirmationRequest,
    user: CurrentUser,
    second_factors: SecondFactors,
    client: Client,
) -> SecondFactorSetUpResponse:
    """Returns a secret for an authenticator app. It counts once it is enabled with a code, within ten minutes.

    A second factor that you already have counts until then.
    """
    return await second_factors.begin(user, body.user.password, client)


@router.put(
    "",
    summary="Enable the second factor",
    responses=error_responses(
        UnauthenticatedError(), InvalidFieldsError({"code": ["is not valid"]}), RateLimitedError()
    ),
)
async def enable_second_factor(
    body: CodeConfirmationRequest, user: CurrentUser, second_factors: SecondFactors, client: Client
) -> RecoveryCodesResponse:
    """Enables the second factor that was begun, and returns ten recovery codes. Your sessions stay."""
    return await second_factors.enable(user, body.user.code, client)


@router.delete(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Remove the second factor",
    responses=error_responses(UnauthenticatedError(), _WRONG_PASSWORD, RateLimitedError()),
)
async def remove_second_factor(
    body: PasswordConfirmationRequest, user: CurrentUser, second_factors: SecondFactors, client: Client
) -> None:
    """Removes the second factor and its recovery codes: signing in requires the password only. Your sessions stay."""
    await second_factors.remove(user, body.user.password, client)


@router.post(
    "/recovery_codes",
    summary="Get new recovery codes",
    responses=error_responses(UnauthenticatedError(), _WRONG_PASSWORD, NoSecondFactorError(), RateLimitedError()),
)
async def replace_recovery_codes(
    body: PasswordConfirmationRequest,
    user: CurrentUser,
    second_factors: SecondFactors,
    client: Client,
) -> RecoveryCodesResponse:
    """Returns ten new recovery codes. The earlier ones are not valid any more."""
    return await second_factors.replace_recovery_codes(user, body.user.password, client)
