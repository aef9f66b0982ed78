"""The application: the only place where its parts are wired together."""

import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from mysms.carrier.twilio import TwilioCarrier
from mysms.core import database
from mysms.core.background import BackgroundTask, every, running
from mysms.core.event_loop import watch_lag
from mysms.core.heartbeat import Heartbeat
from mysms.core.logging import configure_logging
from mysms.core.metrics import CARRIER_PAUSED
from mysms.core.rate_limit import RateLimiter
from mysms.core.settings import Settings, load_settings
from mysms.core.timestamps import utc_now
from mysms.delivery import callbacks
from mysms.delivery import router as sending
from mysms.delivery.absence import AbsenceRule
from mysms.delivery.backlog import Backlog
from mysms.delivery.dispatcher import Dispatcher
from mysms.delivery.erasure import Erasure
from mysms.delivery.line import Line
from mysms.delivery.loops import Loops
from mysms.delivery.maintenance import Maintenance
from mysms.delivery.outbox import Outbox
from mysms.delivery.pauses import Pause
from mysms.delivery.questions import Questions
from mysms.delivery.quotas import SpendGuard
from mysms.delivery.reconciler import Reconciler
from mysms.delivery.repairs import Repairs
from mysms.delivery.reports import ReportReader
from mysms.delivery.rounds import Questioner, Rounds
from mysms.delivery.sender import Sender
from mysms.delivery.service import MessageSender
from mysms.delivery.sids import SidOwners
from mysms.delivery.status_checks import StatusChecks
from mysms.delivery.text_locks import TextLocks
from mysms.delivery.withdrawals import Withdrawals
from mysms.messages import router as reading
from mysms.messages.export import AccountExport
from mysms.messages.retention import Retention
from mysms.messages.service import MessageHistory
from mysms.readiness import make_checks
from mysms.start import prepare
from mysms.users import router as users
from mysms.users.attempts import AttemptLimits
from mysms.users.passwords import PasswordHasher
from mysms.users.service import UserService
from mysms.users.sign_up import SignUpDesk
from mysms.users.tokens import TokenSigner
from mysms.web.access import REQUEST_ID_HEADER, AccessLog, RequestIds
from mysms.web.docs import DESCRIPTION, install_docs
from mysms.web.leaving import CloseConnections, Leaving
from mysms.web.metrics import make_router as make_metrics_router
from mysms.web.middleware import AnswerUnexpected, BoundedBody, JsonSuffix, SecurityHeaders
from mysms.web.ops import make_router as make_ops_router
from mysms.web.problems import describe_problems, install_problem_answers
from mysms.web.spa import SinglePageApp

_log = logging.getLogger(__name__)

_LONGEST_TURN = timedelta(seconds=60)
"""How long a loop may take for a turn, beside waiting for an attempt, before it counts as stuck."""
_CLEAN_UP_SECONDS = 30.0
"""How long what an ended process left behind, or what is over, may stay."""


