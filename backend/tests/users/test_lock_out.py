"""Nobody can lock the owner of an account out by guessing its password."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.support.api_user import PASSWORD, ApiUser, Json, new_email
from tests.support.mail_server import MailServer, token_of
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Start
from tests.users.conftest import mail_settings

PER_CLIENT = 2
PER_ACCOUNT = 20 * PER_CLIENT
HOME, OFFICE, ELSEWHERE = "203.0.113.1", "203.0.113.2", "203.0.113.3"
NEW_PASSWORD = "staple the battery"


@pytest.fixture
async def api(start: Start) -> AsyncIterator[Api]:
    """An API with a low limit, to which any address is passed on by a proxy."""
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT=str(PER_CLIENT), TRUSTED_PROXIES="127.0.0.1") as api:
        await wait_for_fresh_window(3600)
        yield api


@pytest.fixture
def strangers() -> Callable[[], str]:
    """Returns another address each time."""
    numbers = itertools.count()
    return lambda: "198.51.{}.{}".format(*divmod(next(numbers), 256))


async def sign_in(api: Api, email: str, address: str, password: str = PASSWORD) -> httpx.Response:
    user = {"user": {"email": email, "password": password}}
    return await api.post("/users/sign_in", user, {"X-Forwarded-For": address})


async def sign_up(api: Api, address: str) -> ApiUser:
    email = new_email()
    user = {"email": email, "password": PASSWORD, "password_confirmation": PASSWORD}
    answer = await api.post("/users", {"user": user}, {"X-Forwarded-For": address})
    return ApiUser.from_response(api, answer.json())


async def guess(api: Api, email: str, address: str) -> int:
    return (await sign_in(api, email, address, "a guess")).status_code


async def guess_from_everywhere(api: Api, email: str, strangers: Callable[[], str]) -> list[int]:
    """Use up the attempts of all new addresses of an account, and one more."""
    return [await guess(api, email, strangers()) for _ in range(PER_ACCOUNT + 1)]


async def test_a_stranger_cannot_lock_the_owner_out(api: Api) -> None:
    owner = await sign_up(api, HOME)
    assert [await guess(api, owner.email, ELSEWHERE) for _ in range(PER_CLIENT + 1)] == [401] * PER_CLIENT + [429]
    for address in (HOME, OFFICE):
        assert (await sign_in(api, owner.email, address)).status_code == 201


async def test_many_strangers_cannot_lock_the_owner_out_of_a_known_address(
    api: Api, strangers: Callable[[], str]
) -> None:
    owner = await sign_up(api, HOME)
    assert await guess_from_everywhere(api, owner.email, strangers) == [401] * PER_ACCOUNT + [429]
    problem_of(await sign_in(api, owner.email, OFFICE), 429, "rate_limited")
    assert (await sign_in(api, owner.email, HOME)).status_code == 201
    # Nobody can guess from there without limit, though.
    assert [await guess(api, owner.email, HOME) for _ in range(PER_CLIENT + 1)] == [401] * PER_CLIENT + [429]


async def test_guesses_at_an_unknown_email_are_limited_in_the_same_way(api: Api, strangers: Callable[[], str]) -> None:
    assert await guess_from_everywhere(api, new_email(), strangers) == [401] * PER_ACCOUNT + [429]


async def test_refused_attempts_do_not_count(api: Api, strangers: Callable[[], str]) -> None:
    """Else an owner who tries to sign in meanwhile would use up their own attempts."""
    owner = await sign_up(api, HOME)
    await guess_from_everywhere(api, owner.email, strangers)
    assert [await guess(api, owner.email, OFFICE) for _ in range(PER_CLIENT + 1)] == [429] * (PER_CLIENT + 1)
    async with AsyncMongoClient[Json](api.mongodb_uri) as client:
        await client.get_default_database()["rate_limits"].delete_many({"times": PER_ACCOUNT})
    assert [await guess(api, owner.email, OFFICE) for _ in range(PER_CLIENT + 1)] == [401] * PER_CLIENT + [429]


async def test_an_address_from_which_a_session_is_continued_is_known(api: Api, strangers: Callable[[], str]) -> None:
    owner = await sign_up(api, HOME)
    form = {"grant_type": "refresh_token", "refresh_token": owner.refresh_token}
    assert (await api.http.post("/users/token", data=form, headers={"X-Forwarded-For": OFFICE})).status_code == 200
    await guess_from_everywhere(api, owner.email, strangers)
    assert (await sign_in(api, owner.email, OFFICE)).status_code == 201
    assert (await sign_in(api, owner.email, ELSEWHERE)).status_code == 429


async def test_an_address_from_which_the_password_is_reset_by_mail_is_known(
    start: Start, mail_server: MailServer, strangers: Callable[[], str]
) -> None:
    settings = {"LOGIN_ATTEMPTS_PER_ACCOUNT": str(PER_CLIENT), "TRUSTED_PROXIES": "127.0.0.1"}
    async with start(**settings, **mail_settings(mail_server)) as api:
        await wait_for_fresh_window(3600)
        owner = await sign_up(api, HOME)
        await guess_from_everywhere(api, owner.email, strangers)
        await api.post("/users/password_reset", {"user": {"email": owner.email}})
        (mail,) = await mail_server.wait_for(owner.email)
        new = {"token": token_of(mail), "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
        headers = {"X-Forwarded-For": OFFICE}
        assert (await api.http.put("/users/password_reset", json={"user": new}, headers=headers)).status_code == 204
        await guess_from_everywhere(api, owner.email, strangers)
        assert (await sign_in(api, owner.email, OFFICE, NEW_PASSWORD)).status_code == 201
        assert (await sign_in(api, owner.email, ELSEWHERE, NEW_PASSWORD)).status_code == 429


async def test_a_reset_lets_an_owner_in_who_has_used_up_the_attempts(start: Start, mail_server: MailServer) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="2", **mail_settings(mail_server)) as api:
        await wait_for_fresh_window(3600)
        owner = await ApiUser.sign_up(api)
        assert [(await sign_in(api, owner.email, HOME, "a guess")).status_code for _ in range(3)] == [401, 401, 429]
        await api.post("/users/password_reset", {"user": {"email": owner.email}})
        (mail,) = await mail_server.wait_for(owner.email)
        new = {"password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
        reset = await api.http.put("/users/password_reset", json={"user": {"token": token_of(mail), **new}})
        assert reset.status_code == 204
        assert (await sign_in(api, owner.email, HOME, NEW_PASSWORD)).status_code == 201


async def test_a_guess_makes_no_address_known(api: Api, strangers: Callable[[], str]) -> None:
    owner = await sign_up(api, HOME)
    assert await guess(api, owner.email, ELSEWHERE) == 401
    await guess_from_everywhere(api, owner.email, strangers)
    assert (await sign_in(api, owner.email, ELSEWHERE)).status_code == 429


@pytest.mark.parametrize("address", [HOME, ELSEWHERE])
async def test_a_signed_in_user_can_change_the_password_meanwhile(
    api: Api, strangers: Callable[[], str], address: str
) -> None:
    owner = await sign_up(api, HOME)
    await guess_from_everywhere(api, owner.email, strangers)
    await asyncio.gather(*(guess(api, owner.email, address) for _ in range(PER_CLIENT + 1)))
    change = {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
    answer = await owner.call("PUT", "/users/password", json={"user": change}, headers={"X-Forwarded-For": address})
    assert answer.status_code == 200
    owner.access_token = answer.json()["access_token"]
    deletion = {"user": {"password": NEW_PASSWORD}}
    assert (await owner.call("DELETE", "/users", json=deletion)).status_code == 204


async def test_a_session_that_guesses_the_password_leaves_the_others_their_attempts(api: Api) -> None:
    thief = await sign_up(api, HOME)
    owner = ApiUser.from_response(api, (await sign_in(api, thief.email, HOME)).json())
    wrong, right = {"user": {"password": "a guess"}}, {"user": {"password": PASSWORD}}
    for _ in range(PER_CLIENT):
        answer = await thief.call("DELETE", "/users", json=wrong)
        assert field_errors(answer) == {"password": ["is invalid"]}
    problem_of(await thief.call("DELETE", "/users", json=right), 429, "rate_limited")
    assert (await sign_in(api, owner.email, HOME)).status_code == 201
    assert (await owner.call("DELETE", "/users", json=right)).status_code == 204


@pytest.mark.parametrize("email", ["", "nobody", "a@", "x" * 300 + "@example.com"])
async def test_texts_that_are_no_email_are_not_counted(api: Api, email: str) -> None:
    """They have no password to guess; and with one counter for all, one person's typing errors would limit others."""
    for _ in range(PER_CLIENT + 1):
        problem_of(await sign_in(api, email, ELSEWHERE), 401, "invalid_credentials")


