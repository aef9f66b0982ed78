"""Finds accounts that should exist."""

from mysms.core.email_addresses import normalise_email
from mysms.users import repository
from mysms.users.errors import UnauthenticatedError, UnknownAccountError
from mysms.users.models import User
from mysms.users.tokens import AccessClaims


async def find_signed_in(caller: AccessClaims) -> User:
    """Returns the account of a signed-in user. Raises UnauthenticatedError if it is gone."""
    user = await repository.find_user(caller.user_id)
    if user is None:
        raise UnauthenticatedError
    return user


async def find_by_email(email: str) -> User:
    """Returns an account for the operator. Raises UnknownAccountError."""
    try:
        user = await repository.find_user_by_email(normalise_email(email))
    except ValueError:
        user = None
    if user is None:
        raise UnknownAccountError(f"There is no account with the email {email}.")
    return user
