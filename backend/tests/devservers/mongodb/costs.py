"""`python -m tests.devservers.mongodb.costs [MESSAGES …]`: what the development server's operations cost.

Fills a server of its own with the messages of one user, under the product's indexes, and runs the operations of the
product on them. Prints, for each number of messages, the median time and the documents examined, and the time as a
ratio to the first number; then the longest wait for another client's small command during a slow query, the memory,
and the time from the start to the first answer.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from bson import ObjectId
from pymongo import MongoClient
from pymongo.collection import Collection

from devservers.mongodb.documents import Document
from mysms.messages.models import Conversation, Message
from tests.devservers.mongodb.process import ServerProcess

SIZES: Final = (1_000, 200_000)
CONVERSATIONS: Final = 60
USER: Final = ObjectId("5" * 24)
BEGUN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH: Final = 5_000
_ROUNDS: Final = 21
_NEWEST: Final = [("created_at", -1), ("_id", -1)]
_WORDS: Final = 5
_sent = count(10_000_000)

Operation = Callable[[Collection[Document]], object]


@dataclass(frozen=True)
class Cost:
    """The median time of an operation, in seconds, and the documents that one run examines."""

    seconds: float
    examined: int


def message(number: int) -> Document:
    """A delivered message, as the product stores it."""
    at = BEGUN + timedelta(seconds=number)
    events = [
        {"key": f"send SM{number:032} {status}", "at": at, "source": "callback", "status": status}
        for status in ("queued", "sent", "delivered")
    ]
    outbound = {
        "state": "accepted",
        "sender_key": "AC00112233445566778899aabbccddeeff +15005550006",
        "dedup_key": f"{number:064}",
        "attempt": 1,
        "worker_id": "worker",
        "due_at": at,
        "next_attempt_at": at,
        "first_claimed_at": at,
        "next_check_at": None,
        "duplicate_sids": [],
    }
    return {
        "_id": ObjectId(),
        "user_id": USER,
        "client_id": f"message:{number}",
        "request_hash": f"{number:064}",
        "direction": "outbound",
        "from_number": "+15005550006",
        "recipient_number": peer(number),
        "peer_number": peer(number),
        "content": f"Number {number}",
        "content_removed_at": None,
        "segments": 1,
        "outbound": outbound,
        "erase_at": None,
        "twilio_sid": f"SM{number:032}",
        "provider_status": "delivered",
        "status_rank": 5,
        "error_code": None,
        "events": events,
        "created_at": at,
        "updated_at": at,
        "revision": number + 1,
        "change_count": 4,
        "schema_version": 2,
        "words": ["number", *(f"word{number * factor % 5000}" for factor in range(1, _WORDS))],
    }


def peer(number: int) -> str:
    """The other number of this message."""
    return f"+1327555{number % CONVERSATIONS:04}"


def fill(messages: Collection[Document], start: int, stop: int) -> None:
    """Store these messages, and the user's conversations."""
    for first in range(start, stop, _BATCH):
        messages.insert_many([message(number) for number in range(first, min(first + _BATCH, stop))])
    for number in range(CONVERSATIONS):
        row = {"user_id": USER, "peer_number": peer(number), "last_message_key": f"{number:040}", "pending_count": 0}
        messages.database.conversations.replace_one({"_id": f"{USER} {peer(number)}"}, row, upsert=True)


def _send(messages: Collection[Document]) -> None:
    """The insert, the claim and the settling of a message, and its conversation's counters."""
    new = message(next(_sent))
    new["outbound"] |= {"state": "pending"}
    messages.insert_one(new)
    claim = {"outbound.sender_key": new["outbound"]["sender_key"], "outbound.state": "pending"}
    claimed = {"$set": {"outbound.state": "claimed"}, "$inc": {"outbound.attempt": 1}}
    found = messages.find_one_and_update(claim, claimed, sort=[("outbound.next_attempt_at", 1)])
    assert found is not None
    settled = {"$set": {"outbound.state": "accepted", "updated_at": datetime.now(UTC)}}
    messages.update_one({"_id": found["_id"], "outbound.state": "claimed"}, settled)
    counted = {"$inc": {"messages": 1}, "$max": {"last_message_key": str(new["_id"])}}
    messages.database.conversations.update_one({"_id": f"{USER} {new['peer_number']}"}, counted)
    messages.delete_one({"_id": new["_id"]})


def _poll(messages: Collection[Document]) -> list[Document]:
    newest = messages.find_one({"user_id": USER}, {"updated_at": 1}, sort=[("updated_at", -1)]) or {}
    since = {"user_id": USER, "updated_at": {"$gte": newest["updated_at"]}}
    return list(messages.find(since).sort([("updated_at", -1), ("_id", -1)]).limit(50))


