"""Times as the product keeps and shows them: UTC, cut to the millisecond that BSON keeps."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time now, in UTC and whole milliseconds, so that a stored time equals the one that was stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def to_rfc3339(time: datetime) -> str:
    """`2026-11-22T10:42:07.120Z`: always UTC, always three decimals, so that strings sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d")


def _require_date_and_time(value: object) -> object:
    """A bare number would be taken for the seconds since 1970, which nobody has promised."""
    if isinstance(value, str) and not _DATE_AND_TIME.match(value):
        raise PydanticCustomError("datetime_parsing", "is not a time")
    return value


def _in_utc(time: datetime) -> datetime:
    """Raises for the first and last hours of all time, which other time zones have and UTC has not."""
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("datetime_parsing", "is out of range") from error


UtcDatetime = Annotated[AwareDatetime, BeforeValidator(_require_date_and_time), AfterValidator(_in_utc)]
"""A time that somebody sent us, in any time zone."""

Timestamp = Annotated[
    datetime,
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T10:42:07.120Z"]}),
]
