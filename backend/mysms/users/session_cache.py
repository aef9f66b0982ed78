"""The sessions that this process has found in the database, so that not every request looks its session up."""

import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bson import ObjectId

from mysms.changes.feed import ChangeFeed
from mysms.changes.log import Entry
from mysms.core.heartbeat import MonotonicClock
from mysms.users.tokens import AccessClaims

_CAPACITY = 100_000
CONFIRMED_FOR_SECONDS = 60.0
"""The change feed says at once which sessions have ended. The limit is for a process that ended before it said so."""
_DUE_AFTER_SECONDS = 30.0
"""Well before the confirmation ends."""


@dataclass
class Confirmed:
    """A session that the database had."""

    user_id: ObjectId
    at: float
    is_used: bool = False
    """Whether a request had it since then."""


class SessionCache:
    """Knows sessions until the change feed says that sessions of the user have ended, and for a minute at most."""

    def __init__(self, feed: ChangeFeed, monotonic: MonotonicClock = time.monotonic) -> None:
        self._feed = feed
        self._monotonic = monotonic
        self._confirmed: OrderedDict[ObjectId, Confirmed] = OrderedDict()
        self._sessions_of: dict[ObjectId, set[ObjectId]] = {}
        self.version = 0
        """Rises with each end of sessions: what was read before may not be added after."""

    def now(self) -> float:
        """Returns the time of the clock by which confirmations end."""
        return self._monotonic()

    def has(self, claims: AccessClaims, asked_at: float | None = None) -> bool:
        """Whether the session is known to exist. False says nothing.

        `asked_at` is the one of `ChangeFeed.is_current_for`; without it, now.
        """
        confirmed = self._confirmed.get(claims.session_id)
        if (
            confirmed is None
            or confirmed.user_id != claims.user_id
            or self._monotonic() - confirmed.at >= CONFIRMED_FOR_SECONDS
            or not self._feed.is_current_for(self._feed.now() if asked_at is None else asked_at)
        ):
            return False
        confirmed.is_used = True
        return True

    def list_due(self) -> dict[ObjectId, Confirmed]:
        """Returns the sessions in use whose confirmation ends before long, by id."""
        latest = self._monotonic() - _DUE_AFTER_SECONDS
        return {key: each for key, each in self._confirmed.items() if each.is_used and each.at <= latest}

    def confirm(self, looked_up: Mapping[ObjectId, Confirmed], found: Collection[ObjectId], at: float) -> None:
        """Confirms those of the sessions that were found when the database was read at that time, and no others.

        A session that was removed meanwhile stays removed, also if it was added again: then it is another object.
        """
        for session_id, confirmed in looked_up.items():
            if self._confirmed.get(session_id) is not confirmed:
                continue
            if session_id in found:
                confirmed.at, confirmed.is_used = at, False
            else:
                self._remove(session_id)

    def add(self, claims: AccessClaims, *, version: int) -> None:
        """Adds a session that was read from the database when the cache had this version."""
        if version != self.version:
            return
        self._remove(claims.session_id)
        self._confirmed[claims.session_id] = Confirmed(claims.user_id, self._monotonic())
        self._sessions_of.setdefault(claims.user_id, set()).add(claims.session_id)
        if len(self._confirmed) > _CAPACITY:
            self._remove(next(iter(self._confirmed)))

    def apply(self, entry: Entry) -> None:
        for user_id in entry.signed_out:
            self.version += 1
            for session_id in list(self._sessions_of.get(user_id, ())):
                self._remove(session_id)

    def reset(self) -> None:
        self.version += 1
        self._confirmed.clear()
        self._sessions_of.clear()

    def _remove(self, session_id: ObjectId) -> None:
        confirmed = self._confirmed.pop(session_id, None)
        if confirmed is not None:
            sessions = self._sessions_of[confirmed.user_id]
            sessions.discard(session_id)
            if not sessions:
                del self._sessions_of[confirmed.user_id]