OPERATIONS: Final[Mapping[str, Operation]] = {
    "first page": lambda m: list(m.find({"user_id": USER}).sort(_NEWEST).limit(50)),
    "page of one conversation": lambda m: list(
        m.find({"user_id": USER, "peer_number": peer(7)}).sort(_NEWEST).limit(50)
    ),
    "poll of what changed": _poll,
    "conversations": lambda m: list(
        m.database.conversations.find({"user_id": USER}).sort("last_message_key", -1).limit(50)
    ),
    "highest revision": lambda m: m.find_one({"user_id": USER}, {"revision": 1}, sort=[("revision", -1)]),
    "count of all": lambda m: m.count_documents({"user_id": USER}),
    "count, at most 1,000": lambda m: m.count_documents({"user_id": USER}, limit=1_000),
    "count of what changed": lambda m: m.count_documents({"user_id": USER, "updated_at": {"$gt": BEGUN}}),
    "words": lambda m: list(m.find({"user_id": USER, "words": {"$all": ["number", "word7"]}}).sort(_NEWEST).limit(50)),
    "frequent word": lambda m: list(m.find({"user_id": USER, "words": "number"}).sort(_NEWEST).limit(50)),
    "count of a word": lambda m: m.count_documents({"user_id": USER, "words": "number"}, limit=1_001),
    "send": _send,
}


def measure(messages: Collection[Document], rounds: int = _ROUNDS) -> dict[str, Cost]:
    """What each operation costs on these messages."""
    return {name: _cost(messages, operate, rounds) for name, operate in OPERATIONS.items()}


def _cost(messages: Collection[Document], operate: Operation, rounds: int) -> Cost:
    operate(messages)
    before = examined(messages)
    operate(messages)
    documents = examined(messages) - before
    times: list[float] = []
    ends = time.perf_counter() + 5
    while len(times) < rounds and (time.perf_counter() < ends or not times):
        begun = time.perf_counter()
        operate(messages)
        times.append(time.perf_counter() - begun)
    return Cost(statistics.median(times), documents)


def examined(messages: Collection[Document]) -> int:
    """The documents that the server has examined so far."""
    status = messages.database.command("serverStatus")
    return int(status["metrics"]["queryExecutor"]["scannedObjects"])


def longest_wait(uri: str, messages: Collection[Document]) -> tuple[float, float]:
    """The duration of a collection scan, and the longest wait of another client meanwhile, in seconds."""
    waits: list[float] = []
    slow = threading.Thread(target=lambda: messages.find_one({"nothing": "here"}))
    with MongoClient[Document](uri) as other:
        other.admin.command("ping")
        begun = time.perf_counter()
        slow.start()
        # At least once: this thread may not run before the other one has ended.
        while not waits or slow.is_alive():
            asked = time.perf_counter()
            other.admin.command("ping")
            waits.append(time.perf_counter() - asked)
        return time.perf_counter() - begun, max(waits)


def memory_of(pid: int) -> str:
    """The resident memory of a process."""
    status = (Path("/proc") / str(pid) / "status").read_text()
    return next(line.split(maxsplit=1)[1] for line in status.splitlines() if line.startswith("VmRSS"))


def messages_of(client: MongoClient[Any]) -> Collection[Document]:
    """The messages, with the product's indexes."""
    messages = client.mysms.messages
    messages.create_indexes(Message.Settings.indexes)
    client.mysms.conversations.create_indexes(Conversation.Settings.indexes)
    return messages


def _report(server: ServerProcess, sizes: list[int]) -> Iterator[str]:
    with MongoClient[Document](server.uri) as client:
        messages = messages_of(client)
        costs: list[dict[str, Cost]] = []
        for start, stop in zip([0, *sizes], sizes, strict=False):
            begun = time.perf_counter()
            fill(messages, start, stop)
            yield f"{stop - start:,} messages stored in {time.perf_counter() - begun:.1f} s"
            costs.append(measure(messages))
        yield f"| operation | {' | '.join(f'{size:,} messages: ms, examined' for size in sizes)} | ratio |"
        yield f"|---|{'---|' * len(sizes)}---|"
        for name in OPERATIONS:
            cells = [f"{each[name].seconds * 1000:.2f}, {each[name].examined:,}" for each in costs]
            yield f"| {name} | {' | '.join(cells)} | {costs[0][name].seconds / costs[-1][name].seconds:.2f} |"
        duration, wait = longest_wait(server.uri, messages)
        yield f"a scan of {duration:.2f} s; meanwhile, another client waits for {wait * 1000:.1f} ms at most"
        yield f"memory: {memory_of(server.pid)}"


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as directory, ServerProcess(Path(directory) / "data.sqlite3") as server:
        for line in _report(server, sizes):
            print(line, flush=True)  # noqa: T201
        server.kill()
        begun = time.perf_counter()
        with server.restart() as again, MongoClient[Document](again.uri) as client:
            client.mysms.messages.find_one({"user_id": USER}, sort=_NEWEST)
            print(f"start to first answer: {time.perf_counter() - begun:.1f} s; memory: {memory_of(again.pid)}")  # noqa: T201


if __name__ == "__main__":
    main()
