"""What /ready depends on."""

from collections.abc import Mapping

from mysms.core import database
from mysms.delivery.loops import Loops
from mysms.web.leaving import Leaving
from mysms.web.ops import Check


def make_checks(db: database.Database, loops: Loops, leaving: Leaving, *, sending: bool) -> Mapping[str, Check]:
    """By the name under which it is told. While the operator has switched sending off, that is what is missing."""

    async def check_database() -> str | None:
        return None if await database.answers(db) else "MongoDB does not answer."

    async def check_dispatcher() -> str | None:
        return loops.dispatcher.heart.problem

    async def check_reconciler() -> str | None:
        return loops.reconciler.heart.problem

    async def check_sending() -> str | None:
        return loops.dispatcher.pause_reason if not sending else None

    async def check_carrier() -> str | None:
        return loops.dispatcher.pause_reason if sending else None

    return {
        "process": leaving.check,
        "database": check_database,
        "dispatcher": check_dispatcher,
        "reconciler": check_reconciler,
        "sending": check_sending,
        "carrier": check_carrier,
    }
