"""A new message is claimed in its insert if a worker is free. Every step of a race is controlled by the test."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from bson import ObjectId

from mysms.messages.status import OutboxState
from mysms.providers.base import Accepted
from tests.faults.outbox_fixture import IDENTITY, LEASE, OutboxFixture, new_number, open_outbox_fixture, outbound_of
from tests.support.servers import Mongo

TEXT = "Hello"
SID = "SM" + "1" * 32


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


async def test_a_message_that_is_claimed_in_its_insert_is_like_any_claimed_one(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("sender")
    claim = await fixture.enqueue_claimed(outbox, new_number(), TEXT)
    outbound = await fixture.outbound(claim.message_id)
    assert (outbound.state, outbound.attempt, outbound.worker_id) == (OutboxState.CLAIMED, 1, "sender")
    assert outbound.first_claimed_at == fixture.now
    assert await fixture.outbox("other").claim_next() is None
    message = await outbox.settle(claim, Accepted(SID, "queued"), 0.5)
    assert message == await fixture.message(claim.message_id)
    assert (message.twilio_sid, message.status, [event.status for event in message.events]) == (
        SID,
        "queued",
        ["queued"],
    )
    assert await fixture.database["content_locks"].find({}).to_list() == []


async def test_an_identical_text_is_stored_as_pending(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("sender"), new_number()
    first = await fixture.enqueue_claimed(outbox, number, TEXT)
    second = fixture.compose(number, TEXT)
    assert await outbox.enqueue_claimed(second)
    assert (await fixture.message(ObjectId(second.id))).outbox_state is OutboxState.PENDING
    await outbox.settle(first, Accepted(SID, "queued"), 0.5)
    assert (await fixture.claim(outbox)).message_id == second.id


async def test_a_repeated_key_leaves_no_lock(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("sender"), new_number()
    message = fixture.compose(number, TEXT)
    assert await outbox.enqueue(message)
    repeated = fixture.compose(number, "Another text").model_copy(
        update={"user_id": message.user_id, "client_id": message.client_id}
    )
    assert not await outbox.enqueue_claimed(repeated)
    assert await fixture.database["content_locks"].find({}).to_list() == []


async def test_the_lock_of_a_message_that_is_not_stored_yet_is_kept(fixture: OutboxFixture) -> None:
    """Its process is slow, and may still begin its attempt."""
    outbox, number = fixture.outbox("other"), new_number()
    message_id = await fixture.enqueue(outbox, number, TEXT)
    assert await fixture.locks.take(IDENTITY.dedup_key(number, TEXT), ObjectId(), 1, is_before_insert=True)
    for _ in range(3):
        assert await outbox.claim_next() is None
        await fixture.locks.release_stale()
        fixture.advance(seconds=LEASE.total_seconds() / 3 - 1)
    fixture.advance(seconds=10)
    assert (await fixture.claim(outbox)).message_id == message_id


async def test_a_leftover_lock_is_removed(fixture: OutboxFixture) -> None:
    """The process ended between taking the lock and storing the message."""
    await fixture.locks.take("a text", ObjectId(), 1, is_before_insert=True)
    await fixture.locks.release_stale()
    assert await fixture.database["content_locks"].count_documents({}) == 1
    fixture.now += LEASE + timedelta(seconds=1)
    await fixture.locks.release_stale()
    assert await fixture.database["content_locks"].count_documents({}) == 0


async def test_the_lease_of_a_message_without_its_lock_does_not_end(fixture: OutboxFixture) -> None:
    """Its process was so slow to store it that another message got the lock, and then it ended."""
    late, other, number = fixture.outbox("late"), fixture.outbox("other"), new_number()
    claim = await fixture.enqueue_claimed(late, number, TEXT)
    await fixture.locks.release(claim.dedup_key, claim.message_id)
    identical = await fixture.enqueue_claimed(other, number, TEXT)
    await fixture.expire_lease(claim.message_id)
    assert (await fixture.message(claim.message_id)).outbox_state is OutboxState.CLAIMED
    await other.settle(identical, Accepted(SID, "queued"), 0.5)
    await fixture.expire_lease(claim.message_id)
    message = await fixture.message(claim.message_id)
    assert (message.outbox_state, outbound_of(message).attempt) == (OutboxState.UNCONFIRMED, 1)
