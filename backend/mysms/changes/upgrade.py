"""The day after an upgrade, when processes of a version without the change feed may still run beside this one."""

from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from mysms.changes.documents import ChangedDocuments
from mysms.core.database import Database
from mysms.core.timestamps import Clock

_LASTS = timedelta(days=1)
_POLLED_WITHIN = timedelta(minutes=5)
"""Much longer than clients wait between polls, since the clocks of the processes may differ."""
_ID = "change_feed"


class UpgradePeriod:
    """While it lasts, the time of a user's last update tells what such a process has changed without a mark."""

    def __init__(self, database: Database, documents: ChangedDocuments, clock: Clock) -> None:
        self._schema = database["schema"]
        self._documents = documents
        self._clock = clock
        self._ends_at = datetime.max.replace(tzinfo=UTC)

    @property
    def is_over(self) -> bool:
        return self._clock() >= self._ends_at

    @property
    def unmarked_since(self) -> datetime | None:
        """While it lasts, a time after which a client that polls may not know of changes without a mark; else None."""
        return None if self.is_over else self._clock() - _POLLED_WITHIN

    async def load(self) -> None:
        """Reads when it ends. The first process that has the change feed stores that; a new database has no upgrade."""
        row = await self._schema.find_one({"_id": _ID})
        if row is None:
            lasts = timedelta() if await self._documents.is_empty() else _LASTS
            row = {"_id": _ID, "upgrade_ends_at": self._clock() + lasts}
            try:
                await self._schema.insert_one(row)
            except DuplicateKeyError:
                # Another process was first.
                await self.load()
                return
        self._ends_at = row["upgrade_ends_at"]
