"""Rotation of refresh tokens: lost responses and concurrent tabs do no harm, a copied token is detected."""

import asyncio
import hashlib
from typing import Any

from bson import ObjectId
from pymongo import AsyncMongoClient

from tests.support.api_user import ApiUser
from tests.support.refresh import refresh, successor_of
from tests.support.responses import problem_of
from tests.support.servers import Api


async def test_a_session_continues_with_each_new_token(api: Api, api_user: ApiUser) -> None:
    token = api_user.refresh_token
    for _ in range(5):
        response = await refresh(api, token)
        token = response.json()["refresh_token"]
        continued = ApiUser(api, api_user.id, api_user.email, response.json()["access_token"], token)
        assert (await continued.call("GET", "/users")).json()["_id"] == api_user.id


async def test_a_token_is_valid_until_its_successor_is_used(api: Api, api_user: ApiUser) -> None:
    """The response may have been lost, for example because the page was reloaded meanwhile."""
    token = api_user.refresh_token
    for _ in range(3):
        successors = [await successor_of(api, token) for _ in range(20)]
        assert len(set(successors)) == 20
        # The client may have received any one of them.
        token = successors[3]


async def test_a_successor_ends_the_session_once_another_one_was_used(api: Api, api_user: ApiUser) -> None:
    """One of two who have the same token got it, so one of them has copied the token."""
    first = await successor_of(api, api_user.refresh_token)
    other = await successor_of(api, api_user.refresh_token)
    newest = await successor_of(api, first)

    for token in (other, newest, first):
        problem_of(await refresh(api, token), 400, "session_ended")
    problem_of(await api_user.call("GET", "/users"), 401, "not_signed_in")


async def test_of_a_refresh_token_only_a_hash_is_stored(api: Api, api_user: ApiUser) -> None:
    tokens = [api_user.refresh_token]
    for _ in range(2):
        tokens.append(await successor_of(api, tokens[-1]))
        async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
            session = await client.get_default_database()["sessions"].find_one({"user_id": ObjectId(api_user.id)})
        assert session is not None
        session_id, number, _ = tokens[-2].split(".")
        hashed = hashlib.blake2b(f"{session_id}.{number}".encode(), digest_size=16).hexdigest()
        assert session["token_hash"] == hashed
        for token in tokens:
            assert [part for part in token.split(".")[1:] if part in str(session)] == []


async def test_using_a_token_after_its_successor_was_used_ends_the_session(api: Api, api_user: ApiUser) -> None:
    first = await successor_of(api, api_user.refresh_token)
    second = await successor_of(api, first)

    problem_of(await refresh(api, api_user.refresh_token), 400, "session_ended")

    for token in (second, first):
        problem_of(await refresh(api, token), 400, "session_ended")
    problem_of(await api_user.call("GET", "/users"), 401, "not_signed_in")


async def test_the_end_of_a_session_does_not_end_others(api: Api, api_user: ApiUser) -> None:
    signed_in = {"user": {"email": api_user.email, "password": "correct horse battery"}}
    elsewhere = (await api.post("/users/sign_in", signed_in)).json()
    await successor_of(api, await successor_of(api, api_user.refresh_token))
    problem_of(await refresh(api, api_user.refresh_token), 400, "session_ended")

    await successor_of(api, elsewhere["refresh_token"])


async def test_several_tabs_may_refresh_at_once(api: Api, api_user: ApiUser) -> None:
    answers = await asyncio.gather(*(refresh(api, api_user.refresh_token) for _ in range(8)))

    assert [answer.status_code for answer in answers] == [200] * 8
    for answer in answers:
        tab = ApiUser(api, api_user.id, api_user.email, answer.json()["access_token"], "")
        assert (await tab.call("GET", "/users")).status_code == 200
    # The browser stores one of the answers, which all tabs use from then on.
    stored = answers[5].json()["refresh_token"]
    again = await asyncio.gather(*(refresh(api, stored) for _ in range(8)))
    assert [answer.status_code for answer in again] == [200] * 8
