"""What an operator wants to know of the database: what it is, whether it takes writes, whether its clock is right."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mysms.core.database import Database, is_development_server
from mysms.core.timestamps import utc_now


@dataclass(frozen=True)
class DatabaseReport:
    version: tuple[int, ...]
    is_development_server: bool
    milliseconds: int
    """How long a durable write took."""
    clock_skew: timedelta
    """How far its clock is ahead of ours; never negative."""


async def inspect_database(database: Database) -> DatabaseReport:
    """Writes a counter that is over already, and takes it away again. Raises DatabaseError."""
    build = await database.command("buildInfo")
    asked_at = utc_now()
    told: object = (await database.command("hello")).get("localTime")
    answered_at = utc_now()

    counters = database["rate_limits"]
    key = f"doctor:{secrets.token_hex(8)}"
    begun = time.perf_counter()
    await counters.insert_one({"_id": key, "times": 0, "expires_at": utc_now()})
    milliseconds = round((time.perf_counter() - begun) * 1000)
    await counters.delete_one({"_id": key})
    return DatabaseReport(
        version=tuple(int(part) for part in str(build["version"]).split(".") if part.isdecimal()),
        is_development_server=await is_development_server(database),
        milliseconds=milliseconds,
        clock_skew=_skew(told, asked_at, answered_at),
    )


def _skew(told: object, asked_at: datetime, answered_at: datetime) -> timedelta:
    """Nothing as long as what was told lies between question and answer."""
    if not isinstance(told, datetime):
        return timedelta()
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    return max(timedelta(), asked_at - told, told - answered_at)
