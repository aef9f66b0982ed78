"""FastAPI dependencies of the routers."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.security import OAuth2PasswordBearer

from mysms.core.errors import DomainError, NotFoundError
from mysms.core.security_events import SecurityEvent, SecurityEvents
from mysms.core.settings import Settings
from mysms.messages.export import AccountExport
from mysms.messages.schemas import default_country
from mysms.messages.service import MessageHistory
from mysms.outbox.errors import CountryNotAllowedError, QuotaError
from mysms.outbox.service import OutboxService
from mysms.outbox.status_callbacks import StatusCallbackHandler
from mysms.services import Services
from mysms.users.accounts import AccountService
from mysms.users.authenticator import Authenticator
from mysms.users.client_info import ClientInfo
from mysms.users.password_changes import PasswordService
from mysms.users.password_reset import PasswordResetService
from mysms.users.rate_limits import Action
from mysms.users.second_factor import SecondFactorService
from mysms.users.sessions import SessionService
from mysms.users.sign_in import SignInService
from mysms.users.tokens import AccessClaims
from mysms.users.user_agent import describe_user_agent

_bearer = OAuth2PasswordBearer(
    tokenUrl="/users/token", auto_error=False, description="The email as `username`, and the password."
)


def get_services(request: Request) -> Services:
    services: Services = request.state.services
    return services


AppServices = Annotated[Services, Depends(get_services)]


def _get_settings(services: AppServices) -> Settings:
    return services.settings


def _get_security_events(services: AppServices) -> SecurityEvents:
    return services.security_events


def _get_accounts(services: AppServices) -> AccountService:
    return services.users.accounts


def _get_authenticator(services: AppServices) -> Authenticator:
    return services.users.authenticator


def _get_sessions(services: AppServices) -> SessionService:
    return services.users.sessions


def _get_sign_in(services: AppServices) -> SignInService:
    return services.users.sign_in


def _get_second_factor(services: AppServices) -> SecondFactorService:
    return services.users.second_factor


def _get_passwords(services: AppServices) -> PasswordService:
    return services.users.passwords


def _get_password_reset(services: AppServices) -> PasswordResetService:
    return services.users.password_reset


def _get_history(services: AppServices) -> MessageHistory:
    return services.history


def _get_export(services: AppServices) -> AccountExport:
    return services.export


def _get_outbox(services: AppServices) -> OutboxService:
    return services.outbox


def _get_status_callbacks(services: AppServices) -> StatusCallbackHandler:
    return services.status_callbacks


AppSettings = Annotated[Settings, Depends(_get_settings)]
Events = Annotated[SecurityEvents, Depends(_get_security_events)]
Accounts = Annotated[AccountService, Depends(_get_accounts)]
Sessions = Annotated[SessionService, Depends(_get_sessions)]
SignIn = Annotated[SignInService, Depends(_get_sign_in)]
SecondFactors = Annotated[SecondFactorService, Depends(_get_second_factor)]
Passwords = Annotated[PasswordService, Depends(_get_passwords)]
PasswordResets = Annotated[PasswordResetService, Depends(_get_password_reset)]
History = Annotated[MessageHistory, Depends(_get_history)]
Export = Annotated[AccountExport, Depends(_get_export)]
Outbox = Annotated[OutboxService, Depends(_get_outbox)]
StatusCallbacks = Annotated[StatusCallbackHandler, Depends(_get_status_callbacks)]

BearerToken = Annotated[str | None, Depends(_bearer)]


def get_client_info(request: Request) -> ClientInfo:
    # The header is no parameter, because every parameter adds a 422 to the documentation of the operation.
    user_agent = request.headers.get("User-Agent", "")
    return ClientInfo(request.client.host if request.client else "", describe_user_agent(user_agent))


Client = Annotated[ClientInfo, Depends(get_client_info)]

_REFUSALS: Mapping[type[DomainError], SecurityEvent] = {
    NotFoundError: "resource_refused",
    CountryNotAllowedError: "destination_refused",
    QuotaError: "quota_exceeded",
}
"""The errors that show that a signed-in user has tried what only an attacker, or a mistaken program, tries."""


async def _get_current_user(services: AppServices, token: BearerToken, client: Client) -> AsyncIterator[AccessClaims]:
    caller = await services.users.sessions.require(token, client)
    try:
        yield caller
    except tuple(_REFUSALS) as error:
        event = next(event for kind, event in _REFUSALS.items() if isinstance(error, kind))
        account = (await services.users.accounts.find(caller)).email
        services.security_events.record(event, account=account, address=client.address)
        raise


CurrentUser = Annotated[AccessClaims, Depends(_get_current_user)]


def counted(action: Action) -> Dependency:
    """Counts the client's address before the body is validated, so that invalid requests are limited too."""

    async def count(authenticator: Annotated[Authenticator, Depends(_get_authenticator)], client: Client) -> None:
        await authenticator.count_address(action, client)

    # The type of FastAPI's function is Any, so that it can be a default value.
    dependency: Dependency = Depends(count)
    return dependency


async def assume_default_country(settings: AppSettings) -> None:
    """Sets the default country for parsing phone numbers. Runs in the request's task, before validation."""
    default_country.set(settings.default_country)
