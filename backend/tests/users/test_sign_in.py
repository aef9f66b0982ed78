"""POST /users/sign_in."""

import pytest

from tests.support.api_user import PASSWORD, ApiUser, new_email, register, sign_in
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api


async def test_signing_in_opens_a_session_of_the_same_account(api: Api, api_user: ApiUser) -> None:
    response = await sign_in(api, api_user.email)

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["_id"], body["email"]) == (api_user.id, api_user.email)
    assert body["refresh_token"] != api_user.refresh_token
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body.keys() == (await register(api)).json().keys()


async def test_a_user_can_have_several_sessions(api: Api, api_user: ApiUser) -> None:
    elsewhere = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
    for session in (api_user, elsewhere):
        assert (await session.call("GET", "/users")).json()["_id"] == api_user.id


@pytest.mark.parametrize("written", ["{0}", " {0} ", "{1}"])
async def test_case_and_surrounding_spaces_of_the_email_are_ignored(
    api: Api, readonly_user: ApiUser, written: str
) -> None:
    assert (await sign_in(api, written.format(readonly_user.email, readonly_user.email.upper()))).status_code == 201


@pytest.mark.parametrize(
    ("signed_up_as", "signs_in_as"),
    [
        ("{}@exämple.com", "{}@xn--exmple-cua.com"),
        ("{}@xn--exmple-cua.com", "{}@xn--exmple-cua.com"),
        ("{}josé@example.com", "{}jose\u0301@example.com"),
        ("{}jose\u0301@example.com", "{}JOSE\u0301@example.com"),
    ],
)
async def test_equivalent_spellings_of_an_email_are_accepted(api: Api, signed_up_as: str, signs_in_as: str) -> None:
    name = new_email().partition("@")[0]
    assert (await register(api, email=signed_up_as.format(name))).status_code == 201
    assert (await sign_in(api, signs_in_as.format(name))).status_code == 201


@pytest.mark.parametrize("password", ["", "correct horse batterY", PASSWORD + " ", PASSWORD[:-1], "x" * 5_000, "\x00"])
async def test_a_wrong_password_is_rejected(api: Api, readonly_user: ApiUser, password: str) -> None:
    problem = problem_of(await sign_in(api, readonly_user.email, password), 401, "invalid_credentials")
    assert problem["detail"] == "Invalid email or password."


@pytest.mark.parametrize(
    "email", ["", "nobody", "nobody@example.com", "x" * 5_000, "\u0301" * 1_000, "a\x00@example.com"]
)
async def test_an_unknown_email_is_rejected_in_the_same_words(api: Api, email: str) -> None:
    problem = problem_of(await sign_in(api, email), 401, "invalid_credentials")
    assert problem["detail"] == "Invalid email or password."


@pytest.mark.parametrize(
    ("email", "password", "errors"),
    [
        ({"$ne": ""}, PASSWORD, {"email": ["must be a string"]}),
        ("a@example.com", {"$ne": ""}, {"password": ["must be a string"]}),
        (None, 7, {"email": ["must be a string"], "password": ["must be a string"]}),
        ("\ud800", "\ud800", {name: ["contains an invalid character"] for name in ("email", "password")}),
    ],
)
async def test_values_that_are_not_valid_text_are_rejected(
    api: Api, email: object, password: object, errors: object
) -> None:
    assert field_errors(await sign_in(api, email, password)) == errors


async def test_missing_and_unknown_fields_are_named(api: Api) -> None:
    response = await api.post("/users/sign_in", {"user": {"remember_me": True}})
    assert field_errors(response) == {
        "email": ["can't be blank"],
        "password": ["can't be blank"],
        "remember_me": ["is not a known field"],
    }
