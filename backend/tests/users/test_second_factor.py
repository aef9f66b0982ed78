"""The second factor: set-up, sign-in, recovery codes and removal."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.changes.services import Changes
from mysms.core import database as connection
from mysms.core.errors import InvalidFieldsError
from mysms.core.rate_limit import RateLimitedError, RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.mail.queue import MailQueue
from mysms.users import repository
from mysms.users.authenticator import Authenticator
from mysms.users.client_info import ClientInfo
from mysms.users.errors import InvalidSecondFactorCodeError, SecondFactorRequiredError
from mysms.users.known_clients import KnownClients
from mysms.users.models import Invite, SecondFactor, Session, User
from mysms.users.notifications import Notifications
from mysms.users.passwords import PasswordHasher
from mysms.users.rate_limits import AuthRateLimits
from mysms.users.second_factor import SecondFactorService
from mysms.users.secret_cipher import SecretCipher
from mysms.users.session_cache import SessionCache
from mysms.users.sessions import SessionService
from mysms.users.tokens import AccessClaims, TokenSigner
from tests.support.admin_commands import new_password_in
from tests.support.api_user import PASSWORD, ApiUser, Json, sign_in
from tests.support.authenticator_app import AuthenticatorApp, begin_set_up, enable_second_factor, state_of
from tests.support.mail_server import MailServer, token_of
from tests.support.polling import eventually
from tests.support.processes import Process
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Mongo, Start
from tests.users.conftest import mail_settings

NOW = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)
CLIENT = ClientInfo("203.0.113.7", "curl")


async def confirm(api_user: ApiUser, method: str, path: str = "", password: str = PASSWORD) -> httpx.Response:
    return await api_user.call(method, f"/users/second_factor{path}", json={"user": {"password": password}})


async def put_code(api_user: ApiUser, code: object) -> httpx.Response:
    return await api_user.call("PUT", "/users/second_factor", json={"user": {"code": code}})


def problem_of_code(response: httpx.Response) -> None:
    """Assert that the response does not reveal why the code was rejected."""
    assert problem_of(response, 401, "invalid_second_factor_code") == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "This code is not valid, or was used already.",
        "code": "invalid_second_factor_code",
    }


async def test_signing_in_requires_a_code_once_the_factor_is_enabled(api: Api, api_user: ApiUser) -> None:
    assert await state_of(api_user) == {"enabled": False, "recovery_codes_left": 0}
    app = await enable_second_factor(api_user)
    assert await state_of(api_user) == {"enabled": True, "recovery_codes_left": 10}

    problem = problem_of(await sign_in(api, api_user.email), 401, "second_factor_required")
    assert problem["detail"] == "Enter the code from your authenticator app."
    problem_of(await sign_in(api, api_user.email, code=" "), 401, "second_factor_required")
    problem_of_code(await sign_in(api, api_user.email, code=app.wrong_code()))
    signed_in = await sign_in(api, api_user.email, code=await app.next_code())
    assert signed_in.status_code == 201
    assert signed_in.json()["_id"] == api_user.id


async def test_a_code_says_nothing_about_a_wrong_password(api: Api, api_user: ApiUser) -> None:
    app = await enable_second_factor(api_user)
    for code in (None, app.wrong_code(), await app.next_code()):
        problem_of(await sign_in(api, api_user.email, "wrong password", code), 401, "invalid_credentials")


async def test_a_code_is_ignored_if_there_is_no_second_factor(api: Api, api_user: ApiUser) -> None:
    assert (await sign_in(api, api_user.email, code="123456")).status_code == 201


async def test_the_factor_counts_only_once_a_code_has_enabled_it(api: Api, api_user: ApiUser) -> None:
    app = await begin_set_up(api_user)
    assert field_errors(await put_code(api_user, app.wrong_code())) == {"code": ["is not valid"]}
    assert (await state_of(api_user))["enabled"] is False
    assert (await sign_in(api, api_user.email)).status_code == 201
    replaced, app = app, await begin_set_up(api_user)
    assert field_errors(await put_code(api_user, await replaced.next_code())) == {"code": ["is not valid"]}
    code = await app.next_code()
    assert (await put_code(api_user, code)).status_code == 200
    problem_of_code(await sign_in(api, api_user.email, code=code))
    assert field_errors(await put_code(api_user, code)) == {"code": ["has expired: please begin again"]}


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("POST", "/recovery_codes"), ("DELETE", "")])
async def test_a_change_of_the_factor_requires_the_password(api_user: ApiUser, method: str, path: str) -> None:
    await enable_second_factor(api_user)
    answer = await confirm(api_user, method, path, "wrong password")
    assert field_errors(answer) == {"password": ["is invalid"]}
    assert await state_of(api_user) == {"enabled": True, "recovery_codes_left": 10}


async def test_secrets_are_never_cached(api_user: ApiUser) -> None:
    begun = await confirm(api_user, "POST")
    enabled = await put_code(api_user, await AuthenticatorApp(begun.json()["secret"]).next_code())
    replaced = await confirm(api_user, "POST", "/recovery_codes")
    assert {each.headers["Cache-Control"] for each in (begun, enabled, replaced)} == {"no-store"}


async def test_enabling_keeps_all_sessions_and_users_can_end_them(api: Api, api_user: ApiUser) -> None:
    other = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
    await enable_second_factor(api_user)
    assert (await other.call("GET", "/users")).status_code == 200
    await other.refresh_tokens()
    assert (await api_user.call("DELETE", "/users/sessions")).status_code == 204
    assert (await other.call("GET", "/users")).status_code == 401


@pytest.mark.parametrize(
    "code",
    ["1", "12345", "1234567", "1" * 24, "é" * 24, "1" * 64, "x" * 64, "\x00", "$ne", "one.two", "𝟙" * 6, "\ufdfa" * 64],
)
async def test_a_code_of_another_form_is_rejected(api: Api, code: str) -> None:
    api_user = await ApiUser.sign_up(api)
    await enable_second_factor(api_user)
    problem_of_code(await sign_in(api, api_user.email, code=code))
    assert (await state_of(api_user))["recovery_codes_left"] == 10
    await begin_set_up(api_user)
    assert field_errors(await put_code(api_user, code)) == {"code": ["is not valid"]}


async def test_too_long_codes_are_rejected_before_anything_else(api: Api, readonly_user: ApiUser) -> None:
    long = {"second_factor_code": ["is too long (maximum is 64 characters)"]}
    assert field_errors(await sign_in(api, readonly_user.email, "wrong", "1" * 65)) == long
    assert field_errors(await sign_in(api, "nobody@example.com", "wrong", "1" * 65)) == long
    assert field_errors(await put_code(readonly_user, "1" * 65)) == {"code": long["second_factor_code"]}
    assert field_errors(await put_code(readonly_user, 123456)) == {"code": ["must be a string"]}


async def test_each_code_works_once(api: Api, api_user: ApiUser) -> None:
    app = await enable_second_factor(api_user)
    code = await app.next_code()
    assert (await sign_in(api, api_user.email, code=code)).status_code == 201
    problem_of_code(await sign_in(api, api_user.email, code=code))
    problem_of_code(await sign_in(api, api_user.email, code=f" {code[:3]} {code[3:]}"))


async def test_of_two_processes_only_one_accepts_a_code(start: Start) -> None:
    async with start() as one, start() as other:
        api_user = await ApiUser.sign_up(one)
        app = await enable_second_factor(api_user)
        for code in (await app.next_code(), app.recovery_codes[0]):
            answers = await asyncio.gather(
                *(sign_in(api, api_user.email, code=code) for api in (one, other) for _ in range(4))
            )
            assert sorted(answer.status_code for answer in answers) == [201] + [401] * 7
        assert len((await api_user.call("GET", "/users/sessions")).json()) == 3


async def test_of_two_processes_only_one_enables_a_set_up(start: Start) -> None:
    async with start() as one, start() as other:
        api_user = await ApiUser.sign_up(one)
        app = await begin_set_up(api_user)
        code = await app.next_code()
        elsewhere = ApiUser(other, api_user.id, api_user.email, api_user.access_token, "")
        answers = await asyncio.gather(*(put_code(each, code) for each in (api_user, elsewhere) for _ in range(3)))
        (enabled,) = [answer for answer in answers if answer.status_code == 200]
        assert [answer.status_code for answer in answers].count(422) == 5
        code = enabled.json()["recovery_codes"][0]
        assert (await sign_in(one, api_user.email, code=code)).status_code == 201


async def test_each_recovery_code_works_once(api: Api, api_user: ApiUser) -> None:
    app = await enable_second_factor(api_user)
    assert len(set(app.recovery_codes)) == 10
    first, second = app.recovery_codes[:2]
    assert (await sign_in(api, api_user.email, code=first.upper().replace("-", " "))).status_code == 201
    problem_of_code(await sign_in(api, api_user.email, code=first))
    assert (await state_of(api_user))["recovery_codes_left"] == 9
    assert (await sign_in(api, api_user.email, code=second.replace("-", ""))).status_code == 201
    assert (await state_of(api_user))["recovery_codes_left"] == 8


async def test_new_recovery_codes_replace_the_earlier_ones(api: Api, api_user: ApiUser) -> None:
    problem_of(await confirm(api_user, "POST", "/recovery_codes"), 409, "no_second_factor")
    app = await enable_second_factor(api_user)
    assert (await sign_in(api, api_user.email, code=app.recovery_codes[0])).status_code == 201
    new = (await confirm(api_user, "POST", "/recovery_codes")).json()["recovery_codes"]
    assert await state_of(api_user) == {"enabled": True, "recovery_codes_left": 10}
    assert not set(new) & set(app.recovery_codes)
    problem_of_code(await sign_in(api, api_user.email, code=app.recovery_codes[1]))
    assert (await sign_in(api, api_user.email, code=new[1])).status_code == 201


async def test_a_new_phone_replaces_the_factor_and_its_recovery_codes(api: Api, api_user: ApiUser) -> None:
    old = await enable_second_factor(api_user)
    new = await enable_second_factor(api_user)
    for code in (await old.next_code(), old.recovery_codes[0]):
        problem_of_code(await sign_in(api, api_user.email, code=code))
    assert (await sign_in(api, api_user.email, code=await new.next_code())).status_code == 201


async def test_removing_the_factor_ends_a_set_up_too(api: Api, api_user: ApiUser) -> None:
    await enable_second_factor(api_user)
    app = await begin_set_up(api_user)
    assert (await confirm(api_user, "DELETE")).status_code == 204
    assert await state_of(api_user) == {"enabled": False, "recovery_codes_left": 0}
    assert (await sign_in(api, api_user.email)).status_code == 201
    assert field_errors(await put_code(api_user, await app.next_code())) == {
        "code": ["has expired: please begin again"]
    }
    assert (await confirm(api_user, "DELETE")).status_code == 204


async def test_the_password_grant_refers_to_the_browser(api: Api, api_user: ApiUser) -> None:
    await enable_second_factor(api_user)
    form = {"grant_type": "password", "username": api_user.email, "password": PASSWORD}
    problem = problem_of(await api.http.post("/users/token", data=form), 400, "second_factor_required")
    assert problem["error"] == "invalid_grant"
    assert problem["error_description"] == (
        "This account has two-step sign-in, so it signs in in the browser only: "
        "give your program an account of its own."
    )
    wrong = {**form, "password": "wrong password"}
    problem_of(await api.http.post("/users/token", data=wrong), 400, "invalid_credentials")
    assert len((await api_user.call("GET", "/users/sessions")).json()) == 1


async def test_a_new_password_keeps_the_factor(api: Api, api_user: ApiUser) -> None:
    app = await enable_second_factor(api_user)
    new = "staple the battery"
    user = {"current_password": PASSWORD, "password": new, "password_confirmation": new}
    assert (await api_user.call("PUT", "/users/password", json={"user": user})).status_code == 200
    problem_of(await sign_in(api, api_user.email, new), 401, "second_factor_required")
    assert (await sign_in(api, api_user.email, new, await app.next_code())).status_code == 201


async def test_wrong_codes_are_limited_for_the_account_in_all_processes(start: Start) -> None:
    async with start() as one, start() as other:
        api_user = await ApiUser.sign_up(one)
        app = await enable_second_factor(api_user)
        await wait_for_fresh_window(300)
        wrong = app.wrong_code()
        answers = [await sign_in(api, api_user.email, code=wrong) for _ in range(5) for api in (one, other)]
        assert [answer.status_code for answer in answers] == [401] * 10
        limited = await sign_in(other, api_user.email, code=await app.next_code())
        problem_of(limited, 429, "rate_limited")
        assert 1 <= int(limited.headers["Retry-After"]) <= 300
        # Somebody who knows the password cannot lock the owner out, who has recovery codes and sessions.
        assert (await sign_in(one, api_user.email, code=app.recovery_codes[0])).status_code == 201
        assert (await confirm(api_user, "POST", "/recovery_codes")).status_code == 200


async def test_concurrent_guesses_do_not_exceed_the_limit(start: Start) -> None:
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        app = await enable_second_factor(api_user)
        await wait_for_fresh_window(300)
        wrong = app.wrong_code()
        answers = await asyncio.gather(*(sign_in(api, api_user.email, code=wrong) for _ in range(25)))
        assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 15
        for kind, count in (("second_factor_failed", 10), ("rate_limited", 15)):
            assert await api.metric("mysms_security_events_total", kind=kind) == count


async def newest_token(mail_server: MailServer, email: str, count: int) -> str:
    """Wait until so many mails with links have arrived. Other mails tell of the resets."""

    async def poll() -> list[str]:
        return [token_of(mail) for mail in mail_server.to(email) if "/reset-password#" in mail.get_content()]

    return (await eventually(poll, lambda tokens: len(tokens) == count, within=15, what=f"{count} links"))[-1]


async def test_resets_by_mail_give_no_more_guesses_at_codes(start: Start, mail_server: MailServer) -> None:
    """Whoever reads the mailbox, and has neither the password nor the phone."""
    async with start(TRUSTED_PROXIES="127.0.0.1", **mail_settings(mail_server)) as api:
        owner = await ApiUser.sign_up(api)
        app = await enable_second_factor(owner)
        await wait_for_fresh_window(300)
        wrong, statuses = app.wrong_code(), []
        for number, password in enumerate(("staple the battery", "another good one", "a third good one")):
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            await api.post("/users/password_reset", {"user": {"email": owner.email}}, headers)
            token = await newest_token(mail_server, owner.email, number + 1)
            new = {"token": token, "password": password, "password_confirmation": password}
            reset = await api.http.put("/users/password_reset", json={"user": new}, headers=headers)
            assert reset.status_code == 204, reset.text
            code = {"user": {"email": owner.email, "password": password, "second_factor_code": wrong}}
            statuses += [(await api.post("/users/sign_in", code, headers)).status_code for _ in range(6)]
        assert statuses == [401] * 10 + [429] * 8
        # The owner, who has used the account from another address, gets in.
        assert (await sign_in(api, owner.email, password, await app.next_code())).status_code == 201


async def test_codes_for_the_set_up_are_limited_by_themselves(api: Api, api_user: ApiUser) -> None:
    app = await enable_second_factor(api_user)
    await begin_set_up(api_user)
    await wait_for_fresh_window(300)
    answers = [await put_code(api_user, "1") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert (await sign_in(api, api_user.email, code=await app.next_code())).status_code == 201


async def test_neither_the_export_nor_the_database_shows_a_secret(api: Api, api_user: ApiUser, mongodb: Mongo) -> None:
    app = await enable_second_factor(api_user)
    pending = await begin_set_up(api_user)
    export = (await api_user.call("GET", "/api/export")).text
    account = (await api_user.call("GET", "/users")).text
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        stored = str(await client.get_default_database()["users"].find_one({"_id": ObjectId(api_user.id)}))
    codes = [code.replace("-", "") for code in app.recovery_codes]
    for secret in (app.secret, pending.secret, *app.recovery_codes, *codes):
        assert secret not in export + account + stored
    assert "second_factor" not in export + account
    assert "second_factor" in stored


async def test_deleting_the_account_deletes_the_factor(api: Api, api_user: ApiUser, mongodb: Mongo) -> None:
    await enable_second_factor(api_user)
    assert (await api_user.call("DELETE", "/users", json={"user": {"password": PASSWORD}})).status_code == 204
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        assert await client.get_default_database()["users"].find_one({"_id": ObjectId(api_user.id)}) is None
    again = await ApiUser.sign_up(api, api_user.email)
    assert (await state_of(again))["enabled"] is False


async def test_the_events_are_recorded(start: Start) -> None:
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        assert (await confirm(api_user, "POST", "/recovery_codes")).status_code == 409
        app = await enable_second_factor(api_user)
        assert await api.metric("mysms_security_events_total", kind="resource_refused") == 0
        await begin_set_up(api_user)
        assert (await put_code(api_user, app.wrong_code())).status_code == 422
        assert await api.metric("mysms_security_events_total", kind="second_factor_failed") == 1
        await sign_in(api, api_user.email, code=app.wrong_code())
        await sign_in(api, api_user.email, code=app.recovery_codes[0])
        await confirm(api_user, "POST", "/recovery_codes")
        for _ in range(2):
            await confirm(api_user, "DELETE")
        for kind in (
            "second_factor_enabled",
            "recovery_code_used",
            "recovery_codes_replaced",
            "second_factor_removed",
        ):
            assert await api.metric("mysms_security_events_total", kind=kind) == 1, kind
        assert await api.metric("mysms_security_events_total", kind="second_factor_failed") == 2


async def test_the_operator_can_remove_the_factor(start: Start, tmp_path: Path) -> None:
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        app = await enable_second_factor(api_user)

        async def reset(*options: str) -> tuple[str, str]:
            arguments = ["mysms", "reset-password", api_user.email, *options]
            process = Process("reset", arguments, tmp_path, api.environment)
            assert await process.wait_for_exit() == 0
            return process.text(), new_password_in(process.text())

        output, password = await reset()
        assert "Two-step sign-in is still on: " in output
        problem_of(await sign_in(api, api_user.email, password), 401, "second_factor_required")
        signed_in = await sign_in(api, api_user.email, password, await app.next_code())
        assert signed_in.status_code == 201

        output, password = await reset("--remove-second-factor")
        assert "Two-step sign-in is off" in output
        assert "second_factor_removed_by_operator" in output
        assert (await sign_in(api, api_user.email, password)).status_code == 201


async def test_a_new_secret_leaves_the_recovery_codes(start: Start) -> None:
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        app = await enable_second_factor(api_user)
    async with start(JWT_SECRET=secrets.token_hex(32)) as api:
        problem_of_code(await sign_in(api, api_user.email, code=await app.next_code()))
        assert "cannot be decrypted" in api.process.text()
        signed_in = await sign_in(api, api_user.email, code=app.recovery_codes[0])
        api_user = ApiUser.from_response(api, signed_in.json())
        app = await enable_second_factor(api_user)
        assert (await sign_in(api, api_user.email, code=await app.next_code())).status_code == 201


@dataclass
class FactorFixture:
    """The services in the process of the test, with a clock that the test sets, and an account."""

    database: connection.Database
    caller: AccessClaims
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    def service(self, *installation_secrets: str) -> SecondFactorService:
        """The service of a process with these secrets, newest first."""
        limiter, events = RateLimiter(self.database, self.clock), SecurityEvents("a secret")
        authenticator = Authenticator(PasswordHasher(), self._rate_limits, self.known_clients, events)
        cipher = SecretCipher(installation_secrets or ["a secret"])
        queue = MailQueue(self.database, self.clock)
        notifications = Notifications(queue, self.known_clients, limiter, self.clock, enabled=False)
        return SecondFactorService(
            authenticator, limiter, self.known_clients, cipher, notifications, events, self.clock
        )

    @property
    def sessions(self) -> SessionService:
        changes = Changes.of(self.database, self.clock)
        return SessionService(
            TokenSigner(("a secret",)),
            self._rate_limits,
            self.known_clients,
            SessionCache(changes.feed),
            changes.publisher,
            SecurityEvents("a secret"),
            self.clock,
        )

    @property
    def known_clients(self) -> KnownClients:
        return KnownClients(["a secret"])

    @property
    def _rate_limits(self) -> AuthRateLimits:
        return AuthRateLimits(RateLimiter(self.database, self.clock), per_minute=1000, per_account=1000)

    async def user(self) -> User:
        user = await repository.find_user(self.caller.user_id)
        assert user is not None
        return user

    async def enable(self) -> tuple[pyotp.TOTP, list[str]]:
        begun = await self.service().begin(self.caller, PASSWORD, CLIENT)
        totp = pyotp.TOTP(begun.secret)
        enabled = await self.service().enable(self.caller, totp.at(self.now), CLIENT)
        return totp, enabled.recovery_codes


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[FactorFixture]:
    async with connection.connect(mongodb.other_database(f"factor_{secrets.token_hex(4)}")) as client:
        database = connection.database_of(client)
        await connection.init_documents(database, [User, Session, Invite])
        password_hash = await PasswordHasher().hash(PASSWORD)
        user = User(id=ObjectId(), email="ada@example.com", password_hash=password_hash, created_at=NOW)
        assert await repository.insert_user(user)
        yield FactorFixture(database, AccessClaims(ObjectId(user.id), ObjectId()))
        await client.drop_database(database.name)


async def is_accepted(service: SecondFactorService, user: User, code: str, client: ClientInfo = CLIENT) -> bool:
    try:
        await service.require(user, code, client)
    except InvalidSecondFactorCodeError:
        return False
    return True


async def test_a_set_up_expires_after_ten_minutes(fixture: FactorFixture) -> None:
    begun = await fixture.service().begin(fixture.caller, PASSWORD, CLIENT)
    fixture.now += timedelta(minutes=10, seconds=1)
    with pytest.raises(InvalidFieldsError) as raised:
        await fixture.service().enable(fixture.caller, pyotp.TOTP(begun.secret).at(fixture.now), CLIENT)
    assert raised.value.errors == {"code": ["has expired: please begin again"]}
    assert (await fixture.user()).second_factor is None
    fixture.now -= timedelta(seconds=1)
    await fixture.service().enable(fixture.caller, pyotp.TOTP(begun.secret).at(fixture.now), CLIENT)
    assert (await fixture.user()).second_factor is not None


async def test_a_set_up_is_enabled_once_and_only_if_it_was_not_replaced(fixture: FactorFixture) -> None:
    """Whatever a process has read before another one enabled or replaced it."""
    factors = []
    for _ in range(2):
        await fixture.service().begin(fixture.caller, PASSWORD, CLIENT)
        pending = (await fixture.user()).pending_second_factor
        assert pending is not None
        factors.append(SecondFactor(id=pending.id, secret=pending.secret, last_step=0, recovery_codes={}))
    replaced, current = factors
    for factor, is_enabled in ((replaced, False), (current, True), (current, False)):
        assert await repository.enable_second_factor(fixture.caller.user_id, factor) is is_enabled


async def test_a_code_is_valid_for_one_step_before_and_after_its_own(fixture: FactorFixture) -> None:
    totp, _ = await fixture.enable()
    service = fixture.service()
    # After each code only later ones are valid, so the phone is ever less late.
    for late, accepted in ((60, False), (30, True), (0, True), (-30, True), (-60, False)):
        code = totp.at(fixture.now + timedelta(minutes=5) - timedelta(seconds=late))
        actual = fixture.now
        fixture.now += timedelta(minutes=5)
        assert await is_accepted(service, await fixture.user(), code) is accepted, late
        fixture.now = actual


async def test_a_used_code_stays_used_whatever_a_process_has_read(fixture: FactorFixture) -> None:
    totp, recovery_codes = await fixture.enable()
    stale = await fixture.user()
    fixture.now += timedelta(minutes=1)
    for code in (totp.at(fixture.now), recovery_codes[0]):
        accepted = await asyncio.gather(*(is_accepted(fixture.service(), stale, code) for _ in range(5)))
        assert sorted(accepted) == [False] * 4 + [True]
    # An older code than the one that was used has been seen by somebody, perhaps.
    assert not await is_accepted(fixture.service(), stale, totp.at(fixture.now - timedelta(seconds=30)))


async def test_codes_of_a_replaced_factor_are_rejected_whatever_a_process_has_read(fixture: FactorFixture) -> None:
    totp, recovery_codes = await fixture.enable()
    stale = await fixture.user()
    await fixture.enable()
    fixture.now += timedelta(minutes=1)
    assert not await is_accepted(fixture.service(), stale, totp.at(fixture.now))
    assert not await is_accepted(fixture.service(), stale, recovery_codes[0])


async def test_wrong_codes_are_limited_per_day_and_right_ones_are_not(fixture: FactorFixture) -> None:
    totp, recovery_codes = await fixture.enable()
    service = fixture.service()

    async def use_a_right_and_a_wrong_code() -> None:
        fixture.now += timedelta(minutes=5)
        user = await fixture.user()
        assert await is_accepted(service, user, totp.at(fixture.now))
        right = {totp.at(fixture.now + timedelta(seconds=30 * steps)) for steps in (-1, 0, 1)}
        wrong = next(code for number in range(4) if (code := f"{number:06}") not in right)
        assert not await is_accepted(service, user, wrong)

    for _ in range(60):
        await use_a_right_and_a_wrong_code()
    with pytest.raises(RateLimitedError) as raised:
        await use_a_right_and_a_wrong_code()
    assert raised.value.retry_after_seconds > 3600
    assert await is_accepted(service, await fixture.user(), recovery_codes[0])
    fixture.now += timedelta(days=1)
    assert await is_accepted(service, await fixture.user(), totp.at(fixture.now))


async def test_the_owner_gets_in_from_a_known_address_while_codes_are_guessed_elsewhere(fixture: FactorFixture) -> None:
    totp, _ = await fixture.enable()
    await fixture.known_clients.add_address(CLIENT.address, await fixture.user())
    user, service = await fixture.user(), fixture.service()
    right = {totp.at(fixture.now + timedelta(seconds=30 * steps)) for steps in (-1, 0, 1)}
    wrong = next(code for number in range(4) if (code := f"{number:06}") not in right)
    fixture.now += timedelta(seconds=30)
    for number in range(10):
        assert not await is_accepted(service, user, wrong, ClientInfo(f"198.51.100.{number}", "curl"))
    with pytest.raises(RateLimitedError):
        await service.require(user, wrong, ClientInfo("198.51.100.99", "curl"))
    for _ in range(9):
        assert not await is_accepted(service, user, wrong)
    assert await is_accepted(service, user, totp.at(fixture.now))
    assert not await is_accepted(service, user, wrong)
    with pytest.raises(RateLimitedError):
        await service.require(user, wrong, CLIENT)


async def test_a_new_password_starts_new_counts_of_codes_unless_it_is_set_by_mail(fixture: FactorFixture) -> None:
    totp, _ = await fixture.enable()
    service = fixture.service()
    right = {totp.at(fixture.now + timedelta(seconds=30 * steps)) for steps in (-1, 0, 1)}
    wrong = next(code for number in range(4) if (code := f"{number:06}") not in right)

    async def is_limited() -> bool:
        try:
            return await is_accepted(service, await fixture.user(), wrong)
        except RateLimitedError:
            return True

    async def use_up() -> None:
        assert [await is_limited() for _ in range(11)] == [False] * 10 + [True]

    await use_up()
    assert await repository.change_password(await fixture.user(), "set by mail", by_mail=True)
    assert await is_limited()
    assert await repository.change_password(await fixture.user(), "set by a signed-in user")
    await use_up()
    await repository.reset_password(fixture.caller.user_id, "set by the operator")
    await use_up()


async def test_a_secret_is_encrypted_under_the_newest_key_at_its_next_use(fixture: FactorFixture) -> None:
    totp, _ = await fixture.enable()
    fixture.now += timedelta(minutes=1)
    assert not await is_accepted(fixture.service("new"), await fixture.user(), totp.at(fixture.now))
    assert await is_accepted(fixture.service("new", "a secret"), await fixture.user(), totp.at(fixture.now))
    fixture.now += timedelta(minutes=1)
    assert await is_accepted(fixture.service("new"), await fixture.user(), totp.at(fixture.now))


async def test_no_session_is_opened_if_a_factor_is_enabled_meanwhile(fixture: FactorFixture) -> None:
    """Between the check of the password, when there was none or another one, and the opening of the session."""
    for _ in range(2):
        as_checked = await fixture.user()
        await fixture.enable()
        with pytest.raises(SecondFactorRequiredError):
            await fixture.sessions.open(as_checked, CLIENT)
        assert await repository.list_sessions(fixture.caller.user_id) == []
    await fixture.sessions.open(await fixture.user(), CLIENT)


async def test_a_session_is_opened_if_the_factor_is_removed_meanwhile(fixture: FactorFixture) -> None:
    await fixture.enable()
    as_checked = await fixture.user()
    await fixture.service().remove(fixture.caller, PASSWORD, CLIENT)
    await fixture.sessions.open(as_checked, CLIENT)


async def test_the_previous_version_keeps_the_factor(fixture: FactorFixture) -> None:
    """Its updates name the fields that they change."""
    await fixture.enable()
    factor = (await fixture.user()).second_factor
    assert await repository.change_password(await fixture.user(), "another hash")
    await repository.reset_password(fixture.caller.user_id, "a third hash")
    assert (await fixture.user()).second_factor == factor
