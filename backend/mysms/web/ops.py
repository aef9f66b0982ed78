"""What platforms and load balancers ask: does it live, and can it work?"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from fastapi import APIRouter, Response, status
from pydantic import BaseModel, Field

Check = Callable[[], Awaitable[str | None]]
"""Answers None when all is well, else a sentence that says what is missing."""


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    problems: dict[str, str] = Field({}, description="What is missing, by the part that misses it.")


def make_router(checks: Mapping[str, Check]) -> APIRouter:
    """The operators' routes; `checks` are what readiness depends on, by name."""
    router = APIRouter(tags=["Operations"])

    @router.head("/up", include_in_schema=False)
    @router.get("/up", summary="Does it live?")
    async def up() -> Health:
        """200 as long as the process answers; asks nobody else."""
        return Health(status="ok")

    @router.head("/ready", include_in_schema=False)
    @router.get(
        "/ready",
        summary="Can it work?",
        responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Health, "description": "What is missing."}},
    )
    async def ready(response: Response) -> Health:
        """200 if requests can be served and messages sent, else 503 and why not."""
        found = {name: await check() for name, check in checks.items()}
        problems = {name: problem for name, problem in found.items() if problem is not None}
        if problems:
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Health(status="unavailable" if problems else "ok", problems=problems)

    return router
