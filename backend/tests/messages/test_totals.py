"""The total of a user's messages, across an upgrade from a version that kept none."""

from datetime import timedelta

from bson import ObjectId

from mysms.changes.documents import ChangedDocuments
from mysms.changes.upgrade import UpgradePeriod
from mysms.messages import conversations
from mysms.messages.totals import MessageTotals
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.support.servers import Mongo


async def store(fixture: OutboxFixture, user_id: ObjectId) -> None:
    message = fixture.compose(new_number(), "Hello").model_copy(update={"user_id": user_id})
    assert await conversations.insert(message)
    await conversations.count(message)


async def store_as_earlier_version(fixture: OutboxFixture, user_id: ObjectId) -> None:
    row = fixture.compose(new_number(), "Hello").model_copy(update={"user_id": user_id}).model_dump()
    del row["id"], row["is_totalled"]
    await fixture.database["messages"].insert_one(row)


async def test_messages_of_earlier_versions_are_counted_once_these_have_stopped(mongodb: Mongo) -> None:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        user_id, without_new_ones, new_user = ObjectId(), ObjectId(), ObjectId()
        await fixture.database["users"].insert_many([{"_id": user_id}, {"_id": without_new_ones}])
        for owner in (user_id, user_id, without_new_ones):
            await store_as_earlier_version(fixture, owner)
        upgrade = UpgradePeriod(fixture.database, ChangedDocuments(fixture.database), fixture.clock)
        await upgrade.load()
        processes = [MessageTotals(fixture.database, upgrade) for _ in range(2)]

        async def require(*expected: int) -> None:
            for totals in processes:
                assert tuple([await totals.of(owner) for owner in (user_id, without_new_ones, new_user)]) == expected

        # Both versions run side by side.
        await store(fixture, user_id)
        await store_as_earlier_version(fixture, user_id)
        await require(4, 1, 0)
        fixture.now += timedelta(days=1)
        for totals in processes:
            await totals.complete()
            await totals.complete()
        await require(4, 1, 0)
        for owner in (user_id, without_new_ones, new_user):
            await store(fixture, owner)
        await require(5, 2, 1)
        await conversations.erase(user_id)
        assert await fixture.database["conversations"].find_one({"_id": str(user_id)}) is None
