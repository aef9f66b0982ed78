"""Who may sign up, and how often somebody may try."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from mysms.users.rate_limits import client_ip_key
from mysms.users.user_agent import describe_user_agent
from tests.support.api_user import PASSWORD, ApiUser, new_email, register, sign_in
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Start


async def limited_after(allowed: int, attempt: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The refusal of the first attempt that is not allowed any more; all before it are."""
    await wait_for_fresh_window(60)
    answers = [await attempt() for _ in range(allowed + 1)]
    assert [answer.status_code == 429 for answer in answers] == [False] * allowed + [True]
    return answers[-1]


async def test_closed_means_closed(start: Start) -> None:
    async with start(SIGNUP_MODE="closed") as api:
        assert (await api.http.get("/users/sign_up")).json() == {"mode": "closed"}
        problem_of(await register(api), 403, "sign_up_closed")


async def test_an_invitation_is_needed_and_good_for_the_first_account_by_the_setup_code(start: Start) -> None:
    async with start(SIGNUP_MODE="invite", SETUP_CODE="let me in") as api:
        assert (await api.http.get("/users/sign_up")).json() == {"mode": "invite"}
        assert field_errors(await register(api)) == {"invite_code": ["can't be blank"]}
        assert field_errors(await register(api, invite_code="guess")) == {"invite_code": ["is not valid"]}
        assert (await register(api, invite_code="let me in")).status_code == 201
        assert field_errors(await register(api, invite_code="let me in")) == {"invite_code": ["is not valid"]}


async def test_an_address_may_not_sign_in_for_ever(start: Start) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE="4") as api:
        limited = await limited_after(4, lambda: sign_in(api, new_email()))
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 60
        assert limited.headers["Retry-After"] in limited.json()["detail"]


async def test_an_address_may_not_sign_up_for_ever(start: Start) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE="3") as api:
        limited = await limited_after(3, lambda: register(api))
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 60


async def test_an_address_may_not_ask_for_tokens_by_password_for_ever(start: Start) -> None:
    """The other way in has the same limit, and shares it."""
    async with start(AUTH_ATTEMPTS_PER_MINUTE="4") as api:
        turns = itertools.count()

        async def attempt() -> httpx.Response:
            if next(turns) % 2:
                return await sign_in(api, new_email())
            form = {"grant_type": "password", "username": new_email(), "password": "wrong"}
            return await api.http.post("/users/token", data=form)

        limited = await limited_after(4, attempt)
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("limit", "window"),
    [("AUTH_ATTEMPTS_PER_MINUTE", 60), ("LOGIN_ATTEMPTS_PER_ACCOUNT", 300)],
    ids=["address", "account"],
)
@pytest.mark.parametrize(("method", "path"), [("PUT", "/users/password"), ("DELETE", "/users")])
async def test_a_current_password_may_not_be_guessed_for_ever(
    start: Start, limit: str, window: int, method: str, path: str
) -> None:
    async with start(**{limit: "3"}) as api:
        api_user = await ApiUser.sign_up(api)
        user = {"password": "wrong"}
        if method == "PUT":
            user = {"current_password": "wrong", "password": "a new one", "password_confirmation": "a new one"}
        limited = await limited_after(3, lambda: api_user.call(method, path, json={"user": user}))
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= window
        assert (await api_user.call("GET", "/users")).status_code == 200


async def test_a_session_may_not_refresh_for_ever(start: Start) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE="5") as api:
        api_user = await ApiUser.sign_up(api)
        form = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token}
        limited = await limited_after(5, lambda: api.http.post("/users/token", data=form))
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 60
        other = (await sign_in(api, api_user.email)).json()["refresh_token"]
        form["refresh_token"] = other
        assert (await api.http.post("/users/token", data=form)).status_code == 200


async def test_an_account_may_not_be_tried_for_ever_also_if_there_is_none(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="3") as api:
        known = (await ApiUser.sign_up(api)).email
        for email in (known, new_email()):
            limited = await limited_after(3, lambda email=email: sign_in(api, email, "wrong"))  # type: ignore[misc]
            problem_of(limited, 429, "rate_limited")
            assert 1 <= int(limited.headers["Retry-After"]) <= 300
            assert (await sign_in(api, email, PASSWORD)).status_code == 429


async def test_a_right_password_may_be_used_as_often_as_one_likes_and_forgives_no_wrong_one(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="3") as api:
        await wait_for_fresh_window(60)
        api_user = await ApiUser.sign_up(api)
        form = {"grant_type": "password", "username": api_user.email, "password": PASSWORD}
        user = {"current_password": PASSWORD, "password": PASSWORD, "password_confirmation": PASSWORD}

        async def use_it() -> list[int]:
            answers = [
                await sign_in(api, api_user.email),
                await api.http.post("/users/token", data=form),
                await api_user.call("PUT", "/users/password", json={"user": user}),
            ]
            return [answer.status_code for answer in answers]

        for _ in range(3):
            assert await use_it() == [201, 200, 204]
            assert (await sign_in(api, api_user.email, "wrong")).status_code == 401
        assert await use_it() == [429, 429, 429]


async def test_many_guesses_at_once_are_no_more_than_the_limit(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="3") as api:
        await wait_for_fresh_window(60)
        email = (await ApiUser.sign_up(api)).email
        answers = await asyncio.gather(*(sign_in(api, email, f"guess {number}") for number in range(20)))
        assert sum(answer.status_code == 401 for answer in answers) == 3


async def test_a_limit_holds_over_several_processes(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="4") as one, start(LOGIN_ATTEMPTS_PER_ACCOUNT="4") as other:
        email = new_email()
        turns = iter([one, other] * 20)
        limited = await limited_after(4, lambda: sign_in(next(turns), email, "wrong"))
        problem_of(limited, 429, "rate_limited")


async def test_only_trusted_proxies_are_believed(start: Start) -> None:
    async def attempt(api: Api, address: str) -> int:
        user = {"email": new_email(), "password": "wrong"}
        headers = {"X-Forwarded-For": address}
        return (await api.http.post("/users/sign_in", json={"user": user}, headers=headers)).status_code

    async with start(AUTH_ATTEMPTS_PER_MINUTE="2") as api:
        assert 429 in [await attempt(api, f"203.0.113.{number}") for number in range(6)]
    async with start(AUTH_ATTEMPTS_PER_MINUTE="2", TRUSTED_PROXIES="127.0.0.1") as api:
        assert 429 not in [await attempt(api, f"198.51.100.{number}") for number in range(6)]
        assert 429 in [await attempt(api, "198.51.100.77") for _ in range(6)]


async def test_an_unknown_email_takes_as_long_as_a_known_one(api: Api, readonly_user: ApiUser) -> None:
    async def fastest(email: Callable[[], str]) -> float:
        times = []
        for _ in range(12):
            begun = time.perf_counter()
            assert (await sign_in(api, email(), "wrong")).status_code == 401
            times.append(time.perf_counter() - begun)
        return min(times)

    known, unknown = await fastest(lambda: readonly_user.email), await fastest(new_email)
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_visitor_is_an_address_or_a_site(address: str, visitor: str) -> None:
    assert client_ip_key(address) == visitor


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
    ],
)
def test_a_device_has_a_name_that_a_person_recognises(user_agent: str, device: str) -> None:
    assert describe_user_agent(user_agent) == device
