"""Resetting a forgotten password by mail."""

import asyncio
import secrets

import pytest
from bson import ObjectId

from mysms.core.errors import InvalidFieldsError
from mysms.core.rate_limit import RateLimitedError
from mysms.users import repository
from mysms.users.client_info import ClientInfo
from mysms.users.errors import InvalidCredentialsError
from mysms.users.password_reset import MOST_WAITING, RESET_MAIL
from mysms.users.schemas import PasswordChange
from tests.support.api_user import PASSWORD, ApiUser, Json, new_email, sign_in
from tests.support.mail_server import MailServer, link_of, token_of
from tests.support.polling import eventually
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Start
from tests.users.conftest import APP_URL, UsersWithMail, mail_settings, minutes

NEW_PASSWORD = "staple the battery"
NOT_VALID = {"token": ["is not valid any more"]}


def forgotten(email: object) -> Json:
    return {"user": {"email": email}}


def reset_with(token: str, password: str = NEW_PASSWORD, **fields: object) -> Json:
    return {"user": {"token": token, "password": password, "password_confirmation": password, **fields}}


async def test_a_forgotten_password_is_reset_by_mail(start: Start, mail_server: MailServer) -> None:
    async with start(**mail_settings(mail_server), LOG_FORMAT="json") as api:
        api_user = await ApiUser.sign_up(api)
        assert (await api.http.get("/users/password_reset")).json() == {"by_mail": True}
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
        asked = await api.http.post(
            "/users/password_reset", json=forgotten(f" {api_user.email.upper()} "), headers=headers
        )
        assert (asked.status_code, asked.content) == (202, b"")
        (mail,) = await mail_server.wait_for(api_user.email)
        token = token_of(mail)
        assert link_of(mail) == f"{APP_URL}/reset-password#{token}", "no header changes where the link leads"

        reset = await api.http.put("/users/password_reset", json=reset_with(token))
        assert (reset.status_code, reset.content) == (204, b"")
        assert (await api_user.call("GET", "/users")).status_code == 401
        form = {"grant_type": "refresh_token", "refresh_token": api_user.refresh_token}
        problem_of(await api.http.post("/users/token", data=form), 400, "session_ended")
        assert (await sign_in(api, api_user.email, PASSWORD)).status_code == 401
        assert (await sign_in(api, api_user.email, NEW_PASSWORD)).status_code == 201

        (_, told) = await mail_server.wait_for(api_user.email, 2)
        assert told["Subject"] == "Your password was changed"
        assert "If not, somebody else" in told.get_content()
        again = await api.http.put("/users/password_reset", json=reset_with(token, "another one"))
        assert field_errors(again) == NOT_VALID
        for kind in ("requested", "completed", "failed"):
            assert await api.metric("mysms_security_events_total", kind=f"password_reset_{kind}") == 1
        log = api.process.text()
    for private in (token, api_user.email, NEW_PASSWORD):
        assert private not in log


async def test_without_a_mail_server_the_api_says_so(api: Api) -> None:
    assert (await api.http.get("/users/password_reset")).json() == {"by_mail": False}
    problem_of(await api.post("/users/password_reset", forgotten(new_email())), 409, "mail_not_configured")
    answer = await api.http.put("/users/password_reset", json=reset_with("a guess"))
    assert field_errors(answer) == NOT_VALID


async def test_a_request_has_the_same_answer_for_every_email(start: Start, mail_server: MailServer) -> None:
    async with start(**mail_settings(mail_server)) as api:
        known = (await ApiUser.sign_up(api)).email
        answers = [await api.post("/users/password_reset", forgotten(email)) for email in (known, new_email())]
        volatile = {"x-request-id", "date"}
        seen = [
            (each.status_code, each.content, {(n, v) for n, v in each.headers.items() if n not in volatile})
            for each in answers
        ]
        assert seen[0] == seen[1]
        await mail_server.wait_for(known)
        assert len(mail_server.mails) == 1
        invalid = await api.post("/users/password_reset", forgotten("nobody"))
        assert field_errors(invalid) == {"email": ["is invalid"]}


