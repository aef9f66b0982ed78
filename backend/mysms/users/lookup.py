"""Finds accounts for the operator."""

from mysms.users import repository
from mysms.users.errors import UnknownAccountError
from mysms.users.models import User
from mysms.users.schemas import normalise_email


async def find_by_email(email: str) -> User:
    """Returns the account. Raises UnknownAccountError."""
    try:
        user = await repository.find_user_by_email(normalise_email(email))
    except ValueError:
        user = None
    if user is None:
        raise UnknownAccountError(f"There is no account with the email {email}.")
    return user
