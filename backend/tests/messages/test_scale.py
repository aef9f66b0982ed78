"""The cost of a page among many messages, counted in documents examined and database commands, not in time.

`SCALE_MESSAGES` says how many they are:
`SCALE_MESSAGES=1000000 TEST_MONGODB_URI=… pytest -o timeout=0 tests/messages/test_scale.py`.
"""

import functools
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
from bson import ObjectId

from mysms.core.timestamps import to_rfc3339
from mysms.messages.schemas import MAXIMUM_UNREAD
from mysms.messages.search import Bounds
from tests.messages.many_messages import FIRST_CREATED_AT, ManyMessages, phone_number

FEW, MANY = 1_000, int(os.environ.get("SCALE_MESSAGES", "50000"))
HALF = MANY // 2
"""From here on, texts have a word more."""
LONG_AGO = "2020-01-01T00:00:00.000Z"
BOUNDS = Bounds()
PAGE = 50
SEARCH_DOCUMENTS = 3 * (BOUNDS.selective + 1) + 4 * BOUNDS.scanned + 2 * (PAGE + 1)
"""Documents that a search for three words may examine, whatever they are and however many messages there are."""
FIRST_HALF = {"created_before": to_rfc3339(FIRST_CREATED_AT + timedelta(seconds=HALF))}
PERIOD = {"created_from": "2026-01-01T00:05:00Z", "created_before": "2026-01-01T00:15:00Z"}
"""Of ten minutes: always the same 600 messages."""
SEARCHES: dict[str, tuple[dict[str, Any], int]] = {
    "a frequent beginning": ({"search": "number"}, 5),
    "two frequent words and a frequent beginning": ({"search": "number number even"}, 7),
    "a frequent word and a rare beginning": ({"search": "number 77"}, 7),
    "frequent words that never occur together": ({"search": "odd even"}, 7),
    "a stored beginning": ({"search": "num"}, 4),
    "one letter": ({"search": "o"}, 5),
    "a digit, also of all numbers": ({"search": "9"}, 17),
    "part of all numbers": ({"search": "7555 00"}, 16),
    "a rare word": ({"search": "77777"}, 4),
    "no word": ({"search": "nothing"}, 2),
    "a frequent beginning in a period": ({"search": "numbe", **PERIOD}, 5),
    "a beginning that is frequent outside the period": ({"search": "late", **FIRST_HALF}, 6),
    "a word that is frequent outside the period": ({"search": "later even", **FIRST_HALF}, 6),
    "one letter in a period": ({"search": "o", **PERIOD}, 5),
    "a rare word in a period": ({"search": "7777", **PERIOD}, 5),
    "two frequent words in a period": ({"search": "number even", **PERIOD}, 5),
    "part of all numbers in a period": ({"search": "7555 00", **PERIOD}, 16),
    "a frequent beginning and a rare status": ({"search": "numbe", "status": "failed"}, 5),
    "a frequent beginning and all statuses": ({"search": "numbe", "status": ["pending", "delivered", "failed"]}, 5),
    "a frequent word and a direction that nothing has": ({"search": "number odd", "direction": "inbound"}, 7),
    "a frequent beginning and an error code that nothing has": ({"search": "numbe", "error_code": 30003}, 5),
    # One more than here if the conversation has more than a thousand, too.
    "a frequent beginning in a conversation": ({"search": "numbe", "peer_number": phone_number(7)}, 7),
    "part of all numbers, and a rare status": ({"search": "7555 00", "status": "failed"}, 25),
    "a frequent beginning, and all that narrows": (
        {"search": "numbe", "peer_number": phone_number(7), "direction": "outbound", "status": "delivered", **PERIOD},
        6,
    ),
}
"""Searches, also within other filters, and how many database commands each may take."""

FILTER_DOCUMENTS = 2 * (BOUNDS.scanned + PAGE + 1) + PAGE
FILTERS: dict[str, tuple[dict[str, Any], int]] = {
    "a frequent status": ({"status": "delivered"}, 2),
    "a rare status": ({"status": "failed"}, 4),
    "a status of the outbox, which nothing has": ({"status": "unconfirmed"}, 3),
    "all that is not final": ({"status": ["pending", "unconfirmed", "accepted", "queued", "sending", "sent"]}, 9),
    "what nothing has, of all messages": ({"direction": "inbound"}, 3),
    "what all messages have": ({"direction": "outbound"}, 3),
    "an error code that nothing has": ({"error_code": 30003}, 2),
    "a time": (PERIOD, 2),
    "a time, and a rare status": ({"created_before": "2026-01-01T00:15:00Z", "status": "failed"}, 4),
    "a conversation, and what nothing has": ({"peer_number": phone_number(7), "direction": "inbound"}, 3),
    "long ago changed, and a rare status": ({"updated_since": LONG_AGO, "status": "failed"}, 3),
}
"""Filters, and how many database commands a page of each may take."""


class Cost(NamedTuple):
    documents: int
    commands: int


