"""The races of the outbox, each step made by hand: what a late process may still do, and what not."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from mysms.carrier.base import Accepted, NotSent, Paused, Refused, Unknown
from mysms.delivery.matching import could_be, match
from mysms.delivery.text_locks import TextLocks
from mysms.messages.status import Dispatch
from tests.faults.outbox_fixture import EXPIRES_AFTER, StubCarrier, Workshop, listed, new_number, open_workshop
from tests.support.servers import FROM_NUMBER, Mongo

TEXT = "Hello"
SID, OTHER_SID = "SM" + "1" * 32, "SM" + "2" * 32


@pytest.fixture
async def workshop(mongodb: Mongo) -> AsyncIterator[Workshop]:
    async with open_workshop(mongodb.uri) as workshop:
        yield workshop


async def test_a_request_that_did_not_begin_in_time_is_not_made(workshop: Workshop) -> None:
    outbox, carrier = workshop.outbox("late"), StubCarrier(Accepted(SID, "queued"))
    message_id = await workshop.store(outbox, new_number(), TEXT)
    sender = workshop.sender(outbox, carrier, timedelta(seconds=10))
    claim = await workshop.claim(outbox)
    outcome = await sender.send(claim, claimed_at=time.monotonic() - 11)
    sender.close()
    assert isinstance(outcome, NotSent)
    assert carrier.sent == []
    assert (await workshop.message(message_id)).dispatch is Dispatch.PENDING


@pytest.mark.parametrize("late", [NotSent("late"), Paused("late"), Refused(21211, "late"), Unknown("late")])
async def test_a_late_outcome_of_an_earlier_attempt_changes_nothing(
    workshop: Workshop, late: NotSent | Paused | Refused | Unknown
) -> None:
    first, second = workshop.outbox("first"), workshop.outbox("second")
    number = new_number()
    message_id = await workshop.store(first, number, TEXT)
    stale = await workshop.claim(first)
    await workshop.lose(message_id)
    await workshop.find_absent(message_id)
    await workshop.claim(second)
    await workshop.store(first, number, TEXT)

    before = await workshop.message(message_id)
    await first.settle(stale, late, 0.5)
    assert await workshop.message(message_id) == before
    # The identical text behind it still has to wait.
    workshop.wait(minutes=5)
    assert await first.claim_next() is None


async def test_what_was_absent_at_an_earlier_attempt_says_nothing_of_the_current_one(workshop: Workshop) -> None:
    """Two processes look at the same time, and one of them is slow to write down what it found."""
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("lost"), 0.5)
    (slow,) = await workshop.repairs.list_undecided_to([number])
    await workshop.find_absent(message_id)
    await outbox.settle(await workshop.claim(outbox), Unknown("lost as well"), 0.5)
    await workshop.repairs.requeue(slow)
    message = await workshop.message(message_id)
    assert (message.dispatch, message.attempt) == (Dispatch.UNCONFIRMED, 2)


async def test_a_late_acceptance_always_counts(workshop: Workshop) -> None:
    first, second = workshop.outbox("first"), workshop.outbox("second")
    message_id = await workshop.store(first, new_number(), TEXT)
    stale = await workshop.claim(first)
    await workshop.lose(message_id)
    await workshop.find_absent(message_id)
    current = await workshop.claim(second)
    await first.settle(stale, Accepted(SID, "queued"), 0.5)
    await second.settle(current, Accepted(OTHER_SID, "queued"), 0.5)
    message = await workshop.message(message_id)
    assert (message.twilio_sid, message.second_sids, message.dispatch) == (SID, [OTHER_SID], Dispatch.SETTLED)


async def test_a_sid_has_one_owner(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    for number in (new_number(), new_number()):
        await workshop.store(outbox, number, TEXT)
    one, other = await workshop.claim(outbox), await workshop.claim(outbox)
    await outbox.settle(one, Accepted(SID, "queued"), 0.5)
    await outbox.settle(other, Accepted(SID, "queued"), 0.5)
    await workshop.hear(outbox, other, SID, "delivered", To=other.to_number)
    assert (await workshop.message(one.message_id)).twilio_sid == SID
    unproved = await workshop.message(other.message_id)
    assert (unproved.twilio_sid, unproved.dispatch) == (None, Dispatch.CLAIMED)


async def test_a_known_sid_stops_a_repetition_after_the_claim(workshop: Workshop) -> None:
    """The process that heard the callback ended between noting the owner and settling the message."""
    outbox, carrier = workshop.outbox("process"), StubCarrier(Accepted(OTHER_SID, "queued"))
    message_id = await workshop.store(outbox, new_number(), TEXT)
    claim = await workshop.claim(outbox)
    await outbox.settle(claim, NotSent("It seems so."), 0.5)
    await workshop.sids.own(SID, message_id, claim.attempt)
    workshop.wait(minutes=1)
    assert await outbox.claim_next() is None
    message = await workshop.message(message_id)
    assert (message.dispatch, message.twilio_sid) == (Dispatch.SETTLED, SID)
    assert carrier.sent == []


async def test_identical_texts_go_one_after_the_other(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    first_id = await workshop.store(outbox, number, TEXT)
    second_id = await workshop.store(outbox, number, TEXT)
    await workshop.store(outbox, number, "Another text")
    first = await workshop.claim(outbox)
    assert first.message_id == first_id
    assert (await workshop.claim(outbox)).content == "Another text"
    workshop.wait(minutes=1)
    assert await workshop.outbox("other").claim_next() is None

    # What is unknown may be at the carrier, so it still blocks; what is settled does not.
    await outbox.settle(first, Unknown("lost"), 0.5)
    workshop.wait(minutes=1)
    assert await outbox.claim_next() is None
    await outbox.accept(first_id, first.attempt, first.text_key, SID)
    workshop.wait(minutes=1)
    assert (await workshop.claim(outbox)).message_id == second_id


async def test_the_lock_of_a_process_that_ended_after_settling_is_broken(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    await workshop.store(outbox, number, TEXT)
    second_id = await workshop.store(outbox, number, TEXT)
    first = await workshop.claim(outbox)
    await outbox.settle(first, Accepted(SID, "queued"), 0.5)
    await TextLocks(workshop.database).lock(first.text_key, first.message_id, first.attempt)
    assert await outbox.claim_next() is None
    workshop.wait(minutes=1)
    assert (await workshop.claim(outbox)).message_id == second_id


async def test_a_late_look_for_the_lock_does_not_hand_it_to_an_earlier_attempt(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    first = await workshop.claim(outbox)
    await outbox.settle(first, NotSent("refused"), 0.5)
    workshop.wait(minutes=1)
    second = await workshop.claim(outbox)
    await workshop.store(outbox, number, TEXT)
    # Another process had read the message before its first attempt, and goes on only now; then the first one's end.
    await TextLocks(workshop.database).lock(first.text_key, message_id, first.attempt)
    await TextLocks(workshop.database).unlock(first.text_key, message_id, first.attempt)
    assert second.attempt == 2
    assert await outbox.claim_next() is None


@pytest.mark.parametrize("late", [NotSent("late"), Paused("late")])
async def test_what_its_author_has_withdrawn_is_not_sent_again(workshop: Workshop, late: NotSent | Paused) -> None:
    """The process that was lost comes back, and certainly has not sent it."""
    lost, other = workshop.outbox("lost"), workshop.outbox("other")
    message_id = await workshop.store(lost, new_number(), TEXT)
    claim = await workshop.claim(lost)
    await workshop.lose(message_id)
    assert await workshop.withdrawals.withdraw_unconfirmed(await workshop.message(message_id))
    await lost.settle(claim, late, 0.5)
    workshop.wait(hours=1)
    assert await other.claim_next() is None
    message = await workshop.message(message_id)
    assert (message.dispatch, message.status) == (Dispatch.CANCELLED, "canceled")


async def test_a_withdrawn_message_that_is_absent_is_canceled(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), TEXT)
    claim = await workshop.claim(outbox)
    await outbox.settle(claim, Unknown("lost"), 0.5)
    seen = (await workshop.repairs.list_undecided_to([claim.to_number]))[0]
    await workshop.withdrawals.withdraw_unconfirmed(await workshop.message(message_id))
    # Whoever looked before it was withdrawn must look again.
    await workshop.repairs.requeue(seen)
    assert (await workshop.message(message_id)).dispatch is Dispatch.UNCONFIRMED
    await workshop.find_absent(message_id)
    assert (await workshop.message(message_id)).status == "canceled"


async def test_a_conclusion_that_comes_too_late_leaves_the_lock_of_the_text(workshop: Workshop) -> None:
    """Another process has seen something meanwhile: an identical text must go on waiting."""
    outbox, number = workshop.outbox("process"), new_number()
    await workshop.store(outbox, number, TEXT)
    claim = await workshop.claim(outbox)
    await outbox.settle(claim, Unknown("lost"), 0.5)
    (seen,) = await workshop.repairs.list_undecided_to([number])
    await workshop.database["messages"].update_one({}, {"$set": {"absent_since": workshop.now}})
    await workshop.repairs.requeue(seen)
    assert (await workshop.message(claim.message_id)).dispatch is Dispatch.UNCONFIRMED
    await workshop.store(outbox, number, TEXT)
    assert await outbox.claim_next() is None


async def test_the_carriers_list_gives_each_of_two_identical_texts_its_own_sid(workshop: Workshop) -> None:
    """Sent again with a possible double accepted: two may be in doubt at once, and both are at the carrier."""
    outbox, number = workshop.outbox("process"), new_number()
    old_id = await workshop.store(outbox, number, TEXT)
    old = await workshop.claim(outbox)
    await outbox.settle(old, Unknown("lost"), 0.5)
    await workshop.withdrawals.withdraw_unconfirmed(await workshop.message(old_id))
    workshop.wait(seconds=30)
    new_id = await workshop.store(outbox, number, TEXT)
    new = await workshop.claim(outbox)
    await outbox.settle(new, Unknown("lost"), 0.5)

    rows = [
        listed(OTHER_SID, number, TEXT, workshop.now),
        listed(SID, number, TEXT, workshop.now - timedelta(seconds=30)),
    ]
    pairs = match(rows, set(), await workshop.repairs.list_undecided_to([number]), FROM_NUMBER)
    assert {row.sid: message.message_id for row, message in pairs} == {SID: old_id, OTHER_SID: new_id}


async def test_a_text_that_is_being_sent_now_is_not_taken_for_an_earlier_one(workshop: Workshop) -> None:
    """Else its own answer finds its SID taken, and it is sent once more."""
    outbox, number = workshop.outbox("process"), new_number()
    old_id = await workshop.store(outbox, number, TEXT)
    old = await workshop.claim(outbox)
    await outbox.settle(old, Unknown("lost"), 0.5)
    await workshop.withdrawals.withdraw_unconfirmed(await workshop.message(old_id))
    new_id = await workshop.store(outbox, number, TEXT)
    await workshop.claim(outbox)
    rows = [listed(SID, number, TEXT, workshop.now)]
    pairs = match(rows, set(), await workshop.repairs.list_undecided_to([number]), FROM_NUMBER)
    assert [(row.sid, message.message_id) for row, message in pairs] == [(SID, new_id)]


async def test_a_message_that_the_carrier_holds_twice_gets_both_sids(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("lost"), 0.5)
    rows = [listed(sid, number, TEXT, workshop.now) for sid in (SID, OTHER_SID)]
    pairs = match(rows, set(), await workshop.repairs.list_undecided_to([number]), FROM_NUMBER)
    assert {(row.sid, message.message_id) for row, message in pairs} == {(SID, message_id), (OTHER_SID, message_id)}


@pytest.mark.parametrize(
    ("to_number", "body"),
    [("same", "Something else entirely"), ("same", ""), ("+13215559999", TEXT), ("+13215559999", f"Trial - {TEXT}")],
)
async def test_whatever_may_be_the_message_speaks_against_its_absence(
    workshop: Workshop, to_number: str, body: str
) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("lost"), 0.5)
    (message,) = await workshop.repairs.list_undecided_to([number])
    row = listed(SID, number if to_number == "same" else to_number, body, workshop.now)
    assert could_be(row, message, FROM_NUMBER)


async def test_a_message_for_later_expires_after_it_was_due_and_not_after_it_was_stored(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    ids = [await workshop.store(outbox, new_number(), TEXT) for _ in range(2)]
    due_at = workshop.now + timedelta(days=3)
    await workshop.database["messages"].update_many({}, {"$set": {"due_at": due_at, "next_attempt_at": due_at}})
    workshop.now = due_at + EXPIRES_AFTER - timedelta(minutes=1)
    await outbox.expire_overdue(100)
    claim = await workshop.claim(outbox)
    await outbox.settle(claim, NotSent("The carrier is away."), 0.0)

    workshop.wait(minutes=1)
    assert await outbox.claim_next() is None, "what is overdue is not sent, also before it was found to be overdue"
    await outbox.expire_overdue(100)
    assert {(await workshop.message(message_id)).dispatch for message_id in ids} == {Dispatch.EXPIRED}


async def test_a_message_stored_before_its_due_time_was_kept_expires_by_its_age(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), TEXT)
    await workshop.database["messages"].update_one({"_id": message_id}, {"$unset": {"due_at": ""}})
    workshop.now += EXPIRES_AFTER
    assert await outbox.claim_next() is None
    assert (await workshop.message(message_id)).dispatch is Dispatch.EXPIRED
