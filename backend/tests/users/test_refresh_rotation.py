"""Refresh tokens are rotated at each use: a lost answer or a racing tab loses nothing, a copied token is found out."""

import asyncio

import httpx

from tests.support.api_user import ApiUser
from tests.support.responses import problem_of
from tests.support.servers import Api


async def refresh(api: Api, token: str) -> httpx.Response:
    return await api.http.post("/users/token", data={"grant_type": "refresh_token", "refresh_token": token})


async def successor_of(api: Api, token: str) -> str:
    response = await refresh(api, token)
    assert response.status_code == 200, response.text
    successor: str = response.json()["refresh_token"]
    return successor


async def test_a_session_goes_on_from_token_to_token(api: Api, api_user: ApiUser) -> None:
    token = api_user.refresh_token
    for _ in range(5):
        response = await refresh(api, token)
        token = response.json()["refresh_token"]
        continued = ApiUser(api, api_user.id, api_user.email, response.json()["access_token"], token)
        assert (await continued.call("GET", "/users")).json()["_id"] == api_user.id


async def test_a_token_may_be_used_again_until_its_successor_is(api: Api, api_user: ApiUser) -> None:
    """The answer got lost: the page was reloaded while it was on its way."""
    first = await successor_of(api, api_user.refresh_token)
    again = await successor_of(api, api_user.refresh_token)
    # Either of the two answers may be the one that was kept.
    for token in (again, first):
        await successor_of(api, token)


async def test_a_token_whose_successor_was_used_ends_the_session_for_everybody(api: Api, api_user: ApiUser) -> None:
    first = await successor_of(api, api_user.refresh_token)
    second = await successor_of(api, first)

    problem_of(await refresh(api, api_user.refresh_token), 400, "session_ended")

    for token in (second, first):
        problem_of(await refresh(api, token), 400, "session_ended")
    problem_of(await api_user.call("GET", "/users"), 401, "not_signed_in")


async def test_the_end_of_a_session_ends_no_other(api: Api, api_user: ApiUser) -> None:
    signed_in = {"user": {"email": api_user.email, "password": "correct horse battery"}}
    elsewhere = (await api.post("/users/sign_in", signed_in)).json()
    await successor_of(api, await successor_of(api, api_user.refresh_token))
    problem_of(await refresh(api, api_user.refresh_token), 400, "session_ended")

    await successor_of(api, elsewhere["refresh_token"])


async def test_two_tabs_may_refresh_at_once(api: Api, api_user: ApiUser) -> None:
    answers = await asyncio.gather(*(refresh(api, api_user.refresh_token) for _ in range(8)))

    assert [answer.status_code for answer in answers] == [200] * 8
    for answer in answers:
        tab = ApiUser(api, api_user.id, api_user.email, answer.json()["access_token"], "")
        assert (await tab.call("GET", "/users")).status_code == 200
    again = await asyncio.gather(*(refresh(api, answer.json()["refresh_token"]) for answer in answers))
    assert [answer.status_code for answer in again] == [200] * 8
