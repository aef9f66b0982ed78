"""What the reconciler concludes from the carrier's list, and what not yet."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from bson import ObjectId

from mysms.carrier.base import Accepted, NotSent, Unknown
from mysms.core.heartbeat import Heartbeat
from mysms.delivery import reconciler as reconciling
from mysms.delivery.outbox import Outbox
from mysms.messages.models import Message
from mysms.messages.status import Dispatch
from tests.faults.workshop import RECONCILE_AFTER, StubCarrier, Workshop, listed, new_number, open_workshop
from tests.support.polling import eventually
from tests.support.servers import Mongo

LEASE = timedelta(seconds=2)
SID = "SM" + "4" * 32
TEXT = "Hello"


@pytest.fixture
async def workshop(mongodb: Mongo, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    monkeypatch.setattr(reconciling, "ROUND_SECONDS", 0.02)
    async with open_workshop(mongodb.uri) as workshop:
        yield workshop


@contextlib.asynccontextmanager
async def running(workshop: Workshop, carrier: StubCarrier) -> AsyncIterator[None]:
    reconciler = workshop.reconciler(
        carrier, workshop.clock, lease=LEASE, reconcile_after=RECONCILE_AFTER, heart=Heartbeat("reconciler", 60)
    )
    loop = asyncio.create_task(reconciler.run())
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        reconciler.close()


async def unconfirmed(workshop: Workshop, outbox: Outbox, number: str) -> ObjectId:
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Unknown("lost"), 0.5)
    return message_id


async def becomes(workshop: Workshop, message_id: ObjectId, dispatch: Dispatch) -> Message:
    return await eventually(
        lambda: workshop.message(message_id), lambda seen: seen.dispatch is dispatch, what=f"it becoming {dispatch}"
    )


def _has_been_looked_for(times: int, message: Message) -> bool:
    return message.checks >= times


async def looked_for(workshop: Workshop, message_id: ObjectId) -> Message:
    """Once it has been looked for, and what was concluded has been written: at the second look, the first is over."""
    for looks in (1, 2):
        await eventually(lambda: workshop.message(message_id), partial(_has_been_looked_for, looks), what="a look")
        workshop.wait(seconds=61)
    return await workshop.message(message_id)


async def test_a_message_is_absent_only_after_the_wait(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message = await unconfirmed(workshop, outbox, new_number())
    async with running(workshop, StubCarrier()):
        workshop.wait(seconds=10)
        assert (await looked_for(workshop, message)).dispatch is Dispatch.UNCONFIRMED
        workshop.wait(seconds=RECONCILE_AFTER.total_seconds())
        await becomes(workshop, message, Dispatch.PENDING)


@pytest.mark.parametrize("text", [TEXT, f"Sent from your Twilio trial account - {TEXT}"])
async def test_an_unowned_sid_with_its_text_is_the_message(workshop: Workshop, text: str) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message = await unconfirmed(workshop, outbox, number)
    carrier = StubCarrier(listed=[listed(SID, number, text, workshop.now, "delivered")])
    async with running(workshop, carrier):
        workshop.wait(minutes=1)
        found = await eventually(
            lambda: workshop.message(message), lambda seen: seen.status == "delivered", what="that it is found"
        )
    assert (found.twilio_sid, found.check_at) == (SID, None)


@pytest.mark.parametrize("body", ["Something else entirely", ""])
async def test_an_unowned_sid_with_another_text_keeps_it_in_doubt(workshop: Workshop, body: str) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message = await unconfirmed(workshop, outbox, number)
    carrier = StubCarrier(listed=[listed(SID, number, body, workshop.now)])
    async with running(workshop, carrier):
        workshop.wait(seconds=2 * RECONCILE_AFTER.total_seconds())
        assert (await looked_for(workshop, message)).dispatch is Dispatch.UNCONFIRMED


async def test_a_list_that_cannot_be_read_proves_nothing(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message = await unconfirmed(workshop, outbox, new_number())
    async with running(workshop, StubCarrier(listed=None)):
        workshop.wait(seconds=2 * RECONCILE_AFTER.total_seconds())
        assert (await looked_for(workshop, message)).dispatch is Dispatch.UNCONFIRMED


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
    async with running(workshop, carrier):
        workshop.wait(hours=1)

        async def unanswered() -> int:
            return carrier.unanswered

        await eventually(unanswered, lambda left: left == 0, what="the first question")
        workshop.wait(minutes=5)
        for message_id in ids:
            await eventually(partial(workshop.message, message_id), _is_delivered, what="its last word")


async def test_a_question_of_a_process_that_ended_is_asked_by_another(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Accepted(SID, "queued"), 0.5)
    workshop.wait(hours=1)
    (check,) = await workshop.questions.claim_status_checks(100)
    assert (check.message_id, await workshop.questions.claim_status_checks(100)) == (message_id, [])
    workshop.wait(minutes=5)
    async with running(workshop, StubCarrier(listed=[listed(SID, number, TEXT, workshop.now, "delivered")])):
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
    async with running(workshop, StubCarrier(listed=[listed(SID, number, TEXT, workshop.now, answered)])):
        asked = await eventually(
            partial(workshop.message, message_id), lambda seen: seen.check_at is None, what="that the carrier is asked"
        )
    assert (asked.status, asked.error_code) == (answered, None)


async def test_a_status_that_is_not_final_is_asked_for_four_times(workshop: Workshop) -> None:
    outbox, number = workshop.outbox("process"), new_number()
    message_id = await workshop.store(outbox, number, TEXT)
    await outbox.settle(await workshop.claim(outbox), Accepted(SID, "queued"), 0.5)
    settled_at = workshop.now
    asked = []
    while (due := (await workshop.message(message_id)).check_at) is not None:
        asked.append((due - settled_at).total_seconds() / 3600)
        workshop.now = due
        (check,) = await workshop.questions.claim_status_checks(100)
        await workshop.questions.end_check(check, is_last=False)
    assert asked == [1, 6, 24, 72]


def _is_delivered(message: Message) -> bool:
    return message.status == "delivered"


async def test_a_lease_is_over_when_the_claim_was_seen_unchanged_for_its_length(workshop: Workshop) -> None:
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), TEXT)
    await workshop.claim(outbox)
    # However much time the clock on the wall jumps: only what was watched counts.
    workshop.wait(hours=1)
    async with running(workshop, StubCarrier()):
        await asyncio.sleep(LEASE.total_seconds() / 4)
        assert (await workshop.message(message_id)).dispatch is Dispatch.CLAIMED

        await becomes(workshop, message_id, Dispatch.UNCONFIRMED)


async def test_another_claim_is_another_lease(workshop: Workshop) -> None:
    """The same message, claimed again: it has its whole time."""
    outbox = workshop.outbox("process")
    message_id = await workshop.store(outbox, new_number(), TEXT)
    claim = await workshop.claim(outbox)
    async with running(workshop, StubCarrier()):
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
    async with running(workshop, StubCarrier()):
        workshop.wait(seconds=2 * RECONCILE_AFTER.total_seconds())
        await becomes(workshop, message, Dispatch.PENDING)
