"""Builds and wires all long-lived parts of the application."""

import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from bson import ObjectId

from mysms.attachments.export import AttachmentExport
from mysms.attachments.links import MediaLinks
from mysms.attachments.service import AttachmentCleanup, PublicMedia, Uploads
from mysms.attachments.store import AttachmentStore
from mysms.changes.event_streams import LOOK_EVERY_SECONDS, EventStreams
from mysms.changes.feed import READ_EVERY_SECONDS
from mysms.changes.services import Changes
from mysms.changes.unpublished import UnpublishedChanges
from mysms.contacts import repository as contacts_repository
from mysms.contacts.contact_import import ContactImport
from mysms.contacts.csv_export import ContactsCsvExport
from mysms.contacts.service import ContactService
from mysms.core import database
from mysms.core.background_task import BackgroundTask, every, running
from mysms.core.event_loop_lag import monitor_event_loop_lag
from mysms.core.heartbeat import Heartbeat
from mysms.core.metrics import EVENT_STREAMS, SENDING_PAUSED
from mysms.core.migrations.runner import migrate
from mysms.core.rate_limit import RateLimiter
from mysms.core.readiness import Check, check_of, find_problems
from mysms.core.security_events import SUMMARY_SECONDS, SecurityEvents
from mysms.core.settings import Settings
from mysms.core.stream_capacity import StreamCapacity
from mysms.core.timestamps import utc_now
from mysms.delivery_tasks import DeliveryTasks
from mysms.inbound.inbox import Inbox
from mysms.inbound.recipients import Recipients
from mysms.inbound.webhook import InboundWebhook
from mysms.mail.dispatcher import MailDispatcher
from mysms.mail.queue import MailQueue
from mysms.mail.smtp import TIMEOUT_SECONDS as MAIL_TIMEOUT_SECONDS
from mysms.mail.smtp import SmtpClient
from mysms.media.reader import MediaReader
from mysms.messages.csv_export import CsvExport
from mysms.messages.deletion import MessageDeletion
from mysms.messages.export import AccountExport
from mysms.messages.flagging import Flagging
from mysms.messages.interrupted_counts import InterruptedCounts
from mysms.messages.read_marks import ReadMarks
from mysms.messages.retention import Retention
from mysms.messages.service import MessageHistory
from mysms.messages.totals import MessageTotals
from mysms.messages.word_index import WordIndex
from mysms.opt_outs.repository import OptOutRepository
from mysms.opt_outs.service import OptOutService
from mysms.outbox.dispatcher import Dispatcher
from mysms.outbox.erasure import Erasure
from mysms.outbox.locks import ContentLocks
from mysms.outbox.maintenance import Maintenance
from mysms.outbox.metrics import OutboxMetrics
from mysms.outbox.pauses import Pause
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.quotas import SendQuotas
from mysms.outbox.sender_identity import SenderIdentity
from mysms.outbox.service import OutboxService
from mysms.outbox.simulator_address import SimulatorAddress
from mysms.outbox.state_writer import StateWriter
from mysms.outbox.status_callbacks import StatusCallbackHandler
from mysms.outbox.store import OutboxStore
from mysms.outbox.timeline import Timeline
from mysms.outbox.worker import Worker
from mysms.providers.media_addresses import MediaAddresses
from mysms.providers.twilio import TwilioProvider
from mysms.providers.twilio_media import TwilioMedia
from mysms.push.client import TIMEOUT_SECONDS as PUSH_TIMEOUT_SECONDS
from mysms.push.client import PushClient
from mysms.push.dispatcher import PushDispatcher
from mysms.push.keys import VapidKeys
from mysms.push.payload import PushPacker
from mysms.push.queue import PushQueue
from mysms.push.service import PushService
from mysms.reconciliation.absence import AbsenceRule
from mysms.reconciliation.backup_recovery import BackupRecovery
from mysms.reconciliation.inbound_catch_up import DEEP_EVERY, LOOK_FOR_FORMER_FOR, InboundCatchUp, InboundCatchUps
from mysms.reconciliation.looks import InboundLooks
from mysms.reconciliation.polling import PollingLoop, ProviderThread
from mysms.reconciliation.reconciler import Reconciler
from mysms.reconciliation.status_check_queue import StatusCheckQueue
from mysms.reconciliation.status_checks import StatusChecks
from mysms.reconciliation.store import ReconciliationStore
from mysms.startup import init_database
from mysms.users import repository as users_repository
from mysms.users.csv_export import CsvDownloads
from mysms.users.mails import KINDS, UserMails
from mysms.users.secret_cipher import SecretCipher
from mysms.users.services import UserServices
from mysms.web.graceful_shutdown import ShutdownState

