"""Refresh tokens of the previous version, which were counted: their sessions continue with random tokens."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from mysms.users.models import expiry_of
from mysms.users.tokens import RefreshClaims, TokenSigner
from tests.support.api_user import ApiUser, Json
from tests.support.refresh import refresh, successor_of
from tests.support.responses import problem_of
from tests.support.servers import JWT_SECRET, Api, Mongo

SIGNER = TokenSigner((JWT_SECRET,))
NEWEST_USED = 7


@pytest.fixture
async def sessions(mongodb: Mongo) -> AsyncIterator[AsyncCollection[Json]]:
    async with AsyncMongoClient[Json](mongodb.uri, tz_aware=True) as client:
        yield client.get_default_database()["sessions"]


@pytest.fixture
async def session_id(api_user: ApiUser, sessions: AsyncCollection[Json]) -> ObjectId:
    """A session as the previous version stores it."""
    now = datetime.now(UTC)
    session = {
        "_id": ObjectId(),
        "user_id": ObjectId(api_user.id),
        "generation": NEWEST_USED,
        "device": "Python",
        "created_at": now,
        "last_used_at": now,
        "expires_at": expiry_of(now, now),
        "schema_version": 1,
    }
    await sessions.insert_one(session)
    return ObjectId(str(session["_id"]))


def counted(session_id: ObjectId, number: int) -> str:
    return SIGNER.make_refresh_token(RefreshClaims(session_id, number))


async def use_in_previous_version(sessions: AsyncCollection[Json], session_id: ObjectId, number: int) -> str:
    """Use a counted token as the previous version does. Returns its successor."""
    session = await sessions.find_one({"_id": session_id})
    assert session is not None
    assert number >= session["generation"], "the previous version would have ended the session"
    await sessions.update_one({"_id": session_id, "generation": number - 1}, {"$set": {"generation": number}})
    return counted(session_id, number + 1)


@pytest.mark.parametrize("number", [NEWEST_USED, NEWEST_USED + 1], ids=["newest used", "its successor"])
async def test_a_session_of_the_previous_version_continues_with_random_tokens(
    api: Api, session_id: ObjectId, number: int
) -> None:
    token = counted(session_id, number)
    # An answer may be lost, and two tabs may race.
    answers = await asyncio.gather(*(refresh(api, token) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    successors = {answer.json()["refresh_token"] for answer in answers}
    assert len(successors) == 4

    newest = await successor_of(api, successors.pop())
    problem_of(await refresh(api, token), 400, "session_ended")
    problem_of(await refresh(api, newest), 400, "session_ended")


@pytest.mark.parametrize("number", [0, 1, NEWEST_USED - 1])
async def test_an_old_token_of_the_previous_version_ends_the_session(
    api: Api, session_id: ObjectId, number: int
) -> None:
    problem_of(await refresh(api, counted(session_id, number)), 400, "session_ended")
    problem_of(await refresh(api, counted(session_id, NEWEST_USED + 1)), 400, "session_ended")


@pytest.mark.parametrize("number", [NEWEST_USED, NEWEST_USED + 1, NEWEST_USED + 2, 2**63 - 1])
async def test_no_counted_token_is_accepted_once_a_random_one_was_used(
    api: Api, session_id: ObjectId, number: int
) -> None:
    newest = await successor_of(api, await successor_of(api, counted(session_id, NEWEST_USED)))
    problem_of(await refresh(api, counted(session_id, number)), 400, "session_ended")
    problem_of(await refresh(api, newest), 400, "session_ended")


async def test_a_session_continues_in_both_versions_until_a_random_token_was_used(
    api: Api, session_id: ObjectId, sessions: AsyncCollection[Json]
) -> None:
    """In a rolling deployment any process may answer, and any answer may be lost."""
    number = NEWEST_USED + 1
    await successor_of(api, counted(session_id, number))
    assert await use_in_previous_version(sessions, session_id, number) == counted(session_id, number + 1)
    await successor_of(api, counted(session_id, number + 1))
    await use_in_previous_version(sessions, session_id, number + 1)
    await use_in_previous_version(sessions, session_id, number + 2)
    random = await successor_of(api, counted(session_id, number + 3))
    await successor_of(api, await successor_of(api, random))


async def test_the_previous_version_cannot_store_the_number_of_a_random_token(
    api_user: ApiUser, sessions: AsyncCollection[Json]
) -> None:
    """So its refresh fails and changes nothing, and the SPA tries again, instead of signing the user out."""
    token = SIGNER.read_refresh_token(api_user.refresh_token)
    assert token.number >= 2**63
    with pytest.raises(OverflowError):
        await use_in_previous_version(sessions, token.session_id, token.number)
