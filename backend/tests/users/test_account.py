"""Changing the password, and deleting the account."""

import asyncio

import httpx
import pytest

from tests.support.api_user import PASSWORD, ApiUser, Json, new_number, register, sign_in
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Simulator

NEW_PASSWORD = "staple the battery"


def change(**fields: object) -> Json:
    new = {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
    return {"user": {**new, **fields}}


async def test_changing_the_password_ends_other_sessions_and_the_old_password(api: Api, api_user: ApiUser) -> None:
    other = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
    changed = await change_password(api_user)

    assert (await sign_in(api, api_user.email, PASSWORD)).status_code == 401
    assert (await sign_in(api, api_user.email, NEW_PASSWORD)).status_code == 201
    assert (await other.call("GET", "/users")).status_code == 401
    assert (await changed.call("GET", "/users")).status_code == 200
    await changed.refresh_tokens()


async def test_changing_the_password_leaves_a_stolen_token_worthless(api: Api, api_user: ApiUser) -> None:
    """Whether the thief has only copied it or has kept pace with it."""
    thief = ApiUser(api, api_user.id, api_user.email, api_user.access_token, api_user.refresh_token)
    await thief.refresh_tokens()
    changed = await change_password(api_user)

    for token in (thief.refresh_token, api_user.refresh_token):
        form = {"grant_type": "refresh_token", "refresh_token": token}
        problem_of(await api.http.post("/users/token", data=form), 400, "session_ended")
    for access_token in (thief.access_token, api_user.access_token):
        headers = {"Authorization": f"Bearer {access_token}"}
        problem_of(await api.http.get("/users", headers=headers), 401, "not_signed_in")
    (session,) = (await changed.call("GET", "/users/sessions")).json()
    assert session["current"]
    await changed.refresh_tokens()


async def test_of_two_changes_of_the_password_at_once_one_counts(api: Api, api_user: ApiUser) -> None:
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(2)]
    answers = await asyncio.gather(
        *(
            api_user.call("PUT", "/users/password", json=change(password=each, password_confirmation=each))
            for each in passwords
        )
    )
    ((password, answer),) = [pair for pair in zip(passwords, answers, strict=True) if pair[1].status_code == 200]
    assert sorted(each.status_code for each in answers) in ([200, 401], [200, 422])
    assert (await sign_in(api, api_user.email, password)).status_code == 201
    await with_tokens(api_user, answer).refresh_tokens()


def with_tokens(api_user: ApiUser, answer: httpx.Response) -> ApiUser:
    tokens = answer.json()
    return ApiUser(api_user.api, api_user.id, api_user.email, tokens["access_token"], tokens["refresh_token"])


async def change_password(api_user: ApiUser) -> ApiUser:
    """Change the password. Returns the user with the tokens of the new session."""
    answer = await api_user.call("PUT", "/users/password", json=change())
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    return with_tokens(api_user, answer)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"current_password": "wrong"}, {"current_password": ["is invalid"]}),
        (
            {"password": "short", "password_confirmation": "short"},
            {"password": ["is too short (minimum is 8 characters)"]},
        ),
        ({"password_confirmation": "other"}, {"password_confirmation": ["doesn't match Password"]}),
    ],
)
async def test_an_invalid_password_change_is_rejected_with_reasons(
    api: Api, readonly_user: ApiUser, fields: Json, errors: dict[str, list[str]]
) -> None:
    assert field_errors(await readonly_user.call("PUT", "/users/password", json=change(**fields))) == errors
    assert (await sign_in(api, readonly_user.email, PASSWORD)).status_code == 201


async def test_deleting_an_account_deletes_its_data(api: Api, api_user: ApiUser, simulator: Simulator) -> None:
    number = new_number()
    await api_user.send_accepted(number, "Sent before")
    await simulator.control.set_fault("rate_limited", to=number)
    assert (await api_user.send(number, "Never sent")).status_code == 202

    user = {"user": {"password": PASSWORD}}
    assert (await api_user.call("DELETE", "/users", json=user)).status_code == 204
    assert (await api_user.call("GET", "/users")).status_code == 401
    assert (await sign_in(api, api_user.email)).status_code == 401

    again = ApiUser.from_response(api, (await register(api, email=api_user.email)).json())
    assert await again.list() == []
    await simulator.control.reset_faults()
    after = new_number()
    await again.send_accepted(after, "A sign that the outbox has gone on")
    bodies = [entry.message["body"] for entry in await simulator.control.ledger()]
    assert "Never sent" not in bodies


async def test_an_account_is_not_deleted_without_its_password(readonly_user: ApiUser) -> None:
    answer = await readonly_user.call("DELETE", "/users", json={"user": {"password": "wrong"}})
    assert field_errors(answer) == {"password": ["is invalid"]}
    assert (await readonly_user.call("GET", "/users")).status_code == 200
