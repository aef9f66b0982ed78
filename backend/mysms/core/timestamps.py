"""Timestamps as they are stored and returned: in UTC, truncated to milliseconds like BSON dates."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Returns the current time in UTC and whole milliseconds, so that a time read back equals the one stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def to_rfc3339(time: datetime) -> str:
    """Formats a time as `2026-11-22T10:42:07.120Z`: UTC with three decimals, so that the strings sort like times."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d")


def _require_date_and_time(value: object) -> object:
    """Rejects numbers, also as text, which pydantic would read as seconds since 1970."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _DATE_AND_TIME.match(value)):
        raise PydanticCustomError("datetime_parsing", "is not a time")
    return value


def _in_utc(time: datetime) -> datetime:
    """Converts to UTC; rejects the first and last hours of the range, which exist in other time zones only."""
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("datetime_parsing", "is out of range") from error


UtcDatetime = Annotated[AwareDatetime, BeforeValidator(_require_date_and_time), AfterValidator(_in_utc)]
"""A time from a client, in any time zone."""

Timestamp = Annotated[
    datetime,
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T10:42:07.120Z"]}),
]
