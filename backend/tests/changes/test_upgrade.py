"""What a process of the version before the change feed changes is noticed too."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from bson import ObjectId

from mysms.changes.documents import ChangedDocuments
from mysms.changes.upgrade import UpgradePeriod
from mysms.core import database as connection
from mysms.core.timestamps import utc_now
from tests.support.api_user import ApiUser, Json
from tests.support.polling import eventually
from tests.support.servers import Mongo, Start

STAYS_QUEUED = "+15005551002"


@dataclass
class Upgrade:
    """A day in which a process of the version before runs beside this one."""

    database: connection.Database
    api_user: ApiUser
    message: Json

    async def raise_status(self) -> None:
        """Do as that process does: without a mark."""
        update = {"$set": {"provider_status": "sent", "updated_at": utc_now() + timedelta(seconds=1)}}
        await self.database["messages"].update_one({"_id": ObjectId(self.message["_id"])}, update)


@pytest.fixture
async def upgrade(mongodb: Mongo, start: Start) -> AsyncIterator[Upgrade]:
    uri = mongodb.other_database("upgrade")
    async with connection.connect(uri) as client:
        database = connection.database_of(client)
        # A message of the version before.
        await database["messages"].insert_one(
            {"_id": ObjectId(), "user_id": ObjectId(), "client_id": "-", "content": "", "schema_version": 2}
        )
        async with start(MONGODB_URI=uri) as api:
            api_user = await ApiUser.sign_up(api)
            yield Upgrade(database, api_user, await api_user.send_accepted(STAYS_QUEUED))
        await client.drop_database(database.name)


async def test_an_unmarked_change_is_noticed_during_the_upgrade(upgrade: Upgrade) -> None:
    tag = await upgrade.api_user.settled_etag("/api/messages")
    await upgrade.raise_status()
    answer = await upgrade.api_user.call("GET", "/api/messages", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()[0]["status"]) == (200, "sent")


async def test_an_unmarked_change_is_listed_during_the_upgrade(upgrade: Upgrade) -> None:
    api_user = upgrade.api_user
    await api_user.settled_etag("/api/messages")
    stored = await upgrade.database["messages"].find_one({"_id": ObjectId(upgrade.message["_id"])}) or {}

    async def read_revision() -> int:
        return int((await api_user.call("GET", "/api/messages")).headers["X-Revision"])

    since = await eventually(read_revision, lambda revision: revision >= stored["revision"], what="all marked changes")
    await upgrade.raise_status()
    answer = await api_user.call("GET", "/api/messages/changes", params={"since": since})
    assert [row["status"] for row in answer.json()] == ["sent"]


async def test_a_new_database_has_no_upgrade_period(mongodb: Mongo) -> None:
    async with connection.connect(mongodb.other_database("new")) as client:
        database = connection.database_of(client)
        period = UpgradePeriod(database, ChangedDocuments(database), utc_now)
        assert not period.is_over, "before it is known"
        await period.load()
        assert period.is_over
        await database["messages"].insert_one({"_id": 1})
        later = UpgradePeriod(database, ChangedDocuments(database), utc_now)
        await later.load()
        assert later.is_over, "the first process decides"
        await client.drop_database(database.name)
