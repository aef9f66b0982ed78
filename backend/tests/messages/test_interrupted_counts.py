"""Messages whose process ended before it counted them are counted, however many others stay pending for ever."""

from collections.abc import AsyncIterator

import pytest
from bson import ObjectId

from mysms.messages.interrupted_counts import BATCH, InterruptedCounts
from tests.faults.outbox_fixture import OutboxFixture, open_outbox_fixture
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