async def test_an_ipv6_site_is_limited_too(api: Api) -> None:
    """Whoever has a /48 could guess from each of its 65,536 networks."""
    email = (await sign_up(api, HOME)).email
    answers = [await guess(api, email, f"2001:db8:1:{number}::1") for number in range(4 * PER_CLIENT + 1)]
    assert answers == [401] * (4 * PER_CLIENT) + [429]
    assert await guess(api, email, "2001:db8:2:1::1") == 401


async def test_an_ipv6_site_has_a_limit_of_attempts_too(start: Start) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE="2", TRUSTED_PROXIES="127.0.0.1") as api:
        await wait_for_fresh_window(60)
        answers = [await guess(api, new_email(), f"2001:db8:1:{number}::1") for number in range(9)]
        assert answers == [401] * 8 + [429]


async def test_known_addresses_are_few_and_do_not_tell_which_they_are(api: Api, strangers: Callable[[], str]) -> None:
    owner = await sign_up(api, HOME)
    await asyncio.gather(*(sign_in(api, owner.email, HOME) for _ in range(PER_CLIENT)))
    for _ in range(25):
        assert (await sign_in(api, owner.email, strangers())).status_code == 201
    async with AsyncMongoClient[Json](api.mongodb_uri) as client:
        users = client.get_default_database()["users"]
        known = (await users.find_one({"email": owner.email}) or {})["known_addresses"]
        assert len(known) == len(set(known)) == 20
        assert not any("198.51." in hashed for hashed in known)
    await guess_from_everywhere(api, owner.email, strangers)
    assert (await sign_in(api, owner.email, HOME)).status_code == 429
    assert (await sign_in(api, owner.email, "198.51.0.24")).status_code == 201


async def test_lock_outs_are_security_events(api: Api) -> None:
    owner = await sign_up(api, HOME)
    for _ in range(PER_CLIENT + 1):
        await guess(api, owner.email, ELSEWHERE)
    assert await api.metric("mysms_security_events_total", kind="rate_limited") == 1
    (line,) = [line for line in api.process.text().splitlines() if "rate_limited" in line and "Security" in line]
    assert "account=" in line
    assert "address=" in line
