"""Liveness and readiness for platforms and load balancers."""

from typing import Literal

from fastapi import APIRouter, Response, status
from pydantic import BaseModel, Field

from mysms.api.deps import AppServices

router = APIRouter(tags=["Operations"])


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    problems: dict[str, str] = Field({}, description="A sentence for each failed check, by its name.")


@router.head("/up", include_in_schema=False)
@router.get("/up", summary="Liveness")
async def up() -> Health:
    """Returns 200 as long as the process responds. Checks nothing else."""
    return Health(status="ok")


@router.head("/ready", include_in_schema=False)
@router.get(
    "/ready",
    summary="Readiness",
    responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Health, "description": "Some checks fail."}},
)
async def ready(services: AppServices, response: Response) -> Health:
    """Returns 200 if requests can be served and messages sent, else 503 with the reasons."""
    problems = await services.find_problems()
    if problems:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Health(status="unavailable" if problems else "ok", problems=problems)
