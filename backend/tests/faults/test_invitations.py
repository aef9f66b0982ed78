"""An invitation is good for one account: also if a process dies, or loses its database, before that is made."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest
from bson import ObjectId

from tests.faults.environment import ApiProcess, Json, World, running_world
from tests.faults.mongo_proxy import Command, Trap
from tests.support.answers import field_errors
from tests.support.invitations import invite

PASSWORD = "correct horse battery"
SETUP_CODE = "the setup code of these tests"
_places = count(1)


@pytest.fixture(scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("invitations")
    async with running_world(directory, name="invitations", SETUP_CODE=SETUP_CODE) as world:
        for api in world.apis:
            await api.kill()
            await api.start(SIGNUP="invite")
        yield world


@pytest.fixture
async def world(shared_world: World) -> AsyncIterator[World]:
    yield shared_world
    for api in shared_world.apis:
        api.tap.release()


@pytest.fixture(params=["invite", "older invite", "setup code"])
async def code(world: World, request: pytest.FixtureRequest) -> str:
    if request.param == "setup code":
        # What lets the first person in, lets nobody in but the first.
        await world.database["users"].delete_many({})
        await world.database["invites"].delete_many({})
        return SETUP_CODE
    return await invite(world.uri, of_an_older_version=request.param == "older invite")


def new_email() -> str:
    return f"invited-{next(_places)}@example.com"


async def register(world: World, api: ApiProcess, code: str, email: str | None = None) -> httpx.Response:
    user = {"email": email or new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
    return await world.http.post(f"{api.url}/users", json={"user": {**user, "invite_code": code}})


def is_account(command: Command) -> bool:
    return bool(command.get("insert") == "users")


def is_using_up(command: Command) -> bool:
    return bool(command.get("delete") == "invites")


async def used_up(world: World, code: str) -> None:
    for api in world.apis:
        assert field_errors(await register(world, api, code)) == {"invite_code": ["is not valid"]}


async def restart(api: ApiProcess) -> None:
    await api.tap.cut()
    await api.bury()
    await api.start(SIGNUP="invite")


async def test_a_process_that_dies_before_the_account_is_made_burns_no_code(world: World, code: str) -> None:
    api = world.apis[0]
    making = api.tap.set(Trap(is_account, "request"))
    signing_up = asyncio.create_task(register(world, api, code))
    await asyncio.wait_for(making.sprung.wait(), 10)
    api.die()
    await restart(api)
    await asyncio.gather(signing_up, return_exceptions=True)

    assert (await register(world, api, code)).status_code == 201
    await used_up(world, code)


async def test_a_connection_that_breaks_before_the_account_is_made_burns_no_code(world: World, code: str) -> None:
    api, email = world.apis[0], new_email()
    making = api.tap.set(Trap(is_account, "request"))
    signing_up = asyncio.create_task(register(world, api, code, email))
    await asyncio.wait_for(making.sprung.wait(), 10)
    await api.tap.cut()
    assert (await signing_up).status_code == 503

    assert (await register(world, api, code, email)).status_code == 201
    await used_up(world, code)


async def test_who_was_not_told_of_the_account_is_told_that_it_is_there(world: World, code: str) -> None:
    """Made, but its answer was lost: the same sign-up again, in the other process."""
    (api, other), email = world.apis, new_email()
    making = api.tap.set(Trap(is_account, "reply"))
    signing_up = asyncio.create_task(register(world, api, code, email))
    await asyncio.wait_for(making.sprung.wait(), 10)
    await api.tap.cut()
    assert (await signing_up).status_code == 503

    if code != SETUP_CODE:
        again = field_errors(await register(world, other, code, email))
        assert again == {"invite_code": ["is not valid"], "email": ["has already been taken"]}
    credentials = {"user": {"email": email, "password": PASSWORD}}
    assert (await world.http.post(f"{other.url}/users/sign_in", json=credentials)).status_code == 201
    await used_up(world, code)


async def test_of_two_who_sign_up_with_one_code_at_once_one_gets_an_account(world: World, code: str) -> None:
    emails = [new_email(), new_email()]
    making = [api.tap.set(Trap(is_account, "request")) for api in world.apis]
    signing_up = [
        asyncio.create_task(register(world, api, code, email)) for api, email in zip(world.apis, emails, strict=True)
    ]
    await asyncio.wait_for(asyncio.gather(*(trap.sprung.wait() for trap in making)), 10)
    for trap in making:
        trap.release()
    answers = await asyncio.gather(*signing_up)
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    (refused,) = (answer for answer in answers if answer.status_code == 422)
    assert field_errors(refused) == {"invite_code": ["is not valid"]}
    assert await world.database["users"].count_documents({"email": {"$in": emails}}) == 1
    await used_up(world, code)


async def test_a_code_is_not_good_again_once_its_account_is_deleted(world: World) -> None:
    """Not even if its process died before it could use it up."""
    api, code = world.apis[0], await invite(world.uri)
    using = api.tap.set(Trap(is_using_up, "request"))
    email = new_email()
    signing_up = asyncio.create_task(register(world, api, code, email))
    await asyncio.wait_for(using.sprung.wait(), 10)
    api.die()
    await restart(api)
    await asyncio.gather(signing_up, return_exceptions=True)

    credentials: Json = {"user": {"email": email, "password": PASSWORD}}
    signed_in: Any = (await world.http.post(f"{api.url}/users/sign_in", json=credentials)).json()
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    deletion = {"user": {"password": PASSWORD}}
    answer = await world.http.request("DELETE", f"{api.url}/users", json=deletion, headers=headers)
    assert answer.status_code == 204
    assert await world.database["users"].find_one({"_id": ObjectId(signed_in["_id"])}) is None
    await used_up(world, code)


async def test_the_setup_code_is_good_as_long_as_there_is_no_account(world: World) -> None:
    """An older version marked it as used before the account was made, and so for ever."""
    await world.database["users"].delete_many({})
    await world.database["invites"].replace_one({"_id": "setup"}, {"created_at": None}, upsert=True)
    made = await register(world, world.apis[0], SETUP_CODE)
    assert made.status_code == 201
    await used_up(world, SETUP_CODE)
