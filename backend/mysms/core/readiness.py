"""Readiness: named checks, each of which returns None or a sentence that describes the problem."""

from collections.abc import Awaitable, Callable, Mapping

from mysms.core.background_task import BackgroundTask

Check = Callable[[], Awaitable[str | None]]


async def find_problems(checks: Mapping[str, Check]) -> dict[str, str]:
    """Runs all checks; returns the sentences of those that fail, by name."""
    found = {name: await check() for name, check in checks.items()}
    return {name: problem for name, problem in found.items() if problem is not None}


def check_of(task: BackgroundTask) -> Check:
    async def check() -> str | None:
        return task.problem

    return check
