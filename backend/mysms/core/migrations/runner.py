"""Runs the migrations that a database needs."""

import contextlib
import logging
import time
from datetime import timedelta

from pymongo.errors import DuplicateKeyError

from mysms.core.database import Database
from mysms.core.heartbeat import MonotonicClock
from mysms.core.migrations.lock import MigrationLock, MigrationLockLostError
from mysms.core.migrations.outbound_fields import OutboundFields

SCHEMA_VERSION = 2

_log = logging.getLogger(__name__)


class NewerDatabaseError(Exception):
    """A newer version of the product has migrated the database."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"A newer version of MySMS Messenger has migrated the database to schema {version}, and this version only "
            f"knows schema {SCHEMA_VERSION}. Start the newer version, or restore a backup from before its first start."
        )


class MigrationNeededError(Exception):
    """The database has documents of an earlier version, which a command must not migrate on its own."""

    def __init__(self) -> None:
        super().__init__(
            "The database has documents of an earlier version of MySMS Messenger. Run this command with that version, "
            "or migrate the database first, with `mysms migrate` or by starting this version."
        )


async def require_migrated(database: Database) -> None:
    """Raises MigrationNeededError and NewerDatabaseError."""
    await _read_version(database)
    lock = MigrationLock(database, time.monotonic)
    if await OutboundFields(database, lock, send_lease=timedelta(), monotonic=time.monotonic).is_needed():
        raise MigrationNeededError


async def migrate(database: Database, *, send_lease: timedelta, monotonic: MonotonicClock = time.monotonic) -> bool:
    """Migrates what needs it; returns whether anything did. Raises NewerDatabaseError and UnsuitableDatabaseError.

    May be interrupted at any point and repeated. Of several processes, one migrates and the others wait for it. The
    documents themselves tell whether a migration is needed, so that a restored backup is migrated too.
    `send_lease`: a message that a process has been sending for this long is given up by that process.
    """
    known = await _read_version(database)
    lock = MigrationLock(database, monotonic)
    migration = OutboundFields(database, lock, send_lease=send_lease, monotonic=monotonic)
    is_needed = await migration.is_needed()
    if known < SCHEMA_VERSION:
        with contextlib.suppress(DuplicateKeyError):  # Another process has just inserted it.
            await database["schema"].update_one({"_id": "database"}, {"$max": {"version": SCHEMA_VERSION}}, upsert=True)
    if is_needed:
        while not await _run(database, migration, lock):
            pass
    return is_needed


async def _read_version(database: Database) -> int:
    """Returns the newest schema to which a process has begun to migrate the database. Raises NewerDatabaseError."""
    row = await database["schema"].find_one({"_id": "database"})
    version = 1 if row is None else int(row["version"])
    if version > SCHEMA_VERSION:
        raise NewerDatabaseError(version)
    return version


async def _run(database: Database, migration: OutboundFields, lock: MigrationLock) -> bool:
    """Runs the migration, unless another process has done so meanwhile; returns False if the lock was lost."""
    try:
        async with lock:
            await _read_version(database)
            if await migration.is_needed():
                _log.info("Migrating the database to schema %d.", SCHEMA_VERSION)
                await migration.run()
                _log.info("The database has schema %d.", SCHEMA_VERSION)
    except MigrationLockLostError:
        _log.warning("Another process has taken over the migration, because this one was too slow.")
        return False
    return True
