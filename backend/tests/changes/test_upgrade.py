"""What a process of the version before the change feed changes is noticed too."""

from datetime import timedelta

from bson import ObjectId

from mysms.changes.documents import ChangedDocuments
from mysms.changes.upgrade import UpgradePeriod
from mysms.core import database as connection
from mysms.core.timestamps import utc_now
from tests.support.api_user import ApiUser
from tests.support.servers import Mongo, Start

STAYS_QUEUED = "+15005551002"


async def test_an_unmarked_change_is_noticed_during_the_upgrade(mongodb: Mongo, start: Start) -> None:
    uri = mongodb.other_database("upgrade")
    async with connection.connect(uri) as client:
        database = connection.database_of(client)
        # A message of the version before.
        await database["messages"].insert_one(
            {"_id": ObjectId(), "user_id": ObjectId(), "client_id": "-", "content": "", "schema_version": 2}
        )
        async with start(MONGODB_URI=uri) as api:
            api_user = await ApiUser.sign_up(api)
            message = await api_user.send_accepted(STAYS_QUEUED)
            tag = await api_user.settled_etag("/api/messages")
            # A process of the version before raises the status.
            await database["messages"].update_one(
                {"_id": ObjectId(message["_id"])},
                {"$set": {"provider_status": "sent", "updated_at": utc_now() + timedelta(seconds=1)}},
            )
            answer = await api_user.call("GET", "/api/messages", headers={"If-None-Match": tag})
            assert (answer.status_code, answer.json()[0]["status"]) == (200, "sent")
        await client.drop_database(database.name)


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
