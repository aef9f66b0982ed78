"""An invitation is valid for one account, also if a process is killed or disconnected during the sign-up."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest
from bson import ObjectId

from tests.faults.environment import ApiProcess, Environment, Json, running_environment
from tests.faults.mongo_proxy import Command, PausePoint
from tests.support.invitations import invite
from tests.support.responses import field_errors

PASSWORD = "correct horse battery"
SETUP_CODE = "the setup code of these tests"
_counter = count(1)


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory = tmp_path_factory.mktemp("invitations")
    async with running_environment(directory, name="invitations", SETUP_CODE=SETUP_CODE) as env:
        for api in env.apis:
            await api.kill_and_wait()
            await api.start(SIGNUP_MODE="invite")
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> AsyncIterator[Environment]:
    yield shared_env
    for api in shared_env.apis:
        api.mongo_proxy.reset()


@pytest.fixture(params=["invite", "older invite", "setup code"])
async def code(env: Environment, request: pytest.FixtureRequest) -> str:
    if request.param == "setup code":
        # The setup code is only valid while there is no account.
        await env.database["users"].delete_many({})
        await env.database["invites"].delete_many({})
        return SETUP_CODE
    return await invite(env.uri, from_older_version=request.param == "older invite")


def new_email() -> str:
    return f"invited-{next(_counter)}@example.com"


async def register(env: Environment, api: ApiProcess, code: str, email: str | None = None) -> httpx.Response:
    user = {"email": email or new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
    return await env.http.post(f"{api.url}/users", json={"user": {**user, "invite_code": code}})


def is_user_insert(command: Command) -> bool:
    return bool(command.get("insert") == "users")


def is_invite_delete(command: Command) -> bool:
    return bool(command.get("delete") == "invites")


async def assert_consumed(env: Environment, code: str) -> None:
    for api in env.apis:
        assert field_errors(await register(env, api, code)) == {"invite_code": ["is not valid"]}


async def restart(api: ApiProcess) -> None:
    await api.mongo_proxy.drop_connections()
    await api.wait()
    await api.start(SIGNUP_MODE="invite")


async def test_a_kill_before_the_account_is_created_does_not_consume_the_code(env: Environment, code: str) -> None:
    api = env.apis[0]
    making = api.mongo_proxy.add(PausePoint(is_user_insert, "request"))
    signing_up = asyncio.create_task(register(env, api, code))
    await asyncio.wait_for(making.reached.wait(), 10)
    api.kill()
    await restart(api)
    await asyncio.gather(signing_up, return_exceptions=True)

    assert (await register(env, api, code)).status_code == 201
    await assert_consumed(env, code)


async def test_a_lost_connection_before_the_account_is_created_does_not_consume_the_code(
    env: Environment, code: str
) -> None:
    api, email = env.apis[0], new_email()
    making = api.mongo_proxy.add(PausePoint(is_user_insert, "request"))
    signing_up = asyncio.create_task(register(env, api, code, email))
    await asyncio.wait_for(making.reached.wait(), 10)
    await api.mongo_proxy.drop_connections()
    assert (await signing_up).status_code == 503

    assert (await register(env, api, code, email)).status_code == 201
    await assert_consumed(env, code)


async def test_a_repeated_sign_up_after_a_lost_response_reports_the_account(env: Environment, code: str) -> None:
    """The account was created, but the response was lost. The sign-up is repeated in the other process."""
    (api, other), email = env.apis, new_email()
    making = api.mongo_proxy.add(PausePoint(is_user_insert, "reply"))
    signing_up = asyncio.create_task(register(env, api, code, email))
    await asyncio.wait_for(making.reached.wait(), 10)
    await api.mongo_proxy.drop_connections()
    assert (await signing_up).status_code == 503

    if code != SETUP_CODE:
        again = field_errors(await register(env, other, code, email))
        assert again == {"invite_code": ["is not valid"], "email": ["has already been taken"]}
    credentials = {"user": {"email": email, "password": PASSWORD}}
    assert (await env.http.post(f"{other.url}/users/sign_in", json=credentials)).status_code == 201
    await assert_consumed(env, code)


async def test_concurrent_sign_ups_with_one_code_create_one_account(env: Environment, code: str) -> None:
    emails = [new_email(), new_email()]
    making = [api.mongo_proxy.add(PausePoint(is_user_insert, "request")) for api in env.apis]
    signing_up = [
        asyncio.create_task(register(env, api, code, email)) for api, email in zip(env.apis, emails, strict=True)
    ]
    await asyncio.wait_for(asyncio.gather(*(pause_point.reached.wait() for pause_point in making)), 10)
    for pause_point in making:
        pause_point.release()
    answers = await asyncio.gather(*signing_up)
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    (refused,) = (answer for answer in answers if answer.status_code == 422)
    assert field_errors(refused) == {"invite_code": ["is not valid"]}
    assert await env.database["users"].count_documents({"email": {"$in": emails}}) == 1
    await assert_consumed(env, code)


async def test_a_code_stays_consumed_after_its_account_is_deleted(env: Environment) -> None:
    """Also if the process was killed before it could delete the invitation."""
    api, code = env.apis[0], await invite(env.uri)
    using = api.mongo_proxy.add(PausePoint(is_invite_delete, "request"))
    email = new_email()
    signing_up = asyncio.create_task(register(env, api, code, email))
    await asyncio.wait_for(using.reached.wait(), 10)
    api.kill()
    await restart(api)
    await asyncio.gather(signing_up, return_exceptions=True)

    credentials: Json = {"user": {"email": email, "password": PASSWORD}}
    signed_in: Any = (await env.http.post(f"{api.url}/users/sign_in", json=credentials)).json()
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    deletion = {"user": {"password": PASSWORD}}
    answer = await env.http.request("DELETE", f"{api.url}/users", json=deletion, headers=headers)
    assert answer.status_code == 204
    assert await env.database["users"].find_one({"_id": ObjectId(signed_in["_id"])}) is None
    await assert_consumed(env, code)


async def test_a_sign_up_that_is_overtaken_by_the_deletion_of_another_ones_account_is_refused(
    env: Environment, code: str
) -> None:
    """Both would have the same ID, and what is still under way for the deleted account would reach the other one."""
    (slow, fast), email = env.apis, new_email()
    making = slow.mongo_proxy.add(PausePoint(is_user_insert, "request"))
    overtaken = asyncio.create_task(register(env, slow, code, email))
    await asyncio.wait_for(making.reached.wait(), 10)
    signed_up: Any = (await register(env, fast, code)).json()
    headers = {"Authorization": f"Bearer {signed_up['access_token']}"}
    deletion = {"user": {"password": PASSWORD}}
    answer = await env.http.request("DELETE", f"{fast.url}/users", json=deletion, headers=headers)
    assert answer.status_code == 204
    making.release()
    assert field_errors(await overtaken) == {"invite_code": ["is not valid"]}
    account = {"$or": [{"_id": ObjectId(signed_up["_id"])}, {"email": email}]}
    assert await env.database["users"].find_one(account) is None


async def test_the_setup_code_is_valid_until_the_first_account_exists(env: Environment) -> None:
    """An older version marked the code as used before the account was created."""
    await env.database["users"].delete_many({})
    await env.database["invites"].replace_one({"_id": "setup"}, {"created_at": None}, upsert=True)
    made = await register(env, env.apis[0], SETUP_CODE)
    assert made.status_code == 201
    await assert_consumed(env, SETUP_CODE)
