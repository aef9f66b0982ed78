"""What lists read: neither timelines nor words of messages, and little for a position that does not exist."""

from collections.abc import AsyncIterator

import httpx
import pytest
from bson import ObjectId

from tests.faults.counted_api import FIELDS_HEADER
from tests.faults.environment import Environment, running_environment
from tests.faults.test_command_counts import require_each, settle
from tests.support.responses import field_errors

NUMBER = "+13125550001"
UNSHOWN = {"events", "words"}
"""They may be long."""
POSITIONS = [
    ("/api/messages", "before"),
    ("/api/messages", "after"),
    ("/api/messages", "around"),
    ("/api/conversations", "before"),
]


@pytest.fixture(scope="module")
async def env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory, module = tmp_path_factory.mktemp("reads"), ("tests.faults.counted_api",)
    async with running_environment(directory, processes=1, name="page reads", module=module) as env:
        for number in range(5):
            message = await env.post(NUMBER, f"Hello {number}")
            await env.eventually(message["_id"], "delivered")
        await settle(env)
        yield env


async def get(env: Environment, path: str, **query: str) -> httpx.Response:
    return await env.http.get(f"{env.apis[0].url}{path}", params=query, headers=env.headers)


def fields_of(answer: httpx.Response) -> set[str]:
    return set(answer.headers[FIELDS_HEADER].split(", "))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/messages", {}),
        ("/api/messages", {"peer_number": NUMBER}),
        ("/api/messages", {"updated_since": "2026-01-01T00:00:00.000Z"}),
        ("/api/messages", {"before": "a message"}),
        ("/api/messages", {"after": "a message"}),
        ("/api/messages", {"around": "a message"}),
        ("/api/messages", {"around_time": "2026-01-01T00:00:00.000Z"}),
        ("/api/messages", {"search": "hello"}),
        ("/api/messages", {"search": "hello", "around": "a message"}),
        ("/api/messages", {"search": NUMBER[-4:]}),
        ("/api/messages", {"status": "delivered"}),
        ("/api/messages/changes", {"since": "0"}),
        ("/api/conversations", {}),
        ("/api/conversations", {"limit": "1"}),
    ],
)
async def test_a_list_reads_no_timelines_and_no_words(env: Environment, path: str, query: dict[str, str]) -> None:
    message = (await get(env, "/api/messages")).json()[2]["_id"]
    answer = await get(env, path, **{name: message if text == "a message" else text for name, text in query.items()})
    assert answer.json(), "a list of nothing would prove nothing"
    fields = fields_of(answer)
    assert {"_id", "content", "outbound.state"} <= fields
    assert not fields & UNSHOWN
    assert {name for name in fields if name.startswith("outbound.")} <= {"outbound.state", "outbound.cancel_requested"}


async def test_what_shows_a_timeline_reads_it(env: Environment) -> None:
    """Or the test above could not fail."""
    message = (await get(env, "/api/messages")).json()[0]
    assert "events" in fields_of(await get(env, f"/api/messages/{message['_id']}"))


@pytest.mark.parametrize(("path", "name"), POSITIONS)
@pytest.mark.parametrize("whose", ["nobody's", "somebody else's", "no id"])
async def test_a_position_that_does_not_exist_costs_a_command(
    env: Environment, path: str, name: str, whose: str
) -> None:
    unknown = "2026" if whose == "no id" else str(ObjectId())
    if whose == "somebody else's":
        row = await env.database["messages"].find_one({})
        assert row is not None
        other = {"_id": ObjectId(unknown), "user_id": ObjectId(), "client_id": f"message:{unknown}"}
        await env.database["messages"].insert_one({**row, **other})

    async def read() -> httpx.Response:
        answer = await get(env, path, **{name: unknown})
        assert list(field_errors(answer)) == [name]
        return answer

    await require_each(read, 422, most=0 if whose == "no id" else 1, times=5)


@pytest.mark.parametrize("name", ["before", "after", "around"])
@pytest.mark.parametrize(
    "query", [{"peer_number": NUMBER}, {"search": "hello"}, {"updated_since": "2026-01-01T00:00:00.000Z"}]
)
async def test_a_position_that_does_not_exist_costs_a_command_in_other_lists(
    env: Environment, name: str, query: dict[str, str]
) -> None:
    async def read() -> httpx.Response:
        return await get(env, "/api/messages", **{**query, name: str(ObjectId())})

    await require_each(read, 422, most=1, times=5)


async def test_a_message_that_does_not_exist_costs_two_commands(env: Environment) -> None:
    """The second one is the account, which is named in the security event: it may be another user's message."""

    async def read() -> httpx.Response:
        return await get(env, f"/api/messages/{ObjectId()}")

    await require_each(read, 404, most=2, times=5)
