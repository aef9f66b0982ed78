"""Importing contacts over the API."""

import asyncio
import csv
import io
from typing import Any

import pytest

from mysms.api.contacts import MAXIMUM_FILE
from tests.contacts.test_contacts import list_all, path_of, store
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api

PATH = "/api/contacts/import"
CONSENT = {"method": "web_form", "at": "2026-11-22T10:42:07.120Z", "source": "example.com/join"}


async def send(api_user: ApiUser, file: str | bytes, **query: Any) -> Json:
    answer = await api_user.call("POST", PATH, content=file, params=query)
    assert answer.status_code == 200, answer.text
    imported: Json = answer.json()
    return imported


async def apply(api_user: ApiUser, file: str | bytes, **query: Any) -> tuple[int, ...]:
    """The counts of new, updated, duplicate and invalid ones."""
    imported = await send(api_user, file, apply="true", **query)
    assert imported["applied"]
    return tuple(imported["counts"].values())


def table(*rows: tuple[str, ...], header: str = "Name,Phone") -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return f"{header}\r\n{file.getvalue()}"


async def test_a_file_is_previewed_and_then_imported_once(api_user: ApiUser) -> None:
    ada, bob, known = new_number(), new_number(), new_number()
    before = await store(api_user, known, "Eve")
    file = table(("Ada", ada), ("", bob), ("Bob", bob), ("Eve", known), ("Mallory", "call me"))
    preview = await send(api_user, file)
    assert preview["counts"] == {"new": 2, "updated": 0, "duplicate": 1, "invalid": 2}
    assert (preview["applied"], preview["format"]) == (False, "csv")
    assert [(item["row"], item["outcome"], item["name"]) for item in preview["preview"]] == [
        (2, "new", "Ada"),
        (3, "invalid", ""),
        (4, "new", "Bob"),
        (5, "duplicate", "Eve"),
        (6, "invalid", "Mallory"),
    ]
    assert await list_all(api_user) == [before]
    applied = await send(api_user, file, apply="true")
    assert {**applied, "applied": False} == preview
    contacts = await list_all(api_user)
    assert [(contact["name"], contact["number"], contact["version"]) for contact in contacts] == [
        ("Ada", ada, 1),
        ("Bob", bob, 1),
        ("Eve", known, 1),
    ]
    assert await apply(api_user, file) == (0, 0, 3, 2)
    assert await list_all(api_user) == contacts
    rejected = list(csv.DictReader(io.StringIO(applied["rejected_csv"], newline="")))
    assert [(row["reason"], row["Name"], row["Phone"]) for row in rejected] == [
        ("Name can't be blank", "", bob),
        ("Number has letters in it: write the number in digits", "Mallory", "call me"),
    ]


