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


async def migrate(database: Database, *, send_lease: timedelta, monotonic: MonotonicClock = time.monotonic) -> bool:
    """Migrates what needs it; returns whether anything did. Raises NewerDatabaseError.

    May be interrupted at any point and repeated. Of several processes, one migrates and the others wait for it. The
    documents themselves tell whether a migration is needed, so that a restored backup is migrated too.
    `send_lease`: a message that a process has been sending for this long is given up by that process.
    """
    schema = database["schema"]
    known = await schema.find_one({"_id": "database"})
    if known is not None and known["version"] > SCHEMA_VERSION:
        raise NewerDatabaseError(known["version"])
    lock = MigrationLock(database, monotonic)
    migration = OutboundFields(database, lock, send_lease=send_lease, monotonic=monotonic)
    is_needed = await migration.is_needed()
    if is_needed:
        while not await _run(migration, lock):
            pass
    if known is None or known["version"] < SCHEMA_VERSION:
        with contextlib.suppress(DuplicateKeyError):  # Another process has just inserted it.
            await schema.update_one({"_id": "database"}, {"$max": {"version": SCHEMA_VERSION}}, upsert=True)
    return is_needed


async def _run(migration: OutboundFields, lock: MigrationLock) -> bool:
    """Runs the migration, unless another process has done so meanwhile; returns False if the lock was lost."""
    try:
        async with lock:
            if await migration.is_needed():
                _log.info("Migrating the database to schema %d.", SCHEMA_VERSION)
                await migration.run()
                _log.info("The database has schema %d.", SCHEMA_VERSION)
    except MigrationLockLostError:
        _log.warning("Another process has taken over the migration, because this one was too slow.")
        return False
    return True
