"""The event streams of a process: what waits for a client that does not read, keep-alives, and the ends."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Literal

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from mysms.changes.event_streams import (
    KEEP_ALIVE_SECONDS,
    MOST_PER_USER,
    Event,
    EventId,
    EventStream,
    EventStreams,
    StreamsUnavailableError,
    Subscriber,
    TooManyStreamsError,
)
from mysms.changes.feed import ChangeFeed
from mysms.changes.log import Entry
from mysms.changes.revisions import Revisions
from mysms.core.stream_capacity import StreamCapacity

ADA, BOB = ObjectId(), ObjectId()
EPOCH, RESTORED = "0a", "0b"


def told(kind: Literal["changes", "resync"], number: int, epoch: str = EPOCH) -> Event:
    return Event(kind, EventId(number, epoch))


class LogStub:
    """A log that another process appends to."""

    def __init__(self) -> None:
        self.entries = [Entry(1, (), (), EPOCH)]

    def restore(self, newest: int) -> None:
        """The log becomes that of a backup, in which others have appended since."""
        self.entries = [Entry(newest, (), (), RESTORED)]

    def append(self, *users: ObjectId, signed_out: tuple[ObjectId, ...] = ()) -> int:
        self.entries.append(Entry(self.entries[-1].number + 1, users, signed_out, EPOCH))
        return self.entries[-1].number

    async def begin_epoch(self) -> Entry:
        """Begin with the entry that it has, so that a test knows the number."""
        return self.entries[-1]

    async def read_from(self, number: int) -> list[Entry]:
        return [entry for entry in self.entries if entry.number >= number]


@dataclass
class Hub:
    """The streams of one process, with a clock of their own."""

    log: LogStub = field(default_factory=LogStub)
    capacity: StreamCapacity = field(default_factory=lambda: StreamCapacity(50))
    stored: int | None = 0
    """The highest revision that the database has of any user."""
    seconds: float = 0.0
    active: bool = True
    checks: int = 0

    def __post_init__(self) -> None:
        self.feed = ChangeFeed(self.log, lambda: self.seconds)  # type: ignore[arg-type]  # reads the same way
        self.revisions = Revisions(self._load, lambda: self.seconds)
        self.streams = EventStreams(self.feed, self.revisions, self.capacity, lambda: self.seconds)
        self.feed.add_listener(self.revisions)
        self.feed.add_listener(self.streams)

    async def _load(self, _: ObjectId) -> int | None:
        return self.stored

    async def is_active(self) -> bool:
        self.checks += 1
        return self.active

    async def open(self, user_id: ObjectId = ADA, last_event_id: int | None = None) -> EventStream:
        """`last_event_id`: the number of one in this epoch."""
        known = None if last_event_id is None else EventId(last_event_id, EPOCH)
        return await self.resume(user_id, known)

    async def resume(self, user_id: ObjectId, last_event_id: EventId | None) -> EventStream:
        return await self.streams.open(Subscriber(user_id, self.seconds + 900, self.is_active), last_event_id)


@pytest.fixture
async def hub() -> Hub:
    hub = Hub()
    await hub.feed.read()
    return hub


async def next_of(stream: EventStream) -> Event | None:
    return await asyncio.wait_for(anext(stream), 5)


async def all_of(stream: EventStream) -> list[Event | None]:
    """All that can be written now."""
    found: list[Event | None] = []
    while True:
        reading = asyncio.ensure_future(anext(stream))
        # Nothing here waits for another process.
        done, _ = await asyncio.wait([reading], timeout=0.005)
        if not done:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            return found
        found.append(reading.result())


async def is_waiting(stream: EventStream) -> bool:
    """Whether there is nothing to write."""
    return await all_of(stream) == []


async def is_over(stream: EventStream) -> bool:
    try:
        await next_of(stream)
    except StopAsyncIteration:
        return True
    return False


async def test_what_waits_for_a_client_that_does_not_read_is_one_event(hub: Hub) -> None:
    stream = await hub.open()
    for _ in range(10_000):
        newest = hub.log.append(ADA)
    await hub.feed.read()
    assert await next_of(stream) == told("resync", newest)
    assert await is_waiting(stream)
    for _ in range(100):
        newest = hub.log.append(ADA)
    await hub.feed.read()
    assert await next_of(stream) == told("changes", newest)
    assert await is_waiting(stream)


async def test_own_changes_are_told_once_although_the_log_brings_them_again(hub: Hub) -> None:
    stream = await hub.open()
    await next_of(stream)
    own = hub.log.append(ADA)
    hub.feed.apply(hub.log.entries[-1])
    assert await next_of(stream) == told("changes", own)
    await hub.feed.read()
    assert await is_waiting(stream)


async def test_a_change_that_is_published_while_a_stream_opens_is_told(hub: Hub) -> None:
    loaded = asyncio.Event()

    async def load_slowly(_: ObjectId) -> int:
        await loaded.wait()
        return 1

    hub.revisions._load = load_slowly
    opening = asyncio.create_task(hub.open(last_event_id=1))
    await asyncio.sleep(0)
    newest = hub.log.append(ADA)
    await hub.feed.read()
    loaded.set()
    stream = await opening
    assert await next_of(stream) == told("changes", newest)
    assert await is_waiting(stream)


async def test_while_the_revision_cannot_be_known_something_is_told(hub: Hub) -> None:
    """A message is marked as changed: its log entry may have been read before the stream was opened."""
    hub.stored = None
    assert await next_of(await hub.open(last_event_id=1)) == told("changes", 1)


async def test_an_id_from_before_the_feed_was_followed_is_too_old(hub: Hub) -> None:
    started = hub.log.append(BOB)
    later = Hub(hub.log, stored=2)
    await later.feed.read()
    assert await next_of(await later.open(last_event_id=1)) == told("resync", started)
    assert await is_waiting(await later.open(last_event_id=2))
    newest = hub.log.append(ADA)
    await later.feed.read()
    assert await next_of(await later.open(last_event_id=started)) == told("changes", newest)


async def test_an_id_that_this_log_cannot_have_had_is_unknown(hub: Hub) -> None:
    assert await all_of(await hub.open(last_event_id=2)) == [told("resync", 1)]


async def test_a_comment_is_due_after_silence_only(hub: Hub) -> None:
    silent, busy = await hub.open(ADA), await hub.open(BOB)
    assert (await next_of(silent), await next_of(busy)) == (told("resync", 1), told("resync", 1))
    hub.seconds += KEEP_ALIVE_SECONDS - 1
    newest = hub.log.append(BOB)
    await hub.feed.read()
    assert await next_of(busy) == told("changes", newest)
    hub.seconds += 1
    await hub.streams.keep_alive()
    assert await next_of(silent) is None
    assert await is_waiting(silent)
    assert await is_waiting(busy)
    hub.seconds += KEEP_ALIVE_SECONDS
    await hub.streams.keep_alive()
    assert (await next_of(silent), await next_of(busy)) == (None, None)


async def test_a_stream_ends_with_its_access_token(hub: Hub) -> None:
    stream = await hub.open()
    await next_of(stream)
    reading = asyncio.ensure_future(anext(stream))
    for _ in range(61):
        hub.seconds += KEEP_ALIVE_SECONDS
        await hub.streams.keep_alive()
        await asyncio.sleep(0)
        if not reading.done():
            continue
        if reading.exception() is not None:
            break
        reading = asyncio.ensure_future(anext(stream))
    assert isinstance(reading.exception(), StopAsyncIteration)
    assert hub.seconds == 900


async def test_an_ended_session_ends_its_stream_and_another_does_not(hub: Hub) -> None:
    stream, other = await hub.open(ADA), await hub.open(BOB)
    await next_of(stream)
    await next_of(other)
    hub.log.append(signed_out=(ADA,))
    await hub.feed.read()
    assert await is_waiting(stream), "another session of the user has ended"
    hub.active = False
    hub.log.append(ADA, signed_out=(ADA,))
    await hub.feed.read()
    assert await is_over(stream), "and nothing more is told"
    assert await is_waiting(other)
    assert hub.checks == 2


async def test_a_session_that_cannot_be_checked_ends_its_stream(hub: Hub) -> None:
    async def fail() -> bool:
        raise AutoReconnect("no database")

    stream = await hub.streams.open(Subscriber(ADA, 900, fail), None)
    hub.log.append(signed_out=(ADA,))
    await hub.feed.read()
    assert await is_over(stream)


async def test_all_streams_end_when_entries_may_have_been_missed(hub: Hub) -> None:
    stream = await hub.open()
    await next_of(stream)
    hub.log.restore(newest=7)
    hub.stored = 7
    await hub.feed.read()
    assert await is_over(stream)
    assert await next_of(await hub.open(last_event_id=1)) == told("resync", 7, RESTORED)


async def test_an_id_from_before_a_restore_does_not_count_although_its_number_was_given_again(hub: Hub) -> None:
    hub.log.append(ADA)
    await hub.feed.read()
    known = (await next_of(await hub.open()) or told("changes", 0)).id
    assert known == (2, EPOCH)
    hub.log.restore(newest=3)
    hub.stored = 2
    await hub.feed.read()
    assert await all_of(await hub.resume(ADA, known)) == [told("resync", 3, RESTORED)]


async def test_after_shutdown_no_stream_is_open_or_opened(hub: Hub) -> None:
    stream = await hub.open()
    hub.streams.shut_down()
    assert await is_over(stream)
    with pytest.raises(StreamsUnavailableError):
        await hub.open()


async def test_limits(hub: Hub) -> None:
    streams = [await hub.open() for _ in range(MOST_PER_USER)]
    with pytest.raises(TooManyStreamsError):
        await hub.open()
    others = [await hub.open(ObjectId()) for _ in range(50 - MOST_PER_USER)]
    with pytest.raises(StreamsUnavailableError):
        await hub.open(BOB)
    for stream in (*streams, *others):
        hub.streams.close(stream)
    assert hub.capacity.open == 0
    assert await next_of(await hub.open()) == told("resync", 1)


async def test_a_stream_that_cannot_start_does_not_count(hub: Hub) -> None:
    async def fail(_: ObjectId) -> int:
        raise AutoReconnect("no database")

    hub.revisions._load = fail
    with pytest.raises(AutoReconnect):
        await hub.open()
    assert hub.capacity.open == 0


@pytest.mark.parametrize("seed", range(30))
async def test_a_client_that_resumes_learns_of_each_change(seed: int) -> None:
    """Changes by two processes, of which each sees those of the other late; random disconnects and restarts."""
    rnd = random.Random(seed)
    log = LogStub()
    hubs = [Hub(log, stored=1), Hub(log, stored=1)]
    for hub in hubs:
        await hub.feed.read()
    known, changed = 0, 1
    last_id: int | None = None
    stream: EventStream | None = None
    for _ in range(200):
        hub = rnd.choice(hubs)
        match rnd.choice(["change", "read", "look", "disconnect", "restart"]):
            case "change":
                changed = log.append(ADA)
                hub.feed.apply(log.entries[-1])
                for each in hubs:
                    each.stored = changed
            case "read":
                await hub.feed.read()
            case "look" if stream is None:
                stream = await hub.open(last_event_id=last_id)
            case "look" if stream is not None:
                for event in await all_of(stream):
                    assert event is not None
                    known = last_id = event.id.number
            case "disconnect":
                stream = None
            case "restart":
                index, stream = hubs.index(hub), None
                hubs[index] = Hub(log, stored=changed)
                await hubs[index].feed.read()
    for hub in hubs:
        await hub.feed.read()
    stream = stream or await hubs[0].open(last_event_id=last_id)
    for event in await all_of(stream):
        assert event is not None
        known = event.id.number
    assert known >= changed
