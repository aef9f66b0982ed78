"""Listing and ending a user's sessions."""

import pytest

from tests.support.api_user import ApiUser, sign_in
from tests.support.responses import problem_of
from tests.support.servers import Api

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


async def elsewhere(api: Api, api_user: ApiUser) -> ApiUser:
    """The same user, signed in on another device."""
    return ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())


async def refresh(api_user: ApiUser) -> int:
    form = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token}
    return (await api_user.api.http.post("/users/token", data=form)).status_code


async def has_ended(api_user: ApiUser) -> bool:
    """Whether both tokens of the session are rejected."""
    return ((await api_user.call("GET", "/users")).status_code, await refresh(api_user)) == (401, 400)


async def test_sessions_are_listed_with_their_devices_newest_first(api: Api, api_user: ApiUser) -> None:
    user = {"email": api_user.email, "password": "correct horse battery"}
    await api.http.post("/users/sign_in", json={"user": user}, headers={"User-Agent": FIREFOX})
    newest, oldest = (await api_user.call("GET", "/users/sessions")).json()

    assert newest.keys() == {"_id", "device", "created_at", "last_used_at", "current"}
    assert (newest["device"], newest["current"]) == ("Firefox on Windows", False)
    assert (oldest["device"], oldest["current"]) == ("Python", True)


async def test_a_session_can_be_ended_from_another_one(api: Api, api_user: ApiUser) -> None:
    other = await elsewhere(api, api_user)
    (session,) = [each for each in (await api_user.call("GET", "/users/sessions")).json() if not each["current"]]

    assert (await api_user.call("DELETE", f"/users/sessions/{session['_id']}")).status_code == 204
    assert await has_ended(other)
    assert (await api_user.call("GET", "/users")).status_code == 200


async def test_all_sessions_can_be_ended_at_once(api: Api, api_user: ApiUser) -> None:
    other = await elsewhere(api, api_user)
    assert (await api_user.call("DELETE", "/users/sessions")).status_code == 204
    assert await has_ended(other)
    assert await has_ended(api_user)


@pytest.mark.parametrize("session_id", ["nonsense", "6921f0c2a4b1c93e5d0f7a13"])
async def test_an_unknown_session_is_not_found(readonly_user: ApiUser, session_id: str) -> None:
    problem_of(await readonly_user.call("DELETE", f"/users/sessions/{session_id}"), 404, "not_found")


async def test_another_users_session_cannot_be_ended(api_user: ApiUser, readonly_user: ApiUser) -> None:
    (session,) = (await api_user.call("GET", "/users/sessions")).json()
    problem_of(await readonly_user.call("DELETE", f"/users/sessions/{session['_id']}"), 404, "not_found")
    assert (await api_user.call("GET", "/users")).status_code == 200


async def test_a_refresh_token_also_signs_out(api: Api, api_user: ApiUser) -> None:
    """After an offline sign-out the client may have no valid access token when the network is back."""
    signed = {"Authorization": f"Bearer {api_user.refresh_token}"}
    assert (await api.http.delete("/users/sign_out", headers=signed)).status_code == 204
    assert await has_ended(api_user)


async def test_a_forged_refresh_token_does_not_sign_out(api: Api, readonly_user: ApiUser) -> None:
    forged = readonly_user.refresh_token[:-4] + "AAAA"
    answer = await api.http.delete("/users/sign_out", headers={"Authorization": f"Bearer {forged}"})
    problem_of(answer, 401, "not_signed_in")
    assert (await readonly_user.call("GET", "/users")).status_code == 200
