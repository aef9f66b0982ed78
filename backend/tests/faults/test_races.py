"""Races between processes in the outbox, with every step controlled by the test."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from mysms.messages.encoding import message_fields
from mysms.messages.repository import replace_final_status
from mysms.messages.status import OutboxState
from mysms.providers.base import Accepted, AccountUnavailable, Indeterminate, Rejected, RetryableFailure
from mysms.reconciliation.matching import could_be, match
from tests.faults.outbox_fixture import (
    EXPIRES_AFTER,
    OutboxFixture,
    StubProvider,
    listed,
    new_number,
    open_outbox_fixture,
    outbound_of,
)
from tests.support.servers import FROM_NUMBER, Mongo

TEXT = "Hello"
SID, OTHER_SID = "SM" + "1" * 32, "SM" + "2" * 32


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


async def test_a_request_that_would_start_too_late_is_not_sent(fixture: OutboxFixture) -> None:
    outbox, provider = fixture.outbox("late"), StubProvider(Accepted(SID, "queued"))
    message_id = await fixture.enqueue(outbox, new_number(), TEXT)
    sender = fixture.sender(outbox, provider, timedelta(seconds=10))
    claim = await fixture.claim(outbox)
    ended = await sender.send(claim, claimed_at=time.monotonic() - 11)
    sender.close()
    assert isinstance(ended.outcome, RetryableFailure)
    assert provider.sent == []
    assert (await fixture.message(message_id)).outbox_state is OutboxState.PENDING


@pytest.mark.parametrize(
    "late", [RetryableFailure("late"), AccountUnavailable("late"), Rejected(21211, "late"), Indeterminate("late")]
)
async def test_a_late_outcome_of_an_earlier_attempt_changes_nothing(
    fixture: OutboxFixture, late: RetryableFailure | AccountUnavailable | Rejected | Indeterminate
) -> None:
    first, second = fixture.outbox("first"), fixture.outbox("second")
    number = new_number()
    message_id = await fixture.enqueue(first, number, TEXT)
    stale = await fixture.claim(first)
    await fixture.expire_lease(message_id)
    await fixture.confirm_absence(message_id)
    await fixture.claim(second)
    await fixture.enqueue(first, number, TEXT)

    before = await fixture.message(message_id)
    await first.settle(stale, late, 0.5)
    assert await fixture.message(message_id) == before
    # The following message with an identical text still has to wait.
    fixture.advance(minutes=5)
    assert await first.claim_next() is None


async def test_absence_of_an_earlier_attempt_does_not_requeue_the_current_one(fixture: OutboxFixture) -> None:
    """Two processes check concurrently, and one of them is slow to record its result."""
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await fixture.enqueue(outbox, number, TEXT)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("lost"), 0.5)
    (slow,) = await fixture.reconciliation.list_in_flight_to([number])
    await fixture.confirm_absence(message_id)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("lost as well"), 0.5)
    await fixture.outbox("reconciler").requeue(slow)
    message = await fixture.message(message_id)
    assert (message.outbox_state, outbound_of(message).attempt) == (OutboxState.UNCONFIRMED, 2)


async def test_a_late_acceptance_always_counts(fixture: OutboxFixture) -> None:
    first, second = fixture.outbox("first"), fixture.outbox("second")
    message_id = await fixture.enqueue(first, new_number(), TEXT)
    stale = await fixture.claim(first)
    await fixture.expire_lease(message_id)
    await fixture.confirm_absence(message_id)
    current = await fixture.claim(second)
    await first.settle(stale, Accepted(SID, "queued"), 0.5)
    await second.settle(current, Accepted(OTHER_SID, "queued"), 0.5)
    message = await fixture.message(message_id)
    assert (message.twilio_sid, outbound_of(message).duplicate_sids, message.outbox_state) == (
        SID,
        [OTHER_SID],
        OutboxState.ACCEPTED,
    )


async def test_copies_of_one_millisecond_can_be_told_apart(fixture: OutboxFixture) -> None:
    """A client that reads between the changes must not take the copy with the false status for the newest."""
    outbox, timeline = fixture.outbox("process"), fixture.timeline
    message_id = await fixture.enqueue(outbox, new_number(), TEXT)
    await outbox.settle(await fixture.claim(outbox), Accepted(SID, "queued"), 0.5)
    copies = []
    for event in (
        timeline.event_of(SID, "delivered", "callback"),
        timeline.event_of(SID, "undelivered", "callback", 30003),
        answer := timeline.event_of(SID, "undelivered", "reconciler", 30003),
    ):
        await timeline.record(message_id, event)
        copies.append(message_fields((await fixture.message(message_id)).model_dump(by_alias=True)))
    await replace_final_status(message_id, answer)
    copies.append(message_fields((await fixture.message(message_id)).model_dump(by_alias=True)))

    assert [copy["status"] for copy in copies] == ["delivered", "delivered", "delivered", "undelivered"]
    assert len({copy["updated_at"] for copy in copies}) == 1
    versions = [copy["version"] for copy in copies]
    assert versions == sorted(set(versions))


async def test_a_sid_belongs_to_one_message(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    for number in (new_number(), new_number()):
        await fixture.enqueue(outbox, number, TEXT)
    one, other = await fixture.claim(outbox), await fixture.claim(outbox)
    await outbox.settle(one, Accepted(SID, "queued"), 0.5)
    await outbox.settle(other, Accepted(SID, "queued"), 0.5)
    await fixture.receive_callback(outbox, other, SID, "delivered", To=other.to_number)
    assert (await fixture.message(one.message_id)).twilio_sid == SID
    unproved = await fixture.message(other.message_id)
    assert (unproved.twilio_sid, unproved.outbox_state) == (None, OutboxState.CLAIMED)


async def test_a_known_sid_prevents_another_attempt(fixture: OutboxFixture) -> None:
    """The process that received the callback crashed between recording the SID and settling the message."""
    outbox, provider = fixture.outbox("process"), StubProvider(Accepted(OTHER_SID, "queued"))
    message_id = await fixture.enqueue(outbox, new_number(), TEXT)
    claim = await fixture.claim(outbox)
    await outbox.settle(claim, RetryableFailure("not sent"), 0.5)
    await fixture.message_ids.own(SID, message_id, claim.attempt)
    fixture.advance(minutes=1)
    assert await outbox.claim_next() is None
    message = await fixture.message(message_id)
    assert (message.outbox_state, message.twilio_sid) == (OutboxState.ACCEPTED, SID)
    assert provider.sent == []


async def test_identical_texts_are_sent_one_at_a_time(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    first_id = await fixture.enqueue(outbox, number, TEXT)
    second_id = await fixture.enqueue(outbox, number, TEXT)
    await fixture.enqueue(outbox, number, "Another text")
    first = await fixture.claim(outbox)
    assert first.message_id == first_id
    assert (await fixture.claim(outbox)).content == "Another text"
    fixture.advance(minutes=1)
    assert await fixture.outbox("other").claim_next() is None

    # An unconfirmed message may be at the provider, so it still blocks; a settled one does not.
    await outbox.settle(first, Indeterminate("lost"), 0.5)
    fixture.advance(minutes=1)
    assert await outbox.claim_next() is None
    await outbox.accept(first_id, first.attempt, first.dedup_key, SID)
    fixture.advance(minutes=1)
    assert (await fixture.claim(outbox)).message_id == second_id


async def test_a_stale_lock_of_a_settled_message_is_released(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    await fixture.enqueue(outbox, number, TEXT)
    second_id = await fixture.enqueue(outbox, number, TEXT)
    first = await fixture.claim(outbox)
    await outbox.settle(first, Accepted(SID, "queued"), 0.5)
    await fixture.locks.lock(first.dedup_key, first.message_id, first.attempt)
    assert (await fixture.claim(outbox)).message_id == second_id


async def test_a_late_lock_request_of_an_earlier_attempt_is_ignored(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await fixture.enqueue(outbox, number, TEXT)
    first = await fixture.claim(outbox)
    await outbox.settle(first, RetryableFailure("rejected"), 0.5)
    fixture.advance(minutes=1)
    second = await fixture.claim(outbox)
    await fixture.enqueue(outbox, number, TEXT)
    # Another process read the message before its first attempt and continues now; then the first attempt ends.
    await fixture.locks.lock(first.dedup_key, message_id, first.attempt)
    await fixture.locks.unlock(first.dedup_key, message_id, first.attempt)
    assert second.attempt == 2
    assert await outbox.claim_next() is None


@pytest.mark.parametrize("late", [RetryableFailure("late"), AccountUnavailable("late")])
async def test_a_cancelled_message_is_not_retried(
    fixture: OutboxFixture, late: RetryableFailure | AccountUnavailable
) -> None:
    """The process that seemed to have crashed reports that it did not send the message."""
    lost, other = fixture.outbox("lost"), fixture.outbox("other")
    message_id = await fixture.enqueue(lost, new_number(), TEXT)
    claim = await fixture.claim(lost)
    await fixture.expire_lease(message_id)
    assert await fixture.outbox("user").request_cancel(await fixture.message(message_id))
    await lost.settle(claim, late, 0.5)
    fixture.advance(hours=1)
    assert await other.claim_next() is None
    message = await fixture.message(message_id)
    assert (message.outbox_state, message.status) == (OutboxState.CANCELLED, "canceled")


async def test_a_cancelled_message_becomes_canceled_once_absent(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    message_id = await fixture.enqueue(outbox, new_number(), TEXT)
    claim = await fixture.claim(outbox)
    await outbox.settle(claim, Indeterminate("lost"), 0.5)
    seen = (await fixture.reconciliation.list_in_flight_to([claim.to_number]))[0]
    await fixture.outbox("user").request_cancel(await fixture.message(message_id))
    # The process that proved the absence did not know of the cancellation, and does not send the message all the same.
    await fixture.outbox("reconciler").requeue(seen)
    assert (await fixture.message(message_id)).status == "canceled"


async def test_an_outdated_absence_result_does_not_release_the_lock(fixture: OutboxFixture) -> None:
    """Another process has recorded a newer check: an identical text must keep waiting."""
    outbox, number = fixture.outbox("process"), new_number()
    await fixture.enqueue(outbox, number, TEXT)
    claim = await fixture.claim(outbox)
    await outbox.settle(claim, Indeterminate("lost"), 0.5)
    (seen,) = await fixture.reconciliation.list_in_flight_to([number])
    await fixture.database["messages"].update_one({}, {"$set": {"outbound.absent_since": fixture.now}})
    await fixture.outbox("reconciler").requeue(seen)
    assert (await fixture.message(claim.message_id)).outbox_state is OutboxState.UNCONFIRMED
    await fixture.enqueue(outbox, number, TEXT)
    assert await outbox.claim_next() is None


async def test_identical_texts_are_matched_to_separate_sids(fixture: OutboxFixture) -> None:
    """After a retry with a possible duplicate, two messages can be unconfirmed and both at the provider."""
    outbox, number = fixture.outbox("process"), new_number()
    old_id = await fixture.enqueue(outbox, number, TEXT)
    old = await fixture.claim(outbox)
    await outbox.settle(old, Indeterminate("lost"), 0.5)
    await fixture.outbox("user").request_cancel(await fixture.message(old_id))
    fixture.advance(seconds=30)
    new_id = await fixture.enqueue(outbox, number, TEXT)
    new = await fixture.claim(outbox)
    await outbox.settle(new, Indeterminate("lost"), 0.5)

    rows = [
        listed(OTHER_SID, number, TEXT, fixture.now),
        listed(SID, number, TEXT, fixture.now - timedelta(seconds=30)),
    ]
    pairs = match(rows, set(), await fixture.reconciliation.list_in_flight_to([number]), FROM_NUMBER)
    assert {row.sid: message.message_id for row, message in pairs} == {SID: old_id, OTHER_SID: new_id}


async def test_a_row_is_matched_to_the_attempt_in_flight_first(fixture: OutboxFixture) -> None:
    """Otherwise the SID in its own response would already be assigned, and it would be sent again."""
    outbox, number = fixture.outbox("process"), new_number()
    old_id = await fixture.enqueue(outbox, number, TEXT)
    old = await fixture.claim(outbox)
    await outbox.settle(old, Indeterminate("lost"), 0.5)
    await fixture.outbox("user").request_cancel(await fixture.message(old_id))
    new_id = await fixture.enqueue(outbox, number, TEXT)
    await fixture.claim(outbox)
    rows = [listed(SID, number, TEXT, fixture.now)]
    pairs = match(rows, set(), await fixture.reconciliation.list_in_flight_to([number]), FROM_NUMBER)
    assert [(row.sid, message.message_id) for row, message in pairs] == [(SID, new_id)]


async def test_a_message_sent_twice_gets_both_sids(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await fixture.enqueue(outbox, number, TEXT)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("lost"), 0.5)
    rows = [listed(sid, number, TEXT, fixture.now) for sid in (SID, OTHER_SID)]
    pairs = match(rows, set(), await fixture.reconciliation.list_in_flight_to([number]), FROM_NUMBER)
    assert {(row.sid, message.message_id) for row, message in pairs} == {(SID, message_id), (OTHER_SID, message_id)}


@pytest.mark.parametrize(
    ("to_number", "body"),
    [("same", "Something else entirely"), ("same", ""), ("+13215559999", TEXT), ("+13215559999", f"Trial - {TEXT}")],
)
async def test_a_possible_match_prevents_confirmed_absence(fixture: OutboxFixture, to_number: str, body: str) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    await fixture.enqueue(outbox, number, TEXT)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("lost"), 0.5)
    (message,) = await fixture.reconciliation.list_in_flight_to([number])
    row = listed(SID, number if to_number == "same" else to_number, body, fixture.now)
    assert could_be(row, message, FROM_NUMBER)


async def test_expiry_counts_from_the_due_time(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    ids = [await fixture.enqueue(outbox, new_number(), TEXT) for _ in range(2)]
    due_at = fixture.now + timedelta(days=3)
    await fixture.database["messages"].update_many(
        {}, {"$set": {"outbound.due_at": due_at, "outbound.next_attempt_at": due_at}}
    )
    fixture.now = due_at + EXPIRES_AFTER - timedelta(minutes=1)
    await outbox.expire_overdue(100)
    claim = await fixture.claim(outbox)
    await outbox.settle(claim, RetryableFailure("provider unavailable"), 0.0)

    fixture.advance(minutes=1)
    assert await outbox.claim_next() is None, "an overdue message must not be sent, also before expire_overdue has run"
    await outbox.expire_overdue(100)
    assert {(await fixture.message(message_id)).outbox_state for message_id in ids} == {OutboxState.EXPIRED}
