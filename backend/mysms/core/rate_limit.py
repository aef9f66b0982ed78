"""Limits that hold over all processes: fixed windows, each one counter document."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.errors import DomainError
from mysms.core.timestamps import Clock


@dataclass(frozen=True)
class Limit:
    """At most `count` times in each window of `per`."""

    name: str
    count: int
    per: timedelta


class RateLimitedError(DomainError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "rate_limited"
    example = "Too many attempts. Please try again in 30 seconds."

    def __init__(self, retry_after_seconds: int = 30, detail: str | None = None) -> None:
        super().__init__(detail or f"Too many attempts. Please try again in {retry_after_seconds} seconds.")
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}


class RateLimiter:
    """Counts in the collection `rate_limits`. Subjects are kept as hashes: they are addresses and emails."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._counters = database["rate_limits"]
        self._clock = clock

    async def prepare(self) -> None:
        """Makes the index by which old counters are found; safe for several processes at once."""
        await self._counters.create_index([("expires_at", ASCENDING)], name="expires_at")

    async def count(self, limit: Limit, subject: str) -> str:
        """Counts one time for the subject, and answers what `take_back` asks for.

        Raises RateLimitedError once it is too often.
        """
        now = self._clock()
        window = int(now.timestamp() // limit.per.total_seconds())
        ends_at = datetime.fromtimestamp((window + 1) * limit.per.total_seconds(), UTC)
        key = f"{limit.name}:{window}:{_hashed(subject)}"
        times = await self._increment(key, ends_at)
        if times == 1:
            # A counter is new about as often as another one is over: so there are never many.
            await self._counters.delete_many({"expires_at": {"$lt": now}})
        if times > limit.count:
            raise RateLimitedError(max(1, round((ends_at - now).total_seconds())))
        return key

    async def take_back(self, key: str) -> None:
        """Makes one time that was counted not count."""
        await self._counters.update_one({"_id": key}, {"$inc": {"times": -1}})

    async def _increment(self, key: str, ends_at: datetime) -> int:
        for _ in range(2):
            try:
                counter = await self._counters.find_one_and_update(
                    {"_id": key},
                    {"$inc": {"times": 1}, "$setOnInsert": {"expires_at": ends_at}},
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError:
                # Two made the counter at the same moment: it is there now.
                continue
            return int(counter["times"]) if counter is not None else 1
        raise AssertionError("a counter cannot be missing and present at the same time")


def _hashed(subject: str) -> str:
    return hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()
