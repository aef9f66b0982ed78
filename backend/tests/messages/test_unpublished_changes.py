"""Changes that ended processes have left unpublished: all are published, a limited number at a time."""

import secrets
from collections.abc import AsyncIterator, Iterable

import pytest
from bson import ObjectId

from mysms.changes.change import UNPUBLISHED, Change
from mysms.changes.documents import ChangedDocuments
from mysms.changes.publisher import ChangePublisher
from mysms.changes.unpublished import UnpublishedChanges
from mysms.core.timestamps import utc_now
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.messages.test_changes import HOUR, Follower, Process
from tests.support.servers import Mongo

BATCH = 1_000
MANY = 2_500


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.other_database(f"unpublished_{secrets.token_hex(4)}")) as fixture:
        # No upgrade is going on, in which lists of changes have more.
        await fixture.database["schema"].insert_one({"_id": "change_feed", "upgrade_ends_at": utc_now() - HOUR})
        yield fixture


async def test_more_changes_of_a_user_than_one_look_takes_are_published(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages, user_id = fixture.database["messages"], ObjectId()
    publishing, other = Process(fixture.database), Process(fixture.database)
    for process in (publishing, other):
        await process.start()
    since = other.changes.feed.position
    template = fixture.compose(new_number(), "Hello").model_dump(exclude={"id"})
    marked = {"user_id": user_id, "revision": UNPUBLISHED, "change_count": 1}
    ids = [ObjectId() for _ in range(MANY)]
    await messages.insert_many([{**template, **marked, "_id": each, "client_id": f"message:{each}"} for each in ids])
    expected = {str(each): 1 for each in ids}

    early = Follower(user_id, since=since)
    pages = 0
    while not pages or early.position is not None:
        seen = len(early.versions)
        await early.read_page(other, 200)
        pages += 1
        assert len(early.versions) - seen <= 200
    assert early.versions == expected, "before they are published"

    publisher, found = publishing.changes.publisher, list[Change]()

    def publish(change: Change) -> None:
        found.append(change)
        ChangePublisher.publish(publisher, change)

    monkeypatch.setattr(publisher, "publish", publish)
    unpublished, published = UnpublishedChanges(publishing.changes.documents, publisher), []
    for _ in range(0, MANY, BATCH):
        before = await messages.count_documents({"revision": UNPUBLISHED})
        # What is seen only once may be on its way.
        await unpublished.publish_left_behind()
        found.clear()
        await unpublished.publish_left_behind()
        assert len(found) <= BATCH
        await publisher.publish_waiting()
        published.append(before - await messages.count_documents({"revision": UNPUBLISHED}))
    assert published == [BATCH, BATCH, MANY - 2 * BATCH]

    await other.changes.feed.read()
    revisions = await messages.distinct("revision")
    assert len(revisions) == len(published)
    assert await other.changes.revisions.of(user_id) == max(revisions)
    late = Follower(user_id, since=since)
    await late.read_all(other)
    assert late.versions == expected, "and after it"


async def test_what_waits_for_the_log_is_not_published_once_for_each_look(
    fixture: OutboxFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, template = Process(fixture.database), fixture.compose(new_number(), "Hello").model_dump(exclude={"id"})
    await process.start()
    user_id, ids = ObjectId(), [ObjectId() for _ in range(3)]
    marked = {"user_id": user_id, "revision": UNPUBLISHED, "change_count": 1}
    rows = [{**template, **marked, "_id": each, "client_id": f"message:{each}"} for each in ids]
    await fixture.database["messages"].insert_many(rows)
    documents, publisher, published = process.changes.documents, process.changes.publisher, list[Change]()

    async def set_revision(changes: Iterable[Change], revision: int) -> None:
        published.extend(changes)
        await ChangedDocuments.set_revision(documents, changes, revision)

    monkeypatch.setattr(documents, "set_revision", set_revision)
    unpublished = UnpublishedChanges(documents, publisher)
    for _ in range(5):
        await unpublished.publish_left_behind()
    for _ in range(2):
        await publisher.publish_waiting()
    assert sorted(change.document_id for change in published) == ids
    assert process.changes.revisions.is_settled(user_id)
