"""The delivery's parts in the test's own process, on a real database: every step of a race can be made by hand."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from bson import ObjectId

from mysms.core import database as connection
from mysms.core.background_task import BackgroundTask
from mysms.core.heartbeat import Heartbeat
from mysms.messages import repository
from mysms.messages.models import Conversation, Message
from mysms.outbox.erasure import Erasure
from mysms.outbox.locks import ContentLocks
from mysms.outbox.maintenance import Maintenance
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.records import Claim
from mysms.outbox.sender_identity import SenderIdentity
from mysms.outbox.state_writer import StateWriter
from mysms.outbox.status_callbacks import StatusCallback, StatusCallbackHandler
from mysms.outbox.store import OutboxStore
from mysms.outbox.timeline import Timeline
from mysms.outbox.worker import Worker
from mysms.providers.base import (
    Listing,
    OutboundMessage,
    Outcome,
    ProviderMessage,
    ProviderUnavailableError,
    RetryableFailure,
)
from mysms.reconciliation.absence import AbsenceRule
from mysms.reconciliation.reconciler import Reconciler
from mysms.reconciliation.rounds import ProviderThread, Rounds
from mysms.reconciliation.status_check_queue import StatusCheckQueue
from mysms.reconciliation.status_checks import StatusChecks
from mysms.reconciliation.store import ReconciliationStore
from tests.support.servers import ACCOUNT_SID, FROM_NUMBER

LINE = SenderIdentity(ACCOUNT_SID, FROM_NUMBER, "http://provider.example")
EXPIRES_AFTER = timedelta(hours=24)
RECONCILE_AFTER = timedelta(seconds=300)
ABSENCE_CONFIRMED_AFTER = timedelta(seconds=900)
HOLD = timedelta(seconds=40)

_places = itertools.count(1)


@dataclass
class StubCarrier:
    """Says what it is told to say, and remembers what it was asked."""

    outcome: Outcome = field(default_factory=lambda: RetryableFailure("nothing was arranged"))
    listed: list[ProviderMessage] | None = field(default_factory=list)
    """None: the list cannot be read."""
    sent: list[OutboundMessage] = field(default_factory=list)
    unanswered: int = 0
    """How many of the next questions for a single message get no answer."""
    is_complete: bool = True
    """Whether its lists can be read to the end."""
    unreadable: set[str] = field(default_factory=set)
    """Numbers whose list cannot be read."""
    looks: list[str] = field(default_factory=list)
    """The numbers whose messages it was asked for."""

    def send(self, text: OutboundMessage) -> Outcome:
        self.sent.append(text)
        return self.outcome

    def fetch(self, sid: str) -> ProviderMessage | None:
        if self.unanswered:
            self.unanswered -= 1
            raise ProviderUnavailableError("It was arranged so.")
        return next((row for row in self.listed or [] if row.sid == sid), None)

    def list_to(self, to_number: str) -> Listing:
        self.looks.append(to_number)
        if self.listed is None or to_number in self.unreadable:
            raise ProviderUnavailableError("It was arranged so.")
        return Listing([row for row in self.listed if row.to_number == to_number], self.is_complete)

    def list_sent(self, from_number: str, since: date) -> Listing:
        if self.listed is None:
            raise ProviderUnavailableError("It was arranged so.")
        sent = [row for row in self.listed if row.sent_at is not None and row.sent_at.date() >= since]
        return Listing(sent, self.is_complete)


@dataclass
class Workshop:
    database: connection.Database
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    """The time, which passes only when it is told to."""

    def clock(self) -> datetime:
        return self.now

    def outbox(self, owner: str, line: SenderIdentity = LINE) -> OutboxStore:
        """What a process of this name may do."""
        return OutboxStore(
            self.database,
            line,
            StateWriter(self.database, self.clock),
            self.sids,
            self.locks,
            self.timeline,
            worker_id=owner,
            clock=self.clock,
            ttl=EXPIRES_AFTER,
            reconcile_after=RECONCILE_AFTER,
            callbacks_enabled=True,
            sending_enabled=True,
        )

    @property
    def locks(self) -> ContentLocks:
        return ContentLocks(self.database)

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.clock)

    @property
    def repairs(self) -> ReconciliationStore:
        return ReconciliationStore(self.database, LINE, self.clock, hold=HOLD)

    @property
    def questions(self) -> StatusCheckQueue:
        return StatusCheckQueue(self.database, LINE, self.clock, hold=HOLD, callbacks_enabled=True)

    @property
    def erasure(self) -> Erasure:
        return Erasure(self.database, self.locks, self.clock)

    @property
    def sids(self) -> ProviderMessageIds:
        return ProviderMessageIds(self.database, self.clock)

    def reconciler(self, provider: StubCarrier, provider_thread: ProviderThread) -> Reconciler:
        return Reconciler(
            self.outbox("reconciler"),
            self.timeline,
            self.repairs,
            self.questions,
            self.sids,
            provider,
            LINE.from_number,
            self.clock,
            absence=AbsenceRule(RECONCILE_AFTER, ABSENCE_CONFIRMED_AFTER),
            provider_thread=provider_thread,
        )

    def status_checks(self, provider: StubCarrier, provider_thread: ProviderThread) -> StatusChecks:
        return StatusChecks(self.timeline, self.questions, provider, provider_thread)

    def maintenance(self, lease: timedelta) -> Maintenance:
        return Maintenance(self.outbox("maintenance"), self.erasure, lease=lease)

    @asynccontextmanager
    async def running(self, provider: StubCarrier, *, lease: timedelta) -> AsyncIterator[None]:
        """The loops beside the sending, as a process runs them."""
        heart = Heartbeat("loop", 60)
        questioner = ProviderThread(heart)
        parts = (
            self.reconciler(provider, questioner),
            self.status_checks(provider, questioner),
            self.maintenance(lease),
        )
        tasks = [BackgroundTask("loop", Rounds(part.run_round, heart).run) for part in parts]
        loops = [asyncio.create_task(task.run()) for task in tasks]
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            questioner.close()

    def sender(
        self,
        outbox: OutboxStore,
        provider: StubCarrier,
        start_within: timedelta,
        lease: timedelta = timedelta(seconds=40),
    ) -> Worker:
        return Worker(outbox, provider, None, threads=1, start_within=start_within, lease=lease, clock=self.clock)

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    async def store(self, outbox: OutboxStore, number: str, text: str, line: SenderIdentity = LINE) -> ObjectId:
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
            text_key=line.dedup_key(number, text),
            due_at=self.now,
            next_attempt_at=self.now,
            created_at=self.now,
            updated_at=self.now,
        )
        assert await outbox.enqueue(message)
        return message_id

    async def claim(self, outbox: OutboxStore) -> Claim:
        """The claim of the message that is due."""
        claim = await outbox.claim_next()
        assert claim is not None
        return claim

    async def lose(self, message_id: ObjectId) -> None:
        """Its owner is not heard of any more."""
        outbox = self.outbox("maintenance")
        (claimed,) = [row for row in await outbox.list_claimed(100) if row.message_id == message_id]
        await outbox.end_lease(claimed)

    async def find_absent(self, message_id: ObjectId) -> None:
        """The carrier's list shows that it does not have it."""
        message = await self.message(message_id)
        undecided = await self.repairs.list_in_flight_to([message.recipient_number])
        (seen,) = [row for row in undecided if row.message_id == message_id]
        await self.outbox("reconciler").requeue(seen)

    async def message(self, message_id: ObjectId) -> Message:
        message = await repository.find(message_id)
        assert message is not None
        return message

    async def hear(self, outbox: OutboxStore, claim: Claim, sid: str, status: str, **fields: str) -> None:
        """A status callback for this attempt."""
        report = StatusCallback.model_validate(
            {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT_SID, "To": claim.to_number, **fields}
        )
        await StatusCallbackHandler(outbox, self.timeline, self.sids, ACCOUNT_SID).apply(
            report, str(claim.message_id), str(claim.attempt)
        )


@asynccontextmanager
async def open_workshop(mongodb_uri: str) -> AsyncIterator[Workshop]:
    """With a database of its own."""
    uri = urlsplit(mongodb_uri)._replace(path=f"/mysms_workshop_{secrets.token_hex(6)}").geturl()
    async with connection.connect(uri) as client:
        database = connection.database_of(client)
        await connection.init_documents(database, [Message, Conversation])
        workshop = Workshop(database)
        await workshop.sids.prepare()
        yield workshop
        await client.drop_database(database.name)


def new_number() -> str:
    return f"+1321555{next(_places):04}"


def listed(sid: str, number: str, body: str, created_at: datetime, status: str = "sent") -> ProviderMessage:
    """A row of the carrier's list."""
    sent_at = None if status in {"queued", "sending", "failed"} else created_at
    return ProviderMessage(sid, FROM_NUMBER, number, body, status, None, None, created_at, sent_at)
