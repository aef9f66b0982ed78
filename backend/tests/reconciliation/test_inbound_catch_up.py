"""Inbound messages whose webhooks were missed are made up for, whatever the provider's list shows at first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.core import database as connection
from mysms.core.heartbeat import Heartbeat
from mysms.core.rate_limit import RateLimiter
from mysms.inbound.errors import NobodyToReceiveError
from mysms.inbound.inbox import Inbox
from mysms.inbound.recipients import Recipients
from mysms.inbound.text import InboundText
from mysms.messages.models import Message
from mysms.opt_outs.records import OptOutChange, Source
from mysms.opt_outs.repository import CLOCKS_DIFFER
from mysms.opt_outs.service import OptOutService
from mysms.outbox.sender_identity import SenderIdentity
from mysms.providers.base import ProviderMedia, ProviderMessage, ProviderUnavailableError
from mysms.reconciliation.inbound_catch_up import (
    DEEP_EVERY,
    FORMER_FOR,
    HANDOVER,
    LOOK_BACK,
    LOOK_FOR_FORMER_FOR,
    OVERLAP,
    InboundCatchUp,
    InboundCatchUps,
)
from mysms.reconciliation.looks import InboundLooks
from mysms.reconciliation.polling import ProviderThread
from mysms.users.models import User
from tests.faults.outbox_fixture import HOLD, IDENTITY, OutboxFixture, StubProvider, new_number, open_outbox_fixture
from tests.support.servers import FROM_NUMBER, Mongo

EVERY = timedelta(seconds=300)


@dataclass
class Fixture:
    """A database with one account, and catch-ups with a clock that only the test advances."""

    outbox: OutboxFixture
    provider: StubProvider
    user_id: ObjectId
    stack: ExitStack
    rows: int = field(default=0)
    announced: list[str] = field(default_factory=list)
    """The texts of the messages that the user was told of."""
    leaving: set[ObjectId] = field(default_factory=set)
    """The accounts that are being deleted."""

    async def _announce(self, message: Message) -> None:
        self.announced.append(message.content)

    def inbox(self) -> Inbox:
        return Inbox(
            Recipients(None),
            self.outbox.message_ids,
            OptOutService(
                self.outbox.opt_outs, RateLimiter(self.outbox.database, self.outbox.clock), self.outbox.clock
            ),
            self.outbox.changes.publisher,
            self.outbox.clock,
            is_active=self._is_active,
            erase_messages=self.outbox.erasure.erase,
            announce=self._announce,
        )

    async def _is_active(self, user_id: ObjectId) -> bool:
        return user_id not in self.leaving

    def looks(self, sender: SenderIdentity = IDENTITY, *, is_former: bool = False) -> InboundLooks:
        database, clock = self.outbox.database, self.outbox.clock
        former_for = LOOK_FOR_FORMER_FOR
        return InboundLooks(
            database, sender, clock, hold=HOLD, deep_every=DEEP_EVERY, former_for=former_for, is_former=is_former
        )

    def catch_up(
        self, sender: SenderIdentity = IDENTITY, *, is_former: bool = False, every: timedelta = EVERY
    ) -> InboundCatchUp:
        """That of a new process."""
        thread = ProviderThread(Heartbeat("test", 60))
        self.stack.callback(thread.close)
        return InboundCatchUp(
            self.inbox(),
            self.looks(sender, is_former=is_former),
            self.outbox.message_ids,
            self.provider,
            thread,
            sender.from_number,
            self.outbox.clock,
            every=every,
        )

    def catch_ups(self, sender: SenderIdentity, *, every: timedelta = EVERY) -> InboundCatchUps:
        """Those of a new process with this number."""
        return InboundCatchUps(
            self.looks(sender),
            self.catch_up(sender, every=every),
            lambda former: self.catch_up(former, is_former=True, every=every),
            self.outbox.clock,
        )

    def row(self, text: str, at: datetime | None = None, **changes: object) -> ProviderMessage:
        self.rows += 1
        at = at or self.outbox.now
        values: dict[str, object] = {
            "sid": f"SM{self.rows:032}",
            "from_number": new_number(),
            "to_number": FROM_NUMBER,
            "body": text,
        }
        values |= {"status": "received", "error_code": None, "error_message": None, "created_at": at, "sent_at": at}
        return ProviderMessage(**{**values, "is_inbound": True, "segments": "1", **changes})  # type: ignore[arg-type]

    def receive(self, text: str, at: datetime | None = None, **changes: object) -> ProviderMessage:
        """Put a message into the provider's list."""
        row = self.row(text, at, **changes)
        assert self.provider.listed is not None
        self.provider.listed.append(row)
        return row

    async def texts(self) -> list[str]:
        """The stored texts in the order of creation."""
        rows = self.outbox.database["messages"].find({"direction": "inbound"}, sort=[("created_at", 1), ("_id", 1)])
        return [row["content"] for row in await rows.to_list()]

    async def advance_and_look(self, catch_up: InboundCatchUp, **duration: float) -> list[date]:
        """Returns the days that were read."""
        self.outbox.advance(**duration)
        self.provider.days_read.clear()
        await catch_up.run_round()
        return list(self.provider.days_read)


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[Fixture]:
    async with open_outbox_fixture(mongodb.uri) as outbox:
        await connection.init_documents(outbox.database, [User])
        # Not near midnight, so that the tests know the days.
        outbox.now = outbox.now.replace(hour=12)
        user = User(email="somebody@example.com", password_hash="", created_at=outbox.now)
        await user.insert()
        with ExitStack() as stack:
            yield Fixture(outbox, StubProvider(), ObjectId(user.id), stack)


