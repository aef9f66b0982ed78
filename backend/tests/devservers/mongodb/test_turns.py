"""A long command gives way to others after a bounded amount of work. These tests count documents, not time."""

import asyncio
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest

from devservers.mongodb.context import Context
from devservers.mongodb.documents import Document
from devservers.mongodb.journal import Journal
from devservers.mongodb.server import Server
from devservers.mongodb.sorting import Sorter
from devservers.mongodb.store import Store

MANY = 2_000
PER_TURN = 60
LONG: dict[str, Document] = {
    "a scan": {"find": "things", "filter": {"nothing": 1}},
    "a sort": {"find": "things", "sort": {"n": -1}, "limit": 1},
    "a range with a filter": {"find": "things", "filter": {"even": 0, "nothing": 1}},
    "a count": {"count": "things", "query": {"nothing": 1}},
    "distinct": {"distinct": "things", "key": "n"},
    "a pipeline": {"aggregate": "things", "pipeline": [{"$limit": MANY}, {"$match": {"nothing": 1}}], "cursor": {}},
    "an update": {"update": "things", "updates": [{"q": {"nothing": 1}, "u": {"$set": {"a": 1}}, "multi": True}]},
    "a claim": {"findAndModify": "things", "query": {"nothing": 1}, "update": {"$set": {"a": 1}}},
    "an upsert": {"update": "things", "updates": [{"q": {"nothing": 2}, "u": {"$set": {"a": 1}}, "upsert": True}]},
    "a delete": {"delete": "things", "deletes": [{"q": {"nothing": 1}, "limit": 0}]},
    "many inserts": {"insert": "others", "documents": [{"n": n} for n in range(MANY)]},
    "a large batch": {"find": "things", "batchSize": MANY},
}


