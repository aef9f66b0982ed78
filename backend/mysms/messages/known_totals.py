"""The totals of lists, in memory."""

from collections.abc import Awaitable, Callable

from bson import ObjectId

from mysms.changes.services import Changes
from mysms.changes.versions import UserVersion
from mysms.core.bounded_cache import BoundedCache

_CAPACITY = 20_000


class KnownTotals:
    """The totals that were read last. Each stays true until something changes for its user."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._totals: BoundedCache[tuple[ObjectId, str | None], tuple[UserVersion, int]] = BoundedCache(_CAPACITY)

    async def of(self, user_id: ObjectId, peer_number: str | None, read: Callable[[], Awaitable[int]]) -> int:
        """Returns the number of a user's messages, or of those with one number; reads it if something has changed."""
        # Before the total, which is then at least as new.
        version = await self._changes.version_of(user_id, self._changes.feed.now())
        if not version.is_current:
            return await read()
        known = self._totals.get((user_id, peer_number))
        if known is not None and known[0] == version:
            return known[1]
        total = await read()
        self._totals.add((user_id, peer_number), (version, total))
        return total
