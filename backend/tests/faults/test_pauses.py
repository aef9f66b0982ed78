"""The carrier turns everybody away, or asks for patience: nothing fails, and everything goes on by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from mysms.carrier.base import Accepted, NotSent, Paused
from mysms.core.heartbeat import Heartbeat
from mysms.core.timestamps import utc_now
from mysms.delivery import dispatcher as dispatching
from mysms.delivery.dispatcher import Dispatcher
from mysms.messages.models import Message
from mysms.messages.status import Dispatch
from tests.faults.outbox_fixture import StubCarrier, Workshop, new_number, open_workshop
from tests.support.polling import eventually
from tests.support.servers import Mongo

PAUSE_SECONDS = 0.3


@pytest.fixture
async def workshop(mongodb: Mongo) -> AsyncIterator[Workshop]:
    async with open_workshop(mongodb.uri) as workshop:
        yield workshop


@contextlib.asynccontextmanager
async def running(workshop: Workshop, carrier: StubCarrier) -> AsyncIterator[Dispatcher]:
    outbox = workshop.outbox("process")
    sender = workshop.sender(outbox, carrier, timedelta(seconds=10))
    dispatcher = Dispatcher(outbox, sender, 1, utc_now, Heartbeat("dispatcher", 60))
    loop = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await dispatcher.finish()
        sender.close()


async def test_a_closed_account_pauses_sending_and_it_resumes_by_itself(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "PAUSE_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    carrier = StubCarrier(Paused("Authenticate", 20003))
    outbox = workshop.outbox("process")
    ids = [await workshop.store(outbox, new_number(), f"Letter {place}") for place in range(3)]
    async with running(workshop, carrier) as dispatcher:

        async def reason() -> str | None:
            return dispatcher.pause_reason

        assert await eventually(reason, bool, what="a pause") == "Authenticate"
        assert not dispatcher.can_send_now
        # One message at a time is tried, and not more often than the pause is long.
        tried = len(carrier.sent)
        assert tried == 1
        carrier.outcome = Accepted("SM" + "3" * 32, "queued")
        await eventually(reason, lambda seen: seen is None, what="the end of the pause")
    dispatches = [(await workshop.message(message_id)).dispatch for message_id in ids]
    assert Dispatch.REFUSED not in dispatches
    assert Dispatch.SETTLED in dispatches


async def test_a_number_that_one_recipient_cannot_be_reached_from_stops_nobody_else(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio's 21606 says "for this destination/account": what has just sent another message can send."""
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    outbox, carrier = workshop.outbox("process"), StubCarrier(Accepted("SM" + "3" * 32, "queued"))
    async with running(workshop, carrier) as dispatcher:
        await workshop.store(outbox, new_number(), "Accepted")
        await eventually(partial(sent, carrier), lambda count: count == 1, what="an acceptance")
        carrier.outcome = Paused("Not for this destination", 21606, may_depend_on_recipient=True)
        refused = await workshop.store(outbox, new_number(), "Refused")
        await eventually(partial(workshop.message, refused), _is_put_back, what="that it is put back")
        assert dispatcher.pause is None
        carrier.outcome = Paused("Suspended", 30002)
        await workshop.store(outbox, new_number(), "Turned away")

        async def reason() -> str | None:
            return dispatcher.pause_reason

        assert await eventually(reason, bool, what="a pause") == "Suspended"


async def test_the_newest_message_finds_out_whether_a_pause_is_over(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that wait the longest may be what the carrier objects to."""
    monkeypatch.setattr(dispatching, "PAUSE_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    outbox = workshop.outbox("process")
    carrier = StubCarrier(Paused("Not for this destination", 21606, may_depend_on_recipient=True))
    numbers = []
    for place in range(3):
        numbers.append(new_number())
        await workshop.store(outbox, numbers[-1], f"Letter {place}")
        workshop.wait(seconds=1)
    async with running(workshop, carrier):
        await eventually(partial(sent, carrier), lambda count: count >= 2, what="two attempts")
    assert [text.to_number for text in carrier.sent[:2]] == [numbers[0], numbers[2]]


async def test_a_pause_ends_when_nothing_waits_any_more(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "PAUSE_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    outbox, carrier = workshop.outbox("process"), StubCarrier(Paused("Authenticate", 20003))
    message_id = await workshop.store(outbox, new_number(), "Taken back")
    async with running(workshop, carrier) as dispatcher:

        async def reason() -> str | None:
            return dispatcher.pause_reason

        await eventually(reason, bool, what="a pause")
        await eventually(partial(workshop.message, message_id), _is_put_back, what="that it is put back")
        assert await workshop.withdrawals.cancel(await workshop.message(message_id))
        await eventually(reason, lambda seen: seen is None, what="the end of the pause")


async def sent(carrier: StubCarrier) -> int:
    return len(carrier.sent)


def _is_put_back(message: Message) -> bool:
    return message.dispatch is Dispatch.PENDING and message.attempt == 1


async def test_who_is_asked_for_patience_waits_longer_each_time(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), "Patience")
    waits = []
    for _ in range(10):
        claim = await workshop.claim(outbox)
        await outbox.settle(claim, NotSent("Too many requests", 20429), 0.0)
        waits.append(((await workshop.message(message_id)).next_attempt_at - workshop.now).total_seconds())
        assert await outbox.claim_next() is None
        workshop.wait(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 150, 150]


async def test_a_full_queue_is_given_a_long_time(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), "Later")
    await outbox.settle(await workshop.claim(outbox), NotSent("Queue full", 21611), 0.0)
    wait = (await workshop.message(message_id)).next_attempt_at - workshop.now
    assert wait >= timedelta(minutes=5)
