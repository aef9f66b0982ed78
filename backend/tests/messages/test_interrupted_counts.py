"""Messages whose process ended before it counted them are counted, however many others stay pending for ever."""

from collections.abc import AsyncIterator

import pytest
from bson import ObjectId

from mysms.changes.change import UNPUBLISHED
from mysms.messages import conversations, repository
from mysms.messages.interrupted_counts import BATCH, InterruptedCounts
from tests.faults.outbox_fixture import OutboxFixture, new_number, open_outbox_fixture
from tests.support.api_user import Json
from tests.support.servers import Mongo

LONGEST_WAIT = 8
"""Looks: two times around, of two or three each."""


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


def counter(index: int, *pending: ObjectId) -> Json:
    """Of a conversation with these messages pending."""
    user_id, number = ObjectId(), f"+1415{index:07}"
    return {
        "_id": f"{user_id} {number}",
        "user_id": user_id,
        "peer_number": number,
        "messages": 0,
        "pending_message_ids": dict.fromkeys(map(str, pending), True),
        "pending_count": len(pending),
        "schema_version": 2,
    }


@pytest.mark.parametrize("pending", [1, 2])
async def test_what_is_never_stored_is_not_in_the_way(fixture: OutboxFixture, pending: int) -> None:
    stored = await fixture.enqueue(fixture.outbox("process"), "+13215550001", "Text")
    counters = fixture.database["conversations"]
    await counters.delete_many({})
    never_stored = [counter(index, *(ObjectId() for _ in range(pending))) for index in range(2 * BATCH)]
    # Listed after the others, whether by id or by number.
    interrupted = counter(2 * BATCH, *(ObjectId() for _ in range(pending - 1)), stored)
    await counters.insert_many([*never_stored, interrupted])
    counts = InterruptedCounts(fixture.changes.publisher)
    for _ in range(LONGEST_WAIT):
        await counts.complete()
    row = await counters.find_one({"_id": interrupted["_id"]})
    assert row is not None
    assert (row["messages"], row["pending_count"]) == (1, pending - 1)
    assert await counters.count_documents({"pending_count": pending}) == 2 * BATCH


@pytest.mark.parametrize("is_deletion", [False, True])
async def test_a_count_is_published_although_its_message_was(fixture: OutboxFixture, *, is_deletion: bool) -> None:
    """The list of conversations has changed since. It is marked first, in case the process ends once it has counted."""
    message = fixture.compose(new_number(), "Text")
    message_id, messages, changes = ObjectId(message.id), fixture.database["messages"], fixture.changes
    await changes.feed.read()
    assert await conversations.insert(message)
    if is_deletion:
        await conversations.count(message)
        deletion_id = ObjectId()
        await conversations.announce_deletion(message, deletion_id)
        assert await repository.delete(message_id, deletion_id, fixture.now)
    await messages.update_one({"_id": message_id}, {"$set": {"revision": 1}})

    counts = InterruptedCounts(changes.publisher)
    await counts.complete()
    assert (await fixture.message(message_id)).revision == 1, "it may be on its way"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversations, "count_deletions" if is_deletion else "count_all", ends)
        with pytest.raises(EndedError):
            await counts.complete()
    assert (await fixture.message(message_id)).revision == UNPUBLISHED
    await messages.update_one({"_id": message_id}, {"$set": {"revision": 1}})

    counts = InterruptedCounts(changes.publisher)
    await counts.complete()
    await counts.complete()
    assert await conversations.find_total(ObjectId(message.user_id)) == (0 if is_deletion else 1)
    await changes.publisher.publish_waiting()
    assert (await fixture.message(message_id)).revision > 1


class EndedError(Exception):
    """Stands for the end of a process."""


async def ends(_: object) -> None:
    raise EndedError
