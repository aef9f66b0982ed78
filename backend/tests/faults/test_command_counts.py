"""What requests cost in database commands, counted between the process and its database.

Background tasks send commands too, so many requests are made, and their share is counted.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from mysms.core.timestamps import to_rfc3339, utc_now
from tests.faults.environment import Environment, running_environment
from tests.support.polling import eventually

REQUESTS = 200
NOTHING = 0.25
"""Commands per request. Background tasks send about this many in the time of so many requests, at the most."""


@pytest.fixture(scope="module")
async def env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    async with running_environment(tmp_path_factory.mktemp("counts"), processes=1, name="counts") as env:
        message = await env.post("+13125550001", "Hello")
        await env.eventually(message["_id"], "delivered")
        yield env


async def commands_per(env: Environment, request: Callable[[], Awaitable[httpx.Response]], status: int) -> float:
    proxy = env.apis[0].mongo_proxy
    before = proxy.forwarded
    for _ in range(REQUESTS):
        assert (await request()).status_code == status
    return (proxy.forwarded - before) / REQUESTS


@pytest.mark.parametrize("path", ["/api/messages", "/api/conversations"])
@pytest.mark.parametrize("query", ["", "updated_since"])
async def test_an_unchanged_poll_costs_no_command(env: Environment, path: str, query: str) -> None:
    params = {query: to_rfc3339(utc_now())} if query and path == "/api/messages" else {}
    known = ""

    async def poll() -> httpx.Response:
        url, headers = f"{env.apis[0].url}{path}", {**env.headers, "If-None-Match": known}
        return await env.http.get(url, params=params, headers=headers)

    async def ask_again() -> int:
        nonlocal known
        answer = await poll()
        known = answer.headers["ETag"]
        return answer.status_code

    await eventually(ask_again, lambda status: status == 304, what="an unchanged page")
    assert await commands_per(env, poll, 304) < NOTHING


async def test_a_session_is_not_looked_up_for_every_request(env: Environment) -> None:
    async def read_account() -> httpx.Response:
        return await env.http.get(f"{env.apis[0].url}/users", headers=env.headers)

    await read_account()
    assert await commands_per(env, read_account, 200) < 1 + NOTHING
