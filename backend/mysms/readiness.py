"""What /ready depends on."""

from collections.abc import Iterable, Mapping

from mysms.core import database
from mysms.core.background import BackgroundTask
from mysms.delivery.loops import Loops
from mysms.web.leaving import Leaving
from mysms.web.ops import Check


def make_checks(
    db: database.Database, loops: Loops, tasks: Iterable[BackgroundTask], leaving: Leaving, *, sending: bool
) -> Mapping[str, Check]:
    """By the name under which it is told. While the operator has switched sending off, that is what is missing."""

    async def check_database() -> str | None:
        return None if await database.answers(db) else "MongoDB does not answer."

    async def check_outcomes() -> str | None:
        return loops.sender.problem

    async def check_sending() -> str | None:
        return loops.dispatcher.pause_reason if not sending else None

    async def check_carrier() -> str | None:
        return loops.dispatcher.pause_reason if sending else None

    return {
        "process": leaving.check,
        "database": check_database,
        "outcomes": check_outcomes,
        **{task.name: _check_of(task) for task in (*loops.tasks, *tasks)},
        "sending": check_sending,
        "carrier": check_carrier,
    }


def _check_of(task: BackgroundTask) -> Check:
    async def check() -> str | None:
        return task.problem

    return check
