"""The application: the only place where its parts are wired together."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from mysms.carrier.base import CarrierUnavailableError
from mysms.carrier.twilio import TwilioCarrier, is_simulator
from mysms.core import database
from mysms.core.rate_limit import RateLimiter
from mysms.core.settings import Settings, load_settings
from mysms.core.timestamps import utc_now
from mysms.delivery import callbacks
from mysms.delivery import router as sending
from mysms.delivery.dispatcher import Dispatcher
from mysms.delivery.line import Line
from mysms.delivery.outbox import Outbox
from mysms.delivery.quotas import SpendGuard
from mysms.delivery.reconciler import Reconciler
from mysms.delivery.reports import ReportReader
from mysms.delivery.sender import Sender
from mysms.delivery.service import MessageSender
from mysms.messages import router as reading
from mysms.messages.models import Message
from mysms.messages.service import MessageHistory
from mysms.users import router as users
from mysms.users.attempts import AttemptLimits
from mysms.users.models import Invite, Session, User
from mysms.users.passwords import PasswordHasher
from mysms.users.service import UserService
from mysms.users.sign_up import SignUpDesk
from mysms.users.tokens import TokenSigner
from mysms.web.docs import install_docs
from mysms.web.middleware import BoundedBody, CountRequests, JsonSuffix, SecurityHeaders
from mysms.web.ops import make_router as make_ops_router
from mysms.web.problems import describe_problems, install_problem_answers
from mysms.web.spa import SinglePageApp

_log = logging.getLogger(__name__)

_DESCRIPTION = """
Send SMS through your own Twilio number, and see what became of them.

**To try it here:** sign up (or use your account), press *Authorize*, give your email as the username, and send.
Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem objects with a stable `code`.
"""


class UnsafeStartError(Exception):
    """The process must not start like this."""


def create_app(settings: Settings) -> FastAPI:
    """The API with everything it needs, not yet connected to anything: that happens in its lifespan."""
    client = database.connect(settings.mongodb_uri)
    db = database.database_of(client)
    delivery = _Delivery.of(settings, db)
    limiter = RateLimiter(db, utc_now)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.prepare(db, [User, Session, Invite, Message])
        await delivery.outbox.sids.prepare()
        await limiter.prepare()
        async with client, delivery.running():
            yield

    app = FastAPI(
        title="MySMS Messenger",
        version="0.1.0",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.users = _make_users(settings, limiter, delivery.outbox)
    app.state.history = MessageHistory()
    app.state.message_sender = MessageSender(
        delivery.outbox, delivery.dispatcher, _make_guard(settings, limiter), Line.of(settings), clock=utc_now
    )
    app.state.report_reader = ReportReader(delivery.outbox, settings.twilio_account_sid)

    async def check_database() -> str | None:
        return None if await database.answers(db) else "MongoDB does not answer."

    async def check_carrier() -> str | None:
        return delivery.dispatcher.pause_reason

    ops = make_ops_router({"database": check_database, "carrier": check_carrier})
    for router in (users.router, sending.router, reading.router, callbacks.router, ops):
        app.include_router(router)
    install_docs(app)
    install_problem_answers(app)
    describe_problems(app)
    if settings.frontend_dist is not None:
        app.mount("/", SinglePageApp(settings.frontend_dist))
    _add_middleware(app, settings)
    return app


@dataclass(frozen=True)
class _Delivery:
    """What gets messages to the carrier, and its loops."""

    outbox: Outbox
    sender: Sender
    dispatcher: Dispatcher
    reconciler: Reconciler
    hears_callbacks: bool

    @classmethod
    def of(cls, settings: Settings, db: database.Database) -> Self:
        line = Line.of(settings)
        timeout = timedelta(seconds=settings.carrier_timeout_seconds)
        reconcile_after = timedelta(seconds=settings.reconcile_after_seconds)
        outbox = Outbox(
            db,
            line,
            owner=secrets.token_hex(8),
            clock=utc_now,
            expires_after=timedelta(seconds=settings.send_expires_after_seconds),
            reconcile_after=reconcile_after,
            hears_callbacks=settings.callback_url is not None,
        )
        carrier = TwilioCarrier(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            settings.twilio_api_base_url,
            settings.carrier_timeout_seconds,
        )
        workers = settings.carrier_workers
        sender = Sender(outbox, carrier, settings.callback_url, workers=workers, start_within=timeout)
        # To begin, to connect and to be answered take one timeout each at the most; the fourth is a margin.
        lease = 4 * timeout
        reconciler = Reconciler(
            outbox, carrier, line.from_number, utc_now, lease=lease, reconcile_after=reconcile_after
        )
        return cls(outbox, sender, Dispatcher(outbox, sender, workers), reconciler, settings.callback_url is not None)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the loops; at the end, what has begun is finished, and nothing else is begun."""
        if not self.hears_callbacks:
            _log.warning("Twilio cannot call TWILIO_STATUS_CALLBACK_URL back: it needs a public https:// address.")
        loops = [asyncio.create_task(self.dispatcher.run()), asyncio.create_task(self.reconciler.run())]
        try:
            yield
        finally:
            self.sender.stop()
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self.dispatcher.finish()
            self.sender.close()
            self.reconciler.close()