def create_app(settings: Settings) -> FastAPI:
    """The API with everything it needs, not yet connected to anything: that happens in its lifespan."""
    client = database.connect(settings.mongodb_uri)
    db = database.database_of(client)
    limiter = RateLimiter(db, utc_now)
    outbox = _make_outbox(settings, db)
    erasure = Erasure(db, utc_now)
    loops = _make_loops(settings, db, outbox, erasure)
    accounts = _make_users(settings, limiter, erasure)
    tasks = _make_tasks(settings, accounts, limiter)

    leaving = Leaving()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await prepare(db)
        await TextLocks(db).break_stale()
        if settings.callback_url is None:
            _log.warning("Twilio cannot call TWILIO_STATUS_CALLBACK_URL back: it needs a public https:// address.")
        async with client, running(tasks), loops.running():
            yield

    app = FastAPI(
        title="MySMS Messenger",
        version="0.1.0",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.leaving = leaving
    app.state.stop_work = loops.dispatcher.stop
    app.state.users = accounts
    app.state.history = MessageHistory()
    app.state.export = AccountExport(accounts, limiter, utc_now)
    app.state.message_sender = MessageSender(
        outbox,
        Withdrawals(db, utc_now),
        erasure,
        loops.dispatcher,
        _make_guard(settings, limiter),
        Line.of(settings),
        clock=utc_now,
        is_open=accounts.is_open,
    )
    app.state.report_reader = ReportReader(outbox, SidOwners(db, utc_now), settings.twilio_account_sid)

    backlog = Backlog(db, Line.of(settings), utc_now)

    async def measure() -> None:
        CARRIER_PAUSED.set(settings.sending and loops.dispatcher.pause is not None)
        await backlog.measure()

    ops = make_ops_router(make_checks(db, loops, tasks, leaving, sending=settings.sending))
    metrics_token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    metrics = make_metrics_router(metrics_token, measure)
    for router in (users.router, sending.router, reading.router, callbacks.router, ops, metrics):
        app.include_router(router)
    install_docs(app)
    install_problem_answers(app)
    describe_problems(app)
    if settings.frontend_dist is not None:
        # Whatever has a route of its own answers itself, also to a method that it does not know.
        app.router.default = GZipMiddleware(SinglePageApp(settings.frontend_dist), compresslevel=6)
    _add_middleware(app, settings, leaving)
    return app


def _make_outbox(settings: Settings, db: database.Database) -> Outbox:
    return Outbox(
        db,
        Line.of(settings),
        owner=secrets.token_hex(8),
        clock=utc_now,
        expires_after=timedelta(seconds=settings.send_expires_after_seconds),
        reconcile_after=timedelta(seconds=settings.reconcile_after_seconds),
        hears_callbacks=settings.callback_url is not None,
        sending=settings.sending,
    )


def _make_loops(settings: Settings, db: database.Database, outbox: Outbox, erasure: Erasure) -> Loops:
    line = Line.of(settings)
    hears_callbacks = settings.callback_url is not None
    timeout = timedelta(seconds=settings.carrier_timeout_seconds)
    reconcile_after = timedelta(seconds=settings.reconcile_after_seconds)
    carrier = TwilioCarrier.of(settings)
    workers = settings.carrier_workers
    # To begin, to connect and to be answered take one timeout each at the most; the fourth is a margin.
    lease = 4 * timeout
    sender = Sender(
        outbox, carrier, settings.callback_url, workers=workers, start_within=timeout, lease=lease, clock=utc_now
    )
    stuck_after = (lease + _LONGEST_TURN).total_seconds()
    pause = None if settings.sending else Pause.switched_off(utc_now())
    dispatcher = Dispatcher(outbox, sender, workers, utc_now, Heartbeat("dispatcher", stuck_after), pause)

    # Longer than any question takes: a list takes six timeouts, and two more for its last page.
    hold = 10 * timeout
    answer_after = (hold + _LONGEST_TURN).total_seconds()
    repairs = Repairs(db, line, utc_now, reconcile_after=reconcile_after)
    questions = Questions(db, line, utc_now, hold=hold, hears_callbacks=hears_callbacks)
    maintenance = Maintenance(outbox, repairs, erasure, lease=lease)
    reconciler_heart = Heartbeat("reconciler", answer_after)
    looking = Questioner(reconciler_heart)
    reconciler = Reconciler(
        outbox,
        repairs,
        questions,
        SidOwners(db, utc_now),
        carrier,
        line.from_number,
        utc_now,
        absence=AbsenceRule(reconcile_after, timedelta(seconds=settings.absence_confirmed_after_seconds)),
        questioner=looking,
    )
    status_checks_heart = Heartbeat("status checks", answer_after)
    asking = Questioner(status_checks_heart)
    status_checks = StatusChecks(outbox, questions, carrier, asking)
    rounds = [
        Rounds(maintenance.run_round, Heartbeat("maintenance", stuck_after)),
        Rounds(reconciler.run_round, reconciler_heart),
        Rounds(status_checks.run_round, status_checks_heart),
    ]
    return Loops(dispatcher, sender, rounds, [looking, asking])


def _make_tasks(settings: Settings, accounts: UserService, limiter: RateLimiter) -> list[BackgroundTask]:
    """What runs beside the loops of the delivery."""
    tasks = [
        BackgroundTask("lag-monitor", watch_lag),
        BackgroundTask("account-deletion", lambda: every(_CLEAN_UP_SECONDS, accounts.finish_deletions)),
        BackgroundTask("session-cleanup", lambda: every(_CLEAN_UP_SECONDS, accounts.delete_expired_sessions)),
        BackgroundTask("counter-cleanup", lambda: every(_CLEAN_UP_SECONDS, limiter.delete_expired)),
    ]
    if settings.content_retention_days is not None:
        retention = Retention(timedelta(days=settings.content_retention_days), utc_now)
        tasks.append(BackgroundTask("retention", retention.run))
    return tasks


def _make_users(settings: Settings, limiter: RateLimiter, erasure: Erasure) -> UserService:
    setup_code = settings.setup_code.get_secret_value() if settings.setup_code else None
    attempts = AttemptLimits(
        limiter, per_minute=settings.attempts_per_minute, per_account=settings.attempts_per_account
    )
    return UserService(
        PasswordHasher(),
        TokenSigner(settings.jwt_secret.get_secret_value()),
        SignUpDesk(settings.sign_up_mode, setup_code, utc_now),
        attempts,
        erase_messages=erasure.erase,
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


def _add_middleware(app: FastAPI, settings: Settings, leaving: Leaving) -> None:
    """The last one added is the first to see a request."""
    app.add_middleware(BoundedBody)
    app.add_middleware(AnswerUnexpected)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Idempotency-Key", "If-None-Match"],
        expose_headers=["ETag", "Link", "X-Total-Count", "Retry-After", REQUEST_ID_HEADER],
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CloseConnections, leaving=leaving)
    app.add_middleware(AccessLog)
    app.add_middleware(RequestIds)
    app.add_middleware(JsonSuffix)


def create_app_from_environment() -> FastAPI:
    """For servers that make the app themselves, such as uvicorn with reload."""
    settings = load_settings()
    configure_logging(settings.log_lines)
    return create_app(settings)
