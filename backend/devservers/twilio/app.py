"""The simulator's composition root."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devservers.local_page import static_files
from devservers.local_requests import SECURITY_HEADERS, LocalRequestsOnly
from devservers.twilio.account import Account
from devservers.twilio.account_api import AccountApi, account_path
from devservers.twilio.api import CONTENT_PATH, MessagesApi
from devservers.twilio.callbacks import CallbackSender
from devservers.twilio.clock import Clock
from devservers.twilio.connections import AbortWhenCancelled
from devservers.twilio.control_api import ControlApi, InvalidCommandError, invalid_command_response
from devservers.twilio.errors import ApiError
from devservers.twilio.fault_registry import FaultRegistry
from devservers.twilio.inbound import Phones
from devservers.twilio.ledger import Ledger, ListOrder
from devservers.twilio.messages import messages_path
from devservers.twilio.outbound_media import MediaFetcher
from devservers.twilio.page import Page
from devservers.twilio.progress import Progress
from devservers.twilio.services import SERVICES_PATH, MessagingServices, ServicesApi

# In production the API refuses to run against a provider that sends these headers, whatever its host name.
HEADERS = [("Server", "MySMS-Twilio-Simulator"), ("X-Simulator", "mysms-twilio"), *SECURITY_HEADERS]


def create_app(
    account: Account,
    ledger: Ledger,
    rng: Random,
    clock: Clock,
    pace: float,
    list_order: ListOrder,
    *,
    has_control_port: bool,
    api_url: str,
) -> Starlette:
    """The caller must set `app.state.connections` to the server before the first request.

    `api_url` is where the API is: the webhooks of pictures lead there.
    """
    registry = FaultRegistry(rng)
    callback_sender = CallbackSender(account, ledger, registry, clock)
    fetcher = MediaFetcher(ledger, registry, clock)
    progress = Progress(ledger, callback_sender, fetcher, clock, pace)
    api = MessagesApi(account, ledger, registry, progress, clock, list_order)
    accounts = AccountApi(account, ledger, clock)
    services = MessagingServices()
    services_api = ServicesApi(account, services)
    phones = Phones(account, ledger, callback_sender, clock, services, api_url)
    control = ControlApi(
        account,
        ledger,
        registry,
        callback_sender,
        progress,
        phones,
        api,
        services,
        fetcher,
        has_control_port=has_control_port,
    )
    page = Page(account, ledger, registry, progress, api, fetcher, clock)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        progress.resume()
        yield
        await progress.stop()
        await phones.stop()
        await callback_sender.close()
        await fetcher.close()
        ledger.close()

    app = Starlette(
        routes=[
            Route("/", page.show),
            *static_files(Path(__file__).parent / "static"),
            *control.routes(),
            Route(account_path("{account_sid}") + ".json", accounts.account),
            Route(account_path("{account_sid}") + "/IncomingPhoneNumbers.json", accounts.numbers),
            Route(
                account_path("{account_sid}") + "/IncomingPhoneNumbers/{sid}.json",
                accounts.number,
                methods=["GET", "POST"],
            ),
            Route(f"{messages_path('{account_sid}')}.json", api.collection, methods=["GET", "POST"]),
            Route(messages_path("{account_sid}") + "/{sid}.json", api.instance, methods=["GET", "POST", "DELETE"]),
            Route(messages_path("{account_sid}") + "/{sid}/Media.json", api.media_list),
            Route(messages_path("{account_sid}") + "/{sid}/Media/{media_sid}", api.media),
            Route(CONTENT_PATH + "/{media_sid}", api.media_content),
            Route(SERVICES_PATH, services_api.services),
            Route(SERVICES_PATH + "/{sid}/PhoneNumbers", services_api.numbers),
        ],
        exception_handlers={
            HTTPException: _twilio_error,
            InvalidCommandError: invalid_command_response,
            ValidationError: invalid_command_response,
        },
        middleware=[Middleware(LocalRequestsOnly), Middleware(AbortWhenCancelled)],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def _twilio_error(request: Request, error: Exception) -> Response:
    """Unknown paths and methods get an error body in Twilio's format."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"The requested resource {request.url.path} was not found" if status == 404 else ""  # noqa: PLR2004
    return ApiError({404: 20404, 405: 20004}.get(status, 20001), message, status).response()