def _make_users(settings: Settings, limiter: RateLimiter, outbox: Outbox) -> UserService:
    setup_code = settings.setup_code.get_secret_value() if settings.setup_code else None
    attempts = AttemptLimits(
        limiter,
        per_minute=settings.attempts_per_minute,
        per_account=settings.attempts_per_account,
    )
    return UserService(
        PasswordHasher(),
        TokenSigner(settings.jwt_secret.get_secret_value()),
        SignUpDesk(settings.sign_up_mode, setup_code, utc_now),
        attempts,
        erase_messages=outbox.erase,
        clock=utc_now,
    )


def _make_guard(settings: Settings, limiter: RateLimiter) -> SpendGuard:
    return SpendGuard(
        limiter,
        per_user_and_minute=settings.messages_per_user_and_minute,
        per_user_and_day=settings.messages_per_user_and_day,
        per_day=settings.messages_per_day,
        allowed_countries=settings.allowed_countries,
    )


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added is the first to see a request."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Idempotency-Key", "If-None-Match"],
        expose_headers=["ETag", "Link", "X-Total-Count", "Retry-After"],
    )
    app.add_middleware(BoundedBody)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CountRequests)
    app.add_middleware(JsonSuffix)


def create_app_from_environment() -> FastAPI:
    """For servers that make the app themselves, such as uvicorn with reload."""
    return create_app(load_settings())


async def check_start(settings: Settings) -> None:
    """Waits for the database. Raises UnusableAddressError, and UnsafeStartError for a development server in production.

    Those are told by how they name themselves, whatever their hosts are called.
    """
    async with database.connect(settings.mongodb_uri) as client:
        db = database.database_of(client)
        await database.wait_for(db)
        if settings.environment == "production":
            await _refuse_development_servers(db, settings)


async def _refuse_development_servers(db: database.Database, settings: Settings) -> None:
    if await database.is_development_server(db):
        raise UnsafeStartError(
            "MONGODB_URI leads to the development database of this project, which is made for one person's machine. "
            "Use MongoDB in production."
        )
    if settings.twilio_api_base_url:
        try:
            simulated = await asyncio.to_thread(
                is_simulator, settings.twilio_api_base_url, settings.carrier_timeout_seconds
            )
        except CarrierUnavailableError as error:
            raise UnsafeStartError(f"TWILIO_API_BASE_URL cannot be checked: {error}") from error
        if simulated:
            raise UnsafeStartError(
                "TWILIO_API_BASE_URL leads to the Twilio simulator of this project: nothing would be sent. "
                "Leave it empty in production."
            )