_LONGEST_ROUND = timedelta(seconds=60)
"""A loop counts as stuck after a round of this length, not counting the time spent waiting for the provider."""
_MIGRATE_SECONDS = 2.0
_REPUBLISH_SECONDS = 2.0
"""The pause between two looks for changes that a process left unpublished."""
_CONFIRM_SECONDS = 10.0
"""The pause between two look-ups of the sessions in use whose confirmation ends soon."""
_CLEAN_UP_SECONDS = 30.0
"""The pause between two clean-up rounds."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """The services that requests and background tasks use."""

    settings: Settings
    security_events: SecurityEvents
    database: database.Database
    locks: ContentLocks
    changes: Changes
    event_streams: EventStreams
    users: UserServices
    history: MessageHistory
    export: AccountExport
    csv_export: CsvExport
    deletion: MessageDeletion
    read_marks: ReadMarks
    flagging: Flagging
    contacts: ContactService
    contacts_csv_export: ContactsCsvExport
    contact_import: ContactImport
    outbox: OutboxService
    simulator: SimulatorAddress
    outbox_metrics: OutboxMetrics
    status_callbacks: StatusCallbackHandler
    inbound_webhook: InboundWebhook
    media: MediaReader
    uploads: Uploads
    public_media: PublicMedia
    recipients: Recipients
    opt_outs: OptOutService
    push: PushService
    shutdown: ShutdownState
    backup_recovery: BackupRecovery
    delivery_tasks: DeliveryTasks
    other_tasks: list[BackgroundTask]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connects to the database and runs the background tasks while the context is open."""
        await init_database(self.database, self.settings)
        await self.locks.release_stale()
        await self.changes.upgrade.load()
        # Or the first lists would tell revision 0.
        await self.changes.feed.read()
        await self.push.public_key()
        if self.settings.callback_url is None:
            _log.warning("Twilio cannot call TWILIO_STATUS_CALLBACK_URL: a public https:// URL is needed.")
        async with self.database.client, running(self.other_tasks), self.delivery_tasks.running():
            yield
        self.media.close()
        self.security_events.summarise()

    async def measure(self) -> None:
        """Updates the gauges."""
        EVENT_STREAMS.set(self.event_streams.count)
        SENDING_PAUSED.set(self.settings.sending_enabled and self.outbox.pause is not None)
        await self.outbox_metrics.measure()

    async def find_problems(self) -> dict[str, str]:
        """Returns the failed readiness checks: a sentence for each, by the name of the check."""
        return await find_problems(self._checks())

    async def find_warnings(self) -> dict[str, str]:
        """Returns what needs the operator's attention although the process is ready, by the name of the check."""
        problem = await self.recipients.find_problem()
        return {} if problem is None else {"inbound": problem}

    def _checks(self) -> Mapping[str, Check]:
        async def check_database() -> str | None:
            return None if await database.ping(self.database) else "MongoDB does not respond."

        async def check_outcomes() -> str | None:
            return self.delivery_tasks.worker.problem

        async def check_sending() -> str | None:
            return self.outbox.pause.reason if self.outbox.pause is not None else None

        tasks: Iterable[BackgroundTask] = (*self.delivery_tasks.tasks, *self.other_tasks)
        return {
            "process": self.shutdown.check,
            "database": check_database,
            "outcomes": check_outcomes,
            **{task.name: check_of(task) for task in tasks},
            "provider" if self.settings.sending_enabled else "sending": check_sending,
        }


