"""Rate limits shared by all processes: fixed windows, with one counter document for each."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Self

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import BulkWriteError

from mysms.core.batches import delete_in_batches
from mysms.core.database import Database
from mysms.core.errors import DomainError
from mysms.core.timestamps import Clock

_DUPLICATE_KEY = 11000
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

    def __init__(self, retry_after_seconds: int = 30, detail: str | None = None, *, limit: Limit | None = None) -> None:
        super().__init__(detail or f"Too many attempts. Please try again in {_in_words(retry_after_seconds)}.")
        self.retry_after_seconds = retry_after_seconds
        self.limit = limit
        """The limit that is reached."""

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}


class RateLimiter:
    """Counts hits in the collection `rate_limits`. Of its subject, a counter has a hash only."""

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
        (key,) = await self.hit_all([(limit, subject)])
        return key

    async def hit_all(self, limits: Iterable[tuple[Limit, str]]) -> Hits:
        """Counts a hit for the subject of each limit, in one command.

        Raises RateLimitedError, without counting for any of them, once one of the limits is reached. If the database
        fails or the process ends in between, some may have counted.
        """
        now = self._clock()
        counters = [_Counter.of(limit, subject, now) for limit, subject in limits]
        counted, is_second_try = 0, False
        while (more := await self._increment(counters[counted:])) < len(counters) - counted:
            # The next counter exists but did not match: it is full, or another process has just created it. A second
            # try tells which.
            if is_second_try and not more:
                await self.refund_all([counter.key for counter in counters[:counted]])
                raise RateLimitedError(counters[counted].seconds_left(now), limit=counters[counted].limit)
            counted, is_second_try = counted + more, True
        return [counter.key for counter in counters]

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

    async def _increment(self, counters: Sequence["_Counter"]) -> int:
        """Increments counters in this order, creating missing ones; returns how many, up to one that did not match."""
        updates = [
            UpdateOne(
                {"_id": counter.key, "times": {"$lt": counter.limit.count}},
                {"$inc": {"times": 1}, "$setOnInsert": {"expires_at": counter.ends_at}},
                upsert=True,
            )
            for counter in counters
        ]
        try:
            await self._counters.bulk_write(updates)
        except BulkWriteError as error:
            first = error.details["writeErrors"][0]
            if first["code"] != _DUPLICATE_KEY:
                raise
            return int(first["index"])
        return len(counters)


@dataclass(frozen=True)
class _Counter:
    """The counter of a subject in the present window of a limit."""

    limit: Limit
    key: str
    ends_at: datetime

    @classmethod
    def of(cls, limit: Limit, subject: str, now: datetime) -> Self:
        window = int(now.timestamp() // limit.per.total_seconds())
        ends_at = datetime.fromtimestamp((window + 1) * limit.per.total_seconds(), UTC)
        return cls(limit, f"{limit.name}:{window}:{_hashed(subject)}", ends_at)

    def seconds_left(self, now: datetime) -> int:
        return max(1, math.ceil((self.ends_at - now).total_seconds()))


def _in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds <= _LONGEST_IN_SECONDS else f"{math.ceil(seconds / 60)} minutes"


def _hashed(subject: str) -> str:
    return hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()
