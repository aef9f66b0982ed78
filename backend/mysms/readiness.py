"""What /ready depends on."""

from collections.abc import Mapping
from functools import partial

from mysms.core import database
from mysms.delivery.loops import Loops
from mysms.delivery.rounds import Rounds
from mysms.web.leaving import Leaving
from mysms.web.ops import Check


def make_checks(db: database.Database, loops: Loops, leaving: Leaving, *, sending: bool) -> Mapping[str, Check]:
    """By the name under which it is told. While the operator has switched sending off, that is what is missing."""

    async def check_database() -> str | None:
        return None if await database.answers(db) else "MongoDB does not answer."

    async def check_dispatcher() -> str | None:
        return loops.dispatcher.heart.problem

    async def check_rounds(rounds: Rounds) -> str | None:
        return rounds.heart.problem

    async def check_sending() -> str | None:
        return loops.dispatcher.pause_reason if not sending else None

    async def check_carrier() -> str | None:
        return loops.dispatcher.pause_reason if sending else None

    return {
        "process": leaving.check,
        "database": check_database,
        "dispatcher": check_dispatcher,
        **{rounds.heart.name: partial(check_rounds, rounds) for rounds in loops.rounds},
        "sending": check_sending,
        "carrier": check_carrier,
    }
