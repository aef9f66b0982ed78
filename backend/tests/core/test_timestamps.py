"""Timestamps as they are stored and serialised."""

from datetime import UTC, datetime, timedelta, timezone

from pydantic import BaseModel

from mysms.core.timestamps import Timestamp, to_rfc3339, utc_now


def test_the_current_time_is_in_utc_and_truncated_to_milliseconds() -> None:
    before = datetime.now(UTC)
    now = utc_now()
    assert before - timedelta(milliseconds=1) < now <= datetime.now(UTC)
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_timestamps_are_serialised_in_utc_with_three_decimals() -> None:
    assert to_rfc3339(datetime(2026, 11, 22, 10, 42, 7, 120_000, UTC)) == "2026-11-22T10:42:07.120Z"
    assert to_rfc3339(datetime(2026, 11, 22, 10, 42, 7, 0, UTC)) == "2026-11-22T10:42:07.000Z"
    assert to_rfc3339(datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00.000Z"


def test_serialised_timestamps_sort_as_text() -> None:
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=step * 37) for step in range(100)]
    texts = [to_rfc3339(moment) for moment in moments]
    assert texts == sorted(texts)


def test_models_serialise_timestamps() -> None:
    class Model(BaseModel):
        at: Timestamp

    at = datetime(2026, 11, 22, 10, 42, 7, 120_000, UTC)
    assert Model(at=at).model_dump(mode="json") == {"at": "2026-11-22T10:42:07.120Z"}
    assert Model(at=at).model_dump() == {"at": at}
