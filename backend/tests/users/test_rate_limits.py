"""Sign-up modes, and rate limits on authentication."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.users.rate_limits import client_networks
from mysms.users.user_agent import describe_user_agent
from tests.support.api_user import PASSWORD, ApiUser, new_email, register, sign_in
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Start
from tests.users.conftest import UsersWithMail


async def limited_after(allowed: int, attempt: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Assert that this many attempts are allowed and the next one is not. Returns its response."""
    await wait_for_fresh_window(60)
    answers = [await attempt() for _ in range(allowed + 1)]
    assert [answer.status_code == 429 for answer in answers] == [False] * allowed + [True]
    return answers[-1]


async def test_closed_sign_up_is_rejected(start: Start) -> None:
    async with start(SIGNUP_MODE="closed") as api:
        assert (await api.http.get("/users/sign_up")).json() == {"mode": "closed"}
        problem_of(await register(api), 403, "sign_up_closed")


async def test_sign_up_requires_an_invitation_or_once_the_setup_code(start: Start) -> None:
    async with start(SIGNUP_MODE="invite", SETUP_CODE="let me in") as api:
        assert (await api.http.get("/users/sign_up")).json() == {"mode": "invite"}
        assert field_errors(await register(api)) == {"invite_code": ["can't be blank"]}
        assert field_errors(await register(api, invite_code="guess")) == {"invite_code": ["is not valid"]}
        assert (await register(api, invite_code="let me in")).status_code == 201
        assert field_errors(await register(api, invite_code="let me in")) == {"invite_code": ["is not valid"]}


async def test_sign_ins_are_limited_per_address(start: Start) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE="4") as api:
        limited = await limited_after(4, lambda: sign_in(api, new_email()))
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 60
        assert limited.headers["Retry-After"] in limited.json()["detail"]


async def test_sign_ups_are_limited_per_address(start: Start) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE="3") as api:
        limited = await limited_after(3, lambda: register(api))
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 60


async def test_after_the_wait_that_an_error_names_an_attempt_is_allowed(users: UsersWithMail) -> None:
    limiter, limit = RateLimiter(users.database, users.clock), Limit("attempts", 1, timedelta(minutes=1))
    users.now += timedelta(seconds=19.6)
    await limiter.hit(limit, "ada")
    with pytest.raises(RateLimitedError) as limited:
        await limiter.hit(limit, "ada")
    users.now += timedelta(seconds=limited.value.retry_after_seconds)
    await limiter.hit(limit, "ada")


@pytest.mark.parametrize("path", ["/users", "/users/sign_in"])
@pytest.mark.parametrize("body", [{}, {"user": []}, {"user": {"unknown": 1}}])
async def test_invalid_requests_are_limited_per_address(start: Start, path: str, body: object) -> None:
    """An attempt is counted before its fields are validated."""
    async with start(AUTH_ATTEMPTS_PER_MINUTE="3") as api:
        problem_of(await limited_after(3, lambda: api.post(path, body)), 429, "rate_limited")


async def test_the_password_grant_shares_the_limit_of_sign_ins(start: Start) -> None:
    """Both ways to sign in count towards the same limit."""
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
    [("AUTH_ATTEMPTS_PER_MINUTE", 60), ("LOGIN_ATTEMPTS_PER_ACCOUNT", 3600)],
    ids=["address", "session"],
)
@pytest.mark.parametrize(("method", "path"), [("PUT", "/users/password"), ("DELETE", "/users")])
async def test_password_confirmations_are_limited(
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


async def test_refreshes_are_limited_per_session(start: Start) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE="5") as api:
        api_user = await ApiUser.sign_up(api)
        form = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token}
        limited = await limited_after(5, lambda: api.http.post("/users/token", data=form))
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 60
        other = (await sign_in(api, api_user.email)).json()["refresh_token"]
        form["refresh_token"] = other
        assert (await api.http.post("/users/token", data=form)).status_code == 200


async def test_wrong_passwords_are_limited_per_account_and_address_even_if_it_does_not_exist(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="3") as api:
        known = (await ApiUser.sign_up(api)).email
        for email in (known, new_email()):
            limited = await limited_after(3, lambda email=email: sign_in(api, email, "wrong"))  # type: ignore[misc]
            problem_of(limited, 429, "rate_limited")
            assert 1 <= int(limited.headers["Retry-After"]) <= 3600
            assert (await sign_in(api, email, PASSWORD)).status_code == 429


async def test_right_passwords_are_not_limited_and_do_not_reset_the_count_of_wrong_ones(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="3") as api:
        await wait_for_fresh_window(60)
        api_user = await ApiUser.sign_up(api)
        form = {"grant_type": "password", "username": api_user.email, "password": PASSWORD}

        async def use_right_password() -> list[int]:
            signed_in = await sign_in(api, api_user.email)
            answers = [signed_in, await api.http.post("/users/token", data=form)]
            return [answer.status_code for answer in answers]

        for _ in range(3):
            assert await use_right_password() == [201, 200]
            assert (await sign_in(api, api_user.email, "wrong")).status_code == 401
        assert await use_right_password() == [429, 429]


async def test_concurrent_guesses_do_not_exceed_the_limit(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="3") as api:
        await wait_for_fresh_window(60)
        email = (await ApiUser.sign_up(api)).email
        answers = await asyncio.gather(*(sign_in(api, email, f"guess {number}") for number in range(20)))
        assert sum(answer.status_code == 401 for answer in answers) == 3


async def test_a_limit_is_shared_by_several_processes(start: Start) -> None:
    async with start(LOGIN_ATTEMPTS_PER_ACCOUNT="4") as one, start(LOGIN_ATTEMPTS_PER_ACCOUNT="4") as other:
        email = new_email()
        turns = iter([one, other] * 20)
        limited = await limited_after(4, lambda: sign_in(next(turns), email, "wrong"))
        problem_of(limited, 429, "rate_limited")


async def test_forwarded_addresses_are_accepted_only_from_trusted_proxies(start: Start) -> None:
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
    ("address", "networks"),
    [
        ("203.0.113.7", {"203.0.113.7": 1}),
        ("2001:db8:1:2:3:4:5:6", {"2001:db8:1:2::/64": 1, "2001:db8:1::/48": 4}),
        ("2001:db8:1:2:ffff::1", {"2001:db8:1:2::/64": 1, "2001:db8:1::/48": 4}),
        ("2001:db8:1:3::1", {"2001:db8:1:3::/64": 1, "2001:db8:1::/48": 4}),
        ("fe80::1%eth0", {"fe80::/64": 1, "fe80::/48": 4}),
        ("::1", {"::/64": 1, "::/48": 4}),
        ("::ffff:203.0.113.7", {"203.0.113.7": 1}),
        ("nonsense", {"nonsense": 1}),
    ],
)
def test_clients_are_counted_by_ipv4_address_or_ipv6_networks(address: str, networks: dict[str, int]) -> None:
    assert dict(client_networks(address)) == networks


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
def test_a_device_has_a_recognisable_name(user_agent: str, device: str) -> None:
    assert describe_user_agent(user_agent) == device
