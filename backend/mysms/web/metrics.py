"""/metrics: for Prometheus, and for nobody else."""

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mysms.core.errors import DomainError, documented

_MADE_BY_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


class MetricsTokenRequiredError(DomainError):
    status = HTTPStatus.UNAUTHORIZED
    code = "metrics_token_required"
    example = "Send the METRICS_TOKEN of this installation as a bearer token."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class MetricsNotHereError(DomainError):
    status = HTTPStatus.FORBIDDEN
    code = "metrics_from_loopback_only"
    example = "Metrics are told on the machine itself only, unless METRICS_TOKEN is set."


def make_router(token: str | None, measure: Callable[[], Awaitable[None]]) -> APIRouter:
    """`measure` brings up to date what is not counted as it happens."""
    router = APIRouter(tags=["Operations"])

    @router.get(
        "/metrics",
        summary="What has it counted?",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {}}, "description": "Prometheus text."},
            **documented(MetricsTokenRequiredError(), MetricsNotHereError()),
        },
    )
    async def metrics(
        request: Request, authorization: Annotated[str, Header(include_in_schema=False)] = ""
    ) -> Response:
        """Counters of this process, and what waits in the outbox, for Prometheus.

        Asks for METRICS_TOKEN as a bearer token where that is set, and answers on loopback only where it is not.
        """
        if token is None:
            _require_loopback(request)
        elif not secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise MetricsTokenRequiredError
        await measure()
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router


def _require_loopback(request: Request) -> None:
    """A proxy on this machine is on loopback too: what it passes on is told by its headers, and by the host's name."""
    came_directly = not any(name in request.headers for name in _MADE_BY_PROXIES)
    peer = request.client.host if request.client else ""
    if not (came_directly and _is_loopback(peer) and _is_loopback(_hostname(request))):
        raise MetricsNotHereError


def _hostname(request: Request) -> str:
    """Whom the request was for, by its own words."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
