"""What routers ask for: the account service, and who is calling."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from mysms.users.service import UserService
from mysms.users.tokens import AccessClaims

_bearer = OAuth2PasswordBearer(
    tokenUrl="/users/token", auto_error=False, description="The email as `username`, and the password."
)


def _users(request: Request) -> UserService:
    service: UserService = request.app.state.users
    return service


Users = Annotated[UserService, Depends(_users)]


async def _caller(users: Users, token: Annotated[str | None, Depends(_bearer)]) -> AccessClaims:
    return await users.require_session(token)


Caller = Annotated[AccessClaims, Depends(_caller)]
