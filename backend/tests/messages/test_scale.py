"""The cost of a page among many messages, counted in documents examined, not in time."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.messages.many_messages import ManyMessages, phone_number

FEW, MANY = 1_000, 100_000
LONG_AGO = "2020-01-01T00:00:00.000Z"


async def cost(many_messages: ManyMessages, operate: Callable[[], Awaitable[Any]]) -> int:
    """The number of documents examined; the minimum of three runs, because the loops examine some, too."""
    costs = []
    for _ in range(3):
        before = await many_messages.examined()
        await operate()
        costs.append(await many_messages.examined() - before)
    return min(costs)


async def test_the_cost_of_a_page_does_not_grow_with_the_messages(
    many_messages: ManyMessages,
) -> None:
    api_user, database = many_messages.api_user, many_messages.client.get_default_database()

    async def read(path: str, **query: str | int) -> Any:
        response = await api_user.call("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response

    middle, deep = "", ""
    operations: dict[str, Callable[[], Awaitable[Any]]] = {
        "the newest messages": lambda: read("/api/messages", limit=50),
        "the next messages": lambda: read("/api/messages", limit=50, before=deep),
        "the poll of the SPA": lambda: read("/api/messages", limit=200, updated_since=now()),
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
        await many_messages.store(start, stop)
        rows = (await read("/api/conversations", limit=50)).json()
        assert int((await read("/api/messages", limit=1)).headers["X-Total-Count"]) > stop
        assert sum(row["messages"] for row in rows) > 0.7 * stop
        middle = rows[20]["last_message"]["_id"]
        deep = str((await database["messages"].find_one({"client_id": f"many:{stop // 120 * 60}"}) or {})["_id"])
        for name, operate in operations.items():
            costs[name].append(await cost(many_messages, operate))
    for name, (few, many) in costs.items():
        assert many <= few * 1.25 + 5, f"{name}: {few} documents among {FEW} messages, {many} among {MANY}"
    # A search reads messages until it has found a thousand, so this one reads many.
    searching = await cost(many_messages, lambda: read("/api/messages", search="Number 77"))
    assert searching > 10 * FEW, "the counter must work"


def now() -> str:
    return (datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
