"""What pages of contacts cost among ten and among ten thousand: documents examined and database commands."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bson import ObjectId

from mysms.contacts import repository
from mysms.contacts.repository import CHECKED, Found
from mysms.contacts.terms import ContactQuestion, sort_key_of, terms_of
from mysms.core import database as connection
from mysms.startup import bind_documents
from tests.support.api_user import Json
from tests.support.database import running_database

PAGE = 50
FEW, MANY = 100, 10_000
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
USER, OTHER = ObjectId(), ObjectId()
SEARCHES = {
    "a": PAGE + 1,
    "anna": PAGE + 1,
    "anna even": 2 * CHECKED + PAGE + 1,
    "odd even": 2 * CHECKED + PAGE + 1,
    "anna 77": 2 * CHECKED + PAGE + 1,
    "nobody": 0,
    "+49": 2 * CHECKED + PAGE + 1,
    "1": 2 * CHECKED + PAGE + 1,
    "5550": 2 * CHECKED + PAGE + 1,
    "99 99 99": 2 * CHECKED + PAGE + 1,
}
"""What is searched for, and how many documents a page may examine, however many contacts there are."""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[connection.Database]:
    """One of its own, so that nothing else is counted, unless TEST_MONGODB_URI is set."""
    async with running_database(tmp_path) as mongodb, connection.connect(mongodb.uri) as client:
        database = connection.database_of(client)
        await bind_documents(database)
        yield database


def documents(user_id: ObjectId, start: int, stop: int) -> Iterator[Json]:
    for index in range(start, stop):
        name, number = f"Anna {'odd' if index % 2 else 'even'} {index}", f"+49555{index:07}"
        yield {
            "_id": f"{user_id} {number}",
            "user_id": user_id,
            "number": number,
            "name": name,
            "note": "",
            "labels": [],
            "consent": None,
            "sort_key": sort_key_of(name, number),
            "terms": terms_of(name, number),
            "created_at": NOW,
            "updated_at": NOW,
            "deleted_at": None,
            "revision": index + 1,
            "change_count": 1,
            "schema_version": 1,
        }


async def examined(database: connection.Database) -> int:
    status = await database.client.admin.command("serverStatus")
    return int(status["metrics"]["queryExecutor"]["scannedObjects"])


async def search(text: str, after: str = "") -> Found:
    return await repository.search(USER, ContactQuestion.of(text), limit=PAGE, after=after)


async def test_a_page_examines_no_more_among_ten_thousand_contacts(database: connection.Database) -> None:
    for start, stop in ((0, FEW), (FEW, MANY)):
        await database["contacts"].insert_many([*documents(USER, start, stop), *documents(OTHER, start, stop)])
        for text, most in SEARCHES.items():
            before = await examined(database)
            await search(text)
            assert await examined(database) - before <= most, f"{text!r} among {stop}"
        middle = sort_key_of(f"Anna odd {stop // 2 + 1}", "+")
        for after in ("", middle):
            before = await examined(database)
            assert (await repository.list_own(USER, limit=PAGE, after=after)).rows
            assert await examined(database) - before <= PAGE + 1, f"a list of {stop}"
        for number in ("", f"+49555{stop // 2:07}"):
            before = await examined(database)
            assert await repository.list_by_number(USER, limit=PAGE, after=number)
            assert await examined(database) - before <= PAGE, f"numbers of {stop}"
        before = await examined(database)
        assert len(await repository.list_changed(USER, stop - 20, limit=PAGE, after=None)) == 20
        assert await examined(database) - before <= PAGE + 1, f"changes of {stop}"


@pytest.mark.parametrize(
    ("text", "is_found"), [("anna 77", True), ("odd even", False), ("00007", True), ("2 ev", True)]
)
async def test_all_pages_together_have_all_that_match(
    database: connection.Database, text: str, *, is_found: bool
) -> None:
    """Also if there are more than a page checks."""
    await database["contacts"].insert_many([*documents(USER, 0, 3_000), *documents(OTHER, 0, 10)])
    question = ContactQuestion.of(text)
    matching = [
        row["number"]
        for row in documents(USER, 0, 3_000)
        if set(row["terms"]).issuperset(question.terms)
        and (question.number is None or question.number.removeprefix("^\\") in row["number"])
    ]
    found: list[str] = []
    page = await search(text)
    found += [row["number"] for row in page.rows]
    while page.next is not None:
        page = await search(text, page.next)
        found += [row["number"] for row in page.rows]
    assert sorted(found) == sorted(matching)
    assert len(found) == len(set(found))
    assert bool(found) == is_found
