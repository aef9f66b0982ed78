"""Route for Prometheus metrics."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mysms.api.deps import AppServices, Client
from mysms.api.operator_access import IsOperator
from mysms.core.errors import DomainError, error_responses


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
async def metrics(services: AppServices, client: Client, is_operator: IsOperator) -> Response:
    """Returns the counters of this process and gauges of the outbox in Prometheus's text format.

    Requires METRICS_TOKEN as a bearer token if that is set, and accepts requests from loopback only if it is not.
    """
    if not is_operator:
        services.security_events.record("metrics_refused", address=client.address)
        raise MetricsTokenRequiredError if services.settings.metrics_token else MetricsForbiddenError
    await services.measure()
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
