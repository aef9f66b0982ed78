"""Checks and preparations before the API serves requests."""

import asyncio
import logging

from mysms.attachments.store import AttachmentStore
from mysms.changes.documents import ChangedDocuments
from mysms.changes.log import ChangeLog
from mysms.contacts.models import Contact
from mysms.core import database
from mysms.core.migrations.indexes import rebuild_changed_indexes
from mysms.core.migrations.runner import migrate
from mysms.core.rate_limit import RateLimiter
from mysms.core.settings import Settings
from mysms.core.timestamps import utc_now
from mysms.mail.queue import MailQueue
from mysms.messages.models import Conversation, Message
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.providers.base import ProviderUnavailableError
from mysms.providers.twilio import is_simulator
from mysms.push.queue import PushQueue
from mysms.users.models import DeletedAccount, Invite, ResetToken, Session, User

_log = logging.getLogger(__name__)

_MODELS = [User, DeletedAccount, Session, Invite, ResetToken, Message, Conversation, Contact]


class UnsafeConfigurationError(Exception):
    """This configuration is not safe in production; the message says why."""


async def check_start(settings: Settings) -> None:
    """Waits for the database, migrates it and creates the indexes.

    Raises DatabaseConfigurationError, NewerDatabaseError, and UnsafeConfigurationError for a development server in
    production. Development servers are recognised by a mark in their responses, not by their host names.
    """
    async with database.connect(settings.mongodb_uri) as client:
        if settings.environment == "production" and (hosts := database.unencrypted_hosts(settings.mongodb_uri)):
            _log.warning(
                "MONGODB_URI leads to %s without TLS: others on the way can read and change all data, unless the "
                "network is private. Add tls=true.",
                ", ".join(hosts),
            )
        db = database.database_of(client)
        await database.wait_until_available(db)
        if settings.environment == "production":
            await _refuse_development_servers(db, settings)
        await database.retry_until_available(db, lambda: init_database(db, settings))


async def _refuse_development_servers(db: database.Database, settings: Settings) -> None:
    if await database.is_development_server(db):
        raise UnsafeConfigurationError(
            "MONGODB_URI points to this project's development database, which is not made for production. Use MongoDB."
        )
    if settings.twilio_api_base_url:
        try:
            simulated = await asyncio.to_thread(
                is_simulator, settings.twilio_api_base_url, settings.twilio_timeout_seconds
            )
        except ProviderUnavailableError as error:
            raise UnsafeConfigurationError(f"TWILIO_API_BASE_URL cannot be checked: {error}") from error
        if simulated:
            raise UnsafeConfigurationError(
                "TWILIO_API_BASE_URL points to this project's Twilio simulator: nothing would be sent. "
                "Leave it empty in production."
            )


async def init_database(db: database.Database, settings: Settings) -> None:
    """Migrates the database, binds the documents to it, and creates all indexes; safe for several processes at once."""
    await migrate(db, send_lease=settings.send_lease)
    await bind_documents(db)


async def bind_documents(db: database.Database) -> None:
    """Binds the documents to a migrated database, and creates all indexes; safe for several processes at once."""
    await rebuild_changed_indexes(db, _MODELS)
    await database.init_documents(db, _MODELS)
    await ProviderMessageIds(db, utc_now).create_indexes()
    await RateLimiter(db, utc_now).create_indexes()
    await MailQueue(db, utc_now).create_indexes()
    await PushQueue(db, utc_now).create_indexes()
    await AttachmentStore(db, utc_now).create_indexes()
    await ChangeLog(db, ChangedDocuments(db), utc_now).create_indexes()
