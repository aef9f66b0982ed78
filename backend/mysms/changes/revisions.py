"""The revision of what each user has: the number of the last log entry that concerns it."""

import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from bson import ObjectId

from mysms.changes.log import Entry
from mysms.core.heartbeat import MonotonicClock

_CAPACITY = 100_000
_KEPT_FOR_SECONDS = 60.0
"""Longer than the publication of a change takes, after which the database has the revision too."""


@dataclass(frozen=True)
class _Known:
    number: int
    at: float


class Revisions:
    """The revisions that this process knows; it loads others from the database.

    `load` returns the highest revision of a user's documents, 0 if there is none, and None if one is marked as changed:
    its log entry may already have been read, while its new revision is not stored yet. A revision must be read before
    the content that it describes: then the content is at least as new.

    `concerned` returns the users whom an entry concerns.
    """

    def __init__(
        self,
        load: Callable[[ObjectId], Awaitable[int | None]],
        monotonic: MonotonicClock = time.monotonic,
        *,
        concerned: Callable[[Entry], Collection[ObjectId]] = lambda entry: entry.users,
    ) -> None:
        self._load = load
        self._monotonic = monotonic
        self._concerned = concerned
        self._known: OrderedDict[ObjectId, _Known] = OrderedDict()
        self._unpublished: Counter[ObjectId] = Counter()
        self._resets = 0

    async def of(self, user_id: ObjectId) -> int | None:
        """Returns the revision of a user, from memory if it is known; None while it cannot be known."""
        while (known := self._known.get(user_id)) is None:
            resets = self._resets
            loaded = await self._load(user_id)
            if loaded is None:
                return None
            if resets == self._resets:
                self._raise(user_id, loaded)
        return known.number

    def is_settled(self, user_id: ObjectId) -> bool:
        """Whether this process has published everything that it has changed for the user."""
        return user_id not in self._unpublished

    def begin_publishing(self, user_id: ObjectId) -> None:
        """Notes a change that this process has stored, and publishes next."""
        self._unpublished[user_id] += 1

    def end_publishing(self, user_id: ObjectId) -> None:
        self._unpublished[user_id] -= 1
        if not self._unpublished[user_id]:
            del self._unpublished[user_id]

    def apply(self, entry: Entry) -> None:
        for user_id in self._concerned(entry):
            self._raise(user_id, entry.number)

    def reset(self) -> None:
        self._known.clear()
        self._resets += 1

    def _raise(self, user_id: ObjectId, number: int) -> None:
        now = self._monotonic()
        known = self._known.pop(user_id, None)
        self._known[user_id] = _Known(max(number, known.number if known else number), now)
        while len(self._known) > _CAPACITY and next(iter(self._known.values())).at < now - _KEPT_FOR_SECONDS:
            self._known.popitem(last=False)
