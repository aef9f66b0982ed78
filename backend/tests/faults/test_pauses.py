"""Account errors pause sending, and rate limits delay it: no message fails, and sending resumes automatically."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from mysms.core.heartbeat import Heartbeat
from mysms.core.timestamps import utc_now
from mysms.messages.models import Message
from mysms.messages.status import OutboxState
from mysms.outbox import dispatcher as dispatching
from mysms.outbox.dispatcher import Dispatcher
from mysms.providers.base import Accepted, AccountUnavailable, NotAttempted, RetryableFailure
from tests.faults.outbox_fixture import OutboxFixture, StubProvider, new_number, open_outbox_fixture, outbound_of
from tests.support.polling import eventually
from tests.support.servers import Mongo

PAUSE_SECONDS = 0.3


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


@contextlib.asynccontextmanager
async def running(fixture: OutboxFixture, provider: StubProvider) -> AsyncIterator[Dispatcher]:
    outbox = fixture.outbox("process")
    sender = fixture.sender(outbox, provider, timedelta(seconds=10))
    dispatcher = Dispatcher(outbox, sender, 1, utc_now, Heartbeat("dispatcher", 60))
    loop = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await dispatcher.finish()
        sender.close()


async def test_an_account_error_pauses_sending_until_it_is_resolved(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "PAUSE_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    provider = StubProvider(AccountUnavailable("Authenticate", 20003))
    outbox = fixture.outbox("process")
    ids = [await fixture.enqueue(outbox, new_number(), f"Message {index}") for index in range(3)]
    async with running(fixture, provider) as dispatcher:

        async def reason() -> str | None:
            return None if dispatcher.pause is None else dispatcher.pause.reason

        assert await eventually(reason, bool, what="a pause") == "Authenticate"
        assert not dispatcher.can_send_now
        # Only one message is attempted per pause.
        tried = len(provider.sent)
        assert tried == 1
        provider.outcome = Accepted("SM" + "3" * 32, "queued")
        await eventually(reason, lambda seen: seen is None, what="the end of the pause")
    dispatches = [(await fixture.message(message_id)).outbox_state for message_id in ids]
    assert OutboxState.REJECTED not in dispatches
    assert OutboxState.ACCEPTED in dispatches


async def test_an_error_that_may_depend_on_the_recipient_does_not_pause_sending(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio's 21606 says "for this destination/account". After a recent success it is not an account error."""
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    outbox, provider = fixture.outbox("process"), StubProvider(Accepted("SM" + "3" * 32, "queued"))
    async with running(fixture, provider) as dispatcher:
        await fixture.enqueue(outbox, new_number(), "Accepted")
        await eventually(partial(sent, provider), lambda count: count == 1, what="an acceptance")
        provider.outcome = AccountUnavailable("Not for this destination", 21606, may_depend_on_recipient=True)
        refused = await fixture.enqueue(outbox, new_number(), "Refused")
        await eventually(partial(fixture.message, refused), _is_pending_again, what="the return to pending")
        assert dispatcher.pause is None
        provider.outcome = AccountUnavailable("Suspended", 30002)
        await fixture.enqueue(outbox, new_number(), "Account error")

        async def reason() -> str | None:
            return None if dispatcher.pause is None else dispatcher.pause.reason

        assert await eventually(reason, bool, what="a pause") == "Suspended"


async def test_an_attempt_that_asks_nothing_does_not_end_a_pause(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as that of pictures that Twilio cannot fetch."""
    monkeypatch.setattr(dispatching, "PAUSE_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    outbox, provider = fixture.outbox("process"), StubProvider(AccountUnavailable("Authenticate", 20003))
    await fixture.enqueue(outbox, new_number(), "Rejected")
    async with running(fixture, provider) as dispatcher:

        async def reason() -> str | None:
            return None if dispatcher.pause is None else dispatcher.pause.reason

        await eventually(reason, bool, what="a pause")
        provider.outcome = NotAttempted("not asked")
        later = await fixture.enqueue(outbox, new_number(), "Not asked")
        await eventually(partial(fixture.message, later), _is_pending_again, what="the return to pending")
        assert dispatcher.pause is not None
        assert dispatcher.pause.reason == "Authenticate"


async def test_the_newest_message_probes_whether_a_pause_is_over(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest pending messages may be those that cause the error."""
    monkeypatch.setattr(dispatching, "PAUSE_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    outbox = fixture.outbox("process")
    provider = StubProvider(AccountUnavailable("Not for this destination", 21606, may_depend_on_recipient=True))
    numbers = []
    for index in range(3):
        numbers.append(new_number())
        await fixture.enqueue(outbox, numbers[-1], f"Message {index}")
        fixture.advance(seconds=1)
    async with running(fixture, provider):
        await eventually(partial(sent, provider), lambda count: count >= 2, what="two attempts")
    assert [text.to_number for text in provider.sent[:2]] == [numbers[0], numbers[2]]


async def test_a_pause_ends_when_no_message_is_pending(fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "PAUSE_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(dispatching, "POLL_SECONDS", 0.05)
    outbox, provider = fixture.outbox("process"), StubProvider(AccountUnavailable("Authenticate", 20003))
    message_id = await fixture.enqueue(outbox, new_number(), "Cancelled")
    async with running(fixture, provider) as dispatcher:

        async def reason() -> str | None:
            return None if dispatcher.pause is None else dispatcher.pause.reason

        await eventually(reason, bool, what="a pause")
        await eventually(partial(fixture.message, message_id), _is_pending_again, what="the return to pending")
        assert await fixture.outbox("user").cancel(await fixture.message(message_id))
        await eventually(reason, lambda seen: seen is None, what="the end of the pause")


async def sent(provider: StubProvider) -> int:
    return len(provider.sent)


def _is_pending_again(message: Message) -> bool:
    return message.outbox_state is OutboxState.PENDING and outbound_of(message).attempt == 1


async def test_rate_limited_messages_are_retried_with_exponential_backoff(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    message_id = await fixture.enqueue(outbox, new_number(), "Rate limited")
    waits = []
    for _ in range(10):
        claim = await fixture.claim(outbox)
        await outbox.settle(claim, RetryableFailure("Too many requests", 20429), 0.0)
        waits.append(((await fixture.outbound(message_id)).next_attempt_at - fixture.now).total_seconds())
        assert await outbox.claim_next() is None
        fixture.advance(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 150, 150]


async def test_a_full_queue_is_retried_after_minutes(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    message_id = await fixture.enqueue(outbox, new_number(), "Later")
    await outbox.settle(await fixture.claim(outbox), RetryableFailure("Queue full", 21611), 0.0)
    wait = (await fixture.outbound(message_id)).next_attempt_at - fixture.now
    assert wait >= timedelta(minutes=5)
