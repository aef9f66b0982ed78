"""What routers ask for: the account service, who is calling, and from where."""

from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import OAuth2PasswordBearer

from mysms.users.devices import device_of
from mysms.users.service import Origin, UserService
from mysms.users.tokens import AccessClaims

_bearer = OAuth2PasswordBearer(
    tokenUrl="/users/token", auto_error=False, description="The email as `username`, and the password."
)


def users_of(request: Request) -> UserService:
    service: UserService = request.app.state.users
    return service


Users = Annotated[UserService, Depends(users_of)]
BearerToken = Annotated[str | None, Depends(_bearer)]


async def _caller(users: Users, token: BearerToken) -> AccessClaims:
    return await users.require_session(token)


Caller = Annotated[AccessClaims, Depends(_caller)]


def origin_of(request: Request, user_agent: Annotated[str, Header(include_in_schema=False)] = "") -> Origin:
    return Origin(request.client.host if request.client else "", device_of(user_agent))


RequestOrigin = Annotated[Origin, Depends(origin_of)]
