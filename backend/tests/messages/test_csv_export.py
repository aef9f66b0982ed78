"""GET /api/messages/export.csv."""

import csv
import io
import re

import pytest

from mysms.core.csv_files import to_csv
from mysms.messages.csv_export import COLUMNS, EXAMPLE, rows_of
from mysms.messages.encoding import MessageFields
from mysms.users.csv_export import INCOMPLETE
from tests.contacts.test_contacts import path_of, store
from tests.messages.many_messages import ManyMessages
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import problem_of
from tests.support.servers import Api

MANY = 20_000
LONG = "x" * 1_500
INVALID = "+15005550001"
MESSAGE: MessageFields = {
    "_id": "6921f0c2a4b1c93e5d0f7a12",
    "direction": "outbound",
    "from_number": "+15005550006",
    "recipient_number": "+14155552671",
    "peer_number": "+14155552671",
    "content": "Hello",
    "status": "delivered",
    "cancel_requested": False,
    "twilio_sid": "SM3f0c2a4b1c93e5d0f7a12d3e4f5a6b7c",
    "client_id": None,
    "error_code": None,
    "error_message": None,
    "explanation": None,
    "retry_of": None,
    "segments": 1,
    "num_media": 0,
    "media": [],
    "created_at": "2026-11-22T10:42:07.120Z",
    "updated_at": "2026-11-22T10:42:09.430Z",
    "version": 1,
    "content_removed_at": None,
    "deleted_at": None,
}


async def export(api_user: ApiUser, **query: str) -> list[Json]:
    response = await api_user.call("GET", "/api/messages/export.csv", params=query)
    assert response.status_code == 200, response.text
    assert response.content.startswith(b"\xef\xbb\xbf"), "Excel needs the byte order mark"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def exported_text(text: str) -> str:
    line = to_csv(rows_of([{**MESSAGE, "content": text}], {}))
    (row,) = csv.reader(io.StringIO(line, newline=""))
    return row[COLUMNS.index("content")]


def test_the_documented_example_is_what_a_message_becomes() -> None:
    line = to_csv(rows_of([MESSAGE], {"+14155552671": "Ada Lovelace"}))
    assert ",".join(f'"{column}"' for column in COLUMNS) + "\r\n" + line == EXAMPLE


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-2", "@SUM(A1)", "\t1", "\r1", "\n1", "＝1", '=HYPERLINK("x")'])
def test_what_a_spreadsheet_could_evaluate_is_a_text(text: str) -> None:
    assert exported_text(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "exported"), [("\t=1", "'\t'=1"), ("=1;=2", "'=1;'=2"), ('a;"=1', "a;'\"=1"), ("a;-1", "a;'-1")]
)
def test_each_place_where_a_cell_may_begin_counts(text: str, exported: str) -> None:
    assert exported_text(text) == exported


@pytest.mark.parametrize("text", ["'=1", "''+1", "a;=1;b", "a\n=1", "a\t@b", "a;'=1", "x;＝1"])
def test_one_apostrophe_more_can_be_taken_away_again(text: str) -> None:
    exported = exported_text(text)
    assert len(exported) == len(text) + 1
    assert re.sub(r"(\A|[;\t\n])'", r"\1", exported, count=1) == text


@pytest.mark.parametrize("text", ['a, "b"', "two\r\nlines", "a;-)", "+14155552671", "1=1", "", "né 寿司 🎉", "'"])
def test_other_texts_and_phone_numbers_are_unchanged(text: str) -> None:
    assert exported_text(text) == text


async def test_the_file_has_what_the_list_has(api: Api, api_user: ApiUser) -> None:
    await (await ApiUser.sign_up(api)).send_accepted(new_number(), "Not yours")
    assert await export(api_user) == []
    sent = [await api_user.send_accepted(new_number(), f'Line {number}\r\n"quoted", é') for number in range(3)]
    for message in sent:
        await api_user.eventually(message["_id"], "delivered")
    ada, bob = sent[0]["peer_number"], sent[1]["peer_number"]
    for number, name in ((ada, "Ada"), (bob, "Bob")):
        await store(api_user, number, name)
    await api_user.call("DELETE", path_of(bob))
    listed = await api_user.list()
    rows = await export(api_user)
    names = {ada: "Ada"}
    assert rows == [
        {name: "" if value is None else str(value) for name in COLUMNS for value in [row[name]]}
        for row in ({**row, "contact_name": names.get(row["peer_number"])} for row in listed)
    ]


async def test_the_file_has_what_the_same_filters_list(api_user: ApiUser) -> None:
    await api_user.send_accepted(new_number(), "Another")
    await api_user.send(INVALID, "Not a number")
    rows = await export(api_user, status="failed")
    assert [(row["status"], row["recipient_number"], row["error_code"]) for row in rows] == [
        ("failed", INVALID, "21211")
    ]
    assert await export(api_user, search="another", status="failed") == []
    assert [row["content"] for row in await export(api_user, search="another")] == ["Another"]


async def test_the_file_is_for_its_user_and_is_not_cached(api: Api, api_user: ApiUser) -> None:
    response = await api_user.call("GET", "/api/messages/export.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="messages.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    problem_of(await api.http.get("/api/messages/export.csv"), 401, "not_signed_in")


async def test_exports_as_csv_are_rate_limited(api_user: ApiUser) -> None:
    await wait_for_fresh_window(3600)
    for _ in range(30):
        await export(api_user)
    answer = await api_user.call("GET", "/api/messages/export.csv")
    problem_of(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


async def test_a_long_file_is_read_at_the_clients_pace_and_ends_with_the_session(many_messages: ManyMessages) -> None:
    await many_messages.store(0, MANY, text=LONG)
    api_user = many_messages.api_user
    signed = {"Authorization": f"Bearer {api_user.access_token}"}
    before = await many_messages.examined()
    async with api_user.api.http.stream("GET", "/api/messages/export.csv", headers=signed) as response:
        pieces = response.aiter_raw()
        await anext(pieces)
        # What the connection holds, and a batch.
        assert await many_messages.examined() - before < 0.7 * MANY
    # The client went away: nothing more is read.
    assert len(await export(api_user)) == MANY + 2, "with those that the storing sends"
    async with api_user.api.http.stream("GET", "/api/messages/export.csv", headers=signed) as response:
        pieces = response.aiter_raw()
        await anext(pieces)
        assert (await api_user.call("DELETE", "/users/sign_out")).status_code == 204
        rest = b"".join([piece async for piece in pieces]).decode()
    assert rest.splitlines()[-1] == ",".join(f'"{cell}"' for cell in [INCOMPLETE, *[""] * (len(COLUMNS) - 1)])
    assert rest.count("\n") < 0.7 * MANY