async def cost(many_messages: ManyMessages, operate: Callable[[], Awaitable[Any]]) -> Cost:
    """What it costs; the minimum of three runs, because the background tasks cost something, too."""
    costs = []
    for _ in range(3):
        documents, commands = await many_messages.examined(), many_messages.reads
        await operate()
        commands = many_messages.reads - commands
        costs.append(Cost(await many_messages.examined() - documents, commands))
    return Cost(min(each.documents for each in costs), min(each.commands for each in costs))


async def test_the_cost_of_a_page_does_not_grow_with_the_messages(
    many_messages: ManyMessages,
) -> None:
    api_user, database = many_messages.api_user, many_messages.client.get_default_database()

    async def read(path: str, **query: object) -> Any:
        response = await api_user.call("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response

    middle, deep, newest, next_changes = "", "", "", ""
    operations: dict[str, Callable[[], Awaitable[Any]]] = {
        "the newest messages": lambda: read("/api/messages", limit=50),
        "the next messages": lambda: read("/api/messages", limit=50, before=deep),
        "the poll of the SPA": lambda: read("/api/messages/changes", limit=200, since=newest),
        "all that has ever changed": lambda: read("/api/messages/changes", limit=50, since=0),
        "the next page of it": lambda: read("/api/messages/changes", limit=50, since=0, position=next_changes),
        "what changed now": lambda: read("/api/messages", limit=200, updated_since=now()),
        "what changed long ago": lambda: read("/api/messages", limit=50, updated_since=LONG_AGO),
        "what changed long ago in one": lambda: read(
            "/api/messages", limit=10, peer_number=phone_number(7), updated_since=LONG_AGO
        ),
        "conversations": lambda: read("/api/conversations", limit=50),
        "the next conversations": lambda: read("/api/conversations", limit=50, before=middle),
        "one conversation": lambda: read("/api/messages", peer_number=phone_number(7), limit=10),
        "what changed in it": lambda: read("/api/messages", peer_number=phone_number(7), updated_since=now()),
        "around a message": lambda: read("/api/messages", peer_number=phone_number(0), limit=5, around=deep),
        "the newer ones": lambda: read("/api/messages", peer_number=phone_number(0), limit=5, after=deep),
        "the older ones": lambda: read("/api/messages", peer_number=phone_number(0), limit=5, before=deep),
        "storing": lambda: api_user.send_accepted(phone_number(0)),
    }
    costs: dict[str, list[int]] = {name: [] for name in operations}
    for start, stop in ((0, FEW), (FEW, MANY)):
        await many_messages.store(start, min(stop, HALF))
        await many_messages.store(HALF, max(stop, HALF), text="Number later")
        rows = (await read("/api/conversations", limit=50)).json()
        assert int((await read("/api/messages", limit=1)).headers["X-Total-Count"]) > stop
        assert sum(row["messages"] for row in rows) > 0.7 * stop
        middle = rows[20]["last_message"]["_id"]
        deep = str((await database["messages"].find_one({"client_id": f"many:{stop // 120 * 60}"}) or {})["_id"])
        newest = (await read("/api/messages", limit=1)).headers["X-Revision"]
        first = await read("/api/messages/changes", limit=200, since=0)
        next_changes = parse_qs(urlsplit(first.links["next"]["url"]).query)["position"][0]
        for name, operate in operations.items():
            costs[name].append((await cost(many_messages, operate)).documents)
        for kind, (query, commands) in SEARCHES.items():
            search = await cost(many_messages, functools.partial(read, "/api/messages", **query))
            assert search.documents <= SEARCH_DOCUMENTS, f"{kind}: {search} among {stop}"
            assert search.commands <= commands, f"{kind}: {search} among {stop}"
        for kind, (filters, commands) in FILTERS.items():
            found = await cost(many_messages, functools.partial(read, "/api/messages", **filters))
            assert found.documents <= FILTER_DOCUMENTS, f"{kind}: {found} among {stop}"
            assert found.commands <= commands, f"{kind}: {found} among {stop}"
    for name, (few, many) in costs.items():
        assert many <= few * 1.25 + 5, f"{name}: {few} documents among {FEW} messages, {many} among {MANY}"
    assert len((await read("/api/messages", search="Number 77")).json()) == PAGE
    count = functools.partial(database["messages"].count_documents, {"content": {"$regex": "77"}})
    assert (await cost(many_messages, count)).documents >= MANY, "the counter must work"


async def test_deleted_messages_cost_nothing(many_messages: ManyMessages) -> None:
    """A thousand of them lie before the others in every list."""
    api_user, messages = many_messages.api_user, many_messages.client.get_default_database()["messages"]
    kept, deleted = 1_500, 1_000

    async def read(**query: object) -> Any:
        response = await api_user.call("GET", "/api/messages", params=query)
        assert response.status_code == 200, response.text
        return response

    queries: dict[str, dict[str, Any]] = {
        "the newest messages": {},
        "one conversation": {"peer_number": phone_number(7), "limit": 10},
        "a frequent word": {"search": "number"},
        "two words": {"search": "number even"},
        "a number": {"search": phone_number(7)[-7:]},
        "a status": {"status": "delivered"},
        "what all messages have": {"direction": "outbound"},
        "what nothing has": {"direction": "inbound"},
        "an error code that nothing has": {"error_code": 30003},
        "a time": {"created_from": "2026-01-01T00:00:00Z"},
    }
    await many_messages.store(0, kept)
    costs = {name: await cost(many_messages, functools.partial(read, **query)) for name, query in queries.items()}
    await many_messages.store(kept, kept + deleted)
    gone = {"content": "", "words": [""], "content_removed_at": datetime.now(UTC), "deleted_at": datetime.now(UTC)}
    newest = {"client_id": {"$in": [f"many:{index}" for index in range(kept, kept + deleted)]}}
    await messages.update_many(newest, {"$set": gone})
    for name, query in queries.items():
        now_costs = await cost(many_messages, functools.partial(read, **query))
        # Two further messages were sent to publish that there are more.
        assert now_costs.documents <= costs[name].documents + 5, f"{name}: {costs[name]}, then {now_costs}"
    assert len((await read(limit=200)).json()) == 200


async def test_the_other_list_of_conversations_costs_nothing(many_messages: ManyMessages) -> None:
    """A thousand archived conversations lie before the others, and the other way round."""
    api_user, own = many_messages.api_user, many_messages.client.get_default_database()["conversations"]
    await many_messages.store(0, 60)
    newest = await own.find_one({"user_id": ObjectId(api_user.id)}, sort=[("last_message_key", -1)])
    assert newest is not None
    last_message_id = newest["last_message_key"].partition(" ")[2]

    def rows(kind: str, month: int) -> list[Any]:
        """Conversations of that month, each of them with the same last message."""
        return [
            {
                **newest,
                "_id": f"{api_user.id} {kind}{index}",
                "peer_number": f"{kind}{index}",
                "last_message_key": f"2030-{month:02}-01T00:{index // 60:02}:{index % 60:02}.000Z {last_message_id}",
            }
            for index in range(1_000)
        ]

    async def read(query: dict[str, Any], expected: str) -> Any:
        response = await api_user.call("GET", "/api/conversations", params={"limit": PAGE, **query})
        assert response.status_code == 200, response.text
        assert [row["peer_number"] for row in response.json()] == [f"{expected}{999 - each}" for each in range(PAGE)]
        return response

    await own.insert_many([*rows("newer", 2), *rows("older", 1)])
    for archived, query in (("newer", {}), ("older", {"archived": True})):
        await own.update_many({}, {"$unset": {"archived": True}})
        await own.update_many({"peer_number": {"$regex": f"^{archived}"}}, {"$set": {"archived": True}})
        found = await cost(many_messages, functools.partial(read, query, "older"))
        assert found.documents <= 2 * (PAGE + 1) + 5, f"{query}: {found}"
        assert found.commands == 2, f"{query}: {found}"
    # Nor does what is neither unread, archived nor muted.
    await own.update_many({}, {"$unset": {"archived": True}})
    await own.update_many({"peer_number": {"$in": ["newer7", "older7"]}}, {"$set": {"muted": True}})

    async def read_unread() -> Any:
        response = await api_user.call("GET", "/api/conversations/unread")
        assert response.json() == {"total": 0, "conversations": [], "archived": [], "muted": ["newer7", "older7"]}
        return response

    found = await cost(many_messages, read_unread)
    assert (found.commands, found.documents) == (3, 2), found


async def test_what_is_unread_and_archived_is_bounded(many_messages: ManyMessages) -> None:
    """The SPA asks for it after each change. Beyond its limits it costs no more, in documents and in bytes."""
    api_user, own = many_messages.api_user, many_messages.client.get_default_database()["conversations"]
    await many_messages.store(0, 60)
    template = await own.find_one({"user_id": ObjectId(api_user.id)})
    assert template is not None
    read, archived = {"unread": 0, "inbound": 1}, {"archived": True}

    def rows(kind: int, start: int, stop: int, **fields: object) -> list[Any]:
        numbers = [f"+1328{kind}{index:06}" for index in range(start, stop)]
        own_fields = {**read, **fields}
        return [{**template, **own_fields, "_id": f"{api_user.id} {each}", "peer_number": each} for each in numbers]

    async def ask() -> httpx.Response:
        response = await api_user.call("GET", "/api/conversations/unread")
        assert response.status_code == 200, response.text
        return response

    found: list[tuple[Cost, int]] = []
    for start, stop in ((0, MAXIMUM_UNREAD), (MAXIMUM_UNREAD, 5 * MAXIMUM_UNREAD)):
        await own.insert_many(rows(1, start, stop, unread=1))
        await own.insert_many(rows(2, start, stop, **archived))
        # What is neither.
        await own.insert_many(rows(3, start, stop))
        answer = await ask()
        assert len(answer.json()["conversations"]) == len(answer.json()["archived"]) == MAXIMUM_UNREAD
        found.append((await cost(many_messages, ask), len(answer.content)))
    (few, size), (many, larger) = found
    assert few.documents <= 2 * MAXIMUM_UNREAD + 5, few
    assert many.documents <= few.documents + 5, f"{few}, then {many}"
    assert many.commands == few.commands == 3
    assert larger == size <= 140 * MAXIMUM_UNREAD


def now() -> str:
    return (datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
