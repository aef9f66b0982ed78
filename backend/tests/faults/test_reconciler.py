"""The reconciler's conclusions from the provider's list, and the schedule of status checks."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial

import pytest
from bson import ObjectId

from mysms.core.heartbeat import Heartbeat
from mysms.messages.models import Message
from mysms.messages.status import OutboxState
from mysms.outbox.store import OutboxStore
from mysms.providers.base import Accepted, Indeterminate, Listing, ProviderUnavailableError, RetryableFailure
from mysms.reconciliation import polling
from mysms.reconciliation.polling import ProviderThread
from tests.faults.outbox_fixture import (
    ABSENCE_CONFIRMED_AFTER,
    HOLD,
    RECONCILE_AFTER,
    OutboxFixture,
    StubProvider,
    listed,
    new_number,
    open_outbox_fixture,
    outbound_of,
)
from tests.support.polling import eventually
from tests.support.servers import Mongo

LEASE = timedelta(seconds=2)
SID = "SM" + "4" * 32
TEXT = "Hello"


@pytest.fixture
async def fixture(mongodb: Mongo, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OutboxFixture]:
    monkeypatch.setattr(polling, "ROUND_SECONDS", 0.02)
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


async def unconfirmed(fixture: OutboxFixture, outbox: OutboxStore, number: str) -> ObjectId:
    message_id = await fixture.enqueue(outbox, number, TEXT)
    await outbox.settle(await fixture.claim(outbox), Indeterminate("lost"), 0.5)
    return message_id


async def becomes(fixture: OutboxFixture, message_id: ObjectId, state: OutboxState) -> Message:
    return await eventually(
        lambda: fixture.message(message_id), lambda seen: seen.outbox_state is state, what=f"it becoming {state}"
    )


async def run_check(fixture: OutboxFixture, provider: StubProvider) -> None:
    """Run one round of due checks."""
    questioner = ProviderThread(Heartbeat("test", 60))
    try:
        await fixture.reconciler(provider, questioner).run_round()
    finally:
        questioner.close()


async def run_checks_when_due(fixture: OutboxFixture, provider: StubProvider, message_id: ObjectId) -> list[float]:
    """Run every check when it is due. Returns the times in seconds since the message became unconfirmed."""
    since = (await fixture.outbound(message_id)).unconfirmed_since
    assert since is not None
    times: list[float] = []
    while True:
        message = await fixture.message(message_id)
        next_check_at = outbound_of(message).next_check_at
        if message.outbox_state is not OutboxState.UNCONFIRMED or next_check_at is None:
            return times
        fixture.now = max(fixture.now, next_check_at)
        times.append((fixture.now - since).total_seconds())
        await run_check(fixture, provider)


async def test_absence_needs_two_checks(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    message_id = await unconfirmed(fixture, outbox, new_number())
    times = await run_checks_when_due(fixture, StubProvider(), message_id)
    first, confirmed = RECONCILE_AFTER.total_seconds(), ABSENCE_CONFIRMED_AFTER.total_seconds()
    assert first in times, "the first check that counts must not be delayed"
    assert times[-1] == first + confirmed
    assert (await fixture.message(message_id)).outbox_state is OutboxState.PENDING


async def test_the_second_check_is_due_soon_if_the_first_takes_longer_than_the_time_between_them(
    fixture: OutboxFixture,
) -> None:
    """After earlier checks, the usual time until the next one is hours."""
    message_id = await unconfirmed(fixture, fixture.outbox("process"), new_number())
    await fixture.database["messages"].update_one({"_id": message_id}, {"$set": {"outbound.check_count": 10}})

    class SlowProvider(StubProvider):
        def list_sent(self, from_number: str, since: date) -> Listing:
            fixture.now += 2 * ABSENCE_CONFIRMED_AFTER
            return super().list_sent(from_number, since)

    fixture.now += RECONCILE_AFTER
    await run_check(fixture, SlowProvider())
    outbound = await fixture.outbound(message_id)
    assert (outbound.state, outbound.next_check_at) == (OutboxState.UNCONFIRMED, fixture.now + timedelta(seconds=1))
    fixture.advance(seconds=1)
    await run_check(fixture, StubProvider())
    assert (await fixture.message(message_id)).outbox_state is OutboxState.PENDING


async def test_one_list_of_sent_messages_serves_all_checks_of_a_round(fixture: OutboxFixture) -> None:
    """After an outage, many messages are unconfirmed at once."""
    outbox, provider = fixture.outbox("process"), StubProvider()
    ids = [await unconfirmed(fixture, outbox, new_number()) for _ in range(10)]
    for wait in (RECONCILE_AFTER, ABSENCE_CONFIRMED_AFTER):
        fixture.now += wait
        await run_check(fixture, provider)
    assert [(await fixture.message(message_id)).outbox_state for message_id in ids] == [OutboxState.PENDING] * 10
    assert provider.sent_requests == 2


async def test_a_list_that_was_read_too_early_for_a_message_is_read_again(fixture: OutboxFixture) -> None:
    """It is read in the check of an earlier message, a moment before it may count for a later one."""
    outbox = fixture.outbox("process")
    await unconfirmed(fixture, outbox, new_number())
    fixture.advance(seconds=1)
    later = await unconfirmed(fixture, outbox, new_number())
    fixture.now += RECONCILE_AFTER - timedelta(seconds=1)

    class SlowProvider(StubProvider):
        def list_sent(self, from_number: str, since: date) -> Listing:
            fixture.now += timedelta(seconds=1)
            return super().list_sent(from_number, since)

    provider = SlowProvider()
    await run_check(fixture, provider)
    assert provider.sent_requests == 2
    since = (await fixture.outbound(later)).absent_since
    assert since is not None
    assert since >= ((await fixture.outbound(later)).unconfirmed_since or since) + RECONCILE_AFTER


async def test_a_message_that_appears_late_in_the_list_is_found(fixture: OutboxFixture) -> None:
    """The message appears just before the last check."""
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    created_at, provider = fixture.now, StubProvider()
    fixture.now += RECONCILE_AFTER
    await run_check(fixture, provider)
    assert (await fixture.outbound(message_id)).absent_since == fixture.now
    provider.listed = [listed(SID, number, TEXT, created_at, "queued")]
    fixture.now += ABSENCE_CONFIRMED_AFTER
    await run_check(fixture, provider)
    message = await fixture.message(message_id)
    assert (message.twilio_sid, message.outbox_state, outbound_of(message).absent_since) == (
        SID,
        OutboxState.ACCEPTED,
        None,
    )


@pytest.mark.parametrize("text", [TEXT, f"Sent from your Twilio trial account - {TEXT}"])
@pytest.mark.parametrize(
    ("requested", "shown"),
    [
        ("+13215550199", "+13215550199"),
        ("+525512345678", "+5215512345678"),
        ("+5215512345678", "+525512345678"),
        ("+4402079460958", "+442079460958"),
    ],
)
async def test_an_unassigned_sid_with_the_same_text_matches_despite_number_rewriting(
    fixture: OutboxFixture, text: str, requested: str, shown: str
) -> None:
    outbox = fixture.outbox("process")
    message_id = await unconfirmed(fixture, outbox, requested)
    fixture.advance(minutes=1)
    await run_check(fixture, StubProvider(listed=[listed(SID, shown, text, fixture.now, "delivered")]))
    found = await fixture.message(message_id)
    assert (found.twilio_sid, found.status, outbound_of(found).next_check_at) == (SID, "delivered", None)


async def test_a_message_created_hours_ago_and_sent_now_is_found(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    created_at = fixture.now
    fixture.advance(hours=9)
    await run_check(fixture, StubProvider(listed=[listed(SID, number, TEXT, created_at, "sent")]))
    assert (await fixture.message(message_id)).twilio_sid == SID


@pytest.mark.parametrize(
    ("to_number", "body"),
    [
        (None, "Something else entirely"),
        (None, ""),
        ("+13215559999", TEXT),
        ("+13215559999", f"Trial - {TEXT}"),
    ],
)
async def test_an_unassigned_possible_match_keeps_the_message_unconfirmed(
    fixture: OutboxFixture, to_number: str | None, body: str
) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    provider = StubProvider(listed=[listed(SID, to_number or number, body, fixture.now)])
    times = await run_checks_when_due(fixture, provider, message_id)
    message = await fixture.message(message_id)
    assert (message.outbox_state, outbound_of(message).next_check_at, outbound_of(message).absent_since) == (
        OutboxState.UNCONFIRMED,
        None,
        None,
    )
    assert timedelta(days=3) < timedelta(seconds=times[-1]) < timedelta(days=5)
    assert len(times) < 25


async def test_a_possible_match_restarts_the_absence_check(fixture: OutboxFixture) -> None:
    """A row that appears and disappears again means that the list is not reliable yet."""
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    other = [listed(SID, number, "Something else", fixture.now)]
    provider = StubProvider()
    fixture.now += RECONCILE_AFTER
    await run_check(fixture, provider)
    provider.listed = other
    fixture.advance(minutes=10)
    await run_check(fixture, provider)
    provider.listed = []
    fixture.now += ABSENCE_CONFIRMED_AFTER
    await run_check(fixture, provider)
    message = await fixture.message(message_id)
    assert (message.outbox_state, outbound_of(message).absent_since) == (OutboxState.UNCONFIRMED, fixture.now)


async def test_an_incomplete_list_does_not_confirm_absence(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    message_id = await unconfirmed(fixture, outbox, new_number())
    await run_checks_when_due(fixture, StubProvider(is_complete=False), message_id)
    message = await fixture.message(message_id)
    assert (message.outbox_state, outbound_of(message).next_check_at, outbound_of(message).absent_since) == (
        OutboxState.UNCONFIRMED,
        None,
        None,
    )


async def test_an_incomplete_list_can_confirm_a_message(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    provider = StubProvider(listed=[listed(SID, number, TEXT, fixture.now)], is_complete=False)
    fixture.advance(minutes=1)
    await run_check(fixture, provider)
    assert (await fixture.message(message_id)).twilio_sid == SID


async def test_an_unreadable_list_does_not_block_other_messages(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    numbers = [new_number() for _ in range(3)]
    ids = [await unconfirmed(fixture, outbox, number) for number in numbers]
    provider = StubProvider(
        listed=[listed(f"SM{index:032}", number, TEXT, fixture.now) for index, number in enumerate(numbers)],
        unreadable={numbers[0]},
    )
    fixture.advance(minutes=1)
    async with fixture.running(provider, lease=LEASE):
        for message_id in ids[1:]:
            await becomes(fixture, message_id, OutboxState.ACCEPTED)
    assert (await fixture.message(ids[0])).outbox_state is OutboxState.UNCONFIRMED


async def test_a_check_is_made_by_one_process(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    await unconfirmed(fixture, outbox, number)
    provider = StubProvider()
    fixture.advance(minutes=1)
    await asyncio.gather(*(run_check(fixture, provider) for _ in range(5)))
    assert provider.list_requests == [number]


async def test_an_abandoned_check_is_taken_over(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    fixture.advance(minutes=1)
    assert await fixture.reconciliation.claim_unconfirmed() is not None
    fixture.advance(minutes=1)
    await run_check(fixture, StubProvider(listed=[listed(SID, number, TEXT, fixture.now)]))
    assert (await fixture.message(message_id)).twilio_sid == SID


async def test_an_outage_does_not_count_as_a_check(fixture: OutboxFixture) -> None:
    """After an outage of any length, absence is confirmed with the same number of checks."""
    outbox = fixture.outbox("process")
    message_id = await unconfirmed(fixture, outbox, new_number())
    provider = StubProvider(listed=None)
    for _ in range(30):
        check_at = (await fixture.outbound(message_id)).next_check_at
        assert check_at is not None
        fixture.now = max(fixture.now, check_at)
        with pytest.raises(ProviderUnavailableError):
            await run_check(fixture, provider)
    assert (await fixture.outbound(message_id)).check_count == 0
    provider.listed = []
    times = await run_checks_when_due(fixture, provider, message_id)
    assert times[-1] - times[0] == ABSENCE_CONFIRMED_AFTER.total_seconds()
    assert (await fixture.message(message_id)).outbox_state is OutboxState.PENDING


async def test_the_confirming_check_takes_place_after_any_number_of_checks(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    provider = StubProvider(listed=[listed(SID, number, "Something else", fixture.now)])
    while (outbound := await fixture.outbound(message_id)).check_count < 15:
        assert outbound.next_check_at is not None
        fixture.now = outbound.next_check_at
        await run_check(fixture, provider)
    provider.listed = []
    await run_checks_when_due(fixture, provider, message_id)
    assert (await fixture.message(message_id)).outbox_state is OutboxState.PENDING


async def test_a_check_taken_over_by_another_process_has_no_effect(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await unconfirmed(fixture, outbox, number)
    fixture.advance(minutes=1)
    slow = await fixture.reconciliation.claim_unconfirmed()
    assert slow is not None
    fixture.now += HOLD
    other = await fixture.reconciliation.claim_unconfirmed()
    assert other is not None
    assert not await fixture.reconciliation.extend_lookup(slow)
    await fixture.reconciliation.end_lookup(slow, fixture.now, None)
    assert (await fixture.outbound(message_id)).absent_since is None
    assert await fixture.reconciliation.extend_lookup(other)


async def test_a_check_extends_its_lease_while_it_runs(fixture: OutboxFixture) -> None:
    """Each list request takes nearly as long as the lease. Together they take longer, so the lease must be extended."""
    outbox = fixture.outbox("process")
    message_id = await unconfirmed(fixture, outbox, "+525512345678")
    provider = StubProvider()

    def slow_list(to_number: str) -> Listing:
        fixture.now += HOLD * 0.9
        provider.list_requests.append(to_number)
        return Listing([], is_complete=True)

    provider.list_to = slow_list  # type: ignore[method-assign]
    fixture.now += RECONCILE_AFTER
    await run_check(fixture, provider)
    assert len(provider.list_requests) == 2
    assert (await fixture.outbound(message_id)).absent_since is not None


async def test_a_failed_status_check_is_repeated_soon(fixture: OutboxFixture) -> None:
    """The status checks that were due after the failed one are repeated, too."""
    outbox, provider = fixture.outbox("process"), StubProvider(listed=[])
    ids = []
    for index in range(3):
        sid, number = f"SM{index:032}", new_number()
        ids.append(await fixture.enqueue(outbox, number, TEXT))
        await outbox.settle(await fixture.claim(outbox), Accepted(sid, "queued"), 0.5)
        provider.listed = [*(provider.listed or []), listed(sid, number, TEXT, fixture.now, "delivered")]
    provider.unanswered = 1
    async with fixture.running(provider, lease=LEASE):
        fixture.advance(hours=1)

        async def unanswered() -> int:
            return provider.unanswered

        await eventually(unanswered, lambda left: left == 0, what="the first status check")
        fixture.advance(minutes=10)
        for message_id in ids:
            await eventually(partial(fixture.message, message_id), _is_delivered, what="the final status")


async def test_an_abandoned_status_check_is_taken_over(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await fixture.enqueue(outbox, number, TEXT)
    await outbox.settle(await fixture.claim(outbox), Accepted(SID, "queued"), 0.5)
    fixture.advance(hours=1)
    check = await fixture.status_check_queue.claim_status_check()
    assert check is not None
    assert (check.message_id, await fixture.status_check_queue.claim_status_check()) == (message_id, None)
    fixture.advance(minutes=5)
    async with fixture.running(StubProvider(listed=[listed(SID, number, TEXT, fixture.now, "delivered")]), lease=LEASE):
        await eventually(partial(fixture.message, message_id), _is_delivered, what="the final status")


@pytest.mark.parametrize(("reported", "fetched"), [("undelivered", "delivered"), ("delivered", "undelivered")])
async def test_a_missed_correction_of_a_final_status_is_detected(
    fixture: OutboxFixture, reported: str, fetched: str
) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await fixture.enqueue(outbox, number, TEXT)
    claim = await fixture.claim(outbox)
    await outbox.settle(claim, Accepted(SID, "queued"), 0.5)
    await fixture.receive_callback(
        outbox, claim, SID, reported, **({"ErrorCode": "30003"} if reported == "undelivered" else {})
    )
    assert (await fixture.message(message_id)).status == reported
    fixture.advance(hours=1)
    async with fixture.running(StubProvider(listed=[listed(SID, number, TEXT, fixture.now, fetched)]), lease=LEASE):
        checked = await eventually(
            partial(fixture.message, message_id),
            lambda seen: outbound_of(seen).next_check_at is None,
            what="a status check",
        )
    assert (checked.status, checked.error_code) == (fetched, None)


async def test_a_status_that_is_not_final_is_polled_six_times(fixture: OutboxFixture) -> None:
    outbox, number = fixture.outbox("process"), new_number()
    message_id = await fixture.enqueue(outbox, number, TEXT)
    await outbox.settle(await fixture.claim(outbox), Accepted(SID, "queued"), 0.5)
    settled_at = fixture.now
    due_minutes = []
    while (due := (await fixture.outbound(message_id)).next_check_at) is not None:
        due_minutes.append((due - settled_at).total_seconds() / 60)
        fixture.now = due
        check = await fixture.status_check_queue.claim_status_check()
        assert check is not None
        await fixture.status_check_queue.end_check(check, is_last=False)
    assert due_minutes == [2, 10, 60, 6 * 60, 24 * 60, 72 * 60]


def _is_delivered(message: Message) -> bool:
    return message.status == "delivered"


async def test_a_lease_expires_after_the_claim_was_unchanged_for_its_duration(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    message_id = await fixture.enqueue(outbox, new_number(), TEXT)
    await fixture.claim(outbox)
    # The lease is measured by a monotonic clock: a jump of the wall clock does not expire it.
    fixture.advance(hours=1)
    async with fixture.running(StubProvider(), lease=LEASE):
        await asyncio.sleep(LEASE.total_seconds() / 4)
        assert (await fixture.message(message_id)).outbox_state is OutboxState.CLAIMED

        await becomes(fixture, message_id, OutboxState.UNCONFIRMED)


async def test_a_new_claim_starts_a_new_lease(fixture: OutboxFixture) -> None:
    """The same message is claimed again: the new claim has its full lease."""
    outbox = fixture.outbox("process")
    message_id = await fixture.enqueue(outbox, new_number(), TEXT)
    claim = await fixture.claim(outbox)
    async with fixture.running(StubProvider(), lease=LEASE):
        await asyncio.sleep(LEASE.total_seconds() * 0.6)
        await outbox.settle(claim, RetryableFailure("rejected"), 0.0)
        fixture.advance(minutes=1)
        await fixture.claim(fixture.outbox("other"))
        begun = time.monotonic()
        await becomes(fixture, message_id, OutboxState.UNCONFIRMED)
        assert time.monotonic() - begun > LEASE.total_seconds() * 0.8


async def test_an_unreadable_document_does_not_block_other_messages(fixture: OutboxFixture) -> None:
    outbox = fixture.outbox("process")
    broken = await fixture.enqueue(outbox, new_number(), TEXT)
    await fixture.claim(outbox)
    await fixture.database["messages"].update_one({"_id": broken}, {"$unset": {"outbound.cancel_requested": ""}})
    message = await unconfirmed(fixture, outbox, new_number())
    async with fixture.running(StubProvider(), lease=LEASE):
        fixture.now += RECONCILE_AFTER
        await eventually(partial(fixture.outbound, message), lambda seen: seen.absent_since is not None, what="a check")
        fixture.now += ABSENCE_CONFIRMED_AFTER
        await becomes(fixture, message, OutboxState.PENDING)
