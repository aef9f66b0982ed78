"""Deleting in batches."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mysms.core import database as connection
from mysms.core.batches import BATCH, delete_in_batches
from mysms.core.database import Database
from tests.support.servers import Mongo


@pytest.fixture
async def database(mongodb: Mongo) -> AsyncIterator[Database]:
    async with connection.connect(mongodb.other_database(f"batches_{secrets.token_hex(4)}")) as client:
        database = connection.database_of(client)
        yield database
        await client.drop_database(database.name)


@pytest.mark.parametrize("count", [0, 1, BATCH, 2 * BATCH + 1])
async def test_all_that_are_over_are_deleted_and_others_stay(database: Database, count: int) -> None:
    rows = [{"_id": number, "expires_at": 1} for number in range(count)]
    await database["rows"].insert_many([*rows, {"_id": "kept", "expires_at": 2}])
    assert await delete_in_batches(database["rows"], {"expires_at": {"$lt": 2}}) == count
    assert [row["_id"] for row in await database["rows"].find().to_list()] == ["kept"]


class _Renewing:
    """A collection in which somebody else renews a document after each look for those that are over."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._cursor: Any = None

    def find(self, *args: Any, **options: Any) -> "_Renewing":
        self._cursor = self._rows.find(*args, **options)
        return self

    async def to_list(self) -> list[Any]:
        found = await self._cursor.to_list()
        await self._rows.update_one({"_id": 1}, {"$set": {"expires_at": 2}})
        return list(found)

    async def delete_many(self, query: Any) -> Any:
        return await self._rows.delete_many(query)


async def test_a_document_that_is_renewed_meanwhile_stays(database: Database) -> None:
    await database["rows"].insert_many([{"_id": number, "expires_at": 1} for number in range(3)])
    rows: Any = _Renewing(database["rows"])
    assert await delete_in_batches(rows, {"expires_at": {"$lt": 2}}) == 2
    assert [row["_id"] for row in await database["rows"].find().to_list()] == [1]
