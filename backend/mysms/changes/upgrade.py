"""The day after an upgrade, when processes of a version without the change feed may still run beside this one."""

import contextlib
from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from mysms.changes.documents import ChangedDocuments
from mysms.core.database import Database
from mysms.core.timestamps import Clock

_LASTS = timedelta(days=1)
_POLLED_WITHIN = timedelta(minutes=5)
"""Much longer than clients wait between polls, since the clocks of the processes may differ."""
_CLOCKS_DIFFER_BY = timedelta(hours=1)
"""By no more than this, between processes."""
_ID = "change_feed"


class UpgradePeriod:
    """While it lasts, the time of a user's last update tells what such a process has changed without a mark.

    It begins again if such a process stores something after it: then the previous version was started once more.
    """

    def __init__(self, database: Database, documents: ChangedDocuments, clock: Clock) -> None:
        self._schema = database["schema"]
        self._documents = documents
        self._clock = clock
        self.ends_at = datetime.max.replace(tzinfo=UTC)
        """As far as this process knows; tells one upgrade from another."""

    @property
    def is_over(self) -> bool:
        return self._clock() >= self.ends_at

    @property
    def unmarked_since(self) -> datetime | None:
        """While it lasts, a time after which a client that polls may not know of changes without a mark; else None."""
        return None if self.is_over else self._clock() - _POLLED_WITHIN

    async def load(self) -> None:
        """Reads when it ends. The first process that has the change feed stores that; a new database has no upgrade."""
        row = await self._schema.find_one({"_id": _ID})
        if row is None:
            lasts = timedelta() if await self._documents.is_empty() else _LASTS
            with contextlib.suppress(DuplicateKeyError):  # Another process was first.
                await self._schema.insert_one({"_id": _ID, "upgrade_ends_at": self._clock() + lasts})
            await self.load()
        else:
            self.ends_at = row["upgrade_ends_at"]

    async def begin_again(self) -> None:
        """Notes that such a process has stored something. May be repeated."""
        now = self._clock()
        if now >= self.ends_at - _CLOCKS_DIFFER_BY:
            await self._schema.update_one({"_id": _ID}, {"$max": {"upgrade_ends_at": now + _LASTS}})
            await self.load()