class LifespanState(TypedDict):
    """The contents of `request.state`."""

    services: Services


def build_services(
    settings: Settings, shutdown: ShutdownState, events: SecurityEvents, streams: StreamCapacity | None = None
) -> Services:
    """Builds all services without connecting to anything; `Services.running` connects.

    Raises DatabaseConfigurationError.
    """
    db = database.database_of(database.connect(settings.mongodb_uri))
    return _Builder(settings, db, shutdown, events, streams or StreamCapacity()).build()


class _Builder:
    """Wires the services of one process together, each built once."""

    def __init__(
        self,
        settings: Settings,
        db: database.Database,
        shutdown: ShutdownState,
        events: SecurityEvents,
        streams: StreamCapacity,
    ) -> None:
        self._settings = settings
        self._database = db
        self._shutdown = shutdown
        self._limiter = RateLimiter(db, utc_now)
        self._mail_queue = MailQueue(db, utc_now)
        self._vapid_keys = VapidKeys(db, SecretCipher(settings.jwt_secrets, "web push"), utc_now)
        self._push_queue = PushQueue(db, utc_now)
        self._security_events = events
        self._changes = Changes.of(db, utc_now)
        self._event_streams = EventStreams(self._changes.feed, self._changes.revisions, streams)
        self._totals = MessageTotals(db, self._changes.upgrade)
        self._identity = SenderIdentity.of(settings)
        self._provider = TwilioProvider.of(settings)
        self._timeout = timedelta(seconds=settings.twilio_timeout_seconds)
        # Longer than any provider request: a list takes six timeouts, and two more for its last page.
        self._hold = 10 * self._timeout
        self._reconcile_after = timedelta(seconds=settings.reconcile_after_seconds)
        self._locks = ContentLocks(db, settings.send_lease)
        self._message_ids = ProviderMessageIds(db, utc_now)
        opt_outs = OptOutRepository(db, settings.twilio_from_number, settings.opt_out_scope)
        self._opt_outs = OptOutService(opt_outs, self._limiter, utc_now)
        self._timeline = Timeline(self._changes.publisher, opt_outs, utc_now)
        self._erasure = Erasure(db, self._locks, utc_now)
        self._attachments = AttachmentStore(db, utc_now)
        self._media_links = MediaLinks(settings.media_url, settings.jwt_secrets, settings.media_lifetime)
        self._attachment_cleanup = AttachmentCleanup(self._attachments, self._media_links, utc_now)
        self._store = OutboxStore(
            db,
            self._identity,
            StateWriter(db, self._changes.publisher, utc_now),
            self._message_ids,
            self._locks,
            self._timeline,
            opt_outs,
            self._changes.publisher,
            worker_id=secrets.token_hex(8),
            clock=utc_now,
            ttl=timedelta(seconds=settings.send_ttl_seconds),
            reconcile_after=self._reconcile_after,
            callbacks_enabled=settings.callback_url is not None,
            sending_enabled=settings.sending_enabled,
            is_active=users_repository.is_active,
        )

        self._reconciliation = ReconciliationStore(db, self._identity, utc_now, hold=self._hold)

    def build(self) -> Services:
        settings = self._settings
        users = UserServices.of(
            settings,
            self._limiter,
            self._changes,
            self._security_events,
            self._mail_queue,
            self._erase,
            utc_now,
        )
        # After the listeners that it builds on: the revisions, and the known sessions.
        self._changes.feed.add_listener(self._event_streams)
        self._shutdown.on_stop(self._event_streams.shut_down)
        recipients = Recipients(settings.inbound_fallback_email)
        push = PushService(self._vapid_keys, self._push_queue, utc_now)
        inbox = Inbox(
            recipients,
            self._message_ids,
            self._opt_outs,
            self._changes.publisher,
            utc_now,
            is_active=users_repository.is_active,
            erase_messages=self._erasure.erase,
            announce=push.announce,
        )
        delivery_tasks = self._build_delivery_tasks(inbox)
        self._shutdown.on_stop(delivery_tasks.dispatcher.stop)
        outbox = OutboxService(
            self._store,
            self._erasure,
            delivery_tasks.dispatcher,
            self._build_quotas(),
            self._identity,
            self._attachments,
            self._media_links,
            clock=utc_now,
            is_active=users_repository.is_active,
        )
        history = MessageHistory(self._changes, self._totals)
        contacts = ContactService(self._changes, self._limiter, users_repository.is_active, utc_now)
        downloads = CsvDownloads(users.accounts, users.sessions, self._limiter, self._security_events)
        return Services(
            settings=settings,
            security_events=self._security_events,
            database=self._database,
            locks=self._locks,
            changes=self._changes,
            event_streams=self._event_streams,
            users=users,
            history=history,
            export=AccountExport(
                contacts.batches,
                self._opt_outs.describe_all,
                AttachmentExport(self._attachments).pieces,
                users.accounts,
                users.sessions,
                self._limiter,
                self._security_events,
                utc_now,
            ),
            csv_export=CsvExport(history, contacts.names_of, downloads),
            deletion=MessageDeletion(self._changes.publisher, utc_now, self._attachment_cleanup.check_soon),
            read_marks=ReadMarks(self._changes.publisher),
            flagging=Flagging(self._changes.publisher),
            contacts=contacts,
            contacts_csv_export=ContactsCsvExport(contacts, self._opt_outs.describe_all, downloads),
            contact_import=ContactImport(contacts, self._changes, self._limiter, users_repository.is_active, utc_now),
            outbox=outbox,
            simulator=SimulatorAddress(settings),
            outbox_metrics=OutboxMetrics(self._database, self._identity, utc_now),
            status_callbacks=StatusCallbackHandler(
                self._store, self._timeline, self._message_ids, settings.twilio_account_sid, self._security_events
            ),
            recipients=recipients,
            opt_outs=self._opt_outs,
            inbound_webhook=InboundWebhook(
                inbox,
                MediaAddresses(settings.twilio_account_sid, settings.twilio_api_base_url),
                self._security_events,
                utc_now,
            ),
            media=MediaReader(TwilioMedia.of(settings), self._attachments.read, self._limiter, utc_now),
            uploads=Uploads(self._attachments, self._media_links, self._limiter, users_repository.is_active),
            public_media=PublicMedia(self._attachments, self._media_links, utc_now),
            push=push,
            shutdown=self._shutdown,
            backup_recovery=BackupRecovery(
                self._store, self._reconciliation, self._message_ids, self._provider, self._identity.from_number
            ),
            delivery_tasks=delivery_tasks,
            other_tasks=self._build_other_tasks(users, contacts),
        )

    async def _erase(self, user_id: ObjectId) -> None:
        """Erases what a user has stored. May be repeated."""
        await contacts_repository.erase(user_id)
        await self._erasure.erase(user_id)
        await self._attachments.erase(user_id)
        await self._push_queue.erase(user_id)

    def _build_quotas(self) -> SendQuotas:
        settings = self._settings
        return SendQuotas(
            self._limiter,
            per_user_per_minute=settings.messages_per_user_per_minute,
            per_user_per_day=settings.messages_per_user_per_day,
            per_day=settings.messages_per_day,
            allowed_number_prefixes=settings.allowed_number_prefixes,
        )

    def _build_delivery_tasks(self, inbox: Inbox) -> DeliveryTasks:
        settings = self._settings
        lease = settings.send_lease
        worker = Worker(
            self._store,
            self._provider,
            settings.callback_url,
            self._media_links,
            threads=settings.twilio_max_concurrency,
            start_within=self._timeout,
            lease=lease,
            clock=utc_now,
        )
        stuck_after = (lease + _LONGEST_ROUND).total_seconds()
        pause = None if settings.sending_enabled else Pause.disabled(utc_now())
        dispatcher = Dispatcher(
            self._store,
            worker,
            settings.twilio_max_concurrency,
            utc_now,
            Heartbeat("dispatcher", stuck_after),
            pause,
        )
        answer_after = (self._hold + _LONGEST_ROUND).total_seconds()
        queue = StatusCheckQueue(
            self._database,
            self._identity,
            utc_now,
            hold=self._hold,
            callbacks_enabled=settings.callback_url is not None,
        )
        maintenance = Maintenance(self._store, self._erasure, lease=lease)
        reconciler_heartbeat = Heartbeat("reconciler", answer_after)
        reconciler_thread = ProviderThread(reconciler_heartbeat)
        reconciler = Reconciler(
            self._store,
            self._timeline,
            self._reconciliation,
            queue,
            self._message_ids,
            self._provider,
            self._identity.from_number,
            utc_now,
            absence=AbsenceRule(self._reconcile_after, timedelta(seconds=settings.absence_confirmed_after_seconds)),
            provider_thread=reconciler_thread,
        )
        status_heartbeat = Heartbeat("status checks", answer_after)
        status_thread = ProviderThread(status_heartbeat)
        status_checks = StatusChecks(self._timeline, queue, self._provider, status_thread)
        catch_up_heartbeat = Heartbeat("inbound catch-up", answer_after)
        catch_up_thread = ProviderThread(catch_up_heartbeat)

        def looks_of(sender: SenderIdentity, *, is_former: bool) -> InboundLooks:
            return InboundLooks(
                self._database,
                sender,
                utc_now,
                hold=self._hold,
                deep_every=DEEP_EVERY,
                former_for=LOOK_FOR_FORMER_FOR,
                is_former=is_former,
            )

        def catch_up_of(sender: SenderIdentity, *, is_former: bool) -> InboundCatchUp:
            return InboundCatchUp(
                inbox,
                looks_of(sender, is_former=is_former),
                self._message_ids,
                self._provider,
                catch_up_thread,
                sender.from_number,
                utc_now,
                every=timedelta(seconds=settings.inbound_catch_up_seconds),
            )

        catch_ups = InboundCatchUps(
            looks_of(self._identity, is_former=False),
            catch_up_of(self._identity, is_former=False),
            lambda sender: catch_up_of(sender, is_former=True),
            utc_now,
        )
        polling_loops = [
            PollingLoop(maintenance.run_round, Heartbeat("maintenance", stuck_after)),
            PollingLoop(reconciler.run_round, reconciler_heartbeat),
            PollingLoop(status_checks.run_round, status_heartbeat),
            PollingLoop(catch_ups.run_round, catch_up_heartbeat),
        ]
        threads = [reconciler_thread, status_thread, catch_up_thread]
        return DeliveryTasks(dispatcher, worker, polling_loops, threads)

    def _build_other_tasks(self, users: UserServices, contacts: ContactService) -> list[BackgroundTask]:
        unpublished = UnpublishedChanges(self._changes.documents, self._changes.publisher)
        interrupted = InterruptedCounts(self._changes.publisher)
        tasks = [
            BackgroundTask("lag-monitor", monitor_event_loop_lag),
            BackgroundTask("account-deletion", lambda: every(_CLEAN_UP_SECONDS, users.accounts.finish_deletions)),
            BackgroundTask("session-cleanup", lambda: every(_CLEAN_UP_SECONDS, users.sessions.delete_expired)),
            BackgroundTask("session-confirmation", lambda: every(_CONFIRM_SECONDS, users.sessions.confirm_used)),
            BackgroundTask("word-index", WordIndex(self._changes.upgrade).run),
            BackgroundTask("migration", lambda: every(_MIGRATE_SECONDS, self._migrate)),
            BackgroundTask("change-feed", lambda: every(READ_EVERY_SECONDS, self._changes.feed.read)),
            BackgroundTask("change-publisher", self._changes.publisher.run),
            BackgroundTask("unpublished-changes", lambda: every(_REPUBLISH_SECONDS, unpublished.publish_left_behind)),
            BackgroundTask("event-streams", lambda: every(LOOK_EVERY_SECONDS, self._event_streams.keep_alive)),
            BackgroundTask("interrupted-counts", lambda: every(_REPUBLISH_SECONDS, interrupted.complete)),
            BackgroundTask("message-totals", lambda: every(_CLEAN_UP_SECONDS, self._totals.complete)),
            BackgroundTask("lock-cleanup", lambda: every(_CLEAN_UP_SECONDS, self._locks.release_stale)),
            BackgroundTask("change-cleanup", lambda: every(_CLEAN_UP_SECONDS, self._changes.log.delete_old)),
            BackgroundTask("counter-cleanup", lambda: every(_CLEAN_UP_SECONDS, self._limiter.delete_expired)),
            BackgroundTask("contact-cleanup", lambda: every(_CLEAN_UP_SECONDS, contacts.delete_old)),
            BackgroundTask("mail-cleanup", lambda: every(_CLEAN_UP_SECONDS, self._mail_queue.delete_expired)),
            BackgroundTask("reset-cleanup", lambda: every(_CLEAN_UP_SECONDS, users.reset_tokens.delete_expired)),
            BackgroundTask("attachment-cleanup", lambda: every(_CLEAN_UP_SECONDS, self._attachment_cleanup.run_round)),
            BackgroundTask("push-cleanup", lambda: every(_CLEAN_UP_SECONDS, self._push_queue.delete_expired)),
            *self._build_mail_tasks(users),
            self._build_push_task(users),
            BackgroundTask("security-events", lambda: every(SUMMARY_SECONDS, self._summarise_events)),
        ]
        if self._settings.content_retention_days is not None:
            kept_for = timedelta(days=self._settings.content_retention_days)
            retention = Retention(
                kept_for, self._changes.publisher, self._changes.upgrade, utc_now, self._attachment_cleanup.check_soon
            )
            tasks.append(BackgroundTask("retention", retention.run))
        return tasks

    def _build_mail_tasks(self, users: UserServices) -> list[BackgroundTask]:
        mail = self._settings.mail
        if mail is None:
            return []
        write = UserMails(users.reset_tokens, mail.app_url).write
        heartbeat = Heartbeat("mail", MAIL_TIMEOUT_SECONDS + _LONGEST_ROUND.total_seconds())
        dispatcher = MailDispatcher(
            self._mail_queue, SmtpClient.of(mail), write, KINDS, mail.sender, utc_now, heartbeat
        )
        self._mail_queue.on_add(dispatcher.wake)
        return [BackgroundTask("mail", dispatcher.run, heartbeat=heartbeat)]

    def _build_push_task(self, users: UserServices) -> BackgroundTask:
        heartbeat = Heartbeat("push", PUSH_TIMEOUT_SECONDS + _LONGEST_ROUND.total_seconds())
        packer = PushPacker(self._settings.push_contact, self._settings.jwt_secrets[0])
        find_subscription = users.sessions.find_push_subscription
        dispatcher = PushDispatcher(
            self._push_queue, self._vapid_keys, packer, PushClient(), find_subscription, utc_now, heartbeat
        )
        self._push_queue.on_add(dispatcher.wake)
        return BackgroundTask("push", dispatcher.run, heartbeat=heartbeat)

    async def _summarise_events(self) -> None:
        self._security_events.summarise()

    async def _migrate(self) -> None:
        """Migrates what processes of the previous version have stored meanwhile."""
        await migrate(self._database, send_lease=self._settings.send_lease)
