"""The outbox in the test's own process, on a real database: tests control every step of a race."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from bson import ObjectId

from mysms.carrier.base import CarrierMessage, CarrierUnavailableError, Listing, NotSent, OutboundText, Outcome
from mysms.core import database as connection
from mysms.core.background import BackgroundTask
from mysms.core.heartbeat import Heartbeat
from mysms.delivery.absence import AbsenceRule
from mysms.delivery.erasure import Erasure
from mysms.delivery.line import Line
from mysms.delivery.maintenance import Maintenance
from mysms.delivery.outbox import Outbox
from mysms.delivery.questions import Questions
from mysms.delivery.reconciler import Reconciler
from mysms.delivery.records import Claim
from mysms.delivery.repairs import Repairs
from mysms.delivery.reports import ReportReader, StatusReport
from mysms.delivery.rounds import Questioner, Rounds
from mysms.delivery.sender import Sender
from mysms.delivery.sids import SidOwners
from mysms.delivery.status_checks import StatusChecks
from mysms.delivery.withdrawals import Withdrawals
from mysms.messages import repository
from mysms.messages.models import Conversation, Message
from tests.support.servers import ACCOUNT_SID, FROM_NUMBER

LINE = Line(ACCOUNT_SID, FROM_NUMBER, "http://provider.example")
EXPIRES_AFTER = timedelta(hours=24)
RECONCILE_AFTER = timedelta(seconds=300)
ABSENCE_CONFIRMED_AFTER = timedelta(seconds=900)
HOLD = timedelta(seconds=40)

_counter = itertools.count(1)


@dataclass
class StubProvider:
    """A provider with configurable results that records its calls."""

    outcome: Outcome = field(default_factory=lambda: NotSent("no outcome was configured"))
    listed: list[CarrierMessage] | None = field(default_factory=list)
    """The messages at the provider; None if list requests fail."""
    sent: list[OutboundText] = field(default_factory=list)
    unanswered: int = 0
    """How many of the next fetches fail."""
    is_complete: bool = True
    """Whether lists are complete."""
    unreadable: set[str] = field(default_factory=set)
    """Numbers whose list requests fail."""
    list_requests: list[str] = field(default_factory=list)
    """The numbers of the list requests."""

    def send(self, text: OutboundText) -> Outcome:
        self.sent.append(text)
        return self.outcome

    def fetch(self, sid: str) -> CarrierMessage | None:
        if self.unanswered:
            self.unanswered -= 1
            raise CarrierUnavailableError("configured failure")
        return next((row for row in self.listed or [] if row.sid == sid), None)

    def list_to(self, to_number: str) -> Listing:
        self.list_requests.append(to_number)
        if self.listed is None or to_number in self.unreadable:
            raise CarrierUnavailableError("configured failure")
        return Listing([row for row in self.listed if row.to_number == to_number], self.is_complete)

    def list_sent(self, from_number: str, since: date) -> Listing:
        if self.listed is None:
            raise CarrierUnavailableError("configured failure")
        sent = [row for row in self.listed if row.sent_at is not None and row.sent_at.date() >= since]
        return Listing(sent, self.is_complete)


@dataclass
class OutboxFixture:
    """The parts of the outbox on one database, with a clock that only the test advances."""

    database: connection.Database
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def clock(self) -> datetime:
        return self.now

    def outbox(self, owner: str, line: Line = LINE) -> Outbox:
        """The outbox of a process with this worker ID."""
        return Outbox(
            self.database,
            line,
            owner=owner,
            clock=self.clock,
            expires_after=EXPIRES_AFTER,
            reconcile_after=RECONCILE_AFTER,
            hears_callbacks=True,
            sending=True,
        )

    @property
    def repairs(self) -> Repairs:
        return Repairs(self.database, LINE, self.clock, reconcile_after=RECONCILE_AFTER)

    @property
    def questions(self) -> Questions:
        return Questions(self.database, LINE, self.clock, hold=HOLD, hears_callbacks=True)

    @property
    def withdrawals(self) -> Withdrawals:
        return Withdrawals(self.database, self.clock)

    @property
    def erasure(self) -> Erasure:
        return Erasure(self.database, self.clock)

    @property
    def sids(self) -> SidOwners:
        return SidOwners(self.database, self.clock)

    def reconciler(self, provider: StubProvider, questioner: Questioner) -> Reconciler:
        return Reconciler(
            self.outbox("reconciler"),
            self.repairs,
            self.questions,
            self.sids,
            provider,
            LINE.from_number,
            self.clock,
            absence=AbsenceRule(RECONCILE_AFTER, ABSENCE_CONFIRMED_AFTER),
            questioner=questioner,
        )

    def status_checks(self, provider: StubProvider, questioner: Questioner) -> StatusChecks:
        return StatusChecks(self.outbox("status checks"), self.questions, provider, questioner)

    def maintenance(self, lease: timedelta) -> Maintenance:
        return Maintenance(self.outbox("maintenance"), self.repairs, self.erasure, lease=lease)

    @asynccontextmanager
    async def running(self, provider: StubProvider, *, lease: timedelta) -> AsyncIterator[None]:
        """Run the background loops other than sending."""
        heartbeat = Heartbeat("loop", 60)
        questioner = Questioner(heartbeat)
        parts = (
            self.reconciler(provider, questioner),
            self.status_checks(provider, questioner),
            self.maintenance(lease),
        )
        tasks = [BackgroundTask("loop", Rounds(part.run_round, heartbeat).run) for part in parts]
        loops = [asyncio.create_task(task.run()) for task in tasks]
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            questioner.close()

    def sender(
        self, outbox: Outbox, provider: StubProvider, start_within: timedelta, lease: timedelta = timedelta(seconds=40)
    ) -> Sender:
        return Sender(outbox, provider, None, workers=1, start_within=start_within, lease=lease, clock=self.clock)

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    async def enqueue(self, outbox: Outbox, number: str, text: str, line: Line = LINE) -> ObjectId:
        message_id = ObjectId()
        message = Message(
            id=message_id,
            user_id=ObjectId(),
            client_id=f"message:{message_id}",
            request_hash="",
            from_number=line.from_number,
            recipient_number=number,
            peer_number=number,
            content=text,
            segments=1,
            line=line.key,
            text_key=line.text_key(number, text),
            due_at=self.now,
            next_attempt_at=self.now,
            created_at=self.now,
            updated_at=self.now,
        )
        assert await outbox.enqueue(message)
        return message_id

    async def claim(self, outbox: Outbox) -> Claim:
        """Claim the due message."""
        claim = await outbox.claim_next()
        assert claim is not None
        return claim

    async def expire_lease(self, message_id: ObjectId) -> None:
        """End the lease of a claimed message, as if its process had crashed."""
        (claimed,) = [row for row in await self.repairs.list_claimed(100) if row.message_id == message_id]
        await self.repairs.end_lease(claimed)

    async def confirm_absence(self, message_id: ObjectId) -> None:
        """Requeue a message, as if the provider's list had shown that it is absent."""
        message = await self.message(message_id)
        in_flight = await self.repairs.list_undecided_to([message.recipient_number])
        (seen,) = [row for row in in_flight if row.message_id == message_id]
        await self.repairs.requeue(seen)

    async def message(self, message_id: ObjectId) -> Message:
        message = await repository.find(message_id)
        assert message is not None
        return message

    async def receive_callback(self, outbox: Outbox, claim: Claim, sid: str, status: str, **fields: str) -> None:
        """Handle a status callback for this attempt."""
        report = StatusReport.model_validate(
            {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT_SID, "To": claim.to_number, **fields}
        )
        await ReportReader(outbox, self.sids, ACCOUNT_SID).apply(report, str(claim.message_id), str(claim.attempt))


@asynccontextmanager
async def open_outbox_fixture(mongodb_uri: str) -> AsyncIterator[OutboxFixture]:
    """An OutboxFixture with a database of its own, which is dropped afterwards."""
    uri = urlsplit(mongodb_uri)._replace(path=f"/mysms_outbox_{secrets.token_hex(6)}").geturl()
    async with connection.connect(uri) as client:
        database = connection.database_of(client)
        await connection.prepare(database, [Message, Conversation])
        fixture = OutboxFixture(database)
        await fixture.sids.prepare()
        yield fixture
        await client.drop_database(database.name)


def new_number() -> str:
    return f"+1321555{next(_counter):04}"


def listed(sid: str, number: str, body: str, created_at: datetime, status: str = "sent") -> CarrierMessage:
    """A message in the provider's list."""
    sent_at = None if status in {"queued", "sending", "failed"} else created_at
    return CarrierMessage(sid, FROM_NUMBER, number, body, status, None, None, created_at, sent_at)
