"""Beanie with a typical document, against any MongoDB-compatible server."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import pytest
from beanie import Document as BeanieDocument
from beanie import Indexed, init_beanie
from pydantic import Field
from pymongo import DESCENDING, IndexModel
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from devservers.mongodb.documents import Document


class Note(BeanieDocument):
    title: Annotated[str, Indexed(unique=True)]
    owner: int = 0
    tags: list[str] = Field(default_factory=list)
    created_at: datetime

    class Settings:
        name = "notes"
        indexes = [IndexModel([("owner", 1), ("created_at", DESCENDING), ("_id", DESCENDING)])]  # noqa: RUF012


NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
async def notes(async_database: AsyncDatabase[Document]) -> type[Note]:
    await init_beanie(database=async_database, document_models=[Note])
    await init_beanie(database=async_database, document_models=[Note])
    return Note


async def test_insert_save_set_and_delete(notes: type[Note]) -> None:
    note = await notes(title="a", created_at=NOW).insert()
    note.tags.append("x")
    await note.save()
    assert await notes.get(note.id) == note
    await note.set({"owner": 5})
    assert (await notes.find_one(Note.owner == 5)) == note
    await note.delete()
    assert await notes.count() == 0


async def test_unique_fields(notes: type[Note]) -> None:
    await notes(title="a", created_at=NOW).insert()
    with pytest.raises(DuplicateKeyError):
        await notes(title="a", created_at=NOW).insert()


async def test_queries_and_updates(notes: type[Note]) -> None:
    await notes.insert_many([notes(title=str(n), owner=n % 2, created_at=NOW + timedelta(hours=n)) for n in range(10)])
    late = (Note.owner == 1, Note.created_at > NOW + timedelta(hours=3))
    latest = await notes.find(*late).sort("-created_at", "-_id").limit(2).to_list()
    assert [note.title for note in latest] == ["9", "7"]
    assert await notes.find(*late).count() == 3
    await notes.find(Note.owner == 0).update({"$push": {"tags": {"$each": ["t"], "$slice": -100}}})
    assert await notes.find({"tags": "t"}).count() == 5
    await notes.find(Note.owner == 0).delete()
    assert await notes.distinct("owner") == [1]
    collection = notes.get_pymongo_collection()
    assert "owner_1_created_at_-1__id_-1" in await collection.index_information()
