"""Contacts in GET /api/contacts/export.csv and GET /api/export."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bson import ObjectId

from mysms.changes.services import Changes
from mysms.contacts import service
from mysms.contacts.csv_export import COLUMNS, EXAMPLE, row_of
from mysms.contacts.schemas import ContactFields
from mysms.contacts.service import ContactService
from mysms.core import database as connection
from mysms.core.csv_files import cell, text_of, to_csv
from mysms.core.rate_limit import RateLimiter
from mysms.core.timestamps import utc_now
from mysms.opt_outs.schemas import OptOutEvent, OptOutResponse
from mysms.startup import bind_documents
from tests.contacts.test_contacts import list_all, store
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.database import running_database
from tests.support.inbound import deliver
from tests.support.responses import problem_of
from tests.support.servers import Api

CONSENT = {"method": "web_form", "at": "2026-11-22T10:42:07.120Z", "source": "example.com/join"}
CONTACT: Json = {
    "number": "+14155552671",
    "name": "Ada Lovelace",
    "note": "Prefers mornings.",
    "labels": ["customer", "vip"],
    "consent": CONSENT,
    "created_at": "2026-11-22T10:42:07.120Z",
    "updated_at": "2026-11-22T10:42:07.120Z",
    "version": 1,
    "deleted_at": None,
}


def test_the_documented_example_is_what_a_contact_becomes() -> None:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    stop = OptOutEvent(opted_out=True, at=at, source="keyword", reason="STOP")
    opt_out = OptOutResponse(number=CONTACT["number"], opted_out=True, latest=stop, history=[stop])
    assert to_csv([COLUMNS, row_of(CONTACT, opt_out)]) == EXAMPLE


@pytest.mark.parametrize(
    "text",
    ["", "Ada", "=1+1", "'=1+1", "''=1", "-5", "+49", "+49x", "@a", "\t=1", "a;=1", "a;'=1", "a\n@b", "a;-b", "a\t'-b"],
)
def test_a_cell_is_no_formula_and_can_be_read_back(text: str) -> None:
    assert text_of(cell(text)) == text


async def test_the_file_has_all_contacts_by_number_and_no_formula(api_user: ApiUser) -> None:
    first, second = new_number(), new_number()
    await store(api_user, second, '=HYPERLINK("x")', note="a;=1\nb", labels=["vip", "new"], consent=CONSENT)
    await store(api_user, first, "Åsa")
    answer = await api_user.call("GET", "/api/contacts/export.csv")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="contacts.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["number"] for row in rows] == sorted([first, second])
    row = next(row for row in rows if row["number"] == second)
    assert (row["name"], row["note"], row["labels"]) == ('\'=HYPERLINK("x")', "a;'=1\nb", "vip;new")
    assert [row[f"consent_{name}"] for name in CONSENT] == list(CONSENT.values())


@pytest.mark.parametrize(("old", "new"), [("Zoe", "Ada"), ("Ada", "Zoe")])
async def test_a_contact_that_is_renamed_while_it_is_exported_is_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    monkeypatch.setattr(service, "_BATCH", 2)
    user, numbers = ObjectId(), [f"+1415555267{at}" for at in range(5)]
    async with running_database(tmp_path) as mongodb, connection.connect(mongodb.uri) as client:
        database = connection.database_of(client)
        await bind_documents(database)

        async def is_active(_: ObjectId) -> bool:
            return True

        contacts = ContactService(Changes.of(database, utc_now), RateLimiter(database, utc_now), is_active, utc_now)

        async def store_all(name: str) -> None:
            for number in numbers:
                await contacts.store(user, number, ContactFields(name=name))

        await store_all(old)
        await contacts.store(ObjectId(), numbers[0], ContactFields(name="Eve"))
        found = []
        async for batch in contacts.batches(user):
            found += [contact["number"] for contact in batch]
            await store_all(new)
        assert found == numbers
        await contacts.delete(user, numbers[0])
        assert [len(batch) async for batch in contacts.batches(user)] == [2, 2, 0]


async def test_the_file_says_who_has_opted_out(api: Api, api_user: ApiUser) -> None:
    stopped, returned, silent = new_number(), new_number(), new_number()
    for number in (stopped, returned, silent):
        await store(api_user, number, "Ada")
    await deliver(api, stopped, "STOP")
    await deliver(api, returned, "STOP")
    await deliver(api, returned, "START")
    answer = await api_user.call("GET", "/api/contacts/export.csv")
    rows = {row["number"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))}
    assert {
        number: (row["opted_out"], row["opt_out_source"], row["opt_out_at"] != "") for number, row in rows.items()
    } == {
        stopped: ("true", "keyword", True),
        returned: ("false", "", False),
        silent: ("false", "", False),
    }


async def test_strangers_get_no_file(api: Api) -> None:
    problem_of(await api.http.get("/api/contacts/export.csv"), 401, "not_signed_in")


async def test_the_export_of_the_account_has_contacts(api_user: ApiUser) -> None:
    assert (await api_user.call("GET", "/api/export")).json()["contacts"] == []
    await store(api_user, new_number(), "Ada", note="N", labels=["vip"], consent=CONSENT)
    deleted = new_number()
    await store(api_user, deleted, "Bob")
    await api_user.call("DELETE", f"/api/contacts/{deleted}")
    assert (await api_user.call("GET", "/api/export")).json()["contacts"] == await list_all(api_user)
