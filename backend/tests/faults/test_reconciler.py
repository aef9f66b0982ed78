"""What the reconciler concludes from the provider's list, and what not yet."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from bson import ObjectId

from mysms.carrier.base import Accepted, CarrierUnavailableError, Listing, NotSent, Unknown
from mysms.core.heartbeat import Heartbeat
from mysms.delivery import rounds
from mysms.delivery.outbox import Outbox
from mysms.delivery.rounds import Questioner
from mysms.messages.models import Message
from mysms.messages.status import Dispatch
from tests.faults.outbox_fixture import (
    ABSENCE_CONFIRMED_AFTER,
    HOLD,
    RECONCILE_AFTER,
    StubCarrier,
    Workshop,
    listed,
    new_number,
    open_workshop,
)
from tests.support.polling import eventually
from tests.support.servers import Mongo

LEASE = timedelta(seconds=2)
SID = "SM" + "4" * 32
TEXT = "Hello"


@pytest.fixture
async def workshop(mongodb: Mongo, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    monkeypatch.setattr(rounds, "ROUND_SECONDS", 0.02)
    async with open_workshop(mongodb.uri) as workshop:
        yield workshop


async def unconfirmed(workshop: Workshop, outbox: Outbox, number: str) -> ObjectId:
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("lost"), 0.5)
    return message_id


async def becomes(workshop: Workshop, message_id: ObjectId, dispatch: Dispatch) -> Message:
    return await eventually(
        lambda: workshop.message(message_id), lambda seen: seen.dispatch is dispatch, what=f"it becoming {dispatch}"
    )


async def look(workshop: Workshop, carrier: StubCarrier) -> None:
    """One round of looking for what is due."""
    questioner = Questioner(Heartbeat("test", 60))
    try:
        await workshop.reconciler(carrier, questioner).run_round()
    finally:
        questioner.close()


async def look_at_due_times(workshop: Workshop, carrier: StubCarrier, message_id: ObjectId) -> list[float]:
    """Looks whenever it is due; answers when that was, in seconds since the message became unconfirmed."""
    since = (await workshop.message(message_id)).unknown_since
    assert since is not None
    times: list[float] = []
    while True:
        message = await workshop.message(message_id)
        if message.dispatch is not Dispatch.UNCONFIRMED or message.check_at is None:
            return times
        workshop.now = max(workshop.now, message.check_at)
        times.append((workshop.now - since).total_seconds())
        await look(workshop, carrier)


async def test_a_message_is_absent_after_two_looks_far_apart(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await unconfirmed(workshop, outbox, new_number())
    times = await look_at_due_times(workshop, StubCarrier(), message_id)
    first, confirmed = RECONCILE_AFTER.total_seconds(), ABSENCE_CONFIRMED_AFTER.total_seconds()
    assert first in times, "a look takes place as soon as it counts"
    assert times[-1] == first + confirmed
    assert (await workshop.message(message_id)).dispatch is Dispatch.PENDING


async def test_what_appears_late_in_the_list_is_found_and_not_sent_again(workshop: Workshop) -> None:
    """Later than any look but the last."""
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    created_at, carrier = workshop.now, StubCarrier()
    workshop.now += RECONCILE_AFTER
    await look(workshop, carrier)
    assert (await workshop.message(message_id)).absent_since == workshop.now
    carrier.listed = [listed(SID, number, TEXT, created_at, "queued")]
    workshop.now += ABSENCE_CONFIRMED_AFTER
    await look(workshop, carrier)
    message = await workshop.message(message_id)
    assert (message.twilio_sid, message.dispatch, message.absent_since) == (SID, Dispatch.SETTLED, None)


@pytest.mark.parametrize("text", [TEXT, f"Sent from your Twilio trial account - {TEXT}"])
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("+13215550199", "+13215550199"),
        ("+525512345678", "+5215512345678"),
        ("+5215512345678", "+525512345678"),
        ("+4402079460958", "+442079460958"),
    ],
)
async def test_an_unowned_sid_with_its_text_is_the_message_however_its_number_is_written(
    workshop: Workshop, text: str, asked: str, shown: str
) -> None:
    outbox = workshop.outbox("process")
    message_id = await unconfirmed(workshop, outbox, asked)
    workshop.wait(minutes=1)
    await look(workshop, StubCarrier(listed=[listed(SID, shown, text, workshop.now, "delivered")]))
    found = await workshop.message(message_id)
    assert (found.twilio_sid, found.status, found.check_at) == (SID, "delivered", None)


async def test_a_message_created_hours_ago_and_sent_now_is_found(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    created_at = workshop.now
    workshop.wait(hours=9)
    await look(workshop, StubCarrier(listed=[listed(SID, number, TEXT, created_at, "sent")]))
    assert (await workshop.message(message_id)).twilio_sid == SID


@pytest.mark.parametrize(
    ("to_number", "body"),
    [
        (None, "Something else entirely"),
        (None, ""),
        ("+13215559999", TEXT),
        ("+13215559999", f"Trial - {TEXT}"),
    ],
)
async def test_an_unowned_sid_that_could_be_the_message_keeps_it_in_doubt_until_the_looks_end(
    workshop: Workshop, to_number: str | None, body: str
) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    carrier = StubCarrier(listed=[listed(SID, to_number or number, body, workshop.now)])
    times = await look_at_due_times(workshop, carrier, message_id)
    message = await workshop.message(message_id)
    assert (message.dispatch, message.check_at, message.absent_since) == (Dispatch.UNCONFIRMED, None, None)
    assert timedelta(days=3) < timedelta(seconds=times[-1]) < timedelta(days=5)
    assert len(times) < 25


async def test_what_was_seen_once_begins_the_proof_anew(workshop: Workshop) -> None:
    """A list that shows a row, and then not, is a list that cannot be trusted yet."""
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    stranger = [listed(SID, number, "Something else", workshop.now)]
    carrier = StubCarrier()
    workshop.now += RECONCILE_AFTER
    await look(workshop, carrier)
    carrier.listed = stranger
    workshop.wait(minutes=10)
    await look(workshop, carrier)
    carrier.listed = []
    workshop.now += ABSENCE_CONFIRMED_AFTER
    await look(workshop, carrier)
    message = await workshop.message(message_id)
    assert (message.dispatch, message.absent_since) == (Dispatch.UNCONFIRMED, workshop.now)


async def test_what_cannot_be_read_to_the_end_proves_nothing(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await unconfirmed(workshop, outbox, new_number())
    await look_at_due_times(workshop, StubCarrier(is_complete=False), message_id)
    message = await workshop.message(message_id)
    assert (message.dispatch, message.check_at, message.absent_since) == (Dispatch.UNCONFIRMED, None, None)


async def test_a_part_of_a_list_proves_what_it_shows(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    carrier = StubCarrier(listed=[listed(SID, number, TEXT, workshop.now)], is_complete=False)
    workshop.wait(minutes=1)
    await look(workshop, carrier)
    assert (await workshop.message(message_id)).twilio_sid == SID


async def test_one_whose_list_cannot_be_read_holds_up_no_other(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    numbers = [new_number() for _ in range(3)]
    ids = [await unconfirmed(workshop, outbox, number) for number in numbers]
    carrier = StubCarrier(
        listed=[listed(f"SM{place:032}", number, TEXT, workshop.now) for place, number in enumerate(numbers)],
        unreadable={numbers[0]},
    )
    workshop.wait(minutes=1)
    async with workshop.running(carrier, lease=LEASE):
        for message_id in ids[1:]:
            await becomes(workshop, message_id, Dispatch.SETTLED)
    assert (await workshop.message(ids[0])).dispatch is Dispatch.UNCONFIRMED


async def test_a_look_is_made_by_one_process(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    await unconfirmed(workshop, outbox, number)
    carrier = StubCarrier()
    workshop.wait(minutes=1)
    await asyncio.gather(*(look(workshop, carrier) for _ in range(5)))
    assert carrier.looks == [number]


async def test_a_look_of_a_process_that_ended_is_made_by_another(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    workshop.wait(minutes=1)
    assert await workshop.questions.claim_look() is not None
    workshop.wait(minutes=1)
    await look(workshop, StubCarrier(listed=[listed(SID, number, TEXT, workshop.now)]))
    assert (await workshop.message(message_id)).twilio_sid == SID


async def test_an_outage_uses_up_no_looks(workshop: Workshop) -> None:
    """However long the provider is silent: once it answers again, absence is proven as ever."""
    outbox = workshop.outbox("process")
    message_id = await unconfirmed(workshop, outbox, new_number())
    carrier = StubCarrier(listed=None)
    for _ in range(30):
        check_at = (await workshop.message(message_id)).check_at
        assert check_at is not None
        workshop.now = max(workshop.now, check_at)
        with pytest.raises(CarrierUnavailableError):
            await look(workshop, carrier)
    assert (await workshop.message(message_id)).checks == 0
    carrier.listed = []
    times = await look_at_due_times(workshop, carrier, message_id)
    assert times[-1] - times[0] == ABSENCE_CONFIRMED_AFTER.total_seconds()
    assert (await workshop.message(message_id)).dispatch is Dispatch.PENDING


async def test_the_look_that_confirms_takes_place_however_many_there_were(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    carrier = StubCarrier(listed=[listed(SID, number, "Something else", workshop.now)])
    while (message := await workshop.message(message_id)).checks < 15:
        assert message.check_at is not None
        workshop.now = message.check_at
        await look(workshop, carrier)
    carrier.listed = []
    await look_at_due_times(workshop, carrier, message_id)
    assert (await workshop.message(message_id)).dispatch is Dispatch.PENDING


async def test_a_look_that_another_process_has_taken_over_concludes_nothing(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await unconfirmed(workshop, outbox, number)
    workshop.wait(minutes=1)
    slow = await workshop.questions.claim_look()
    assert slow is not None
    workshop.now += HOLD
    other = await workshop.questions.claim_look()
    assert other is not None
    assert not await workshop.questions.extend_look(slow)
    await workshop.questions.end_look(slow, workshop.now, None)
    assert (await workshop.message(message_id)).absent_since is None
    assert await workshop.questions.extend_look(other)


async def test_a_look_is_held_for_as_long_as_it_asks(workshop: Workshop) -> None:
    """Each question may take nearly as long as the hold; together they take longer, and nobody else looks meanwhile."""
    outbox = workshop.outbox("process")
    message_id = await unconfirmed(workshop, outbox, "+525512345678")
    carrier = StubCarrier()

    def slow_list(to_number: str) -> Listing:
        workshop.now += HOLD * 0.9
        carrier.looks.append(to_number)
        return Listing([], is_complete=True)

    carrier.list_to = slow_list  # type: ignore[method-assign]
    workshop.now += RECONCILE_AFTER
    await look(workshop, carrier)
    assert len(carrier.looks) == 2
    assert (await workshop.message(message_id)).absent_since is not None


async def test_a_question_without_an_answer_is_asked_again_soon(workshop: Workshop) -> None:
    """And so are those that were to be asked after it."""
    outbox, carrier = workshop.outbox("process"), StubCarrier(listed=[])
    ids = []
    for place in range(3):
        sid, number = f"SM{place:032}", new_number()
        ids.append(await workshop.store(outbox, number, TEXT))
        await outbox.settle(await workshop.claim(outbox), Accepted(sid, "queued"), 0.5)
        carrier.listed = [*(carrier.listed or []), listed(sid, number, TEXT, workshop.now, "delivered")]
    carrier.unanswered = 1
    async with workshop.running(carrier, lease=LEASE):
        workshop.wait(hours=1)

        async def unanswered() -> int:
            return carrier.unanswered

        await eventually(unanswered, lambda left: left == 0, what="the first question")
        workshop.wait(minutes=10)
        for message_id in ids:
            await eventually(partial(workshop.message, message_id), _is_delivered, what="its last word")


async def test_a_question_of_a_process_that_ended_is_asked_by_another(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Accepted(SID, "queued"), 0.5)
    workshop.wait(hours=1)
    check = await workshop.questions.claim_status_check()
    assert check is not None
    assert (check.message_id, await workshop.questions.claim_status_check()) == (message_id, None)
    workshop.wait(minutes=5)
    async with workshop.running(
        StubCarrier(listed=[listed(SID, number, TEXT, workshop.now, "delivered")]), lease=LEASE
    ):
        await eventually(partial(workshop.message, message_id), _is_delivered, what="its last word")


@pytest.mark.parametrize(("reported", "answered"), [("undelivered", "delivered"), ("delivered", "undelivered")])
async def test_a_last_word_whose_correction_was_missed_is_found_out(
    workshop: Workshop, reported: str, answered: str
) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    claim = await workshop.claim(outbox)
    await outbox.settle(claim, Accepted(SID, "queued"), 0.5)
    await workshop.hear(outbox, claim, SID, reported, **({"ErrorCode": "30003"} if reported == "undelivered" else {}))
    assert (await workshop.message(message_id)).status == reported
    workshop.wait(hours=1)
    async with workshop.running(StubCarrier(listed=[listed(SID, number, TEXT, workshop.now, answered)]), lease=LEASE):
        asked = await eventually(
            partial(workshop.message, message_id), lambda seen: seen.check_at is None, what="that the carrier is asked"
        )
    assert (asked.status, asked.error_code) == (answered, None)


async def test_a_status_that_is_not_final_is_asked_for_six_times(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Accepted(SID, "queued"), 0.5)
    settled_at = workshop.now
    asked = []
    while (due := (await workshop.message(message_id)).check_at) is not None:
        asked.append((due - settled_at).total_seconds() / 60)
        workshop.now = due
        check = await workshop.questions.claim_status_check()
        assert check is not None
        await workshop.questions.end_check(check, is_last=False)
    assert asked == [2, 10, 60, 6 * 60, 24 * 60, 72 * 60]


def _is_delivered(message: Message) -> bool:
    return message.status == "delivered"


async def test_a_lease_is_over_when_the_claim_was_seen_unchanged_for_its_length(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), TEXT)
    await workshop.claim(outbox)
    # However much time the clock on the wall jumps: only what was watched counts.
    workshop.wait(hours=1)
    async with workshop.running(StubCarrier(), lease=LEASE):
        await asyncio.sleep(LEASE.total_seconds() / 4)
        assert (await workshop.message(message_id)).dispatch is Dispatch.CLAIMED

        await becomes(workshop, message_id, Dispatch.UNCONFIRMED)


async def test_another_claim_is_another_lease(workshop: Workshop) -> None:
    """The same message, claimed again: it has its whole time."""
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), TEXT)
    claim = await workshop.claim(outbox)
    async with workshop.running(StubCarrier(), lease=LEASE):
        await asyncio.sleep(LEASE.total_seconds() * 0.6)
        await outbox.settle(claim, NotSent("refused"), 0.0)
        workshop.wait(minutes=1)
        await workshop.claim(workshop.outbox("other"))
        begun = time.monotonic()
        await becomes(workshop, message_id, Dispatch.UNCONFIRMED)
        assert time.monotonic() - begun > LEASE.total_seconds() * 0.8


async def test_a_message_that_cannot_be_read_does_not_end_the_care_for_the_others(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    broken = await workshop.store(outbox, new_number(), TEXT)
    await workshop.claim(outbox)
    await workshop.database["messages"].update_one({"_id": broken}, {"$unset": {"withdrawn": ""}})
    message = await unconfirmed(workshop, outbox, new_number())
    async with workshop.running(StubCarrier(), lease=LEASE):
        workshop.now += RECONCILE_AFTER
        await eventually(partial(workshop.message, message), lambda seen: seen.absent_since is not None, what="a look")
        workshop.now += ABSENCE_CONFIRMED_AFTER
        await becomes(workshop, message, Dispatch.PENDING)
