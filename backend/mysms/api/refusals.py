"""Refusals that are security events."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI, Request
from starlette.responses import Response

from mysms.api.deps import get_client_info, get_services
from mysms.core.errors import DomainError, NotFoundError
from mysms.core.security_events import SecurityEvent
from mysms.outbox.errors import CountryNotAllowedError, QuotaError
from mysms.users.errors import UnauthenticatedError
from mysms.web.problem_details import problem_response

_REFUSALS: Mapping[type[DomainError], SecurityEvent] = {
    NotFoundError: "resource_refused",
    CountryNotAllowedError: "destination_refused",
    QuotaError: "quota_exceeded",
}


def record_refusals(app: FastAPI) -> None:
    """Records an event for each of these errors that a signed-in user gets."""
    for kind, event in _REFUSALS.items():
        app.exception_handler(kind)(_recording(event))


def _recording(event: SecurityEvent) -> Callable[[Request, DomainError], Awaitable[Response]]:
    async def answer(request: Request, error: DomainError) -> Response:
        caller = getattr(request.state, "caller", None)
        if caller is not None:
            services = get_services(request)
            try:
                account = (await services.users.accounts.find(caller)).email
            except UnauthenticatedError as gone:
                return problem_response(gone)
            services.security_events.record(event, account=account, address=get_client_info(request).address)
        return problem_response(error)

    return answer
