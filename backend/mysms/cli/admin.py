"""Administration commands: migration, invites, password reset and backup recovery."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from mysms.core import database
from mysms.core.csv_files import BYTE_ORDER_MARK, to_csv
from mysms.core.migrations.runner import migrate, require_migrated
from mysms.core.security_events import SecurityEvents
from mysms.core.settings import Settings
from mysms.core.timestamps import to_rfc3339
from mysms.reconciliation.backup_recovery import RestoreReport
from mysms.services import Services, build_services
from mysms.startup import bind_documents
from mysms.web.graceful_shutdown import ShutdownState

_OPT_OUT_COLUMNS = ("number", "sender", "opted_out", "said_by", "source", "reason", "at")


class SendingIsOnError(Exception):
    """Sending is enabled, so pending messages may be sent before they have been looked up."""

    def __init__(self) -> None:
        super().__init__(
            "Set SENDING_ENABLED=off first, in the settings of every mysms process, and restart those processes. "
            "Otherwise a pending message may be sent a second time while Twilio is being checked for it."
        )


@dataclass(frozen=True)
class NewPassword:
    """The new password of an account, and whether a sign-in requires its second factor, too."""

    password: str
    needs_second_factor: bool


async def migrate_database(settings: Settings) -> bool:
    """Migrates the database; returns whether anything needed it.

    Raises NewerDatabaseError, UnsuitableDatabaseError and DatabaseConfigurationError.
    """
    SecurityEvents.of(settings).record("migration_run_by_operator")
    return await _migrate(settings)


async def _migrate(settings: Settings) -> bool:
    was_needed = False
    async with database.connect(settings.mongodb_uri) as client:
        db = database.database_of(client)

        async def work() -> None:
            nonlocal was_needed
            was_needed = await migrate(db, send_lease=settings.send_lease) or was_needed
            await bind_documents(db)

        await database.retry_until_available(db, work)
    return was_needed


async def make_invite(settings: Settings) -> str:
    """Creates an invite and returns its code, with which one person can sign up. Only its hash is stored."""
    async with _connected(settings) as services:
        return await services.users.accounts.make_invite()


async def reset_password(settings: Settings, email: str, *, remove_second_factor: bool) -> NewPassword:
    """Sets a new random password and ends all sessions. Raises UnknownAccountError."""
    async with _connected(settings) as services:
        password = await services.users.passwords.reset_by_operator(email)
        if remove_second_factor:
            await services.users.second_factor.remove_by_operator(email)
        return NewPassword(password, await services.users.second_factor.is_enabled_for(email))


async def recover_backup(settings: Settings, since: datetime) -> RestoreReport:
    """Makes a restored database safe to send from. Raises SendingIsOnError and ProviderUnavailableError."""
    if settings.sending_enabled:
        raise SendingIsOnError
    await _migrate(settings)
    async with _connected(settings) as services:
        services.security_events.record("backup_recovery_run_by_operator")
        return await services.backup_recovery.run(since)


async def export_opt_outs(settings: Settings) -> AsyncIterator[str]:
    """Yields a CSV file of all that holds about opting out: what each number wishes itself, and what users say.

    A number is not written to if a line of it and the sender, or one of what users say, says that it has opted out.
    """
    async with _connected(settings) as services:
        yield BYTE_ORDER_MARK + to_csv([_OPT_OUT_COLUMNS])
        async for stored in services.opt_outs.list_all():
            for said_by, entry in (("recipient", stored.record.own), ("user", stored.record.manual)):
                if entry is not None:
                    values = (str(entry.opted_out).lower(), said_by, entry.source, entry.reason, to_rfc3339(entry.at))
                    yield to_csv([(stored.number, stored.sender, *values)])


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[Services]:
    services = build_services(settings, ShutdownState(), SecurityEvents.of(settings))
    async with services.database.client:
        await database.retry_until_available(services.database, lambda: _prepare(services.database))
        yield services


async def _prepare(db: database.Database) -> None:
    await require_migrated(db)
    await bind_documents(db)
