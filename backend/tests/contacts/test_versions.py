"""The versions of contacts, by which a poll is answered without reading them, over days and starts of processes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bson import ObjectId

from mysms.changes.services import Changes
from mysms.contacts.service import KEPT_FOR, ContactService
from mysms.core import database as connection
from mysms.core.rate_limit import RateLimiter
from mysms.startup import bind_documents
from tests.support.database import running_database

USER = ObjectId()
BEGIN = datetime(2026, 11, 26, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[connection.Database]:
    async with running_database(tmp_path) as mongodb, connection.connect(mongodb.uri) as client:
        database = connection.database_of(client)
        await bind_documents(database)
        yield database


async def test_a_deleted_contact_that_is_forgotten_brings_no_earlier_version_back(
    database: connection.Database,
) -> None:
    now = BEGIN
    contacts = database["contacts"]
    kept, deleted = (
        {"_id": f"{USER} {number}", "user_id": USER, "number": number, "deleted_at": None, "revision": revision}
        for number, revision in (("+14155550001", 2), ("+14155550002", 1))
    )
    await contacts.insert_many([kept, deleted])

    def process() -> ContactService:
        """One that has just begun."""
        changes = Changes.of(database, lambda: now)

        async def is_active(_: ObjectId) -> bool:
            return True

        return ContactService(changes, RateLimiter(database, lambda: now), is_active, lambda: now)

    async def version() -> str:
        return (await process().version(USER, "/api/contacts", 0.0)).etag

    before = await version()
    assert await version() == before
    await contacts.update_one({"_id": deleted["_id"]}, {"$set": {"deleted_at": now, "revision": 3}})
    assert await version() != before
    now += KEPT_FOR + timedelta(seconds=1)
    await process().delete_old()
    assert await contacts.count_documents({}) == 1
    assert await version() != before
