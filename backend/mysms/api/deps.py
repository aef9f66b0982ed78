"""FastAPI dependencies of the routers."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.security import OAuth2PasswordBearer

from mysms.contacts.contact_import import ContactImport
from mysms.contacts.csv_export import ContactsCsvExport
from mysms.contacts.service import ContactService
from mysms.media.reader import MediaReader
from mysms.messages.csv_export import CsvExport
from mysms.messages.deletion import MessageDeletion
from mysms.messages.export import AccountExport
from mysms.messages.flagging import Flagging
from mysms.messages.read_marks import ReadMarks
from mysms.messages.schemas import default_country
from mysms.messages.service import MessageHistory
from mysms.opt_outs.service import OptOutService
from mysms.outbox.service import OutboxService
from mysms.push.service import PushService
from mysms.services import Services
from mysms.users.accounts import AccountService
from mysms.users.client_info import ClientInfo
from mysms.users.password_changes import PasswordService
from mysms.users.password_reset import PasswordResetService
from mysms.users.rate_limits import Action
from mysms.users.second_factor import SecondFactorService
from mysms.users.sessions import SessionService
from mysms.users.sign_in import SignInService
from mysms.users.tokens import AccessClaims
from mysms.users.user_agent import describe_user_agent


def get_services(request: Request) -> Services:
    services: Services = request.state.services
    return services


def get_client_info(request: Request) -> ClientInfo:
    # The header is no parameter, because every parameter adds a 422 to the documentation of the operation.
    user_agent = request.headers.get("User-Agent", "")
    return ClientInfo(request.client.host if request.client else "", describe_user_agent(user_agent))


def provided(find: Callable[[Request], object]) -> Dependency:
    """Makes a dependency of a function without input or output.

    FastAPI calls a plain function in a thread, which costs more than all else that a request does, and resolves the
    dependencies of a dependency again for each that has them: so these are coroutines, and depend on the request alone.
    """

    async def dependency(request: Request) -> object:
        return find(request)

    # The type of FastAPI's function is Any, so that it can be a default value.
    depends: Dependency = Depends(dependency)
    return depends


AppServices = Annotated[Services, provided(get_services)]
Accounts = Annotated[AccountService, provided(lambda request: get_services(request).users.accounts)]
Sessions = Annotated[SessionService, provided(lambda request: get_services(request).users.sessions)]
SignIn = Annotated[SignInService, provided(lambda request: get_services(request).users.sign_in)]
SecondFactors = Annotated[SecondFactorService, provided(lambda request: get_services(request).users.second_factor)]
Passwords = Annotated[PasswordService, provided(lambda request: get_services(request).users.passwords)]
PasswordResets = Annotated[PasswordResetService, provided(lambda request: get_services(request).users.password_reset)]
History = Annotated[MessageHistory, provided(lambda request: get_services(request).history)]
Export = Annotated[AccountExport, provided(lambda request: get_services(request).export)]
CsvExports = Annotated[CsvExport, provided(lambda request: get_services(request).csv_export)]
Media = Annotated[MediaReader, provided(lambda request: get_services(request).media)]
Deletion = Annotated[MessageDeletion, provided(lambda request: get_services(request).deletion)]
Contacts = Annotated[ContactService, provided(lambda request: get_services(request).contacts)]
ContactImports = Annotated[ContactImport, provided(lambda request: get_services(request).contact_import)]
ContactsCsvExports = Annotated[ContactsCsvExport, provided(lambda request: get_services(request).contacts_csv_export)]
OptOuts = Annotated[OptOutService, provided(lambda request: get_services(request).opt_outs)]
Reading = Annotated[ReadMarks, provided(lambda request: get_services(request).read_marks)]
ConversationFlags = Annotated[Flagging, provided(lambda request: get_services(request).flagging)]
Push = Annotated[PushService, provided(lambda request: get_services(request).push)]
Outbox = Annotated[OutboxService, provided(lambda request: get_services(request).outbox)]
Client = Annotated[ClientInfo, provided(get_client_info)]


class _Bearer(OAuth2PasswordBearer):
    """The access token of a request, and the security scheme of the OpenAPI document."""

    def __init__(self) -> None:
        super().__init__(
            tokenUrl="/users/token",
            # The document knows the schemes of all routes by this name.
            scheme_name="OAuth2PasswordBearer",
            auto_error=False,
            description="The email as `username`, and the password.",
        )


_bearer = _Bearer()


async def require_caller(request: Request, asked_at: float | None = None) -> AccessClaims:
    """Returns whose access token the request has. Raises UnauthenticatedError. For `asked_at`, see `is_active`."""
    caller: AccessClaims | None = getattr(request.state, "caller", None)
    if caller is None:
        token = await _bearer(request)
        caller = await get_services(request).users.sessions.require(token, get_client_info(request), asked_at)
        request.state.caller = caller
    return caller


async def verify_token(request: Request) -> None:
    """Asks no database, so the session may have ended. Raises UnauthenticatedError."""
    get_services(request).users.sessions.verify(await _bearer(request), get_client_info(request))


class _SignedIn(_Bearer):
    async def __call__(self, request: Request) -> AccessClaims:  # type: ignore[override]  # what the token stands for
        return await require_caller(request)


BearerToken = Annotated[str | None, Depends(_bearer)]
CurrentUser = Annotated[AccessClaims, Depends(_SignedIn())]


def counted(action: Action) -> Dependency:
    """Counts the client's address before the body is validated, so that invalid requests are limited too."""

    async def count(request: Request) -> None:
        await get_services(request).users.authenticator.count_address(action, get_client_info(request))

    dependency: Dependency = Depends(count)
    return dependency


async def assume_default_country(request: Request) -> None:
    """Sets the default country for parsing phone numbers. Runs in the request's task, before validation."""
    default_country.set(get_services(request).settings.default_country)