async def test_a_request_costs_the_same_commands_for_every_email(users: UsersWithMail) -> None:
    known = (await users.sign_up()).email
    costs = []
    for email in (known, new_email(), known, new_email()):
        users.counter.commands.clear()
        await users.request_reset(email)
        costs.append(dict(users.counter.commands))
    assert costs[0] == costs[1] == costs[2] == costs[3]
    assert not any("users" in command for command in costs[0]), "the account is not even looked up"
    entries = [entry["facts"].keys() for entry in await users.queued()]
    assert len(entries) == 4
    assert all(facts == entries[0] for facts in entries)


async def test_nothing_is_sent_for_an_unknown_email_or_an_account_that_is_being_deleted(users: UsersWithMail) -> None:
    user = await users.sign_up()
    assert await repository.mark_deleting(user)
    for email in (user.email, new_email()):
        await users.request_reset(email)
    await users.deliver()
    assert (users.server.mails, users.server.connections) == ([], 0)
    assert await users.queued() == []


async def test_no_mailbox_is_filled_and_the_asker_does_not_notice(start: Start, mail_server: MailServer) -> None:
    async with start(**mail_settings(mail_server)) as api:
        await wait_for_fresh_window(30 * 60)
        victim, other = [(await ApiUser.sign_up(api)).email for _ in range(2)]
        answers = [await api.post("/users/password_reset", forgotten(victim)) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [202] * 6
        await api.post("/users/password_reset", forgotten(other))
        await mail_server.wait_for(other)
        assert len(await mail_server.wait_for(victim, 3)) == 3
        # The first link works as well as the last one, so a mail that comes late is no trap.
        first, *_ = mail_server.to(victim)
        assert (await api.http.put("/users/password_reset", json=reset_with(token_of(first)))).status_code == 204


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("body", [{}, {"user": {"unknown": 1}}, None])
async def test_requests_and_guesses_are_limited_per_address(
    start: Start, mail_server: MailServer, method: str, body: Json | None
) -> None:
    """An attempt is counted before its fields are validated."""
    async with start(AUTH_ATTEMPTS_PER_MINUTE="3", **mail_settings(mail_server)) as api:
        await wait_for_fresh_window(60)
        valid = forgotten(new_email()) if method == "POST" else reset_with(secrets.token_urlsafe(32))
        sent = valid if body is None else body
        answers = [await api.http.request(method, "/users/password_reset", json=sent) for _ in range(4)]
        assert [answer.status_code == 429 for answer in answers] == [False, False, False, True]
        assert int(answers[-1].headers["Retry-After"]) <= 60


async def test_of_two_processes_one_accepts_a_token(start: Start, mail_server: MailServer) -> None:
    async with start(**mail_settings(mail_server)) as one, start(**mail_settings(mail_server)) as other:
        for _ in range(5):
            api_user = await ApiUser.sign_up(one)
            await one.post("/users/password_reset", forgotten(api_user.email))
            (mail,) = await mail_server.wait_for(api_user.email)
            passwords = [f"{NEW_PASSWORD} {number}" for number in range(4)]
            answers = await asyncio.gather(
                *(
                    api.http.put("/users/password_reset", json=reset_with(token_of(mail), password))
                    for api, password in zip((one, other, one, other), passwords, strict=True)
                )
            )
            assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]
            (winner,) = [pair[0] for pair in zip(passwords, answers, strict=True) if pair[1].status_code == 204]
            assert (await sign_in(one, api_user.email, winner)).status_code == 201


async def reset_token(users: UsersWithMail, email: str) -> str:
    """The token of a mail that the account has just got."""
    await users.request_reset(email)
    await users.deliver()
    return token_of(users.server.to(email)[-1])


async def assert_invalid(users: UsersWithMail, token: str) -> None:
    with pytest.raises(InvalidFieldsError) as refused:
        await users.reset(token, NEW_PASSWORD)
    assert refused.value.errors == NOT_VALID


