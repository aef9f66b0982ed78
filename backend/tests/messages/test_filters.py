"""Messages are looked for by status, direction, error code and time; the pages together contain every match."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from bson import ObjectId

from mysms.core.words import words_of
from mysms.messages import repository
from mysms.messages.encoding import message_fields
from mysms.messages.filter import MessageFilter
from mysms.messages.repository import Anchor
from mysms.messages.schemas import Status
from mysms.messages.search import Bounds, Search
from mysms.messages.status import PROVIDER_STATUSES, PUBLIC_STATUSES, OutboxState
from tests.faults.outbox_fixture import OutboxFixture, open_outbox_fixture
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.responses import field_errors
from tests.support.servers import Mongo

SMALL = Bounds(selective=4, scanned=5, counted_words=2, peers=2)
START = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE_ALL = Anchor(START - timedelta(days=1), ObjectId("0" * 24))
NUMBERS = ["+14155550007", "+14155550077"]
INVALID = "+15005550001"
STAYS_QUEUED = "+15005551002"
FILTERS = [
    *(MessageFilter(statuses=frozenset({status})) for status in sorted(PUBLIC_STATUSES)),
    MessageFilter(statuses=frozenset({"failed", "undelivered", "pending"})),
    MessageFilter(statuses=PUBLIC_STATUSES),
    MessageFilter(direction="inbound"),
    MessageFilter(direction="outbound", statuses=frozenset({"received", "delivered"})),
    MessageFilter(error_code=30003),
    MessageFilter(error_code="expired"),
    MessageFilter(error_code=30003, statuses=frozenset({"failed"}), peer_number=NUMBERS[0]),
    MessageFilter(peer_number=NUMBERS[0], direction="inbound"),
    MessageFilter(created_from=START + timedelta(seconds=10)),
    MessageFilter(created_before=START + timedelta(seconds=10)),
    MessageFilter(created_from=START + timedelta(seconds=5), created_before=START + timedelta(seconds=25)),
    MessageFilter(created_from=START + timedelta(seconds=5), statuses=frozenset({"failed", "sent"})),
    MessageFilter(search="apple", statuses=frozenset({"failed", "delivered", "pending"})),
    MessageFilter(search="apple pie", created_before=START + timedelta(seconds=25)),
    MessageFilter(search="appl", created_from=START + timedelta(seconds=9)),
    MessageFilter(search="appl", created_from=START + timedelta(seconds=18)),
    MessageFilter(search="a", created_from=START + timedelta(seconds=8), created_before=START + timedelta(seconds=12)),
    MessageFilter(search="pie appl", direction="outbound", created_before=START + timedelta(seconds=9)),
    MessageFilter(search="appl", error_code=30003),
    MessageFilter(search="appl", peer_number=NUMBERS[0], created_before=START + timedelta(seconds=9)),
    MessageFilter(search="077", created_from=START + timedelta(seconds=9)),
    MessageFilter(search="a", direction="outbound"),
    MessageFilter(search="555", statuses=frozenset({"failed", "queued"})),
    MessageFilter(search="077", direction="inbound"),
    MessageFilter(updated_since=START + timedelta(seconds=9), statuses=frozenset({"failed", "delivered"})),
    MessageFilter(updated_since=START + timedelta(seconds=9), created_before=START + timedelta(seconds=20)),
    MessageFilter(updated_since=START + timedelta(seconds=9), search="apple", direction="outbound"),
]


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


def random_messages(user_id: ObjectId, seed: int, count: int) -> list[Json]:
    """Messages of every kind that can be stored; pairs share their time."""
    chance = random.Random(seed)  # repeatable
    rows = []
    for index in range(count):
        at, number = START + timedelta(seconds=index // 2), chance.choice(NUMBERS)
        content = " ".join(chance.choices(["apple", "pie", "b"], k=chance.randrange(1, 4)))
        row: Json = {"_id": ObjectId(), "user_id": user_id, "client_id": str(index), "request_hash": "", "segments": 1}
        row |= {"from_number": "+1", "recipient_number": number, "peer_number": number, "content": content}
        row |= {"created_at": at, "updated_at": at + timedelta(seconds=index * 7 % 5), "schema_version": 2}
        row |= {"direction": "outbound", "provider_status": None, "error_code": None}
        if index % 3:
            row |= {"words": words_of(content), "schema_version": 3}
        if chance.random() < 0.2:
            row |= {"direction": "inbound", "provider_status": "received"}
        elif chance.random() < 0.9:
            state = chance.choice(list(OutboxState))
            row["outbound"] = {"state": state.value}
            if state is OutboxState.ACCEPTED and chance.random() < 0.8:
                row["provider_status"] = chance.choice(sorted(PROVIDER_STATUSES))
            row["error_code"] = chance.choice([None, 30003, "expired"])
        rows.append(row)
    return rows


def matches(row: Json, wanted: MessageFilter) -> bool:
    words = set(row["content"].split())
    number = wanted.search is not None and wanted.search.isdigit() and wanted.search in row["peer_number"]
    search = wanted.search or ""
    return (
        (not wanted.statuses or message_fields(row)["status"] in wanted.statuses)
        and wanted.direction in (None, row["direction"])
        and wanted.error_code in (None, row["error_code"])
        and wanted.peer_number in (None, row["peer_number"])
        and (wanted.created_from is None or row["created_at"] >= wanted.created_from)
        and (wanted.created_before is None or row["created_at"] < wanted.created_before)
        and (wanted.updated_since is None or row["updated_at"] >= wanted.updated_since)
        and (number or all(any(word.startswith(each) for word in words) for each in search.split()))
    )


async def walk(user_id: ObjectId, wanted: MessageFilter, limit: int, *, newer: bool) -> list[ObjectId]:
    """The ids of all pages from one end to the other, in the order of reading."""
    anchor = BEFORE_ALL if newer else None
    ids: list[ObjectId] = []
    while True:
        page, next_id = (await Search(user_id, wanted, limit, anchor, SMALL).run(newer=newer)).page(limit)
        ids += page
        if next_id is None:
            return ids
        following = await repository.find_anchor(user_id, wanted, ObjectId(next_id))
        assert following not in (None, anchor), "it must get on"
        anchor = following


@pytest.mark.parametrize("seed", range(2))
async def test_the_pages_contain_every_match_once_and_in_order(fixture: OutboxFixture, seed: int) -> None:
    user_id = ObjectId()
    rows = random_messages(user_id, seed, 40)
    await fixture.database["messages"].insert_many([*rows, *random_messages(ObjectId(), seed, 10)])
    await fixture.database["conversations"].insert_many(
        {"_id": f"{user_id} {number}", "user_id": user_id, "peer_number": number, "last_message_key": "x"}
        for number in NUMBERS
    )
    for wanted in FILTERS:
        order = repository.order_of(wanted)
        rows.sort(key=lambda row: (row[order], row["_id"]), reverse=True)
        expected = [row["_id"] for row in rows if matches(row, wanted)]
        for limit, newer in ((3, False), (200, True)):
            found = await walk(user_id, wanted, limit, newer=newer)
            assert found == expected[:: -1 if newer else 1], (wanted, limit, newer)


def test_every_status_that_users_see_can_be_asked_for() -> None:
    assert set(get_args(Status)) == PUBLIC_STATUSES


async def ids(api_user: ApiUser, **query: object) -> list[str]:
    response = await api_user.call("GET", "/api/messages", params=query)
    assert response.status_code == 200, response.text
    return [message["_id"] for message in response.json()]


async def test_the_list_takes_each_filter_and_all_together(api_user: ApiUser) -> None:
    refused = (await api_user.send(INVALID, "Not a number")).json()["message"]
    queued = await api_user.send_accepted(STAYS_QUEUED, "Waits")
    delivered = await api_user.send_accepted(new_number(), "Arrives")
    await api_user.eventually(delivered["_id"], "delivered")
    everything = [delivered["_id"], queued["_id"], refused["_id"]]

    assert await ids(api_user, status="failed") == [refused["_id"]]
    assert await ids(api_user, status=["failed", "queued"]) == everything[1:]
    assert await ids(api_user, direction="outbound") == everything
    assert await ids(api_user, direction="inbound") == []
    assert await ids(api_user, error_code=21211) == [refused["_id"]]
    assert await ids(api_user, error_code="expired") == []
    assert await ids(api_user, created_from=queued["created_at"]) == everything[:2]
    assert await ids(api_user, created_before=queued["created_at"]) == everything[2:]
    assert await ids(api_user, created_from=queued["created_at"].replace("Z", "+00:00"), status="queued") == [
        queued["_id"]
    ]
    together = {"status": ["failed", "queued"], "direction": "outbound", "peer_number": INVALID, "search": "number"}
    assert await ids(api_user, **together, error_code=21211) == [refused["_id"]]


async def test_the_next_page_has_the_same_filters_and_no_total(api_user: ApiUser) -> None:
    sent = [await api_user.send_accepted(STAYS_QUEUED, f"Number {number}") for number in range(3)]
    first = await api_user.call("GET", "/api/messages", params={"status": ["queued", "sending"], "limit": 2})
    assert "X-Total-Count" not in first.headers
    assert [row["_id"] for row in first.json()] == [sent[2]["_id"], sent[1]["_id"]]
    url = first.headers["Link"].split(">")[0].removeprefix("<")
    assert url.count("status=") == 2
    second = await api_user.call("GET", url)
    assert [row["_id"] for row in second.json()] == [sent[0]["_id"]]
    assert "Link" not in second.headers


async def test_a_filtered_page_that_has_not_changed_is_not_sent_again(api_user: ApiUser) -> None:
    query: Json = {"status": "queued"}
    etag = await api_user.settled_etag("/api/messages", **query)
    headers = {"If-None-Match": etag}
    assert (await api_user.call("GET", "/api/messages", params=query, headers=headers)).status_code == 304
    await api_user.send_accepted(STAYS_QUEUED)
    changed = await api_user.call("GET", "/api/messages", params=query, headers=headers)
    assert (changed.status_code, len(changed.json())) == (200, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "lost"),
        ("direction", "up"),
        ("error_code", "abc"),
        ("error_code", "99999999999999999999"),
        ("created_from", "yesterday"),
        ("created_before", "1700000000"),
    ],
)
async def test_what_is_no_filter_is_an_error_of_its_field(api_user: ApiUser, name: str, value: str) -> None:
    response = await api_user.call("GET", "/api/messages", params={name: value})
    assert response.status_code == 422
    assert field_errors(response).keys() == {name}
