"""The outbox in the test's own process, on a real database: tests control every step of a race."""

import asyncio
import functools
import itertools
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from bson import ObjectId

from mysms.attachments.links import MediaLinks
from mysms.changes.services import Changes
from mysms.core import database as connection
from mysms.core.background_task import BackgroundTask
from mysms.core.heartbeat import Heartbeat
from mysms.core.security_events import SecurityEvents
from mysms.core.urls import Url
from mysms.messages import repository
from mysms.messages.models import Conversation, Message, Outbound
from mysms.opt_outs.repository import OptOutRepository
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
    ProviderMedia,
    ProviderMessage,
    ProviderUnavailableError,
    RetryableFailure,
)
from mysms.reconciliation.absence import AbsenceRule
from mysms.reconciliation.polling import PollingLoop, ProviderThread
from mysms.reconciliation.reconciler import Reconciler
from mysms.reconciliation.status_check_queue import StatusCheckQueue
from mysms.reconciliation.status_checks import StatusChecks
from mysms.reconciliation.store import ReconciliationStore
from tests.support.servers import ACCOUNT_SID, FROM_NUMBER

IDENTITY = SenderIdentity(ACCOUNT_SID, FROM_NUMBER, "http://provider.example")
EXPIRES_AFTER = timedelta(hours=24)
RECONCILE_AFTER = timedelta(seconds=300)
ABSENCE_CONFIRMED_AFTER = timedelta(seconds=900)
HOLD = timedelta(seconds=40)
LEASE = timedelta(seconds=40)

_counter = itertools.count(1)
MEDIA_LINKS = MediaLinks(Url.parse("https://sms.example.com/api/twilio/media"), ["a secret"], timedelta(days=2))


async def release_nothing(_: Collection[ObjectId]) -> None:
    """No message has attachments."""


@dataclass
class StubProvider:
    """A provider with configurable results that records its calls."""

    outcome: Outcome = field(default_factory=lambda: RetryableFailure("no outcome was configured"))
    listed: list[ProviderMessage] | None = field(default_factory=list)
    """The messages at the provider; None if list requests fail."""
    sent: list[OutboundMessage] = field(default_factory=list)
    unanswered: int = 0
    """How many of the next fetches fail."""
    media: dict[str, list[ProviderMedia]] | None = field(default_factory=dict)
    """The media of messages by their SIDs; None if list requests for them fail."""
    is_complete: bool = True
    """Whether lists are complete."""
    unreadable: set[str] = field(default_factory=set)
    """Numbers whose list requests fail."""
    list_requests: list[str] = field(default_factory=list)
    """The numbers of the list requests."""
    sent_requests: int = 0
    """How often the list of sent messages was read."""
    days_read: list[date] = field(default_factory=list)
    """The days of the list of inbound messages that were read."""

    def send(self, text: OutboundMessage) -> Outcome:
        self.sent.append(text)
        return self.outcome

    def fetch(self, sid: str) -> ProviderMessage | None:
        if self.unanswered:
            self.unanswered -= 1
            raise ProviderUnavailableError("configured failure")
        return next((row for row in self.listed or [] if row.sid == sid), None)

    def list_to(self, to_number: str) -> Listing:
        self.list_requests.append(to_number)
        if self.listed is None or to_number in self.unreadable:
            raise ProviderUnavailableError("configured failure")
        return Listing([row for row in self.listed if row.to_number == to_number], self.is_complete)

    def list_sent(self, from_number: str, since: date) -> Listing:
        self.sent_requests += 1
        if self.listed is None:
            raise ProviderUnavailableError("configured failure")
        sent = [row for row in self.listed if row.sent_at is not None and row.sent_at.date() >= since]
        return Listing(sent, self.is_complete)

    def list_media(self, sid: str) -> list[ProviderMedia]:
        if self.media is None:
            raise ProviderUnavailableError("configured failure")
        return self.media.get(sid, [])

    def list_received(self, to_number: str, day: date) -> Listing:
        self.days_read.append(day)
        if self.listed is None or to_number in self.unreadable:
            raise ProviderUnavailableError("configured failure")
        of_day = [row for row in self.listed if row.is_inbound and row.sent_at and row.sent_at.date() == day]
        return Listing([row for row in of_day if row.to_number == to_number], self.is_complete)


