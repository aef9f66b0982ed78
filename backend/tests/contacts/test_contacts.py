"""Contacts over the API: stored, listed, found, changed, deleted; and what other tabs learn."""

import asyncio
import unicodedata
from json import dumps
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tests.support.api_user import ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.responses import field_errors

MEXICAN = "+525512345678"


def path_of(number: str) -> str:
    return f"/api/contacts/{quote(number)}"


async def store(api_user: ApiUser, number: str, name: str, **fields: Any) -> Json:
    answer = await api_user.call("PUT", path_of(number), json={"contact": {"name": name, **fields}})
    assert answer.status_code == 200, answer.text
    contact: Json = answer.json()
    return contact


async def list_all(api_user: ApiUser, path: str = "/api/contacts", /, **query: str | int) -> list[Json]:
    """The contacts of all pages."""
    contacts: list[Json] = []
    for _ in range(100):
        answer = await api_user.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        contacts += answer.json()
        if "next" not in answer.links:
            return contacts
        query = dict(parse_qsl(urlsplit(answer.links["next"]["url"]).query))
    raise AssertionError("The pages do not end.")


async def names(api_user: ApiUser, /, **query: str | int) -> list[str]:
    return [contact["name"] for contact in await list_all(api_user, "/api/contacts", **query)]


async def test_a_contact_is_stored_read_replaced_and_deleted(api_user: ApiUser) -> None:
    number = new_number()
    consent = {"method": "web_form", "at": "2026-11-22T10:42:07.120Z", "source": "example.com/join"}
    stored = await store(api_user, number, " Ada ", note="Two\nlines", labels=["a", "b", "a"], consent=consent)
    assert stored["number"] == number
    assert (stored["name"], stored["note"], stored["labels"]) == ("Ada", "Two\nlines", ["a", "b"])
    assert stored["consent"] == consent
    assert stored["version"] == 1
    assert (await api_user.call("GET", path_of(number))).json() == stored
    replaced = await store(api_user, number, "Ada Lovelace")
    assert (replaced["note"], replaced["labels"], replaced["consent"], replaced["version"]) == ("", [], None, 2)
    assert replaced["created_at"] == stored["created_at"]
    for _ in range(2):
        assert (await api_user.call("DELETE", path_of(number))).status_code == 204
    assert (await api_user.call("GET", path_of(number))).status_code == 404
    assert await list_all(api_user) == []
    again = await store(api_user, number, "Ada")
    assert again["created_at"] > stored["created_at"]
    assert await list_all(api_user) == [again]


