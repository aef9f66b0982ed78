"""GET /users and DELETE /users/sign_out."""

from tests.support.api_user import ApiUser, register, sign_in
from tests.support.responses import problem_of
from tests.support.servers import Api


async def test_the_account_is_shown_without_its_secrets(api: Api) -> None:
    signed_up = (await register(api)).json()
    response = await ApiUser.from_response(api, signed_up).call("GET", "/users")

    assert response.status_code == 200
    assert response.json() == {name: signed_up[name] for name in ("_id", "email", "created_at")}


async def test_the_account_requires_a_session(api: Api) -> None:
    response = await api.http.get("/users")
    assert problem_of(response, 401, "not_signed_in")["detail"] == "You need to sign in first."
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_signing_out_invalidates_both_tokens_of_the_session(api: Api, api_user: ApiUser) -> None:
    response = await api_user.call("DELETE", "/users/sign_out")
    assert (response.status_code, response.content) == (204, b"")

    problem_of(await api_user.call("GET", "/users"), 401, "not_signed_in")
    problem_of(await api_user.call("DELETE", "/users/sign_out"), 401, "not_signed_in")
    refresh = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token}
    problem_of(await api.http.post("/users/token", data=refresh), 400, "session_ended")


async def test_signing_out_does_not_end_other_sessions(api: Api, api_user: ApiUser) -> None:
    elsewhere = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
    await api_user.call("DELETE", "/users/sign_out")
    assert (await elsewhere.call("GET", "/users")).status_code == 200


async def test_signing_out_requires_a_session(api: Api) -> None:
    problem_of(await api.http.delete("/users/sign_out"), 401, "not_signed_in")
