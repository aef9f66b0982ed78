"""One's own sessions: seeing them, ending them."""

import pytest

from tests.support.api_user import ApiUser, sign_in
from tests.support.responses import problem_of
from tests.support.servers import Api

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


async def elsewhere(api: Api, person: ApiUser) -> ApiUser:
    """The same person, signed in on another device."""
    return ApiUser.from_response(api, (await sign_in(api, person.email)).json())


async def refresh(person: ApiUser) -> int:
    form = {"grant_type": "refresh_token", "refresh_token": person.refresh_token}
    return (await person.api.http.post("/users/token", data=form)).status_code


async def is_over(person: ApiUser) -> bool:
    """Whether both tokens of the session are dead."""
    return ((await person.call("GET", "/users")).status_code, await refresh(person)) == (401, 400)


async def test_sessions_are_listed_with_their_devices_the_newest_first(api: Api, person: ApiUser) -> None:
    user = {"email": person.email, "password": "correct horse battery"}
    await api.http.post("/users/sign_in", json={"user": user}, headers={"User-Agent": FIREFOX})
    newest, oldest = (await person.call("GET", "/users/sessions")).json()

    assert newest.keys() == {"_id", "device", "created_at", "last_used_at", "current"}
    assert (newest["device"], newest["current"]) == ("Firefox on Windows", False)
    assert (oldest["device"], oldest["current"]) == ("Python", True)


async def test_a_session_can_be_ended_from_another_one(api: Api, person: ApiUser) -> None:
    other = await elsewhere(api, person)
    (session,) = [each for each in (await person.call("GET", "/users/sessions")).json() if not each["current"]]

    assert (await person.call("DELETE", f"/users/sessions/{session['_id']}")).status_code == 204
    assert await is_over(other)
    assert (await person.call("GET", "/users")).status_code == 200


async def test_all_sessions_can_be_ended_at_once(api: Api, person: ApiUser) -> None:
    other = await elsewhere(api, person)
    assert (await person.call("DELETE", "/users/sessions")).status_code == 204
    assert await is_over(other)
    assert await is_over(person)


@pytest.mark.parametrize("session_id", ["nonsense", "6921f0c2a4b1c93e5d0f7a13"])
async def test_a_session_that_is_none_is_not_found(bystander: ApiUser, session_id: str) -> None:
    problem_of(await bystander.call("DELETE", f"/users/sessions/{session_id}"), 404, "not_found")


async def test_nobody_ends_the_session_of_somebody_else(person: ApiUser, bystander: ApiUser) -> None:
    (session,) = (await person.call("GET", "/users/sessions")).json()
    problem_of(await bystander.call("DELETE", f"/users/sessions/{session['_id']}"), 404, "not_found")
    assert (await person.call("GET", "/users")).status_code == 200


async def test_a_refresh_token_also_signs_out(api: Api, person: ApiUser) -> None:
    """Whoever was offline at sign-out has no fresh access token when the network is back."""
    signed = {"Authorization": f"Bearer {person.refresh_token}"}
    assert (await api.http.delete("/users/sign_out", headers=signed)).status_code == 204
    assert await is_over(person)


async def test_nothing_else_signs_out(api: Api, bystander: ApiUser) -> None:
    forged = bystander.refresh_token[:-4] + "AAAA"
    answer = await api.http.delete("/users/sign_out", headers={"Authorization": f"Bearer {forged}"})
    problem_of(answer, 401, "not_signed_in")
    assert (await bystander.call("GET", "/users")).status_code == 200