async def test_storing_the_same_again_changes_nothing(api_user: ApiUser) -> None:
    number = new_number()
    consent = {"method": "verbal", "at": "2026-11-22T10:42:07.120999Z", "source": "By phone"}
    first = await store(api_user, number, "Ada", consent=consent)
    tag = await api_user.settled_etag("/api/contacts")
    assert await store(api_user, number, "Ada", consent=consent) == first
    unchanged = await api_user.call("GET", "/api/contacts", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304


async def test_one_number_has_one_contact_in_whatever_spelling(api_user: ApiUser) -> None:
    await store(api_user, "+52 1 55 1234 5678", "Frida")
    assert (await store(api_user, "+525512345678", "Frida Kahlo"))["number"] == MEXICAN
    assert [contact["number"] for contact in await list_all(api_user)] == [MEXICAN]
    assert (await api_user.call("GET", path_of("+5215512345678"))).json()["name"] == "Frida Kahlo"
    await api_user.call("DELETE", path_of("+5215512345678"))
    assert await list_all(api_user) == []


@pytest.mark.parametrize(
    "name",
    [
        "e\u0301" * 50,
        "محمد \u200fعلي",
        "田中さん",
        "👩\u200d👩\u200d👧 Family",
        "x" * 100,
        'O\'Brien, "Bo" <b>',
    ],
)
async def test_names_of_all_scripts_are_kept_composed(api_user: ApiUser, name: str) -> None:
    stored = await store(api_user, new_number(), name)
    assert stored["name"] == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("note", [" \n", "\u200b", "\ufeff\n\u2066 "])
async def test_a_note_without_a_visible_character_is_empty(api_user: ApiUser, note: str) -> None:
    assert (await store(api_user, new_number(), "Ada", note=note))["note"] == ""
    assert [contact["note"] for contact in await list_all(api_user)] == [""]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, ("name", "can't be blank")),
        ({"name": ""}, ("name", "can't be blank")),
        ({"name": " \u200b"}, ("name", "can't be blank")),
        ({"name": "x" * 101}, ("name", "is too long (maximum is 100 characters)")),
        ({"name": "a\0b"}, ("name", "contains an invalid character")),
        ({"name": "a\nb"}, ("name", "contains an invalid character")),
        ({"name": "\ud800"}, ("name", None)),
        ({"name": "Ada", "note": "a\0b"}, ("note", "contains an invalid character")),
        ({"name": "Ada", "note": "\0"}, ("note", "contains an invalid character")),
        ({"name": "Ada", "note": "x" * 2001}, ("note", "is too long (maximum is 2000 characters)")),
        ({"name": "Ada", "labels": ["x"] * 21}, ("labels", "has too many items (maximum is 20)")),
        ({"name": "Ada", "labels": ["\0"]}, ("labels", "can't be blank")),
        ({"name": "Ada", "labels": ["x" * 41]}, ("labels", "is too long (maximum is 40 characters)")),
        ({"name": "Ada", "consent": {"method": "telepathy", "at": "2026-11-22T10:42:07Z", "source": "x"}}, None),
        ({"name": "Ada", "consent": {"method": "other", "at": "yesterday", "source": "x"}}, None),
        ({"name": "Ada", "consent": {"method": "other", "at": 0, "source": "x"}}, None),
        ({"name": "Ada", "labels": ["a;b"]}, ("labels", "can't contain a comma, a semicolon or :::")),
        ({"name": "Ada", "labels": ["a, b"]}, ("labels", "can't contain a comma, a semicolon or :::")),
        ({"name": "Ada", "labels": ["a:::b"]}, ("labels", "can't contain a comma, a semicolon or :::")),
        ({"name": "Ada", "telephone": "1"}, ("telephone", None)),
    ],
)
async def test_invalid_fields_are_told(
    readonly_user: ApiUser, fields: Json, error: tuple[str, str | None] | None
) -> None:
    body, headers = dumps({"contact": fields}), {"Content-Type": "application/json"}
    answer = await readonly_user.call("PUT", path_of(new_number()), content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    if error is not None:
        name, sentence = error
        assert name in answer.json()["errors"], answer.text
        assert sentence is None or answer.json()["errors"][name] == [sentence]


@pytest.mark.parametrize("number", ["BANK", "12345", "whatsapp:+14155552671"])
async def test_only_phone_numbers_have_contacts(readonly_user: ApiUser, number: str) -> None:
    answer = await readonly_user.call("PUT", path_of(number), json={"contact": {"name": "Ada"}})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["number"])


async def test_contacts_are_listed_by_name_and_pages_hold_while_they_change(api_user: ApiUser) -> None:
    stored = {name: new_number() for name in ("Zoë", "émile", "Bob", "ada", "Čeněk", "Dora")}
    for name, number in stored.items():
        await store(api_user, number, name)
    in_order = ["ada", "Bob", "Čeněk", "Dora", "émile", "Zoë"]
    assert await names(api_user, limit=2) == in_order
    first = await api_user.call("GET", "/api/contacts", params={"limit": 3})
    await api_user.call("DELETE", path_of(stored["Čeněk"]))
    await store(api_user, stored["ada"], "Yan")
    following = await api_user.call("GET", first.links["next"]["url"])
    assert [contact["name"] for contact in following.json()] == ["Dora", "émile", "Yan"]


async def test_search_finds_words_and_digits_in_pages(api_user: ApiUser) -> None:
    numbers = [f"+4915790{index:05}" for index in range(6)]
    for number, name in zip(numbers, ["Ada Lovelace", "Ada Byron", "Bob Love", "Adam", "Eve", "Ada Zed"], strict=True):
        await store(api_user, number, name)
    assert await names(api_user, search="ada", limit=2) == ["Ada Byron", "Ada Lovelace", "Ada Zed", "Adam"]
    assert await names(api_user, search="lov ada", limit=1) == ["Ada Lovelace"]
    assert await names(api_user, search="0157 900 0004") == ["Eve"]
    assert await names(api_user, search="+49", limit=4) == await names(api_user)
    assert await names(api_user, search="00003") == ["Adam"]
    assert await names(api_user, search="???") == []
    await api_user.call("DELETE", path_of(numbers[3]))
    assert await names(api_user, search="adam") == []


