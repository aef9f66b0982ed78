"""The lock under which one process at a time migrates the database."""

import asyncio
import contextlib
import logging
import secrets
from types import TracebackType
from typing import Any, Self

from pymongo.errors import DuplicateKeyError, PyMongoError

from mysms.core.database import Database
from mysms.core.heartbeat import MonotonicClock

_LEASE_SECONDS = 10.0
_RENEW_SECONDS = 3.0
_POLL_SECONDS = 1.0

_log = logging.getLogger(__name__)


class MigrationLockLostError(Exception):
    """Another process has taken the lock over, because this one did not renew it in time."""


class MigrationLock:
    """A lock that its holder renews. A process that waits takes it over once it has seen no renewal for the lease.

    Clocks of different machines are not compared: the lease is measured on the clock of the process that waits.
    """

    def __init__(self, database: Database, monotonic: MonotonicClock) -> None:
        self._schema = database["schema"]
        self._monotonic = monotonic
        self._holder = secrets.token_hex(8)
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        with contextlib.suppress(DuplicateKeyError):  # Another process has just inserted it.
            await self._schema.update_one(
                {"_id": "lock"}, {"$setOnInsert": {"holder": None, "renewals": 0}}, upsert=True
            )
        seen = await self._read()
        seen_at = self._monotonic()
        if seen.get("holder") is not None:
            _log.info("Another process is migrating the database; waiting for it.")
        while not await self._take(seen, seen_at):
            await asyncio.sleep(_POLL_SECONDS)
            now = await self._read()
            if now != seen:
                seen, seen_at = now, self._monotonic()
        self._renewal = asyncio.create_task(self._keep_renewing(), name="migration-lock")
        return self

    async def _read(self) -> dict[str, Any]:
        return await self._schema.find_one({"_id": "lock"}) or {}

    async def _take(self, seen: dict[str, Any], seen_at: float) -> bool:
        """Takes the lock if it is free, or has not been renewed since `seen_at`."""
        if seen.get("holder") is not None and self._monotonic() - seen_at <= _LEASE_SECONDS:
            return False
        taken = await self._schema.update_one(seen, {"$set": {"holder": self._holder}, "$inc": {"renewals": 1}})
        return bool(taken.matched_count)

    async def _keep_renewing(self) -> None:
        """One step of a migration may take longer than the lease: building an index on a large collection."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            try:
                await self.renew()
            except MigrationLockLostError:
                return
            except PyMongoError:
                continue

    async def renew(self) -> None:
        """Renews the lease. Raises MigrationLockLostError."""
        renewed = await self._schema.update_one({"_id": "lock", "holder": self._holder}, {"$inc": {"renewals": 1}})
        if not renewed.matched_count:
            raise MigrationLockLostError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
        await self._schema.update_one({"_id": "lock", "holder": self._holder}, {"$set": {"holder": None}})
