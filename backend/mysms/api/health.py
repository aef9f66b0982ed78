"""Liveness and readiness for platforms and load balancers."""

from typing import Literal

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, Field

from mysms.api.deps import AppServices
from mysms.api.direct import DirectRoute
from mysms.api.operator_access import IsOperator

router = APIRouter(tags=["Operations"])


class Liveness(BaseModel):
    status: Literal["ok"] = "ok"


_ALIVE = Liveness().model_dump_json().encode()


class Readiness(BaseModel):
    status: Literal["ok", "unavailable"]
    problems: dict[str, str] | None = Field(
        None, description="A sentence for each failed check, by its name. Absent for strangers."
    )
    warnings: dict[str, str] | None = Field(
        None, description="What needs attention although the process is ready. Absent for strangers."
    )


async def up(_: Request) -> Response:
    """Returns 200 as long as the process responds. Checks nothing else."""
    return Response(_ALIVE, media_type="application/json")


for method in ("GET", "HEAD"):
    router.add_api_route(
        "/up",
        up,
        methods=[method],
        response_model=Liveness,
        summary="Liveness",
        include_in_schema=method == "GET",
        route_class_override=DirectRoute,
    )


@router.head("/ready", include_in_schema=False)
@router.get(
    "/ready",
    summary="Readiness",
    responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Readiness, "description": "Some checks fail."}},
    response_model_exclude_none=True,
)
async def ready(services: AppServices, is_operator: IsOperator, response: Response) -> Readiness:
    """Returns 200 if requests can be served and messages sent, else 503.

    The reasons are for those who may read /metrics: requests on loopback or, if METRICS_TOKEN is set, with that token.
    """
    problems = await services.find_problems()
    if problems:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    if not is_operator:
        return Readiness(status="unavailable" if problems else "ok")
    # Without a database, nothing is known about accounts.
    warnings = None if problems else await services.find_warnings()
    return Readiness(status="unavailable" if problems else "ok", problems=problems, warnings=warnings or None)