class Client(asyncio.Transport):
    """A connection to a server in this process, which gets no time of its own: `Server` runs as the test awaits."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.replies: list[Document] = []
        self._connection = server.connection()
        self._connection.connection_made(self)

    def send(self, *commands: Document) -> None:
        frames = []
        for command in commands:
            body = bytes(5) + bson.encode({**command, "$db": "test"})
            frames.append(struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body)
        self._connection.data_received(b"".join(frames))

    def write(self, data: Any) -> None:
        self.replies.append(bson.decode(bytes(data)[21:]))

    async def reply(self, number: int = 1) -> Document:
        while len(self.replies) < number:  # noqa: ASYNC110  # the server runs in this loop
            await asyncio.sleep(0)
        return self.replies[number - 1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    journal = Journal(tmp_path / "data.sqlite")
    yield Server(Context(Store(journal)))
    journal.close()


@pytest.fixture
async def client(server: Server) -> Client:
    client = Client(server)
    client.send(
        {"createIndexes": "things", "indexes": [{"key": {"even": 1}, "name": "even"}]},
        {"insert": "things", "documents": [{"_id": n, "n": -n, "even": n % 2} for n in range(MANY)]},
    )
    assert (await client.reply(2))["n"] == MANY
    client.replies.clear()
    return client


@pytest.mark.parametrize("name", LONG)
async def test_a_short_command_waits_for_one_turn_of_each_long_one(server: Server, client: Client, name: str) -> None:
    other = Client(server)
    client.send(LONG[name])
    statistics = server.context.store.statistics
    turns = 0
    while not client.replies:
        before = statistics.documents_examined
        other.send({"ping": 1})
        await asyncio.sleep(0)
        turns += 1
        assert len(other.replies) == turns, "the ping was not answered in the next iteration of the loop"
        assert statistics.documents_examined - before <= PER_TURN
    assert turns >= MANY / PER_TURN / 2
    assert client.replies[0]["ok"] == 1


@pytest.mark.parametrize("page", [{}, {"limit": MANY - 1}, {"skip": MANY - 1}, {"skip": MANY - 2, "limit": 1}], ids=str)
async def test_a_small_query_waits_for_one_turn_of_a_large_sort(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch, page: Document
) -> None:
    """Of reading, and of merging what is sorted in runs."""
    merged = 0

    def counted(sorter: Sorter[bytes]) -> Iterator[bytes]:
        nonlocal merged
        for item in items(sorter):
            merged += 1
            yield item

    items = Sorter.items
    monkeypatch.setattr(Sorter, "items", counted)
    other, statistics = Client(server), server.context.store.statistics
    client.send({"find": "things", "sort": {"n": -1}, **page})
    turns = 0
    while not client.replies:
        before = statistics.documents_examined + merged
        other.send({"find": "things", "filter": {"_id": 7}})
        await asyncio.sleep(0)
        turns += 1
        assert len(other.replies) == turns, "the query was not answered in the next iteration of the loop"
        # The small query examines one.
        assert statistics.documents_examined + merged - before <= PER_TURN + 1
    assert {reply["cursor"]["firstBatch"][0]["_id"] for reply in other.replies} == {7}
    assert merged >= MANY - 1
    assert turns >= 2 * MANY / PER_TURN / 2


async def test_long_commands_take_turns(server: Server, client: Client) -> None:
    clients = [client, *(Client(server) for _ in range(4))]
    for each in clients:
        each.send(LONG["a scan"])
    await clients[0].reply()
    examined = server.context.store.statistics.documents_examined
    assert examined > len(clients) * (MANY - 2 * PER_TURN), "the others have not come as far as the first"
    for each in clients:
        await each.reply()


async def test_the_requests_of_a_connection_are_answered_in_order(client: Client) -> None:
    client.send(LONG["a count"], {"ping": 1}, {"count": "things"})
    await client.reply(3)
    assert [reply.get("n") for reply in client.replies] == [0, None, MANY]


async def test_a_long_query_sees_one_moment(server: Server, client: Client) -> None:
    other = Client(server)
    client.send({"aggregate": "things", "pipeline": [{"$sort": {"n": 1}}, {"$match": {"even": 1}}], "cursor": {}})
    other.send(
        {"delete": "things", "deletes": [{"q": {"_id": MANY - 1}, "limit": 1}]},
        {"update": "things", "updates": [{"q": {"_id": MANY - 2}, "u": {"$set": {"even": 1}}}]},
        {"insert": "things", "documents": [{"_id": MANY + 1, "n": -MANY, "even": 1}]},
    )
    await other.reply(3)
    assert not client.replies
    batch = (await client.reply())["cursor"]["firstBatch"]
    assert [row["_id"] for row in batch] == list(range(MANY - 1, MANY - 1 - 2 * len(batch), -2))


async def test_an_update_of_many_applies_to_what_the_documents_have_become(server: Server, client: Client) -> None:
    other = Client(server)
    many = {"q": {"n": {"$lte": 0}}, "u": {"$inc": {"n": -1}}, "multi": True}
    client.send({"update": "things", "updates": [many]})
    other.send(
        {"update": "things", "updates": [{"q": {"_id": 5}, "u": {"$inc": {"n": -100}}}]},
        {"update": "things", "updates": [{"q": {"_id": 6}, "u": {"$set": {"n": 1}}}]},
        {"delete": "things", "deletes": [{"q": {"_id": 7}, "limit": 1}]},
    )
    await other.reply(3)
    assert not client.replies
    assert (await client.reply())["nModified"] == MANY - 2
    other.send({"find": "things", "filter": {"_id": {"$in": [4, 5, 6, 7]}}})
    rows = (await other.reply(4))["cursor"]["firstBatch"]
    assert {row["_id"]: row["n"] for row in rows} == {4: -5, 5: -106, 6: 1}


async def test_a_long_claim_takes_what_is_still_there(server: Server, client: Client) -> None:
    """Every claim scans to the last document, and finds it taken, until it comes first."""
    clients = [client, *(Client(server) for _ in range(7))]
    last = {"n": {"$lt": 10 - MANY}, "state": {"$ne": "taken"}}
    for each in clients:
        each.send({"findAndModify": "things", "query": last, "update": {"$set": {"state": "taken"}}})
    taken = [(await each.reply())["value"]["_id"] for each in clients]
    assert len(set(taken)) == len(clients)


async def test_long_upserts_insert_one_document(server: Server, client: Client) -> None:
    clients = [client, *(Client(server) for _ in range(7))]
    for each in clients:
        statement = {"q": {"nothing": 2}, "u": {"$inc": {"a": 1}}, "upsert": True}
        each.send({"update": "things", "updates": [statement]})
    for each in clients:
        await each.reply()
    client.send({"find": "things", "filter": {"nothing": 2}})
    rows = (await client.reply(2))["cursor"]["firstBatch"]
    assert [row["a"] for row in rows] == [len(clients)]