async def test_another_user_has_other_contacts(api_user: ApiUser) -> None:
    number, other = new_number(), await ApiUser.sign_up(api_user.api)
    await store(api_user, number, "Ada")
    assert await list_all(other) == await list_all(other, search="ada") == []
    assert await list_all(other, "/api/contacts/changes", since=0) == []
    assert (await other.call("GET", path_of(number))).status_code == 404
    await other.call("DELETE", path_of(number))
    assert await names(api_user) == ["Ada"]


async def test_another_tab_learns_of_every_change(api_user: ApiUser) -> None:
    kept, deleted = new_number(), new_number()
    await store(api_user, deleted, "Bob")
    page = await api_user.call("GET", "/api/contacts")
    since = page.headers["X-Revision"]
    tag = await api_user.settled_etag("/api/contacts/changes", since=since)
    await store(api_user, kept, "Ada", note="Secret")
    await api_user.call("DELETE", path_of(deleted))

    async def ask() -> list[tuple[str, str, bool]]:
        answer = await api_user.call(
            "GET", "/api/contacts/changes", params={"since": since}, headers={"If-None-Match": tag}
        )
        rows = answer.json() if answer.status_code == 200 else []
        return sorted((row["number"], row["name"], row["deleted_at"] is not None) for row in rows)

    expected = sorted([(kept, "Ada", False), (deleted, "", True)])
    await eventually(ask, lambda seen: seen == expected, within=2, what="both changes")
    settled = await api_user.settled_etag("/api/contacts/changes", since=since)
    assert await ask() == expected
    later = await api_user.call("GET", "/api/contacts/changes", params={"since": since})
    assert later.headers["ETag"] == settled

    async def ask_again() -> list[Json]:
        answer = await api_user.call("GET", "/api/contacts")
        return await list_all(api_user, "/api/contacts/changes", since=answer.headers["X-Revision"])

    await eventually(ask_again, lambda seen: seen == [], what="a revision above both changes")
    assert len(await list_all(api_user, "/api/contacts/changes", since=0, limit=1)) == 2


async def test_a_message_is_no_new_version_of_the_contacts(api_user: ApiUser) -> None:
    await store(api_user, new_number(), "Ada")
    tag = await api_user.settled_etag("/api/contacts")
    before = await api_user.settled_etag("/api/messages")
    sent = await api_user.send_accepted(new_number())
    await api_user.eventually(sent["_id"], "delivered")
    assert await api_user.settled_etag("/api/messages") != before
    assert await api_user.settled_etag("/api/contacts") == tag


async def test_many_requests_at_once_store_one_contact(api_user: ApiUser) -> None:
    number = new_number()
    stored = await asyncio.gather(*(store(api_user, number, f"Name {index}") for index in range(10)))
    (left,) = await list_all(api_user)
    assert left["version"] == max(each["version"] for each in stored) == 10
    assert len({each["version"] for each in stored}) == 10


async def test_an_opt_out_outlives_the_contact(api_user: ApiUser) -> None:
    number = new_number()
    await store(api_user, number, "Ada")
    body = {"opt_out": {"opted_out": True, "reason": "Asked for it."}}
    await api_user.call("PUT", f"/api/opt_outs/{quote(number)}", json=body)
    await api_user.call("DELETE", path_of(number))
    assert (await api_user.call("GET", f"/api/opt_outs/{quote(number)}")).json()["opted_out"]


async def test_a_client_reads_a_thousand_contacts_in_one_page(api_user: ApiUser) -> None:
    numbers = [f"+1415555{index:04}" for index in range(1_001)]
    file = "Name,Phone\n" + "".join(f"Ada,{number}\n" for number in numbers)
    answer = await api_user.call("POST", "/api/contacts/import", content=file, params={"apply": "true"})
    assert answer.status_code == 200
    path = "/api/contacts/changes"
    page = await api_user.call("GET", path, params={"since": 0, "limit": 1_000})
    assert (page.status_code, len(page.json())) == (200, 1_000)
    rest = await api_user.call("GET", page.links["next"]["url"])
    assert "next" not in rest.links
    assert {contact["number"] for contact in [*page.json(), *rest.json()]} >= set(numbers)
    assert field_errors(await api_user.call("GET", path, params={"since": 0, "limit": 1_001})).keys() == {"limit"}
