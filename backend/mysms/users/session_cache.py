"""The sessions that this process has found in the database, so that not every request looks its session up."""

import time
from collections import OrderedDict
from dataclasses import dataclass

from bson import ObjectId

from mysms.changes.feed import ChangeFeed
from mysms.changes.log import Entry
from mysms.core.heartbeat import MonotonicClock
from mysms.users.tokens import AccessClaims

_CAPACITY = 100_000
CONFIRMED_FOR_SECONDS = 60.0
"""The change feed says at once which sessions have ended. The limit is for a process that ended before it said so."""


@dataclass(frozen=True)
class _Confirmed:
    user_id: ObjectId
    at: float


class SessionCache:
    """Knows sessions until the change feed says that sessions of the user have ended, and for a minute at most."""

    def __init__(self, feed: ChangeFeed, monotonic: MonotonicClock = time.monotonic) -> None:
        self._feed = feed
        self._monotonic = monotonic
        self._confirmed: OrderedDict[ObjectId, _Confirmed] = OrderedDict()
        self._sessions_of: dict[ObjectId, set[ObjectId]] = {}
        self.version = 0
        """Rises with each end of sessions: what was read before may not be added after."""

    def has(self, claims: AccessClaims) -> bool:
        """Whether the session is known to exist. False says nothing."""
        confirmed = self._confirmed.get(claims.session_id)
        return (
            confirmed is not None
            and confirmed.user_id == claims.user_id
            and self._monotonic() - confirmed.at < CONFIRMED_FOR_SECONDS
            and self._feed.is_current
        )

    def add(self, claims: AccessClaims, *, version: int) -> None:
        """Adds a session that was read from the database when the cache had this version."""
        if version != self.version:
            return
        self._remove(claims.session_id)
        self._confirmed[claims.session_id] = _Confirmed(claims.user_id, self._monotonic())
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
