"""Limits that hold over all processes: fixed windows, each one counter document."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.errors import DomainError
from mysms.core.timestamps import Clock

_BATCH = 1000


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

    async def hit(self, limit: Limit, subject: str) -> str:
        """Counts one time for the subject, and answers what `refund` asks for.

        Raises RateLimitedError once it is too often; that is not counted.
        """
        now = self._clock()
        window = int(now.timestamp() // limit.per.total_seconds())
        ends_at = datetime.fromtimestamp((window + 1) * limit.per.total_seconds(), UTC)
        key = f"{limit.name}:{window}:{_hashed(subject)}"
        if not await self._increment(key, limit.count, ends_at):
            raise RateLimitedError(max(1, round((ends_at - now).total_seconds())))
        return key

    async def refund(self, key: str) -> None:
        """Makes one time that was counted not count."""
        await self._counters.update_one({"_id": key}, {"$inc": {"times": -1}})

    async def delete_expired(self) -> None:
        """Deletes the counters of windows that are over, batch by batch. Any number of processes may."""
        now = self._clock()
        while True:
            over = await self._counters.find({"expires_at": {"$lt": now}}, {"_id": 1}, limit=_BATCH).to_list()
            await self._counters.delete_many({"_id": {"$in": [row["_id"] for row in over]}})
            if len(over) < _BATCH:
                return

    async def _increment(self, key: str, most: int, ends_at: datetime) -> bool:
        """Adds one to a counter that is below `most`; False if it is not. A missing counter is made."""
        for _ in range(2):
            try:
                await self._counters.update_one(
                    {"_id": key, "times": {"$lt": most}},
                    {"$inc": {"times": 1}, "$setOnInsert": {"expires_at": ends_at}},
                    upsert=True,
                )
            except DuplicateKeyError:
                # It is there but did not match: it is full, or somebody has made it at this moment. The second time
                # tells which.
                continue
            return True
        return False


def _hashed(subject: str) -> str:
    return hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()