async def test_a_token_expires_after_thirty_minutes(users: UsersWithMail) -> None:
    email = (await users.sign_up()).email
    token = await reset_token(users, email)
    assert "until 2026-11-22 11:12 UTC" in users.server.mails[-1].get_content()
    users.now += minutes(30)
    await assert_invalid(users, token)
    users.now -= minutes(0.1)
    await users.reset(token, NEW_PASSWORD)


async def test_a_request_that_cannot_be_sent_for_thirty_minutes_is_dropped(users: UsersWithMail) -> None:
    email = (await users.sign_up()).email
    await users.request_reset(email)
    users.now += minutes(30)
    await users.deliver()
    await users.queue.delete_expired()
    assert (users.server.mails, await users.queued()) == ([], [])


async def test_any_change_of_the_password_outdates_a_token(users: UsersWithMail) -> None:
    user = await users.sign_up()
    first, second = [await reset_token(users, user.email) for _ in range(2)]
    change = PasswordChange.model_validate(
        {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
    )
    await users.services.passwords.change(users.claims(user), change, ClientInfo("192.0.2.1", "curl"))
    await assert_invalid(users, first)
    await users.services.passwords.reset_by_operator(user.email)
    await assert_invalid(users, second)

    users.now += minutes(31)
    used, other = [await reset_token(users, user.email) for _ in range(2)]
    await users.reset(used, NEW_PASSWORD)
    await assert_invalid(users, used)
    await assert_invalid(users, other)
    await users.sign_in(user.email, password=NEW_PASSWORD)


async def test_renewing_a_hash_does_not_outdate_a_token(users: UsersWithMail) -> None:
    """A sign-in replaces a hash of lower cost. The password is the same."""
    user = await users.sign_up()
    token = await reset_token(users, user.email)
    assert await repository.replace_password_hash(ObjectId(user.id), user.password_hash, f"{user.password_hash}=")
    await users.reset(token, NEW_PASSWORD)
    with pytest.raises(InvalidCredentialsError):
        await users.sign_in(user.email)


async def test_a_token_is_worthless_once_the_deletion_of_the_account_has_begun(users: UsersWithMail) -> None:
    user = await users.sign_up()
    token = await reset_token(users, user.email)
    assert await repository.mark_deleting(user)
    await assert_invalid(users, token)
    await users.request_reset(new_email())
    await users.notifications.notify("password_changed", user)
    await users.services.accounts.finish_deletions()
    await assert_invalid(users, token)
    assert await users.database["password_resets"].find().to_list() == []
    assert str(user.id) not in str(await users.queued())


async def test_only_hashes_of_tokens_are_stored_and_a_few_per_account(users: UsersWithMail) -> None:
    user = await users.sign_up()
    tokens = []
    for _ in range(7):
        tokens.append(await reset_token(users, user.email))
        users.now += minutes(11)
    stored = await users.database["password_resets"].find().to_list()
    assert len(stored) == 5
    assert len(set(tokens)) == 7
    assert all(len(token) == 43 for token in tokens), "256 random bits"
    names = await users.database.list_collection_names()
    dump = str([await users.database[name].find().to_list() for name in names])
    assert not any(token in dump for token in tokens)
    users.now += minutes(31)
    await users.services.reset_tokens.delete_expired()
    assert await users.database["password_resets"].find().to_list() == []


async def test_an_invalid_new_password_does_not_use_up_the_token(start: Start, mail_server: MailServer) -> None:
    async with start(**mail_settings(mail_server)) as api:
        api_user = await ApiUser.sign_up(api)
        await api.post("/users/password_reset", forgotten(api_user.email))
        (mail,) = await mail_server.wait_for(api_user.email)
        wrong = reset_with(token_of(mail), "short", password_confirmation="shorter")
        assert field_errors(await api.http.put("/users/password_reset", json=wrong)) == {
            "password": ["is too short (minimum is 8 characters)"],
            "password_confirmation": ["doesn't match Password"],
        }
        assert (await api.http.put("/users/password_reset", json=reset_with(token_of(mail)))).status_code == 204


async def test_few_addresses_cannot_keep_the_others_from_a_link(users: UsersWithMail) -> None:
    """With the default limits: each of 20 addresses asks as often as it can."""
    users.restart(auth_attempts_per_minute=60)
    for number in range(20):
        await asyncio.gather(
            *(users.request_reset(f"{number}-{each}@example.com", f"192.0.2.{number}") for each in range(60))
        )
        with pytest.raises(RateLimitedError):
            await users.request_reset(new_email(), f"192.0.2.{number}")
    assert len(await users.queued()) == 20 * 60
    await users.request_reset(new_email(), "198.51.100.1")
    assert len(await users.queued()) == 20 * 60 + 1


async def test_an_ipv6_site_has_the_share_of_one_client(users: UsersWithMail) -> None:
    users.restart(auth_attempts_per_minute=3)
    for number in range(3):
        await users.request_reset(new_email(), f"2001:db8:1:{number}::1")
    with pytest.raises(RateLimitedError):
        await users.request_reset(new_email(), "2001:db8:1:9::1")
    await users.request_reset(new_email(), "2001:db8:2::1")
    users.now += minutes(30)
    await users.request_reset(new_email(), "2001:db8:1:9::1")


async def test_the_queue_has_a_bound_and_accepts_more_once_mails_were_sent(users: UsersWithMail) -> None:
    """However many addresses the requests come from."""
    entry = {"kind": RESET_MAIL, "facts": {"email": "nobody@example.com"}, "attempts": 0, "queued_at": users.now}
    times = {"next_attempt_at": users.now, "expires_at": users.now + minutes(30)}
    await users.database["mails"].insert_many([{**entry, **times} for _ in range(MOST_WAITING)])
    with pytest.raises(RateLimitedError):
        await users.request_reset(new_email())
    assert len(await users.queued()) == MOST_WAITING
    assert await users.dispatcher.send_next()
    await users.request_reset(new_email())
    assert len(await users.queued()) == MOST_WAITING
    with pytest.raises(RateLimitedError):
        await users.request_reset(new_email())
    users.now += minutes(30)
    await users.request_reset(new_email())


async def test_a_full_queue_uses_up_nobodys_share(users: UsersWithMail) -> None:
    users.restart(auth_attempts_per_minute=1)
    entry = {"kind": RESET_MAIL, "facts": {"email": "nobody@example.com"}, "attempts": 0, "queued_at": users.now}
    times = {"next_attempt_at": users.now, "expires_at": users.now + minutes(30)}
    await users.database["mails"].insert_many([{**entry, **times} for _ in range(MOST_WAITING)])
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            await users.request_reset(new_email())
    await users.database["mails"].delete_many({})
    await users.request_reset(new_email())


async def test_a_mailbox_gets_ten_links_a_day_at_most(users: UsersWithMail) -> None:
    email = (await users.sign_up()).email
    users.now = users.now.replace(hour=0, minute=0)
    for _ in range(48):
        for _ in range(4):
            await users.request_reset(email)
        await users.deliver()
        users.now += minutes(30)
    assert len(users.server.to(email)) == 10
    await users.request_reset(email)
    await users.deliver()
    assert len(users.server.to(email)) == 11


async def test_the_task_that_sends_mails_is_part_of_readiness(start: Start, mail_server: MailServer) -> None:
    async with start(**mail_settings(mail_server)) as api:
        assert (await api.http.get("/ready")).json()["problems"] == {}
        mail_server.mail_answer = "451 Not now"
        api_user = await ApiUser.sign_up(api)
        await api.post("/users/password_reset", forgotten(api_user.email))
        await eventually(
            lambda: api.metric("mysms_mails_total", outcome="deferred"), lambda count: count > 0, what="an attempt"
        )
        assert (await api.http.get("/ready")).status_code == 200, "messages can be sent without mail"