async def test_what_was_missed_is_stored_in_the_order_of_the_provider(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    now = fixture.outbox.now
    for minutes in (3, 1, 2):
        fixture.receive(f"after {minutes} minutes", now + timedelta(minutes=minutes))
    await fixture.advance_and_look(catch_up, seconds=301)
    assert await fixture.texts() == ["after 1 minutes", "after 2 minutes", "after 3 minutes"]
    row = await fixture.outbox.database["messages"].find_one({"content": "after 1 minutes"})
    assert row is not None
    assert (row["user_id"], row["created_at"], row["revision"]) == (fixture.user_id, now + timedelta(minutes=1), -1)
    assert [(event["source"], event["status"]) for event in row["events"]] == [("reconciler", "received")]
    conversation = await fixture.outbox.database["conversations"].find_one({"_id": str(fixture.user_id)})
    assert conversation is not None
    assert (conversation["messages"], conversation["pending_count"]) == (3, 0)
    for _ in range(3):
        await fixture.advance_and_look(catch_up, seconds=301)
    assert len(await fixture.texts()) == 3
    assert fixture.announced == ["after 1 minutes", "after 2 minutes", "after 3 minutes"]


async def test_what_the_webhook_brought_is_not_stored_again(fixture: Fixture) -> None:
    row = fixture.receive("Once")
    form = {"MessageSid": row.sid, "From": row.from_number, "To": row.to_number, "Body": row.body}
    await fixture.inbox().make_up(InboundText.of_form(form, fixture.outbox.now))
    await fixture.catch_up().run_round()
    assert await fixture.texts() == fixture.announced == ["Once"]


async def test_many_processes_and_webhooks_at_once_store_it_once(fixture: Fixture) -> None:
    rows = [fixture.row(f"Number {number}") for number in range(5)]
    reports = [InboundText.of_row(row, fixture.outbox.now) for row in rows for _ in range(4)]
    await asyncio.gather(*[fixture.inbox().make_up(report) for report in reports])
    assert sorted(await fixture.texts()) == [f"Number {number}" for number in range(5)]
    conversation = await fixture.outbox.database["conversations"].find_one({"_id": str(fixture.user_id)})
    assert conversation is not None
    assert (conversation["messages"], conversation["pending_count"]) == (5, 0)


async def test_outbound_messages_and_those_to_other_numbers_are_left_alone(fixture: Fixture) -> None:
    fixture.receive("ours", is_inbound=False)
    fixture.receive("to another number", to_number="+15005550010")
    await fixture.catch_up().run_round()
    assert await fixture.texts() == []


async def test_a_deleted_message_does_not_come_back(fixture: Fixture) -> None:
    row = fixture.receive("Deleted")
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    await fixture.outbox.database["messages"].delete_many({})
    await fixture.inbox().make_up(InboundText.of_row(row, fixture.outbox.now))
    await fixture.advance_and_look(catch_up, hours=2)
    assert await fixture.texts() == []


@pytest.mark.parametrize("hours", [0.5, 5, 20, 60])
async def test_a_row_that_appears_hours_late_is_found(fixture: Fixture, hours: float) -> None:
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    received_at = fixture.outbox.now + timedelta(minutes=1)
    for _ in range(int(hours * 2)):
        await fixture.advance_and_look(catch_up, minutes=30)
    assert await fixture.texts() == []
    fixture.receive("Late", received_at)
    for _ in range(2):
        await fixture.advance_and_look(catch_up, minutes=31)
    assert await fixture.texts() == ["Late"]


async def test_a_server_that_slept_for_weeks_reads_all_days_of_it(fixture: Fixture) -> None:
    await fixture.catch_up().run_round()
    slept_from = fixture.outbox.now
    for days in (1, 10, 19):
        fixture.receive(f"day {days}", slept_from + timedelta(days=days))
    days_read = await fixture.advance_and_look(fixture.catch_up(), days=20)
    assert await fixture.texts() == ["day 1", "day 10", "day 19"]
    # Nothing before the first look of this sender is ours.
    assert days_read == [slept_from.date() + timedelta(days=day) for day in range(21)]


async def test_looking_back_is_bounded(fixture: Fixture) -> None:
    await fixture.catch_up().run_round()
    days_read = await fixture.advance_and_look(fixture.catch_up(), days=1000)
    assert len(days_read) == LOOK_BACK.days + 1


async def test_what_the_number_received_before_the_first_look_is_not_ours(fixture: Fixture) -> None:
    fixture.receive("Of another program", fixture.outbox.now - timedelta(days=2))
    await fixture.catch_up().run_round()
    assert await fixture.texts() == []


async def test_the_cost_does_not_grow_with_time(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    for _ in range(40):
        await fixture.advance_and_look(catch_up, hours=6)
    assert len(await fixture.advance_and_look(catch_up, hours=1, minutes=1)) <= OVERLAP.days + 2
    assert len(await fixture.advance_and_look(catch_up, minutes=6)) == 1
    assert await fixture.advance_and_look(catch_up, seconds=1) == []


async def test_an_unanswered_look_is_repeated_from_where_it_began(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    received_at = fixture.outbox.now + timedelta(hours=1)
    fixture.provider.listed = None
    for _ in range(3):
        with pytest.raises(ProviderUnavailableError):
            await fixture.advance_and_look(catch_up, days=5)
    fixture.provider.listed = []
    fixture.receive("During the outage", received_at)
    await fixture.advance_and_look(catch_up, seconds=60)
    assert await fixture.texts() == ["During the outage"]


async def test_an_incomplete_list_does_not_end_the_look_back(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    first = fixture.outbox.now.date()
    fixture.provider.is_complete = False
    for _ in range(3):
        assert (await fixture.advance_and_look(catch_up, days=3))[0] == first
    fixture.provider.is_complete = True
    assert (await fixture.advance_and_look(catch_up, days=3))[0] == first
    assert (await fixture.advance_and_look(catch_up, days=3))[0] > first


async def test_without_an_account_nothing_is_given_up(fixture: Fixture) -> None:
    await fixture.outbox.database["users"].delete_many({})
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    fixture.receive("Too early", fixture.outbox.now + timedelta(minutes=1))
    for _ in range(3):
        await fixture.advance_and_look(catch_up, days=5)
    assert await fixture.texts() == []
    await User(email="late@example.com", password_hash="", created_at=fixture.outbox.now).insert()
    await fixture.advance_and_look(catch_up, seconds=301)
    assert await fixture.texts() == ["Too early"]


async def test_of_many_processes_one_looks(fixture: Fixture) -> None:
    processes = [fixture.catch_up() for _ in range(4)]
    await asyncio.gather(*[each.run_round() for each in processes])
    assert len(fixture.provider.days_read) == 1
    fixture.provider.days_read.clear()
    fixture.outbox.advance(seconds=301)
    await asyncio.gather(*[each.run_round() for each in processes])
    assert len(fixture.provider.days_read) == 1


async def test_the_look_of_a_process_that_ended_is_taken_over(fixture: Fixture) -> None:
    looks = fixture.looks()
    look = await looks.claim(EVERY)
    assert look is not None
    fixture.receive("Waits")
    await fixture.catch_up().run_round()
    assert await fixture.texts() == []
    fixture.outbox.advance(seconds=HOLD.total_seconds() + 1)
    await fixture.catch_up().run_round()
    assert await fixture.texts() == ["Waits"]
    assert not await looks.extend(look), "it may not go on beside the other one"


def webhook(fixture: Fixture, row: ProviderMessage, **form: str) -> InboundText:
    """What its webhook reports now."""
    form = {"MessageSid": row.sid, "From": row.from_number, "To": row.to_number, "Body": row.body, **form}
    return InboundText.of_form(form, fixture.outbox.now)


async def test_what_the_provider_says_about_opting_out_is_heeded_before_there_is_an_account(fixture: Fixture) -> None:
    row = fixture.receive("ARRET")
    user = await User.find_one({"_id": fixture.user_id})
    assert user is not None
    await user.delete()
    for _ in range(2):
        with pytest.raises(NobodyToReceiveError):
            await fixture.inbox().receive(webhook(fixture, row, OptOutType="STOP"))
    await user.insert()
    await fixture.advance_and_look(fixture.catch_up(), seconds=301)
    assert await fixture.texts() == ["ARRET"]
    record = await fixture.outbox.opt_outs.find(row.from_number)
    assert record is not None
    assert [(entry.opted_out, entry.source) for entry in record.history] == [(True, "provider")]


async def test_a_stop_with_a_picture_is_heeded_before_the_picture_is_listed(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    row = fixture.receive("STOP", num_media="1")
    await fixture.advance_and_look(catch_up, minutes=6)
    assert await fixture.texts() == []
    assert await fixture.outbox.opt_outs.is_opted_out(row.from_number)


async def test_every_stop_is_heeded_before_there_is_an_account(fixture: Fixture) -> None:
    """Behind another message, and on a later day."""
    catch_up = fixture.catch_up()
    await fixture.outbox.database["users"].delete_many({})
    now = fixture.outbox.now
    fixture.receive("Hello", now)
    rows = [fixture.receive("STOP", now + later) for later in (timedelta(seconds=5), timedelta(days=1))]
    await catch_up.run_round()
    await fixture.advance_and_look(catch_up, days=2)
    assert await fixture.texts() == []
    assert [await fixture.outbox.opt_outs.is_opted_out(row.from_number) for row in rows] == [True, True]


@pytest.mark.parametrize("is_settled", [True, False])
async def test_a_start_that_is_reported_again_undoes_no_later_opt_out(fixture: Fixture, is_settled: bool) -> None:
    outbox, row = fixture.outbox, fixture.row("START")
    start = webhook(fixture, row, OptOutType="START")
    if is_settled:
        await fixture.inbox().make_up(start)
    else:
        # Its process ended before it had heeded it.
        await outbox.message_ids.own_inbound(row.sid, ObjectId(), fixture.user_id)
    sources: tuple[Source, ...] = ("keyword", "manual")
    for source in sources:
        outbox.advance(seconds=5)
        await outbox.opt_outs.record(OptOutChange(source, FROM_NUMBER, row.from_number, "opt_out", outbox.now, source))
        outbox.advance(seconds=5)
        await fixture.inbox().make_up(webhook(fixture, row, OptOutType="START"))
        record = await outbox.opt_outs.find(row.from_number)
        assert record is not None
        assert (record.latest.opted_out, record.latest.source) == (True, "keyword")
    record = await outbox.opt_outs.find(row.from_number)
    assert record is not None
    assert record.manual is not None
    assert record.manual.opted_out


async def test_an_opt_out_by_hand_outlasts_a_start_before_it_that_is_settled_later(fixture: Fixture) -> None:
    """Its process ended once it had heeded it, so that it is heeded again."""
    outbox, row = fixture.outbox, fixture.row("START")
    await outbox.message_ids.own_inbound(row.sid, ObjectId(), fixture.user_id)
    outbox.advance(seconds=5)
    by_hand = OptOutChange("by hand", FROM_NUMBER, row.from_number, "opt_out", outbox.now, "manual")
    await outbox.opt_outs.record(by_hand)
    outbox.advance(seconds=5)
    await fixture.inbox().make_up(webhook(fixture, row))
    assert await outbox.opt_outs.is_opted_out(row.from_number)


async def test_media_come_from_their_list_and_hold_up_only_their_message(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    assert fixture.provider.media is not None
    picture = fixture.receive("A picture", num_media="1")
    fixture.receive("Text")
    media = {picture.sid: [ProviderMedia("ME" + "a" * 32, "image/PNG; x=y")]}
    fixture.provider.media = None
    await fixture.advance_and_look(catch_up, minutes=1)
    assert await fixture.texts() == ["Text"]
    fixture.provider.media = media
    await fixture.advance_and_look(catch_up, minutes=20)
    stored = await fixture.outbox.database["messages"].find_one({"content": "A picture"}) or {}
    (medium,) = stored["media"]
    assert (medium["index"], medium["sid"], medium["content_type"]) == (0, "ME" + "a" * 32, "image/png")


async def test_media_that_are_listed_later_than_their_message_are_waited_for(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    picture = fixture.receive("Two pictures", num_media="2")
    listed = [ProviderMedia("ME" + letter * 32, "image/png") for letter in "ab"]
    for number in (0, 1):
        fixture.provider.media = {picture.sid: listed[:number]}
        await fixture.advance_and_look(catch_up, seconds=301)
        assert await fixture.texts() == []
    fixture.provider.media = {picture.sid: listed}
    await fixture.advance_and_look(catch_up, seconds=301)
    stored = await fixture.outbox.database["messages"].find_one({"content": "Two pictures"})
    assert stored is not None
    assert [each["sid"] for each in stored["media"]] == [each.sid for each in listed]


async def test_those_media_that_are_listed_are_stored_if_the_others_never_are(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    picture = fixture.receive("Two pictures", num_media="2")
    fixture.provider.media = {picture.sid: [ProviderMedia("ME" + "a" * 32, "image/png")]}
    await fixture.advance_and_look(catch_up, hours=1)
    stored = await fixture.outbox.database["messages"].find_one({"content": "Two pictures"})
    assert stored is not None
    assert (stored["num_media"], len(stored["media"])) == (2, 1)


async def test_an_old_message_of_a_user_who_leaves_is_for_another_at_once(fixture: Fixture) -> None:
    """No later look reads it again."""
    await fixture.catch_up().run_round()
    fixture.outbox.advance(days=1)
    sid = fixture.receive("Is anybody there?").sid
    leaving = ObjectId()
    fixture.leaving.add(leaving)
    await fixture.outbox.message_ids.own_inbound(sid, ObjectId(), leaving)
    fixture.outbox.advance(days=9)
    await fixture.advance_and_look(fixture.catch_up(), minutes=6)
    rows = await fixture.outbox.database["messages"].find({}).to_list()
    assert [(row["user_id"], row["content"]) for row in rows] == [(fixture.user_id, "Is anybody there?")]
    assert len(fixture.announced) == 1
    assert await fixture.outbox.message_ids.settled_among([sid]) == {sid}


async def test_while_all_accounts_leave_messages_wait_in_the_list(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    fixture.leaving.add(fixture.user_id)
    fixture.receive("Is anybody there?")
    fixture.outbox.advance(days=9)
    await fixture.advance_and_look(catch_up, minutes=6)
    assert await fixture.texts() == []
    fixture.leaving.clear()
    await fixture.advance_and_look(catch_up, minutes=6)
    assert await fixture.texts() == ["Is anybody there?"]


async def test_a_message_is_taken_from_the_user_who_leaves_and_from_no_other(fixture: Fixture) -> None:
    """Of two processes that settle it for the user who leaves, the slower one may come after its next owner."""
    message_ids, leaving = fixture.outbox.message_ids, ObjectId()
    sid = fixture.receive("Is anybody there?").sid
    await message_ids.own_inbound(sid, ObjectId(), leaving)
    await message_ids.disown_inbound(sid, leaving)
    await message_ids.own_inbound(sid, ObjectId(), fixture.user_id)
    await message_ids.disown_inbound(sid, leaving)
    await message_ids.mark_settled(sid, leaving)
    owner = await message_ids.own_inbound(sid, ObjectId(), leaving)
    assert owner is not None
    assert owner.user_id == fixture.user_id


async def test_one_failure_costs_an_old_message_none_of_its_media(fixture: Fixture) -> None:
    """As at the first look of a server that slept."""
    catch_up = fixture.catch_up()
    picture = fixture.receive("A picture", num_media="1")
    fixture.provider.media = None
    await fixture.advance_and_look(catch_up, hours=2)
    assert await fixture.texts() == []
    fixture.provider.media = {picture.sid: [ProviderMedia("ME" + "a" * 32, "image/png")]}
    await fixture.advance_and_look(catch_up, minutes=6)
    stored = await fixture.outbox.database["messages"].find_one({"content": "A picture"}) or {}
    assert (stored["num_media"], len(stored["media"])) == (1, 1)


async def test_failures_before_the_list_worked_do_not_count(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    picture = fixture.receive("A picture", num_media="1")
    nothing_yet: dict[str, list[ProviderMedia]] = {picture.sid: []}
    for media, looks in ((None, 3), (nothing_yet, 6), (None, 2)):
        fixture.provider.media = media
        for _ in range(looks):
            await fixture.advance_and_look(catch_up, minutes=6)
    assert await fixture.texts() == []
    fixture.provider.media = {picture.sid: [ProviderMedia("ME" + "a" * 32, "image/png")]}
    await fixture.advance_and_look(catch_up, minutes=6)
    stored = await fixture.outbox.database["messages"].find_one({"content": "A picture"}) or {}
    assert (stored["num_media"], len(stored["media"])) == (1, 1)


async def test_a_message_whose_media_can_never_be_listed_is_stored_without_them(fixture: Fixture) -> None:
    catch_up = fixture.catch_up()
    fixture.receive("A picture", num_media="1")
    fixture.provider.media = None
    await fixture.advance_and_look(catch_up, minutes=1)
    await fixture.advance_and_look(catch_up, minutes=61)
    assert await fixture.texts() == []
    await fixture.advance_and_look(catch_up, minutes=6)
    stored = await fixture.outbox.database["messages"].find_one({"content": "A picture"}) or {}
    assert (stored["num_media"], stored["media"]) == (1, [])


NEW = replace(IDENTITY, from_number="+15005550099")


async def write_from_former_number(fixture: Fixture) -> str:
    """Run with IDENTITY, and send a message. Returns the number that got it."""
    await fixture.catch_up().run_round()
    peer, outbox = new_number(), fixture.outbox.outbox("worker")
    await fixture.outbox.enqueue_claimed(outbox, peer, "How are you?")
    return peer


async def test_answers_to_a_former_number_are_read_for_a_while(fixture: Fixture) -> None:
    peer = await write_from_former_number(fixture)
    fixture.outbox.advance(days=3)
    catch_ups = fixture.catch_ups(NEW)
    # While no process ran, and while one runs with the new number.
    fixture.receive("I am well", fixture.outbox.now - timedelta(days=2), from_number=peer)
    await catch_ups.run_round()
    assert await fixture.texts() == ["I am well"]
    replaced_for_sure = fixture.outbox.now + HANDOVER + timedelta(seconds=1)
    fixture.receive("For whoever has the number now", replaced_for_sure)
    fixture.receive("And you?", fixture.outbox.now + timedelta(seconds=1), from_number=peer)
    fixture.receive("Hello", fixture.outbox.now + timedelta(seconds=2), to_number=NEW.from_number)
    fixture.outbox.advance(seconds=301)
    await catch_ups.run_round()
    assert await fixture.texts() == ["I am well", "And you?", "Hello"]
    fixture.outbox.advance(seconds=FORMER_FOR.total_seconds())
    fixture.receive("Too late", from_number=peer)
    await catch_ups.run_round()
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["I am well", "And you?", "Hello"]


async def test_a_former_number_misses_nothing_from_before_it_was_replaced(fixture: Fixture) -> None:
    """Not what is listed late, nor what came while nothing ran: whoever wrote, it was for us."""
    await write_from_former_number(fixture)
    sent_at = fixture.outbox.now
    await fixture.advance_and_look(fixture.catch_up(), minutes=6)
    fixture.receive("Listed late", sent_at)
    fixture.outbox.advance(hours=3)
    fixture.receive("While nothing ran", fixture.outbox.now - timedelta(minutes=5))
    # By the provider's clock, which may be ahead.
    fixture.receive("Just before", fixture.outbox.now + HANDOVER)
    catch_ups = fixture.catch_ups(NEW)
    await catch_ups.run_round()
    assert await fixture.texts() == ["Listed late", "While nothing ran", "Just before"]
    fixture.receive("Listed even later", sent_at + timedelta(seconds=1))
    fixture.outbox.advance(hours=2)
    fixture.receive("For whoever has the number now")
    await catch_ups.run_round()
    assert await fixture.texts() == ["Listed late", "Listed even later", "While nothing ran", "Just before"]


async def test_a_former_number_that_is_in_use_again_misses_nothing(fixture: Fixture) -> None:
    await write_from_former_number(fixture)
    catch_ups = fixture.catch_ups(NEW)
    fixture.outbox.advance(seconds=301)
    await catch_ups.run_round()
    fixture.receive("From a stranger", fixture.outbox.now + HANDOVER + timedelta(seconds=1))
    for _ in range(2):
        fixture.outbox.advance(days=4)
        await catch_ups.run_round()
    fixture.outbox.advance(hours=2)
    assert await fixture.texts() == []
    await fixture.catch_up().run_round()
    assert await fixture.texts() == ["From a stranger"]
    # And once it is replaced again, what came before that is known to be for us.
    fixture.receive("From another one")
    fixture.outbox.advance(seconds=301)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["From a stranger", "From another one"]


async def test_what_was_left_out_is_read_at_once_if_the_number_is_set_again(fixture: Fixture) -> None:
    await write_from_former_number(fixture)
    fixture.outbox.advance(seconds=301)
    replaced = fixture.catch_ups(NEW)
    await replaced.run_round()
    fixture.outbox.advance(days=1)
    fixture.receive("Left out")
    for _ in range(2):
        fixture.outbox.advance(days=5)
        await replaced.run_round()
    assert await fixture.texts() == []
    await fixture.catch_ups(IDENTITY).run_round()
    assert await fixture.texts() == ["Left out"]


async def test_a_number_that_was_replaced_before_this_was_recorded_has_its_new_use(fixture: Fixture) -> None:
    await write_from_former_number(fixture)
    catch_ups = fixture.catch_ups(NEW)
    for _ in range(2):
        fixture.outbox.advance(days=1, minutes=6)
        await catch_ups.run_round()
    # As the version before has left it.
    await fixture.outbox.database["inbound_looks"].update_many({}, {"$unset": {"replaced_at": ""}})
    fixture.outbox.advance(hours=1)
    fixture.receive("For whoever has the number now")
    third = replace(IDENTITY, from_number="+15005550097")
    for sender in (NEW, third):
        await fixture.catch_ups(sender).run_round()
    assert await fixture.texts() == []


async def test_a_number_that_was_used_a_moment_before_the_other_one_is_replaced_now(fixture: Fixture) -> None:
    """Not when it was used for the last time: a process with it may have run since, and not have looked."""
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.advance(seconds=20)
    # A process that still has the other number.
    await fixture.catch_up(NEW).run_round()
    fixture.outbox.advance(minutes=50)
    fixture.receive("STOP")
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_former_number_that_was_never_read_is_read(fixture: Fixture) -> None:
    """The provider did not answer while it was in use."""
    listed, fixture.provider.listed = fixture.provider.listed, None
    with pytest.raises(ProviderUnavailableError):
        await fixture.catch_ups(IDENTITY).run_round()
    fixture.provider.listed = listed
    fixture.receive("STOP")
    fixture.outbox.advance(hours=1)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_server_that_was_down_for_a_month_reads_what_its_former_number_received(fixture: Fixture) -> None:
    peer = await write_from_former_number(fixture)
    fixture.receive("STOP", fixture.outbox.now + timedelta(days=2))
    fixture.outbox.advance(days=31)
    catch_ups = fixture.catch_ups(NEW)
    await catch_ups.run_round()
    assert await fixture.texts() == ["STOP"]
    fixture.outbox.advance(days=29)
    fixture.receive("I am well", from_number=peer)
    await catch_ups.run_round()
    assert await fixture.texts() == ["STOP", "I am well"]


async def test_a_server_that_slept_for_a_month_after_the_change_reads_what_came_before_its_end(
    fixture: Fixture,
) -> None:
    peer = await write_from_former_number(fixture)
    listed, fixture.provider.listed = fixture.provider.listed, None
    with pytest.raises(ProviderUnavailableError):
        await fixture.catch_ups(NEW).run_round()
    fixture.provider.listed = listed
    fixture.receive("While it was in use", fixture.outbox.now)
    fixture.receive("STOP", fixture.outbox.now + timedelta(days=2), from_number=peer)
    fixture.receive("Too late", fixture.outbox.now + FORMER_FOR + HANDOVER, from_number=peer)
    fixture.outbox.advance(days=300)
    catch_ups = fixture.catch_ups(NEW)
    await catch_ups.run_round()
    assert await fixture.texts() == ["While it was in use", "STOP"]
    # That was the last look for it.
    assert await fixture.looks(NEW).find_former_senders() == []
    fixture.provider.days_read.clear()
    fixture.outbox.advance(hours=2)
    await catch_ups.run_round()
    assert len(fixture.provider.days_read) == len(set(fixture.provider.days_read))
    # Until it is in use again.
    fixture.receive("Hello")
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.advance(minutes=6)
    fixture.receive("And again")
    await fixture.catch_ups(NEW).run_round()
    assert (await fixture.texts())[-2:] == ["Hello", "And again"]


async def test_all_former_numbers_are_read(fixture: Fixture) -> None:
    peer = await write_from_former_number(fixture)
    for last in range(10, 18):
        fixture.outbox.advance(minutes=10)
        catch_ups = fixture.catch_ups(replace(IDENTITY, from_number=f"+150055500{last}"))
        await catch_ups.run_round()
    fixture.receive("STOP", from_number=peer)
    fixture.outbox.advance(minutes=6)
    await catch_ups.run_round()
    assert await fixture.texts() == ["STOP"]


async def test_nothing_is_missed_however_long_processes_with_two_numbers_run(fixture: Fixture) -> None:
    old = fixture.catch_ups(IDENTITY)
    await old.run_round()
    fixture.outbox.advance(minutes=6)
    new = fixture.catch_ups(NEW)
    for minute in range(40):
        fixture.outbox.advance(minutes=1)
        # It always comes first, and has claimed each look that is due.
        for process in (new, old):
            await process.run_round()
        if minute == 20:
            fixture.receive("STOP")
    for _ in range(10):
        fixture.outbox.advance(minutes=30)
        await new.run_round()
    assert await fixture.texts() == ["STOP"]


async def test_rounds_are_not_far_apart_however_rare_the_looks_are(fixture: Fixture) -> None:
    old, new = (fixture.catch_ups(sender, every=timedelta(hours=6)) for sender in (IDENTITY, NEW))
    await old.run_round()
    fixture.outbox.advance(hours=6)
    for _ in range(10):
        fixture.outbox.advance(minutes=1)
        for process in (new, old):
            await process.run_round()
    fixture.receive("STOP")
    fixture.outbox.advance(hours=7)
    await new.run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_process_that_wakes_with_the_former_number_uses_it_again(fixture: Fixture) -> None:
    old = fixture.catch_ups(IDENTITY)
    await old.run_round()
    fixture.outbox.advance(minutes=10)
    new = fixture.catch_ups(NEW)
    await new.run_round()
    fixture.outbox.advance(days=2)
    fixture.receive("While both slept")
    fixture.outbox.advance(days=40)
    await new.run_round()
    assert await fixture.looks(NEW).find_former_senders() == []
    fixture.outbox.advance(minutes=2)
    # It has slept, and ends before it has looked.
    assert await fixture.looks(IDENTITY).claim(EVERY) is None
    fixture.outbox.advance(hours=2)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["While both slept"]


async def test_a_number_whose_looks_had_ended_is_looked_for_again_after_its_next_use(fixture: Fixture) -> None:
    """However it came into use: a process had slept, or a version was rolled back that does not know of their end."""
    old = fixture.catch_ups(IDENTITY)
    await old.run_round()
    fixture.outbox.advance(minutes=10)
    await fixture.catch_ups(NEW).run_round()
    fixture.outbox.advance(days=34)
    looks = fixture.looks(IDENTITY, is_former=True)
    look = await looks.claim(EVERY)
    assert look is not None
    await fixture.looks(IDENTITY).claim(EVERY)
    await looks.end(look, EVERY, is_complete=True)
    assert await fixture.looks(NEW).find_former_senders() == [IDENTITY]
    await fixture.outbox.database["inbound_looks"].update_one(
        {"sender.from_number": IDENTITY.from_number}, {"$set": {"over_at": fixture.outbox.now}}
    )
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.advance(minutes=1)
    fixture.receive("STOP")
    fixture.outbox.advance(hours=2)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_the_list_is_read_at_each_start(fixture: Fixture) -> None:
    for every in (EVERY, EVERY, timedelta(seconds=30)):
        fixture.receive("Restarted at once")
        await fixture.catch_ups(IDENTITY, every=every).run_round()
        assert len(await fixture.texts()) == fixture.rows


async def test_a_process_that_starts_takes_no_look_from_another(fixture: Fixture) -> None:
    """One that starts and ends again and again would keep all others from ending a look."""
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.advance(minutes=6)
    looks = fixture.looks()
    look = await looks.claim(EVERY)
    assert look is not None
    fixture.receive("While it looks")
    await fixture.catch_ups(IDENTITY).run_round()
    assert await fixture.texts() == []
    assert await looks.extend(look)
    # It was killed.
    fixture.outbox.now += HOLD
    await fixture.catch_ups(IDENTITY).run_round()
    assert await fixture.texts() == ["While it looks"]


async def test_a_clock_that_was_ahead_for_a_moment_ends_no_looks_for_a_former_number(fixture: Fixture) -> None:
    peer, catch_ups = await write_from_former_number(fixture), fixture.catch_ups(NEW)
    fixture.outbox.advance(minutes=6)
    await catch_ups.run_round()
    fixture.outbox.advance(days=1)
    right = fixture.outbox.now
    fixture.outbox.advance(days=365)
    await catch_ups.run_round()
    fixture.outbox.now = right
    fixture.receive("STOP", from_number=peer)
    fixture.outbox.advance(hours=2)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_looks_that_a_clock_ahead_has_ended_do_not_end_later(fixture: Fixture) -> None:
    peer, catch_ups = await write_from_former_number(fixture), fixture.catch_ups(NEW)
    fixture.outbox.advance(minutes=6)
    await catch_ups.run_round()
    fixture.outbox.advance(days=20)
    right = fixture.outbox.now
    fixture.outbox.advance(days=14)
    await catch_ups.run_round()
    fixture.outbox.now = right
    await catch_ups.run_round()
    fixture.outbox.advance(hours=2)
    await catch_ups.run_round()
    fixture.receive("STOP", fixture.outbox.now + timedelta(days=2), from_number=peer)
    # Nothing runs until the time that the clock had said.
    fixture.outbox.advance(days=15)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_clock_that_was_ahead_in_the_last_use_of_a_number_does_not_keep_it_ours(fixture: Fixture) -> None:
    await write_from_former_number(fixture)
    right = fixture.outbox.now
    fixture.outbox.advance(days=40)
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.now = right + timedelta(minutes=10)
    catch_ups = fixture.catch_ups(NEW)
    await catch_ups.run_round()
    fixture.outbox.advance(days=5)
    fixture.receive("To whoever has the number by now")
    fixture.outbox.advance(hours=2)
    await catch_ups.run_round()
    assert await fixture.texts() == []


async def test_a_clock_that_was_ahead_once_dates_no_later_replacement(fixture: Fixture) -> None:
    right = fixture.outbox.now
    fixture.outbox.advance(days=40)
    await fixture.catch_ups(NEW).run_round()
    fixture.outbox.now = right
    catch_ups = fixture.catch_ups(IDENTITY)
    for _ in range(5):
        await catch_ups.run_round()
        fixture.outbox.advance(days=1)
    await catch_ups.run_round()
    fixture.outbox.advance(hours=1)
    fixture.receive("STOP")
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_clock_that_was_behind_for_a_moment_dates_no_replacement_earlier(fixture: Fixture) -> None:
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.advance(hours=2)
    received_at = fixture.outbox.now - timedelta(minutes=30)
    catch_ups = fixture.catch_ups(NEW)
    await catch_ups.run_round()
    right = fixture.outbox.now
    fixture.outbox.advance(days=-2)
    await fixture.catch_ups(NEW).run_round()
    fixture.outbox.now = right + timedelta(hours=3)
    fixture.receive("Listed late, from when it was in use", received_at)
    await catch_ups.run_round()
    assert await fixture.texts() == ["Listed late, from when it was in use"]


async def test_what_the_list_dates_undoes_an_opt_out_by_hand_only_if_no_clock_may_be_wrong(fixture: Fixture) -> None:
    """Nothing refuses what is sent after it."""
    await fixture.catch_up().run_round()
    doubtful, sure = new_number(), new_number()
    opt_outs = fixture.outbox.opt_outs
    for number in (doubtful, sure):
        by_hand = OptOutChange(number, FROM_NUMBER, number, "opt_out", fixture.outbox.now, "manual", "On the phone")
        await opt_outs.record(by_hand)
    # By the provider's clock, which may be ahead.
    fixture.receive("START", fixture.outbox.now + CLOCKS_DIFFER, from_number=doubtful)
    fixture.receive("START", fixture.outbox.now + CLOCKS_DIFFER + timedelta(seconds=1), from_number=sure)
    fixture.outbox.advance(minutes=6)
    await fixture.catch_up().run_round()
    assert await fixture.texts() == ["START", "START"]
    assert await opt_outs.is_opted_out(doubtful)
    assert not await opt_outs.is_opted_out(sure)


async def test_the_webhook_of_a_listed_start_undoes_an_opt_out_by_hand(fixture: Fixture) -> None:
    opt_outs, number = fixture.outbox.opt_outs, new_number()
    await fixture.catch_up().run_round()
    by_hand = OptOutChange(number, FROM_NUMBER, number, "opt_out", fixture.outbox.now, "manual", "On the phone")
    await opt_outs.record(by_hand)
    fixture.outbox.advance(minutes=1)
    start = fixture.receive("START", from_number=number)
    await fixture.catch_ups(IDENTITY).run_round()
    assert await opt_outs.is_opted_out(number)
    await fixture.inbox().make_up(webhook(fixture, start))
    assert not await opt_outs.is_opted_out(number)


async def test_what_a_clock_ahead_has_read_is_read_again_before_it_counts(fixture: Fixture) -> None:
    await fixture.catch_ups(IDENTITY).run_round()
    right = fixture.outbox.now
    fixture.outbox.advance(days=14)
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.now = right + timedelta(hours=2)
    fixture.provider.is_complete = False
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.provider.is_complete = True
    # Nothing runs until the time that the clock had said.
    fixture.receive("Hello", right + timedelta(days=2))
    fixture.outbox.advance(days=15)
    await fixture.catch_ups(IDENTITY).run_round()
    assert await fixture.texts() == ["Hello"]


@pytest.mark.parametrize("restarts", [True, False])
@pytest.mark.parametrize("sender", [IDENTITY, NEW], ids=["in use", "former"])
async def test_a_clock_that_was_ahead_for_a_moment_puts_no_look_off(
    fixture: Fixture, sender: SenderIdentity, restarts: bool
) -> None:
    peer = await write_from_former_number(fixture)
    fixture.outbox.advance(minutes=10)
    catch_ups, right = fixture.catch_ups(sender), fixture.outbox.now
    await catch_ups.run_round()
    fixture.outbox.advance(days=20)
    await catch_ups.run_round()
    fixture.outbox.now = right + timedelta(minutes=1)
    # Listed late, so that only a deep look finds it.
    received_at = fixture.outbox.now
    fixture.outbox.advance(minutes=1)
    if restarts:
        catch_ups = fixture.catch_ups(sender)
    await catch_ups.run_round()
    fixture.receive("STOP", received_at, from_number=peer)
    fixture.outbox.advance(hours=25)
    await catch_ups.run_round()
    assert await fixture.texts() == ["STOP"]


async def test_after_a_clock_was_ahead_all_is_read_that_may_have_been_missed(fixture: Fixture) -> None:
    await fixture.catch_up().run_round()
    right = fixture.outbox.now
    await fixture.advance_and_look(fixture.catch_up(), days=20)
    fixture.receive("STOP", right + timedelta(minutes=1))
    # No process ran meanwhile.
    fixture.outbox.now = right + timedelta(days=10)
    await fixture.catch_up().run_round()
    assert await fixture.texts() == ["STOP"]
    assert len(await fixture.advance_and_look(fixture.catch_up(), hours=2)) <= OVERLAP.days + 2


async def test_a_process_whose_clock_was_ahead_finds_another_number_that_it_replaces(fixture: Fixture) -> None:
    catch_ups, right = fixture.catch_ups(IDENTITY), fixture.outbox.now
    fixture.outbox.advance(days=20)
    await catch_ups.run_round()
    fixture.outbox.now = right
    await fixture.catch_ups(NEW).run_round()
    fixture.receive("STOP", to_number=NEW.from_number)
    fixture.outbox.advance(minutes=6)
    await catch_ups.run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_clock_that_was_behind_for_a_moment_replaces_no_number_before_its_use(fixture: Fixture) -> None:
    await fixture.catch_ups(IDENTITY).run_round()
    right = fixture.outbox.now
    fixture.outbox.advance(days=-365)
    await fixture.catch_ups(NEW).run_round()
    fixture.receive("STOP", right + timedelta(minutes=1))
    fixture.outbox.now = right + timedelta(minutes=6)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_look_that_another_process_holds_is_not_taken_for_one_of_a_wrong_clock(fixture: Fixture) -> None:
    assert await fixture.looks().claim(EVERY) is not None
    # By the clock of this one.
    fixture.outbox.advance(seconds=-EVERY.total_seconds())
    assert await fixture.looks().claim(EVERY) is None


@pytest.mark.parametrize("ends_first", [True, False])
async def test_a_look_for_a_former_number_that_is_used_meanwhile_is_not_complete(
    fixture: Fixture, ends_first: bool
) -> None:
    """A process that had slept wakes with it during the look, and ends before it has looked."""
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.advance(minutes=10)
    await fixture.catch_ups(NEW).run_round()
    fixture.outbox.advance(days=2)
    fixture.receive("While both slept")
    fixture.outbox.advance(days=10)
    looks = fixture.looks(IDENTITY, is_former=True)
    look = await looks.claim(EVERY)
    assert look is not None
    assert await fixture.looks(IDENTITY).claim(EVERY) is None
    if ends_first:
        await looks.end(look, EVERY, is_complete=True)
    else:
        assert not await looks.extend(look)
    fixture.outbox.advance(hours=2)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["While both slept"]


async def test_a_number_that_is_replaced_while_another_process_runs_is_read_by_that_one(fixture: Fixture) -> None:
    """A deployment with a new number is undone."""
    old = fixture.catch_ups(IDENTITY)
    await old.run_round()
    fixture.outbox.advance(minutes=10)
    await fixture.catch_ups(NEW).run_round()
    fixture.receive("STOP", to_number=NEW.from_number)
    fixture.outbox.advance(hours=2)
    await old.run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_long_look_keeps_its_number_in_use(fixture: Fixture) -> None:
    looks = fixture.looks()
    look = await looks.claim(EVERY)
    assert look is not None
    await fixture.looks(NEW).begin_use()
    fixture.outbox.advance(minutes=20)
    await looks.extend(look)
    row = await fixture.outbox.database["inbound_looks"].find_one({"sender.from_number": IDENTITY.from_number}) or {}
    assert (row["in_use_at"], row.get("replaced_at")) == (fixture.outbox.now, None)


async def test_a_new_number_is_ours_from_the_moment_in_which_it_is_set(fixture: Fixture) -> None:
    """Also if the process is killed before it looks for the first time."""
    await fixture.looks(NEW).begin_use()
    fixture.receive("STOP", to_number=NEW.from_number)
    fixture.outbox.advance(days=2)
    await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_a_former_number_whose_list_fails_holds_up_no_other_one(fixture: Fixture) -> None:
    await fixture.catch_ups(IDENTITY).run_round()
    fixture.outbox.advance(minutes=10)
    third = replace(IDENTITY, from_number="+15005550097")
    await fixture.catch_ups(third).run_round()
    fixture.receive("STOP")
    fixture.provider.unreadable.add(third.from_number)
    fixture.outbox.advance(minutes=6)
    with pytest.raises(ProviderUnavailableError):
        await fixture.catch_ups(NEW).run_round()
    assert await fixture.texts() == ["STOP"]


async def test_the_clock_of_the_provider_may_be_behind_at_midnight(fixture: Fixture) -> None:
    fixture.outbox.now = fixture.outbox.now.replace(hour=0, minute=0, second=5)
    catch_up = fixture.catch_up()
    await catch_up.run_round()
    fixture.receive("Of the day before", fixture.outbox.now - timedelta(hours=11))
    fixture.receive("STOP", fixture.outbox.now - timedelta(seconds=15))
    await fixture.advance_and_look(catch_up, minutes=6)
    assert await fixture.texts() == ["STOP"]


async def test_each_former_number_of_the_account_has_one_look_of_few_requests(fixture: Fixture) -> None:
    await write_from_former_number(fixture)
    foreign = replace(IDENTITY, account_sid="AC" + "f" * 32, from_number="+15005550098")
    simulated = replace(IDENTITY, api_base_url="http://simulator.example")
    for sender in (foreign, simulated):
        await fixture.catch_up(sender).run_round()
    fixture.outbox.advance(seconds=301)
    assert await fixture.looks(NEW).find_former_senders() == [IDENTITY]
    fixture.provider.days_read.clear()
    processes = [fixture.catch_ups(NEW) for _ in range(3)]
    await asyncio.gather(*[each.run_round() for each in processes])
    assert len(fixture.provider.days_read) == 2
