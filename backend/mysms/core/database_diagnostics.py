"""Diagnostics of the database for operators: version, durable writes and clock skew."""

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
    """The duration of a durable write."""
    clock_skew: timedelta
    """The difference between the database's clock and this machine's; never negative."""


async def inspect_database(database: Database) -> DatabaseReport:
    """Writes and deletes an expired counter, and reads version and time. Raises DatabaseError."""
    build = await database.command("buildInfo")
    asked_at = utc_now()
    local_time: object = (await database.command("hello")).get("localTime")
    answered_at = utc_now()

    counters = database["rate_limits"]
    key = f"doctor:{secrets.token_hex(8)}"
    started_at = time.perf_counter()
    await counters.insert_one({"_id": key, "times": 0, "expires_at": utc_now()})
    milliseconds = round((time.perf_counter() - started_at) * 1000)
    await counters.delete_one({"_id": key})
    return DatabaseReport(
        version=tuple(int(part) for part in str(build["version"]).split(".") if part.isdecimal()),
        is_development_server=await is_development_server(database),
        milliseconds=milliseconds,
        clock_skew=_skew(local_time, asked_at, answered_at),
    )


def _skew(local_time: object, asked_at: datetime, answered_at: datetime) -> timedelta:
    """Returns zero if the server's time lies between request and response, else the distance to the nearer one."""
    if not isinstance(local_time, datetime):
        return timedelta()
    local_time = local_time if local_time.tzinfo else local_time.replace(tzinfo=UTC)
    return max(timedelta(), asked_at - local_time, local_time - answered_at)
