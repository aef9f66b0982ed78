"""The only place where the simulator's parts are wired together."""

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
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from devservers.twilio.account import Account
from devservers.twilio.account_api import AccountApi, account_path
from devservers.twilio.api import MessagesApi
from devservers.twilio.callbacks import Courier
from devservers.twilio.clock import Clock
from devservers.twilio.connections import HangUpWhenCancelled
from devservers.twilio.control_api import ControlApi, OrderError, refuse_order
from devservers.twilio.errors import ApiError
from devservers.twilio.ledger import Ledger, ListOrder
from devservers.twilio.messages import messages_path
from devservers.twilio.page import Page
from devservers.twilio.progress import Progress
from devservers.twilio.switchboard import Switchboard

# Production refuses a carrier that answers with these, whatever its host is called.
HEADERS = [("Server", "MySMS-Twilio-Simulator"), ("X-Simulator", "mysms-twilio")]


def create_app(
    account: Account,
    ledger: Ledger,
    rng: Random,
    clock: Clock,
    pace: float,
    list_order: ListOrder,
    *,
    own_control_port: bool,
) -> Starlette:
    """`app.state.connections` has to be set to the server before the first request."""
    switchboard = Switchboard(rng)
    courier = Courier(account, ledger, switchboard, clock)
    progress = Progress(ledger, courier, clock, pace)
    api = MessagesApi(account, ledger, switchboard, progress, clock, list_order)
    accounts = AccountApi(account, clock)
    control = ControlApi(ledger, switchboard, courier, progress, api, own_port=own_control_port)
    page = Page(account, ledger, switchboard)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        progress.resume()
        yield
        await progress.stop()
        await courier.close()
        ledger.close()

    app = Starlette(
        routes=[
            Route("/", page.show),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
            *control.routes(),
            Route(account_path("{account_sid}") + ".json", accounts.account),
            Route(account_path("{account_sid}") + "/IncomingPhoneNumbers.json", accounts.numbers),
            Route(f"{messages_path('{account_sid}')}.json", api.collection, methods=["GET", "POST"]),
            Route(messages_path("{account_sid}") + "/{sid}.json", api.instance, methods=["GET", "POST", "DELETE"]),
        ],
        exception_handlers={HTTPException: _twilio_error, OrderError: refuse_order, ValidationError: refuse_order},
        middleware=[Middleware(HangUpWhenCancelled)],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def _twilio_error(request: Request, error: Exception) -> Response:
    """What no route answers is refused in Twilio's own form."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"The requested resource {request.url.path} was not found" if status == 404 else ""  # noqa: PLR2004
    return ApiError({404: 20404, 405: 20004}.get(status, 20001), message, status).answer()
