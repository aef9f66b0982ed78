"""Builds the FastAPI application."""

import contextlib
from collections.abc import AsyncIterator, Mapping

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from mysms.api import (
    attachments,
    contacts,
    conversations,
    event_streams,
    export,
    health,
    messages,
    metrics,
    opt_outs,
    password_reset,
    push,
    second_factor,
    sending,
    users,
    webhooks,
)
from mysms.api.refusals import record_refusals
from mysms.contacts.schemas import MAXIMUM_CONTACT_LENGTH
from mysms.core.logging import configure_logging
from mysms.core.phone_numbers import MAXIMUM_WRITTEN
from mysms.core.security_events import SecurityEvents
from mysms.core.settings import Settings, load_settings
from mysms.core.stream_capacity import StreamCapacity
from mysms.core.urls import Url
from mysms.messages.schemas import MAXIMUM_CONTENT_LENGTH
from mysms.services import LifespanState, build_services
from mysms.web.access_log import REQUEST_ID_HEADER, AccessLogMiddleware
from mysms.web.allowed_hosts import AllowedHostsMiddleware
from mysms.web.docs import DESCRIPTION, install_docs
from mysms.web.graceful_shutdown import ShutdownState
from mysms.web.middleware import BodyLimitMiddleware, JsonSuffixMiddleware, UnhandledErrorMiddleware
from mysms.web.problem_details import add_exception_handlers, customize_openapi
from mysms.web.response_headers import ResponseHeadersMiddleware
from mysms.web.security_events import ForeignOriginMiddleware
from mysms.web.spa import SinglePageApp

_ROUTERS = (
    # The routes of a request are tried in this order, so those that are used most come first.
    messages.router,
    health.router,
    conversations.router,
    webhooks.router,
    attachments.router,
    contacts.router,
    opt_outs.router,
    sending.router,
    users.router,
    second_factor.router,
    password_reset.router,
    push.router,
    event_streams.router,
    export.router,
    metrics.router,
)


_LONGEST_ESCAPE = len(r"\ud83d\ude00")
_BODY_BYTES: Mapping[str, int | None] = {
    # A message of the maximum length, even if its JSON escapes each character, and half as much again, so that a text
    # that is somewhat too long gets a specific error.
    "/api/messages": _LONGEST_ESCAPE * (MAXIMUM_CONTENT_LENGTH + MAXIMUM_WRITTEN) * 3 // 2,
    # Its route reads the file of a user who is signed in.
    contacts.IMPORT_PATH: None,
    attachments.UPLOAD_PATH: None,
    # A contact of the maximum length, in the same way.
    "/api/contacts": _LONGEST_ESCAPE * MAXIMUM_CONTACT_LENGTH * 3 // 2,
    # Twilio documents no maximum. A form has a text of at most 1600 characters, percent-encoded, the addresses of
    # at most ten media, and short fields.
    "/api/twilio": 32 * 1024,
}


def create_app(
    settings: Settings,
    shutdown: ShutdownState | None = None,
    events: SecurityEvents | None = None,
    streams: StreamCapacity | None = None,
) -> FastAPI:
    """Creates the API with all its services. It connects to the database in its lifespan.

    Raises DatabaseConfigurationError.
    """
    shutdown = shutdown or ShutdownState()
    events = events or SecurityEvents.of(settings)
    services = build_services(settings, shutdown, events, streams)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[LifespanState]:
        async with services.running():
            yield {"services": services}

    app = FastAPI(
        title="MySMS Messenger",
        version="0.1.0",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.docs_enabled else None,
        # A redirect would lead to whatever host the request names.
        redirect_slashes=False,
        lifespan=lifespan,
        # Its log would have the messages of exceptions, and the check for a provider costs a tenth of a short request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for router in _ROUTERS:
        # Not included: an included router looks for the route of a request again, in its own list.
        app.router.routes.extend(router.routes)
    if settings.docs_enabled:
        install_docs(app)
    add_exception_handlers(app)
    record_refusals(app)
    customize_openapi(app)
    if settings.frontend_dist is not None:
        # Only paths without an API route get here. An API route answers 405 to an unknown method itself.
        app.router.default = GZipMiddleware(SinglePageApp(settings.frontend_dist), compresslevel=6)
    _add_middleware(app, settings, shutdown, events)
    return app


def _add_middleware(app: FastAPI, settings: Settings, shutdown: ShutdownState, events: SecurityEvents) -> None:
    """Adds the middleware, innermost first: the one added last sees a request first."""
    app.add_middleware(BodyLimitMiddleware, limits=_BODY_BYTES, events=events)
    app.add_middleware(UnhandledErrorMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Idempotency-Key", "If-None-Match", "Last-Event-ID"],
        expose_headers=["ETag", "Link", "X-Revision", "X-Total-Count", "Retry-After", REQUEST_ID_HEADER],
    )
    if settings.allowed_hosts:
        own = [Url.parse(origin).host for origin in settings.cors_origins]
        own += [settings.app_url.host] if settings.app_url else []
        app.add_middleware(AllowedHostsMiddleware, hosts=[*settings.allowed_hosts, *own])
    app.add_middleware(ResponseHeadersMiddleware, shutdown=shutdown)
    app.add_middleware(ForeignOriginMiddleware, events=events, allowed_origins=settings.cors_origins)
    app.add_middleware(AccessLogMiddleware)
    app.add_middleware(JsonSuffixMiddleware)


def create_app_from_environment() -> FastAPI:
    """Creates the app for servers that call a factory, such as uvicorn with --reload."""
    settings = load_settings()
    configure_logging(settings.effective_log_format)
    return create_app(settings)
