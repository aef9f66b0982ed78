"""The open event streams of this process, and what each has to tell its client (see docs/decisions/0015)."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, NamedTuple, Self

from bson import ObjectId

from mysms.changes.feed import ChangeFeed
from mysms.changes.log import Entry
from mysms.changes.revisions import Revisions
from mysms.core.database import is_transient
from mysms.core.errors import DomainError
from mysms.core.heartbeat import MonotonicClock
from mysms.core.stream_capacity import StreamCapacity

MOST_PER_USER = 20
KEEP_ALIVE_SECONDS = 15.0
"""Shorter than the time after which proxies close a silent response."""
LOOK_EVERY_SECONDS = 1.0
"""How often `EventStreams.keep_alive` runs."""
_WRITTEN_ID = re.compile(r"([0-9]{1,18})-([0-9a-f]{1,32})")


class TooManyStreamsError(DomainError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_streams"
    example = "You have too many event streams open."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "60"}


class StreamsUnavailableError(DomainError):
    """The process has as many streams as it may have, or is shutting down."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "streams_unavailable"
    example = "The server cannot open another event stream. Please try again in a moment."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "10"}


class EventId(NamedTuple):
    """The number of an entry of the log of changes, and the log's epoch at that time or before.

    In another epoch, the log may have been restored from a backup, and the number given again.
    """

    number: int
    epoch: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Returns the id that `str` has written; None for other texts."""
        found = _WRITTEN_ID.fullmatch(text)
        return None if found is None else cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.number}-{self.epoch}"


@dataclass(frozen=True, slots=True)
class Event:
    """`changes`: something has changed for the user. `resync`: what has changed since the client's id is not known."""

    kind: Literal["changes", "resync"]
    id: EventId


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whose stream it is, and for how long it may be open."""

    user_id: ObjectId
    expires_at: float
    """When its access token expires, by the monotonic clock."""
    is_session_active: Callable[[], Awaitable[bool]]


class EventStream:
    """Iterates over the events for one client; None stands for a keep-alive. Ends when the client must reconnect.

    At most one event waits for the client, however slowly it reads: a later event replaces it.
    """

    __slots__ = (
        "_event",
        "_is_over",
        "_is_silent",
        "_must_check_session",
        "_newest",
        "_streams",
        "_waiter",
        "subscriber",
    )

    def __init__(self, streams: "EventStreams", subscriber: Subscriber) -> None:
        self.subscriber = subscriber
        self._streams = streams
        self._event: Event | None = None
        self._newest = 0
        self._is_silent = False
        self._must_check_session = False
        self._is_over = False
        self._waiter: asyncio.Future[None] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event | None:
        while True:
            if self._must_check_session:
                self._must_check_session = False
                if not await self._is_session_active():
                    self._is_over = True
            if self._is_over or self._streams.has_expired(self):
                raise StopAsyncIteration
            if self._event is not None or self._is_silent:
                event, self._event, self._is_silent = self._event, None, False
                self._streams.note_written(self)
                return event
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def notify(self, event: Event) -> None:
        """Passes on an event, unless the client has been told of it or of a later one."""
        if event.id.number <= self._newest:
            return
        self._newest = event.id.number
        is_resync = self._event is not None and self._event.kind == "resync"
        self._event = Event("resync", event.id) if is_resync else event
        self._wake()

    def start(self, event: Event | None, *, knows: int) -> None:
        """Begins with this event, if any. `knows`: the client knows of all changes up to this number, or learns now."""
        self._newest = max(self._newest, knows)
        if event is not None:
            self._event = Event(event.kind, event.id._replace(number=self._newest))

    def keep_alive(self) -> None:
        self._is_silent = True
        self._wake()

    def check_session(self) -> None:
        self._must_check_session = True
        self._wake()

    def end(self) -> None:
        self._is_over = True
        self._wake()

    async def _is_session_active(self) -> bool:
        try:
            return await self.subscriber.is_session_active()
        except Exception as error:
            if not is_transient(error):
                raise
            # The client reconnects, and is checked then.
            return False

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class EventStreams:
    """Passes the entries of the change feed on to the streams of the users they concern.

    Nothing here waits for a client or the database, and a stream has no task or timer of its own.
    """

    def __init__(
        self,
        feed: ChangeFeed,
        revisions: Revisions,
        capacity: StreamCapacity,
        monotonic: MonotonicClock = time.monotonic,
    ) -> None:
        self._feed = feed
        self._revisions = revisions
        self._capacity = capacity
        self._monotonic = monotonic
        self._streams: dict[ObjectId, set[EventStream]] = {}
        self._written_at: dict[EventStream, float] = {}
        """When something was last written to each stream, the most silent one first."""
        self._is_closed = False

    @property
    def count(self) -> int:
        return self._capacity.open

    async def open(self, subscriber: Subscriber, last_event_id: EventId | None) -> EventStream:
        """Opens a stream that goes on after this event. It must be closed.

        Raises TooManyStreamsError and StreamsUnavailableError.
        """
        if self._is_closed or self._capacity.is_full:
            raise StreamsUnavailableError
        if len(self._streams.get(subscriber.user_id, ())) >= MOST_PER_USER:
            raise TooManyStreamsError
        stream = EventStream(self, subscriber)
        # Added first: many that open at a time keep to the limits, and none misses what is published meanwhile.
        self._streams.setdefault(subscriber.user_id, set()).add(stream)
        self._written_at[stream] = self._monotonic()
        self._capacity.open += 1
        try:
            await self._start(stream, last_event_id)
        except BaseException:
            self.close(stream)
            raise
        return stream

    def close(self, stream: EventStream) -> None:
        """Forgets a stream."""
        streams = self._streams[stream.subscriber.user_id]
        streams.remove(stream)
        if not streams:
            del self._streams[stream.subscriber.user_id]
        del self._written_at[stream]
        self._capacity.open -= 1

    def apply(self, entry: Entry) -> None:
        event = Event("changes", EventId(entry.number, self._feed.epoch or ""))
        for user_id in entry.users:
            for stream in self._streams.get(user_id, ()):
                stream.notify(event)
        for user_id in entry.signed_out:
            for stream in self._streams.get(user_id, ()):
                stream.check_session()

    def reset(self) -> None:
        """Ends all streams: changes and ends of sessions may have been missed. Clients reconnect, and are checked."""
        for stream in self._written_at:
            stream.end()

    def shut_down(self) -> None:
        """Ends all streams, and opens no more."""
        self._is_closed = True
        self.reset()

    async def keep_alive(self) -> None:
        """Lets streams that have been silent too long write a comment."""
        now = self._monotonic()
        while self._written_at:
            stream, written_at = next(iter(self._written_at.items()))
            if now - written_at < KEEP_ALIVE_SECONDS:
                return
            self.note_written(stream)
            stream.keep_alive()

    def note_written(self, stream: EventStream) -> None:
        del self._written_at[stream]
        self._written_at[stream] = self._monotonic()

    def has_expired(self, stream: EventStream) -> bool:
        return self._monotonic() >= stream.subscriber.expires_at

    async def _start(self, stream: EventStream, last_event_id: EventId | None) -> None:
        # Before the revision, which is then of this epoch or a later one.
        epoch = self._feed.epoch or ""
        revision = await self._revisions.of(stream.subscriber.user_id)
        newest = max(self._feed.position, revision or 0)
        event_id = EventId(newest, epoch)
        known = last_event_id.number if last_event_id is not None and last_event_id.epoch == epoch else None
        if known is None or known > newest:
            stream.start(Event("resync", event_id), knows=newest)
        elif revision is not None and revision <= known:
            stream.start(None, knows=revision)
        elif known < self._feed.followed_since:
            stream.start(Event("resync", event_id), knows=newest)
        else:
            stream.start(Event("changes", event_id), knows=newest)
