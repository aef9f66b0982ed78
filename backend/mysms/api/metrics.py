"""Route for Prometheus metrics."""

import ipaddress
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mysms.api.deps import AppServices
from mysms.core.errors import DomainError, error_responses

_PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


class MetricsTokenRequiredError(DomainError):
    status = HTTPStatus.UNAUTHORIZED
    code = "metrics_token_required"
    example = "Send the METRICS_TOKEN of this server as a bearer token."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class MetricsForbiddenError(DomainError):
    status = HTTPStatus.FORBIDDEN
    code = "metrics_from_loopback_only"
    example = "Metrics are served on loopback only, unless METRICS_TOKEN is set."


router = APIRouter(tags=["Operations"])


@router.get(
    "/metrics",
    summary="Metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "Prometheus text."},
        **error_responses(MetricsTokenRequiredError(), MetricsForbiddenError()),
    },
)
async def metrics(
    request: Request, services: AppServices, authorization: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """Returns the counters of this process and gauges of the outbox in Prometheus's text format.

    Requires METRICS_TOKEN as a bearer token if that is set, and accepts requests from loopback only if it is not.
    """
    token = services.settings.metrics_token
    if token is None:
        _require_loopback(request)
    elif not secrets.compare_digest(authorization.encode(), f"Bearer {token.get_secret_value()}".encode()):
        raise MetricsTokenRequiredError
    await services.measure()
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _require_loopback(request: Request) -> None:
    """Raises MetricsForbiddenError unless the request came from this machine without a proxy.

    A local proxy connects from loopback too, but reveals itself by its headers or by the requested host name.
    """
    is_direct = not any(name in request.headers for name in _PROXY_HEADERS)
    peer = request.client.host if request.client else ""
    if not (is_direct and _is_loopback(peer) and _is_loopback(_hostname(request))):
        raise MetricsForbiddenError


def _hostname(request: Request) -> str:
    """Returns the host name of the Host header."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
