"""Other processes learn that a session has ended, although the database fails while one says so."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.faults.environment import ApiProcess, Environment, running_environment
from tests.faults.mongo_proxy import Command, InjectedError, PausePoint
from tests.support.event_client import EventClient
from tests.support.polling import eventually

SHUTDOWN_IN_PROGRESS = 91
WITHIN_SECONDS = 25
"""Less than the minute after which a process looks a session up again."""


def is_publication(command: Command) -> bool:
    return bool(command.get("insert") == "changes")


def is_deletion(command: Command) -> bool:
    return bool(command.get("delete") == "sessions")


async def status_at(env: Environment, api: ApiProcess) -> int:
    return (await env.http.get(f"{api.url}/users", headers=env.headers)).status_code


async def fail_to_tell(env: Environment, api: ApiProcess) -> None:
    """End the session while entries of the log cannot be appended."""
    api.mongo_proxy.inject(InjectedError(is_publication, code=SHUTDOWN_IN_PROGRESS))
    assert (await env.http.delete(f"{api.url}/users/sign_out", headers=env.headers)).status_code == 503
    assert (await env.http.delete(f"{api.url}/users/sign_out", headers=env.headers)).status_code == 401
    api.mongo_proxy.reset()


async def lose_answer(env: Environment, api: ApiProcess) -> None:
    """End all sessions, and lose the database's answer."""
    pause_point = api.mongo_proxy.add(PausePoint(is_deletion, "reply"))
    ending = asyncio.create_task(env.http.delete(f"{api.url}/users/sessions", headers=env.headers))
    async with asyncio.timeout(10):
        await pause_point.reached.wait()
    await api.mongo_proxy.drop_connections()
    assert (await ending).status_code == 503


@pytest.mark.parametrize("end", [fail_to_tell, lose_answer])
async def test_an_ended_session_is_told_once_the_database_answers_again(
    tmp_path: Path, end: Callable[[Environment, ApiProcess], Awaitable[None]]
) -> None:
    async with running_environment(tmp_path, processes=2, name=f"sign-out {end.__name__}") as env:
        ending, other = env.apis
        ending.expects_errors = True
        async with (
            httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(5, read=None)) as http,
            http.stream("GET", f"{other.url}/api/events", headers=env.headers) as response,
        ):
            client = EventClient(response)
            reading = asyncio.create_task(client.read())
            await client.wait_for(1)
            assert await status_at(env, other) == 200
            await end(env, ending)
            await eventually(
                lambda: status_at(env, other), lambda status: status == 401, within=WITHIN_SECONDS, what="a 401"
            )
            await asyncio.wait_for(reading, WITHIN_SECONDS)
            assert client.is_over
