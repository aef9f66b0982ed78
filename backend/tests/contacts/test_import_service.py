"""An import beside other requests, and beyond the room of an account."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from mysms.changes.change import UNPUBLISHED
from mysms.changes.services import Changes
from mysms.contacts import contact_import, repository
from mysms.contacts.contact_import import CHANGED_MEANWHILE, ContactImport, Imported
from mysms.contacts.errors import ImportsBusyError, TooManyContactsError
from mysms.contacts.imports import REASON
from mysms.contacts.schemas import ContactFields
from mysms.contacts.service import ContactService
from mysms.core import database as connection
from mysms.core.csv_files import to_csv
from mysms.core.rate_limit import RateLimiter
from mysms.core.timestamps import utc_now
from mysms.startup import bind_documents
from tests.support.database import running_database

USER, OTHER = ObjectId(), ObjectId()
ADA, BOB, EVE = "+14155552671", "+14155552672", "+14155552673"
FILE = f"Name,Phone\nAda,{ADA}\nBob,{BOB}\n"
CONSENT = {"method": "written", "at": "2026-11-22T10:42:07.120Z", "source": "A letter"}


class Fixture:
    """An import, and what the account it is for does meanwhile."""

    def __init__(self, database: connection.Database) -> None:
        self.contacts = database["contacts"]
        self.is_left = True
        self.changes = Changes.of(database, utc_now)
        limiter = RateLimiter(database, utc_now)

        async def is_active(_: ObjectId) -> bool:
            return self.is_left

        self.service = ContactService(self.changes, limiter, is_active, utc_now)
        self.imports = ContactImport(self.service, self.changes, limiter, is_active, utc_now)

    async def run(self, file: str = FILE, *, apply: bool = True) -> Imported:
        return await self.imports.run(
            USER, file.encode(), columns=None, existing="update", default_country=None, apply=apply
        )

    async def store(self, number: str, name: str, **fields: Any) -> None:
        await self.service.store(USER, number, ContactFields.model_validate({"name": name, **fields}))

    async def names(self) -> Mapping[str, str]:
        rows = await self.contacts.find({"user_id": USER, "deleted_at": None}).to_list()
        return {row["number"]: row["name"] for row in rows}


@pytest.fixture
async def given(tmp_path: Path) -> AsyncIterator[Fixture]:
    async with running_database(tmp_path) as mongodb, connection.connect(mongodb.uri) as client:
        database = connection.database_of(client)
        await bind_documents(database)
        yield Fixture(database)


async def test_an_account_has_room_for_a_limited_number(given: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_import, "MAXIMUM_CONTACTS", 2)
    monkeypatch.setattr(contact_import, "_BATCH", 1)
    await given.store(EVE, "Eve")
    for apply in (False, True):
        with pytest.raises(TooManyContactsError, match="2 of these contacts are new, and you have room for 1"):
            await given.run(apply=apply)
    assert await given.names() == {EVE: "Eve"}
    await given.run(f"Name,Phone\nAda,{ADA}\nEve K,{EVE}")
    assert await given.names() == {ADA: "Ada", EVE: "Eve K"}


async def test_a_consent_that_is_stored_meanwhile_stays(given: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another request stores the contacts between the look and the write, and again, each time with more."""
    await given.store(ADA, "A")
    store_many, turns = repository.store_many, iter([({}, "new"), ({"consent": CONSENT}, "with consent")])

    async def store_late(*arguments: Any) -> None:
        if (turn := next(turns, None)) is not None:
            for number in (ADA, BOB):
                await given.store(number, turn[1], **turn[0])
        await store_many(*arguments)

    monkeypatch.setattr(repository, "store_many", store_late)
    consent = "other,2026-11-28T10:42:07Z,Bought"
    header = "Name,Phone,consent_method,consent_at,consent_source"
    await given.run(f"{header}\nAda,{ADA},{consent}\nBob,{BOB},{consent}")
    assert await given.names() == {ADA: "Ada", BOB: "Bob"}
    assert {row["consent"]["source"] for row in await given.contacts.find({}).to_list()} == {"A letter"}


async def test_a_contact_that_others_keep_changing_is_reported_as_not_imported(
    given: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await given.store(ADA, "A")
    store_many, names = repository.store_many, count(1)

    async def store_late(*arguments: Any) -> None:
        await given.store(ADA, f"A{next(names)}")
        await store_many(*arguments)

    monkeypatch.setattr(repository, "store_many", store_late)
    imported = await given.run()
    assert await given.names() == {ADA: "A3", BOB: "Bob"}
    assert Counter(item.outcome for item in imported.items) == {"invalid": 1, "new": 1}
    assert [item.reason for item in imported.items] == [CHANGED_MEANWHILE, None]
    assert imported.rejected == to_csv([(REASON, "Name", "Phone"), (CHANGED_MEANWHILE, "Ada", ADA)])
    monkeypatch.setattr(repository, "store_many", store_many)
    await given.run(imported.rejected)
    assert await given.names() == {ADA: "Ada", BOB: "Bob"}


async def test_of_an_account_that_is_deleted_meanwhile_nothing_is_left(given: Fixture) -> None:
    given.is_left = False
    await given.run()
    assert await given.contacts.count_documents({}) == 0


async def test_each_contact_that_was_stored_is_published(given: Fixture) -> None:
    await given.run()
    assert await given.contacts.count_documents({"revision": UNPUBLISHED}) == 2
    await given.changes.publisher.publish_waiting()
    rows = await given.contacts.find({}).to_list()
    assert [row["change_count"] for row in rows] == [1, 1]
    assert len({row["revision"] for row in rows}) == 1
    assert rows[0]["revision"] > 0


async def test_a_process_has_a_limited_number_of_files_in_memory_also_of_one_user(given: Fixture) -> None:
    async with given.imports.admit(USER), given.imports.admit(USER):
        with pytest.raises(ImportsBusyError):
            await given.imports.admit(USER).__aenter__()
        async with given.imports.admit(OTHER):
            async with given.imports.admit(OTHER):
                with pytest.raises(ImportsBusyError):
                    await given.imports.admit(ObjectId()).__aenter__()
            async with given.imports.admit(ObjectId()):
                pass
