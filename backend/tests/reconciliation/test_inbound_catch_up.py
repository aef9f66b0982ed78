"""Inbound messages whose webhooks were missed are made up for, whatever the provider's list shows at first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.core import database as connection
from mysms.core.heartbeat import Heartbeat
from mysms.inbound.inbox import Inbox
from mysms.inbound.recipients import Recipients
from mysms.inbound.text import InboundText
from mysms.opt_outs.service import OptOutService
from mysms.providers.base import ProviderMessage, ProviderUnavailableError
from mysms.reconciliation.inbound_catch_up import DEEP_EVERY, LOOK_BACK, OVERLAP, InboundCatchUp
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

    def inbox(self) -> Inbox:
        return Inbox(
            Recipients(None),
            self.outbox.message_ids,
            OptOutService(self.outbox.opt_outs, self.outbox.clock),
            self.outbox.changes.publisher,
            self.outbox.clock,
            is_active=_is_active,
            erase_messages=self.outbox.erasure.erase,
        )

    def catch_up(self) -> InboundCatchUp:
        """That of a new process."""
        thread = ProviderThread(Heartbeat("test", 60))
        self.stack.callback(thread.close)
        looks = InboundLooks(self.outbox.database, IDENTITY, self.outbox.clock, hold=HOLD, deep_every=DEEP_EVERY)
        return InboundCatchUp(
            self.inbox(),
            looks,
            self.outbox.message_ids,
            self.provider,
            thread,
            IDENTITY.from_number,
            self.outbox.clock,
            every=EVERY,
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


async def _is_active(_: ObjectId) -> bool:
    return True


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


async def test_what_the_webhook_brought_is_not_stored_again(fixture: Fixture) -> None:
    row = fixture.receive("Once")
    form = {"MessageSid": row.sid, "From": row.from_number, "To": row.to_number, "Body": row.body}
    await fixture.inbox().make_up(InboundText.of_form(form, fixture.outbox.now))
    await fixture.catch_up().run_round()
    assert await fixture.texts() == ["Once"]


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
    looks = InboundLooks(fixture.outbox.database, IDENTITY, fixture.outbox.clock, hold=HOLD, deep_every=DEEP_EVERY)
    look = await looks.claim()
    assert look is not None
    fixture.receive("Waits")
    await fixture.catch_up().run_round()
    assert await fixture.texts() == []
    fixture.outbox.advance(seconds=HOLD.total_seconds() + 1)
    await fixture.catch_up().run_round()
    assert await fixture.texts() == ["Waits"]
    assert not await looks.extend(look), "it may not go on beside the other one"