@pytest.mark.parametrize("form", ["csv", "vcard"])
async def test_the_first_ten_of_a_file_are_previewed(api_user: ApiUser, form: str) -> None:
    people = [(f"Person {at}", new_number()) for at in range(12)]
    cards = [f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nTEL:{number}\r\nEND:VCARD\r\n" for name, number in people]
    imported = await send(api_user, table(*people) if form == "csv" else "".join(cards))
    assert imported["format"] == form
    assert imported["counts"] == {"new": 12, "updated": 0, "duplicate": 0, "invalid": 0}
    assert [(item["name"], item["number"]) for item in imported["preview"]] == people[:10]


async def test_what_the_file_does_not_state_stays_and_so_does_a_known_consent(api_user: ApiUser) -> None:
    known, new = new_number(), new_number()
    before = await store(api_user, known, "Ada", note="N", labels=["a"], consent=CONSENT)
    header = "name,number,labels,consent_method,consent_at,consent_source"
    consent = ("other", "2026-11-28T10:42:07Z", "A list that I bought")
    file = table(("Ada L", known, "b", *consent), ("Bob", new, "", *consent), header=header)
    assert await apply(api_user, file, existing="keep") == (1, 0, 1, 0)
    assert (await api_user.call("GET", path_of(known))).json() == before
    assert await apply(api_user, file) == (0, 1, 1, 0)
    after = (await api_user.call("GET", path_of(known))).json()
    assert (after["name"], after["note"], after["labels"], after["consent"]) == ("Ada L", "N", ["a", "b"], CONSENT)
    stored = (await api_user.call("GET", path_of(new))).json()["consent"]
    assert stored == {"method": "other", "at": "2026-11-28T10:42:07.000Z", "source": "A list that I bought"}
    assert await apply(api_user, table(("Bob", new))) == (0, 0, 1, 0)
    assert (await api_user.call("GET", path_of(new))).json()["consent"] == stored


async def test_a_deleted_contact_is_imported_as_a_new_one(api_user: ApiUser) -> None:
    number = new_number()
    deleted = await store(api_user, number, "Ada", note="N", labels=["a"], consent=CONSENT)
    await api_user.call("DELETE", path_of(number))
    assert await apply(api_user, table(("Ada", number)), existing="keep") == (1, 0, 0, 0)
    (contact,) = await list_all(api_user)
    assert (contact["note"], contact["labels"], contact["consent"]) == ("", [], None)
    assert contact["created_at"] > deleted["created_at"]


async def test_the_columns_can_be_given(api_user: ApiUser) -> None:
    number = new_number()
    file = table(("x", number, "Ada"), header="Who,Which,What")
    assert [column["field"] for column in (await send(api_user, file))["columns"]] == ["ignore", "number", "ignore"]
    imported = await send(api_user, file, columns="ignore,number,name", apply="true")
    assert imported["columns"][2] == {"name": "What", "field": "name", "examples": ["Ada"]}
    assert [contact["name"] for contact in await list_all(api_user)] == ["Ada"]
    for wrong in ("telephone", "name,", ",".join(["name"] * 201)):
        answer = await api_user.call("POST", PATH, content=file, params={"columns": wrong})
        assert list(field_errors(answer)) == ["columns"]


async def test_our_export_is_imported_into_another_account(api_user: ApiUser) -> None:
    await store(api_user, new_number(), "=1+1", note="Two\nlines; more", labels=["vip", "new"], consent=CONSENT)
    await store(api_user, new_number(), "Zoë")
    exported = (await api_user.call("GET", "/api/contacts/export.csv")).content
    assert await apply(api_user, exported) == (0, 0, 2, 0)
    other = await ApiUser.sign_up(api_user.api)
    assert await apply(other, exported) == (2, 0, 0, 0)
    names = ("number", "name", "note", "labels", "consent")
    mine, theirs = await list_all(api_user), await list_all(other)
    assert [[row[name] for name in names] for row in mine] == [[row[name] for name in names] for row in theirs]


async def test_cards_are_imported_with_a_contact_for_each_number(api_user: ApiUser) -> None:
    numbers = sorted([new_number(), new_number()])
    file = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nTEL:{numbers[0]}\r\nTEL:{numbers[1]}\r\nTEL:1\r\nEND:VCARD\r\n"
    imported = await send(api_user, file, apply="true")
    assert (imported["format"], imported["counts"]["new"], imported["counts"]["invalid"]) == ("vcard", 2, 1)
    assert [(row["name"], row["number"]) for row in await list_all(api_user)] == [("Ada", each) for each in numbers]


async def test_another_tab_learns_of_imported_contacts(api_user: ApiUser) -> None:
    since = (await api_user.call("GET", "/api/contacts")).headers["X-Revision"]
    numbers = [new_number() for _ in range(30)]
    assert await apply(api_user, table(*(("Ada", number) for number in numbers))) == (30, 0, 0, 0)

    async def ask() -> list[str]:
        return [row["number"] for row in await list_all(api_user, "/api/contacts/changes", since=since)]

    await eventually(ask, lambda seen: set(seen) == set(numbers), what="all imported contacts")
    tag = await api_user.settled_etag("/api/contacts")
    await apply(api_user, table(*(("Ada", number) for number in numbers)))
    assert await api_user.settled_etag("/api/contacts") == tag


async def test_imports_at_once_store_each_contact_once(api_user: ApiUser) -> None:
    numbers = [new_number() for _ in range(100)]
    file = table(*(("Ada", number) for number in numbers))
    await asyncio.gather(
        *(apply(api_user, file) for _ in range(2)), *(store(api_user, each, "Bob") for each in numbers[:9])
    )
    contacts = await list_all(api_user)
    assert sorted(contact["number"] for contact in contacts) == sorted(numbers)
    assert await apply(api_user, file, existing="keep") == (0, 0, 100, 0)


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (b"", 422, "unreadable_file"),
        (b"\xff\xfe", 422, "unreadable_file"),
        (b"," * 1_000_000, 422, "unreadable_file"),
        (b"x" * 1_000_000, 422, "unreadable_file"),
        (b"PK\x03\x04", 422, "unreadable_file"),
        (b"a\n" * 20_002, 422, "too_many_rows"),
        (b" " * (MAXIMUM_FILE + 1), 413, "request_too_large"),
    ],
)
async def test_files_that_cannot_be_imported_are_told(
    readonly_user: ApiUser, file: bytes, status: int, code: str
) -> None:
    problem_of(await readonly_user.call("POST", PATH, content=file), status, code)


