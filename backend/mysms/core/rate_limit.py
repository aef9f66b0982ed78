"""Rate limits shared by all processes: fixed windows, with one counter document for each."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from mysms.core.batches import delete_in_batches
from mysms.core.database import Database
from mysms.core.errors import DomainError
from mysms.core.timestamps import Clock

_LONGEST_IN_SECONDS = 120
"""Longer waits are told in minutes."""

Hits = Sequence[str]
"""The keys of hits that were counted together, for `RateLimiter.refund_all`."""


@dataclass(frozen=True)
class Limit:
    """At most `count` hits in each window of `per`."""

    name: str
    count: int
    per: timedelta


class RateLimitedError(DomainError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "rate_limited"
    example = "Too many attempts. Please try again in 30 seconds."

    def __init__(self, retry_after_seconds: int = 30, detail: str | None = None) -> None:
        super().__init__(detail or f"Too many attempts. Please try again in {_in_words(retry_after_seconds)}.")
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}


class RateLimiter:
    """Counts hits in the collection `rate_limits`. Subjects are IP addresses and emails, so only hashes are stored."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._counters = database["rate_limits"]
        self._clock = clock

    async def create_indexes(self) -> None:
        """Creates the index for finding expired counters; safe for several processes at once."""
        await self._counters.create_index([("expires_at", ASCENDING)], name="expires_at")

    async def hit(self, limit: Limit, subject: str) -> str:
        """Counts a hit for the subject, and returns the key for `refund`.

        Raises RateLimitedError, without counting, once the limit is reached.
        """
        now = self._clock()
        window = int(now.timestamp() // limit.per.total_seconds())
        ends_at = datetime.fromtimestamp((window + 1) * limit.per.total_seconds(), UTC)
        key = f"{limit.name}:{window}:{_hashed(subject)}"
        if not await self._increment(key, limit.count, ends_at):
            raise RateLimitedError(max(1, round((ends_at - now).total_seconds())))
        return key

    async def hit_all(self, limits: Iterable[tuple[Limit, str]]) -> Hits:
        """Counts a hit for the subject of each limit.

        Raises RateLimitedError, without counting for any of them, once one of the limits is reached. If the database
        fails or the process ends in between, some may have counted.
        """
        counted: list[str] = []
        for limit, subject in limits:
            try:
                counted.append(await self.hit(limit, subject))
            except RateLimitedError:
                await self.refund_all(counted)
                raise
        return counted

    async def refund(self, key: str) -> None:
        """Takes back one hit."""
        await self._counters.update_one({"_id": key}, {"$inc": {"times": -1}})

    async def refund_all(self, hits: Hits) -> None:
        """Takes back hits that were counted together."""
        for key in hits:
            await self.refund(key)

    async def delete_expired(self) -> None:
        """Deletes the counters of past windows. Any number of processes may do this at once."""
        await delete_in_batches(self._counters, {"expires_at": {"$lt": self._clock()}})

    async def _increment(self, key: str, most: int, ends_at: datetime) -> bool:
        """Increments a counter that is below `most`, creating it if it is missing; returns False if it is not below."""
        for _ in range(2):
            try:
                await self._counters.update_one(
                    {"_id": key, "times": {"$lt": most}},
                    {"$inc": {"times": 1}, "$setOnInsert": {"expires_at": ends_at}},
                    upsert=True,
                )
            except DuplicateKeyError:
                # The counter exists but did not match: it is full, or another process has just created it. The second
                # try tells which.
                continue
            return True
        return False


def _in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds <= _LONGEST_IN_SECONDS else f"{math.ceil(seconds / 60)} minutes"


def _hashed(subject: str) -> str:
    return hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()