@dataclass
class OutboxFixture:
    """The parts of the outbox on one database, with a clock that only the test advances."""

    database: connection.Database
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    leaving: set[ObjectId] = field(default_factory=set)
    """The accounts that are being deleted."""

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def outbox(self, worker_id: str, identity: SenderIdentity = IDENTITY) -> OutboxStore:
        """The outbox of a process with this worker ID."""
        return OutboxStore(
            self.database,
            identity,
            StateWriter(self.database, self.changes.publisher, self.clock),
            self.message_ids,
            self.locks,
            self.timeline,
            self.opt_outs,
            self.changes.publisher,
            worker_id=worker_id,
            clock=self.clock,
            ttl=EXPIRES_AFTER,
            reconcile_after=RECONCILE_AFTER,
            callbacks_enabled=True,
            sending_enabled=True,
            is_active=self._is_active,
        )

    async def _is_active(self, user_id: ObjectId) -> bool:
        return user_id not in self.leaving

    @property
    def changes(self) -> Changes:
        return Changes.of(self.database, self.clock)

    @functools.cached_property
    def locks(self) -> ContentLocks:
        return ContentLocks(self.database, LEASE, self.monotonic)

    @property
    def opt_outs(self) -> OptOutRepository:
        return OptOutRepository(self.database, FROM_NUMBER, "sender")

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.changes.publisher, self.opt_outs, self.clock)

    @property
    def reconciliation(self) -> ReconciliationStore:
        return ReconciliationStore(self.database, IDENTITY, self.clock, hold=HOLD)

    @property
    def status_check_queue(self) -> StatusCheckQueue:
        return StatusCheckQueue(self.database, IDENTITY, self.clock, hold=HOLD, callbacks_enabled=True)

    @property
    def erasure(self) -> Erasure:
        return Erasure(self.database, self.locks, self.clock)

    @property
    def message_ids(self) -> ProviderMessageIds:
        return ProviderMessageIds(self.database, self.clock)

    def reconciler(self, provider: StubProvider, provider_thread: ProviderThread) -> Reconciler:
        return Reconciler(
            self.outbox("reconciler"),
            self.timeline,
            self.reconciliation,
            self.status_check_queue,
            self.message_ids,
            provider,
            IDENTITY.from_number,
            self.clock,
            absence=AbsenceRule(RECONCILE_AFTER, ABSENCE_CONFIRMED_AFTER),
            provider_thread=provider_thread,
        )

    def status_checks(self, provider: StubProvider, provider_thread: ProviderThread) -> StatusChecks:
        return StatusChecks(self.timeline, self.status_check_queue, provider, provider_thread)

    def maintenance(self, lease: timedelta) -> Maintenance:
        return Maintenance(self.outbox("maintenance"), self.erasure, lease=lease)

    @asynccontextmanager
    async def running(self, provider: StubProvider, *, lease: timedelta) -> AsyncIterator[None]:
        """Run the background loops other than sending."""
        heartbeat = Heartbeat("loop", 60)
        provider_thread = ProviderThread(heartbeat)
        parts = (
            self.reconciler(provider, provider_thread),
            self.status_checks(provider, provider_thread),
            self.maintenance(lease),
        )
        tasks = [BackgroundTask("loop", PollingLoop(part.run_round, heartbeat).run) for part in parts]
        loops = [asyncio.create_task(task.run()) for task in tasks]
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            provider_thread.close()

    def sender(
        self,
        outbox: OutboxStore,
        provider: StubProvider,
        start_within: timedelta,
        lease: timedelta = timedelta(seconds=40),
    ) -> Worker:
        return Worker(
            outbox,
            provider,
            None,
            MEDIA_LINKS,
            threads=1,
            start_within=start_within,
            lease=lease,
            clock=self.clock,
        )

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    async def enqueue(
        self, outbox: OutboxStore, number: str, text: str, identity: SenderIdentity = IDENTITY
    ) -> ObjectId:
        message = self.compose(number, text, identity)
        assert await outbox.enqueue(message)
        return ObjectId(message.id)

    async def enqueue_claimed(self, outbox: OutboxStore, number: str, text: str) -> Claim:
        """Store a message that this process claims in the insert."""
        message = self.compose(number, text)
        assert await outbox.enqueue_claimed(message)
        claim = Claim.of_new(message)
        assert claim is not None
        return claim

    def compose(self, number: str, text: str, identity: SenderIdentity = IDENTITY) -> Message:
        message_id = ObjectId()
        return Message(
            id=message_id,
            user_id=ObjectId(),
            client_id=f"message:{message_id}",
            request_hash="",
            from_number=identity.from_number,
            recipient_number=number,
            peer_number=number,
            content=text,
            segments=1,
            outbound=Outbound(
                sender_key=identity.key,
                dedup_key=identity.dedup_key(number, text),
                due_at=self.now,
                next_attempt_at=self.now,
            ),
            created_at=self.now,
            updated_at=self.now,
        )

    async def claim(self, outbox: OutboxStore) -> Claim:
        """Claim the due message."""
        claim = await outbox.claim_next()
        assert claim is not None
        return claim

    async def expire_lease(self, message_id: ObjectId) -> None:
        """End the lease of a claimed message, as if its process had crashed."""
        outbox = self.outbox("maintenance")
        (claimed,) = [row for row in await outbox.list_claimed(100) if row.message_id == message_id]
        await outbox.end_lease(claimed)

    async def confirm_absence(self, message_id: ObjectId) -> None:
        """Requeue a message, as if the provider's list had shown that it is absent."""
        message = await self.message(message_id)
        in_flight = await self.reconciliation.list_in_flight_to([message.recipient_number])
        (seen,) = [row for row in in_flight if row.message_id == message_id]
        await self.outbox("reconciler").requeue(seen)

    async def outbound(self, message_id: ObjectId) -> Outbound:
        return outbound_of(await self.message(message_id))

    async def message(self, message_id: ObjectId) -> Message:
        message = await repository.find(message_id)
        assert message is not None
        return message

    async def receive_callback(self, outbox: OutboxStore, claim: Claim, sid: str, status: str, **fields: str) -> None:
        """Handle a status callback for this attempt."""
        report = StatusCallback.model_validate(
            {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT_SID, "To": claim.to_number, **fields}
        )
        handler = StatusCallbackHandler(
            outbox, self.timeline, self.message_ids, ACCOUNT_SID, SecurityEvents("a secret")
        )
        await handler.apply(report, str(claim.message_id), str(claim.attempt))


@asynccontextmanager
async def open_outbox_fixture(mongodb_uri: str) -> AsyncIterator[OutboxFixture]:
    """An OutboxFixture with a database of its own, which is dropped afterwards."""
    uri = urlsplit(mongodb_uri)._replace(path=f"/mysms_outbox_{secrets.token_hex(6)}").geturl()
    async with connection.connect(uri) as client:
        database = connection.database_of(client)
        await connection.init_documents(database, [Message, Conversation])
        fixture = OutboxFixture(database)
        await fixture.message_ids.create_indexes()
        yield fixture
        await client.drop_database(database.name)


def new_number() -> str:
    return f"+1321555{next(_counter):04}"


def listed(sid: str, number: str, body: str, created_at: datetime, status: str = "sent") -> ProviderMessage:
    """A message in the provider's list."""
    sent_at = None if status in {"queued", "sending", "failed"} else created_at
    return ProviderMessage(sid, FROM_NUMBER, number, body, status, None, None, created_at, sent_at)


def outbound_of(message: Message) -> Outbound:
    assert message.outbound is not None
    return message.outbound