@pytest.mark.parametrize(
    ("file", "status"),
    [
        (b"\0" * 1_000, 422),
        (b"Name,Phone\n\0,\0\n", 200),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 200),
        (b'"', 422),
        (b"\n" * 9 + b"a", 200),
    ],
)
async def test_nonsense_changes_nothing(api_user: ApiUser, file: bytes, status: int) -> None:
    answer = await api_user.call("POST", PATH, content=file, params={"apply": "true"})
    assert answer.status_code == status
    assert await list_all(api_user) == []


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "punycode"])
async def test_a_card_is_imported_whatever_it_calls_its_charset(api_user: ApiUser, charset: str) -> None:
    number = new_number()
    name = f"FN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:Ada =5Cud800 J+2AA-"
    file = f"BEGIN:VCARD\n{name}\nTEL:{number}\nEND:VCARD\n"
    assert await apply(api_user, file) == (1, 0, 0, 0)
    assert [contact["name"] for contact in await list_all(api_user)] == ["Ada ud800 J+2AA-"]


async def test_strangers_are_not_read(api: Api) -> None:
    problem_of(await api.http.post(PATH, content=b"x" * MAXIMUM_FILE), 401, "not_signed_in")


async def test_a_numbers_default_country_is_the_servers(api_user: ApiUser) -> None:
    """As of a recipient: the test server has none."""
    imported = await send(api_user, table(("Ada", "(415) 555-2671"), ("Bob", "001 415 555 2671")))
    assert imported["counts"]["invalid"] == 2
    assert imported["preview"][0]["reason"] == ("Number must begin with + and the country code, as in +1 415 555 2671")
    assert imported["country"] is None


@pytest.mark.parametrize(
    "file",
    [
        table(("Ada", "079 123 45 67"), ("Bob", "00 49 30 901820")),
        "BEGIN:VCARD\nFN:Ada\nTEL:079 123 45 67\nEND:VCARD\nBEGIN:VCARD\nFN:Bob\nTEL:0049 30 901820\nEND:VCARD\n",
    ],
    ids=["csv", "vcard"],
)
async def test_numbers_may_be_written_as_they_are_dialled_in_a_country_of_choice(api_user: ApiUser, file: str) -> None:
    imported = await send(api_user, file, country="CH", apply="true")
    assert (imported["country"], imported["counts"]["new"]) == ("CH", 2)
    assert [contact["number"] for contact in await list_all(api_user)] == ["+41791234567", "+4930901820"]


async def test_an_unknown_country_is_told(api_user: ApiUser) -> None:
    for code in ("XX", "ch", "Switzerland"):
        answer = await api_user.call("POST", PATH, content=table(), params={"country": code})
        assert field_errors(answer) == {"country": ["must be a two-letter country code (ISO 3166), such as CH or US"]}
