"""A session expires after 30 days without use, and after 90 days in any case."""

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from jose import jwt
from pymongo import AsyncMongoClient

from tests.support.api_user import ApiUser, Json
from tests.support.responses import problem_of
from tests.support.servers import Api, Mongo


@pytest.mark.parametrize(
    ("created_days_ago", "used_days_ago", "is_expired"),
    [(29, 29, False), (31, 31, True), (40, 31, True), (89, 1, False), (91, 0, True)],
)
async def test_a_session_expires(
    api: Api, api_user: ApiUser, mongodb: Mongo, created_days_ago: int, used_days_ago: int, is_expired: bool
) -> None:
    session_id = ObjectId(jwt.get_unverified_claims(api_user.access_token)["sid"])
    now = datetime.now(UTC)
    times = {
        "created_at": now - timedelta(days=created_days_ago),
        "last_used_at": now - timedelta(days=used_days_ago),
    }
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        sessions = client.get_default_database()["sessions"]
        assert (await sessions.update_one({"_id": session_id}, {"$set": times})).matched_count == 1

    form = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token}
    answer = await api.http.post("/users/token", data=form)
    if is_expired:
        problem_of(answer, 400, "session_ended")
    else:
        assert answer.status_code == 200
    # Its last access token is valid for at most fifteen minutes, but an expired session is not listed.
    listed = (await api_user.call("GET", "/users/sessions")).json()
    assert (str(session_id) in [each["_id"] for each in listed]) is not is_expired
