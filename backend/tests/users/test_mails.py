"""Mails to users: their texts and headers, the queue, and failures of the mail server."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from bson import ObjectId
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pymongo import AsyncMongoClient
from pyotp import TOTP

from mysms.core.email_addresses import normalise_email
from mysms.core.smtp_url import SmtpUrl
from mysms.mail.messages import OutgoingMail, build_message
from mysms.mail.queue import LEASE, MailQueue
from mysms.mail.smtp import TIMEOUT_SECONDS, MailRefusedError, MailServerError, SmtpClient
from mysms.users.client_info import ClientInfo
from mysms.users.errors import InvalidCredentialsError
from mysms.users.known_clients import KnownClients
from mysms.users.mails import KINDS
from mysms.users.schemas import PasswordChange
from tests.support.admin_commands import new_password_in
from tests.support.api_user import PASSWORD, ApiUser, Json, new_email, sign_in
from tests.support.mail_server import PASSWORD as MAIL_PASSWORD
from tests.support.mail_server import USER, MailServer, running_mail_server, token_of
from tests.support.polling import eventually
from tests.support.processes import Process, free_port
from tests.support.servers import Start
from tests.users.conftest import APP_URL, MAIL_FROM, NOW, UsersWithMail, mail_settings, minutes
from tests.users.test_password_reset import NEW_PASSWORD, forgotten, reset_with

LOGIN = f"{USER.replace('@', '%40')}:{MAIL_PASSWORD.replace('%', '%25').replace(':', '%3A').replace('@', '%40')}"


# Texts and headers


async def test_a_mail_says_what_happened_when_and_on_which_device(users: UsersWithMail) -> None:
    user = await users.sign_up()
    change = PasswordChange.model_validate(
        {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
    )
    await users.services.passwords.change(users.claims(user), change, ClientInfo("192.0.2.1", "Safari on iPhone"))
    await users.services.passwords.reset_by_operator(user.email)
    await users.notifications.notify("second_factor_removed", user, ClientInfo("192.0.2.1", "Edge on Mac"))
    users.now += minutes(3)
    await users.deliver()
    changed, by_operator, factor = users.server.to(user.email)
    assert changed["Subject"] == by_operator["Subject"] == "Your password was changed"
    assert "Device: Safari on iPhone" in changed.get_content()
    assert "The person who runs this server has set a new password" in by_operator.get_content()
    assert "Device:" not in by_operator.get_content()
    assert factor["Subject"] == "Two-step sign-in was turned off"
    for mail in (changed, by_operator, factor):
        text = mail.get_content()
        assert "MySMS Messenger" in text
        assert "When:   2026-11-22 10:42 UTC" in text, "when it happened, not when the mail was sent"
        assert f"{APP_URL}/forgot-password" in text
        assert max(map(len, text.splitlines())) <= 80


async def test_the_headers_are_complete(users: UsersWithMail) -> None:
    email = (await users.sign_up()).email
    await users.request_reset(email)
    await users.deliver()
    (mail,) = users.server.mails
    assert mail["From"] == f"MySMS Messenger <{MAIL_FROM}>"
    assert mail["To"] == email
    assert parsedate_to_datetime(mail["Date"]) == NOW
    assert re.fullmatch(r"<[0-9a-f]{24}\.1@mail\.example>", mail["Message-ID"])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert not mail.defects


@pytest.mark.parametrize("text", ["a\r\nBcc: b@example.com", "a\nb", "a\rb"])
def test_a_header_cannot_be_injected(text: str) -> None:
    for mail in (OutgoingMail(f"{text}@example.com", "Hello", ""), OutgoingMail("a@example.com", text, "")):
        with pytest.raises(ValueError, match=r"(?i)line|header|CR|invalid"):
            build_message(mail, sender=MAIL_FROM, message_id="1", now=NOW)


@pytest.mark.parametrize(
    ("email", "recipient"),
    [("ada@bücher.example", "ada@xn--bcher-kva.example"), ("ada+x@example.com", "ada+x@example.com")],
)
async def test_a_domain_in_another_script_is_written_in_ascii(users: UsersWithMail, email: str, recipient: str) -> None:
    await users.sign_up(email=email)
    await users.request_reset(email)
    await users.deliver()
    assert [mail["To"] for mail in users.server.mails] == [recipient]


async def test_an_address_that_the_server_does_not_support_holds_up_no_other_mail(users: UsersWithMail) -> None:
    for email in ("jürgen@example.com", new_email()):
        await users.sign_up(email=email)
        await users.request_reset(email)
    await users.deliver()
    assert len(users.server.mails) == 1
    assert (users.pauses, await users.queued()) == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?=0d=0abcc=3aspam=40evil.example=0d=0a?=@v.example",
        "=?utf-8?q?x=0d=0asubject=3ayou=20won=0d=0a=0d=0ago?=@v.example",
        "=?utf-8?b?=20@v.example",
    ],
)
async def test_an_address_that_would_become_something_else_gets_no_mail(users: UsersWithMail, address: str) -> None:
    with pytest.raises(ValueError, match="encoded word"):
        normalise_email(address)
    user = await users.sign_up()
    # Stored by an earlier version.
    await users.database["users"].update_one({"_id": user.id}, {"$set": {"email": address}})
    await users.notifications.notify("password_changed", user)
    other = await users.sign_up()
    await users.notifications.notify("password_changed", other)
    await users.deliver()
    assert [mail["To"] for mail in users.server.mails] == [other.email]
    assert (users.pauses, await users.queued()) == ([], [])


# Devices


async def subjects_after(users: UsersWithMail, email: str, *devices: str) -> list[str]:
    """The subjects of the mails after sign-ins on these devices."""
    users.server.mails.clear()
    for device in devices:
        await users.sign_in(email, device)
        await users.deliver()
    return [str(mail["Subject"]) for mail in users.server.to(email)]


NEW_DEVICE = "New sign-in to your account"


async def test_a_user_is_told_of_a_new_device_once(users: UsersWithMail) -> None:
    email = (await users.sign_up("Firefox on Linux")).email
    assert await subjects_after(users, email, "Firefox on Linux") == []
    assert await subjects_after(users, email, "Safari on iPhone", "Safari on iPhone") == [NEW_DEVICE]
    assert "Device: Safari on iPhone" in users.server.mails[0].get_content()
    user = await users.user(email)
    assert "Safari" not in str(user.known_devices), "only hashes are stored"
    await users.services.sessions.end_all(ObjectId(user.id))
    assert await subjects_after(users, email, "Firefox on Linux", "Safari on iPhone", "curl") == [NEW_DEVICE]
    other = await users.sign_up("curl")
    assert not set(other.known_devices or ()) & set((await users.user(email)).known_devices or ())


async def test_the_devices_of_an_older_account_are_those_of_its_sessions(users: UsersWithMail) -> None:
    email = (await users.sign_up("Firefox on Linux")).email
    await users.database["users"].update_one({"email": email}, {"$unset": {"known_devices": ""}})
    assert await subjects_after(users, email, "Firefox on Linux", "Chrome on Mac", "Firefox on Linux") == [NEW_DEVICE]


async def test_a_device_that_is_used_while_the_secret_is_replaced_stays_known(users: UsersWithMail) -> None:
    user = await users.sign_up("Firefox on Linux")
    old = users.settings.jwt_secrets[0]
    for secrets in (("a new secret", old), ("a new secret",)):
        assert await KnownClients(secrets).knows_device("Firefox on Linux", await users.user(user.email))
        assert not await KnownClients(secrets).knows_device("Safari on Mac", await users.user(user.email))


async def test_a_failed_sign_in_records_no_device(users: UsersWithMail) -> None:
    email = (await users.sign_up()).email
    with pytest.raises(InvalidCredentialsError):
        await users.sign_in(email, "Safari on iPhone", "wrong")
    assert await users.queued() == []
    assert await subjects_after(users, email, "Safari on iPhone") == [NEW_DEVICE]


async def test_the_list_of_devices_is_bounded(users: UsersWithMail) -> None:
    user = await users.sign_up()
    for number in range(40):
        await users.notifications.notify_of_new_device(user, ClientInfo("", f"Browser {number}"))
    assert len((await users.user(user.email)).known_devices or ()) == 30


async def test_one_account_gets_few_mails_of_a_kind_per_day(users: UsersWithMail) -> None:
    user = await users.sign_up()
    for _ in range(15):
        await users.notifications.notify("password_changed", user)
    await users.notifications.notify("second_factor_removed", user)
    await users.deliver()
    assert len(users.server.mails) == 11


async def test_without_a_mail_server_nothing_is_queued_or_recorded(users: UsersWithMail) -> None:
    users.restart(smtp_url=None)
    email = (await users.sign_up()).email
    await users.sign_in(email, "Safari on iPhone")
    await users.services.passwords.reset_by_operator(email)
    assert await users.queued() == []
    assert (await users.user(email)).known_devices is None


async def test_the_mails_to_a_deleted_account_are_removed_also_without_a_mail_server(users: UsersWithMail) -> None:
    """The server may be gone since they were queued."""
    user = await users.sign_up()
    await users.notifications.notify("password_changed", user)
    users.restart(smtp_url=None)
    await users.services.accounts.delete(users.claims(user), PASSWORD, ClientInfo("192.0.2.1", "curl"))
    assert await users.queued() == []


async def test_the_password_grant_and_the_operator_are_told_of_too(
    start: Start, mail_server: MailServer, tmp_path: Path
) -> None:
    async with start(**mail_settings(mail_server)) as api:
        api_user = await ApiUser.sign_up(api)
        form = {"grant_type": "password", "username": api_user.email, "password": PASSWORD}
        await api.http.post("/users/token", data=form, headers={"User-Agent": "curl/8"})
        (told,) = await mail_server.wait_for(api_user.email)
        assert "Device: curl" in told.get_content()
        reset = Process("reset", ["mysms", "reset-password", api_user.email], tmp_path, api.environment)
        assert await reset.wait_for_exit() == 0
        (_, told) = await mail_server.wait_for(api_user.email, 2)
        assert "The person who runs this server has set" in told.get_content()
        assert new_password_in(reset.text()) not in told.get_content()


async def test_a_user_is_told_that_the_second_factor_was_removed(users: UsersWithMail) -> None:
    user = await users.sign_up()
    claims, client = users.claims(user), ClientInfo("192.0.2.1", "Edge on Mac")
    await users.services.second_factor.begin(claims, PASSWORD, client)
    await users.services.second_factor.remove(claims, PASSWORD, client)
    assert await users.queued() == [], "it was not enabled yet"
    secret = (await users.services.second_factor.begin(claims, PASSWORD, client)).secret
    await users.services.second_factor.enable(claims, TOTP(secret).at(users.now), client)
    await users.services.second_factor.remove(claims, PASSWORD, client)
    await users.deliver()
    enabled, told = users.server.to(user.email)
    assert enabled["Subject"] == "Two-step sign-in was turned on"
    assert told["Subject"] == "Two-step sign-in was turned off"
    assert "Device: Edge on Mac" in told.get_content()


async def test_a_user_is_told_of_another_phone_and_of_recovery_codes_and_what_to_do(users: UsersWithMail) -> None:
    user = await users.sign_up()
    claims, client = users.claims(user), ClientInfo("192.0.2.1", "Edge on Mac")
    second_factor = users.services.second_factor
    for _ in range(2):
        secret = (await second_factor.begin(claims, PASSWORD, client)).secret
        await second_factor.enable(claims, TOTP(secret).at(users.now), client)
    codes = (await second_factor.replace_recovery_codes(claims, PASSWORD, client)).recovery_codes
    await second_factor.require(await users.user(user.email), codes[0], client)
    await users.deliver()
    mails = users.server.to(user.email)
    assert [mail["Subject"] for mail in mails] == [
        "Two-step sign-in was turned on",
        "Two-step sign-in uses another phone now",
        "You have new recovery codes",
        "A recovery code was used to sign in",
    ]
    turned_on, replaced, renewed, used = [mail.get_content() for mail in mails]
    for text in (turned_on, replaced):
        assert "still ask for a code" in text
        assert "the person who runs this server can remove it" in " ".join(text.split())
    for text in (renewed, used):
        assert "make new ones in the settings" in text
    assert "Device: Edge on Mac" in used
    assert not any(code in used for code in codes)


# The queue


async def test_a_mail_survives_the_process_that_queued_it(start: Start, mail_server: MailServer) -> None:
    mail_server.mail_answer = "421 Not now"
    async with start(**mail_settings(mail_server)) as api:
        api_user = await ApiUser.sign_up(api)
        assert (await api.post("/users/password_reset", forgotten(api_user.email))).status_code == 202
        api.process.kill()
    mail_server.mail_answer = None
    async with start(**mail_settings(mail_server)) as api:
        await make_due(api.mongodb_uri)
        (mail,) = await mail_server.wait_for(api_user.email)
        assert (await api.http.put("/users/password_reset", json=reset_with(token_of(mail)))).status_code == 204


async def test_a_process_that_is_killed_while_it_sends_sends_at_most_once_more_and_every_link_works(
    start: Start, mail_server: MailServer
) -> None:
    """Killed after the server has accepted the mail, before its response."""
    async with start(**mail_settings(mail_server)) as api:
        mail_server.on_accept = api.process.kill
        api_user = await ApiUser.sign_up(api)
        await api.post("/users/password_reset", forgotten(api_user.email))
        await mail_server.wait_for(api_user.email)
    mail_server.on_accept = None
    async with start(**mail_settings(mail_server)) as api:
        await make_due(api.mongodb_uri)
        first, second = await mail_server.wait_for(api_user.email, 2)
        assert token_of(first) != token_of(second)
        assert (await api.http.put("/users/password_reset", json=reset_with(token_of(first)))).status_code == 204


async def make_due(mongodb_uri: str) -> None:
    """Make all mails due at once, as if the lease or the wait were over."""
    async with AsyncMongoClient[Json](mongodb_uri) as client:
        mails = client.get_default_database()["mails"]
        await mails.update_many({}, {"$set": {"next_attempt_at": datetime.now(UTC)}})


async def test_only_one_process_sends_a_mail(users: UsersWithMail) -> None:
    email = (await users.sign_up()).email
    await users.request_reset(email)
    dispatchers = [users.dispatcher_of(MailQueue(users.database, users.clock)) for _ in range(8)]
    await asyncio.gather(*(dispatcher.send_next() for dispatcher in dispatchers))
    assert len(users.server.mails) == 1
    assert await users.queued() == []


async def test_a_claim_that_was_not_settled_is_taken_over_after_the_lease(users: UsersWithMail) -> None:
    assert timedelta(seconds=TIMEOUT_SECONDS) < LEASE
    await users.request_reset(new_email())
    claimed = await users.queue.claim(KINDS)
    assert claimed is not None
    assert claimed.attempt == 1
    users.now += LEASE - timedelta(seconds=1)
    assert await users.queue.claim(KINDS) is None
    users.now += timedelta(seconds=1)
    again = await users.queue.claim(KINDS)
    assert again is not None
    assert (again.id, again.attempt) == (claimed.id, 2)
    await users.queue.retry(claimed, timedelta())  # The first process wakes up: the mail is not its own any more.
    assert await users.queue.claim(KINDS) is None


async def test_a_mail_of_a_newer_version_waits_for_a_process_of_that_version(users: UsersWithMail) -> None:
    """As during an upgrade, while processes of both versions run."""
    user = await users.sign_up()
    await users.queue.add("something_new", {"account_id": ObjectId(user.id)}, valid_for=timedelta(days=1))
    await users.notifications.notify("password_changed", user)
    await users.deliver()
    assert [mail["Subject"] for mail in users.server.to(user.email)] == ["Your password was changed"]
    newer = await users.queue.claim((*KINDS, "something_new"))
    assert newer is not None
    assert (newer.kind, newer.attempt) == ("something_new", 1)


async def test_a_mail_is_given_up_after_a_day(users: UsersWithMail) -> None:
    users.server.mail_answer = "451 Not now"
    user = await users.sign_up()
    await users.notifications.notify("password_changed", user)
    attempts = 0
    for _ in range(24 * 60):
        attempts += await users.dispatcher.send_next()
        users.now += minutes(1)
    assert 90 < attempts < 200, "the waits grow to a quarter of an hour"
    assert not await users.dispatcher.send_next()
    await users.queue.delete_expired()
    assert await users.queued() == []


# Failures of the mail server


async def test_a_mail_that_is_deferred_waits_longer_each_time_and_holds_up_no_other(users: UsersWithMail) -> None:
    """As by greylisting: the server rejects an unknown sender for some minutes."""
    deferred, other = [(await users.sign_up()).email for _ in range(2)]
    users.server.rcpt_answer = "451 Try again later"
    await users.request_reset(deferred)
    waits = []
    for _ in range(4):
        before = users.now
        while not await users.dispatcher.send_next():
            users.now += timedelta(seconds=0.5)
        waits.append((users.now - before).total_seconds())
    assert waits == [0, 2.5, 5, 10]
    users.server.rcpt_answer = None
    await users.request_reset(other)
    await users.deliver()
    assert len(users.server.to(other)) == 1
    users.now += minutes(1)
    await users.deliver()
    assert len(users.server.to(deferred)) == 1
    assert users.pauses == []


@pytest.mark.parametrize("field", ["rcpt_answer", "data_answer"])
async def test_a_permanent_refusal_ends_a_mail(users: UsersWithMail, field: str) -> None:
    email = (await users.sign_up()).email
    setattr(users.server, field, "550 No such user")
    await users.request_reset(email)
    await users.deliver()
    assert (users.server.attempts, await users.queued()) == (1, [])


@pytest.mark.parametrize("answer", ["553 Not your address", "451 Not now"])
async def test_if_the_sender_is_refused_all_mails_wait(users: UsersWithMail, answer: str) -> None:
    """Even for good: it is the configuration that is wrong, not the mail."""
    emails = [(await users.sign_up()).email for _ in range(3)]
    users.server.mail_answer = answer
    for email in emails:
        await users.request_reset(email)
    await users.deliver()
    assert users.pauses == [0.5, 1.0, 2.0], "failing is slower than working"
    users.server.mail_answer = None
    users.now += minutes(1)
    await users.deliver()
    assert {mail["To"] for mail in users.server.mails} == set(emails)


async def test_a_server_that_is_down_is_tried_again(start: Start) -> None:
    port = free_port()
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": MAIL_FROM, "APP_URL": APP_URL}
    async with start(**settings) as api:
        api_user = await ApiUser.sign_up(api)
        await api.post("/users/password_reset", forgotten(api_user.email))
        await eventually(
            lambda: api.metric("mysms_mails_total", outcome="deferred"), lambda count: count > 0, what="a failure"
        )
        assert (await api.http.get("/ready")).status_code == 200, "messages can be sent without mail"
        async with running_mail_server(port) as server:
            await server.wait_for(api_user.email, within=30)
            await eventually(
                lambda: api.metric("mysms_mails_total", outcome="sent"), lambda count: count == 1, what="success"
            )
        log = api.process.text()
    assert "A mail (password_reset, attempt 1) was deferred: The mail server does not respond" in log
    assert api_user.email not in log


async def test_a_slow_server_slows_down_no_request(start: Start, mail_server: MailServer) -> None:
    mail_server.delay_seconds = 3
    async with start(**mail_settings(mail_server)) as api:
        api_user = await ApiUser.sign_up(api)
        await api.post("/users/password_reset", forgotten(api_user.email))
        assert (await sign_in(api, api_user.email)).status_code == 201
        assert mail_server.mails == [], "the request did not wait for the mail"
        await mail_server.wait_for(api_user.email)
        await eventually(
            lambda: api.metric("mysms_mails_total", outcome="sent"), lambda count: count == 1, what="success"
        )
    assert len(mail_server.to(api_user.email)) == 1


@pytest.mark.parametrize("greeting", [b"", b"220 hello\r\n", b"554 no\r\n", b"\xff\x00\r\n", b"220 " + b"x" * 100_000])
async def test_whatever_a_server_says_the_mail_waits(users: UsersWithMail, greeting: bytes) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    email = (await users.sign_up()).email
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = SmtpClient(SmtpUrl.parse(f"smtp://127.0.0.1:{port}"), "mail.example", needs_tls=False)
        with pytest.raises(MailServerError) as failed:
            await client.send(message_to(email), email)
        assert not isinstance(failed.value, MailRefusedError)
        assert email not in failed.value.reason


def message_to(email: str) -> EmailMessage:
    return build_message(OutgoingMail(email, "Hello", "Hello"), sender=MAIL_FROM, message_id="1", now=NOW)


# TLS and sign-in


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the key and the certificate of a server on 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    now = dt.datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    return file


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@contextlib.asynccontextmanager
async def server_of(scheme: str, tls: ssl.SSLContext) -> AsyncIterator[MailServer]:
    async with running_mail_server(tls=tls, implicit=scheme == "smtps") as server:
        yield server


def client_of(scheme: str, server: MailServer, login: str = LOGIN) -> SmtpClient:
    return SmtpClient(SmtpUrl.parse(f"{scheme}://{login}@127.0.0.1:{server.port}"), "mail.example", needs_tls=True)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_mail_is_sent_over_tls_after_a_sign_in(
    scheme: str, server_tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with server_of(scheme, server_tls) as server:
        await client_of(scheme, server).send(message_to("ada@example.com"), "ada@example.com")
        await client_of(scheme, server).check()
        assert len(server.mails) == 1
        with pytest.raises(MailServerError, match="rejects the user name or the password") as failed:
            await client_of(scheme, server, "somebody:hunter2").check()
        assert "hunter2" not in str(failed.value)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_nothing_is_sent_to_a_server_with_a_certificate_that_is_not_trusted(
    scheme: str, server_tls: ssl.SSLContext
) -> None:
    async with server_of(scheme, server_tls) as server:
        with pytest.raises(MailServerError, match="certificate"):
            await client_of(scheme, server).send(message_to("ada@example.com"), "ada@example.com")
        assert (server.mails, server.attempts) == ([], 0)


async def test_nothing_is_sent_to_a_server_without_tls(mail_server: MailServer) -> None:
    with pytest.raises(MailServerError, match="STARTTLS"):
        await client_of("smtp", mail_server).send(message_to("ada@example.com"), "ada@example.com")
    assert (mail_server.mails, mail_server.attempts) == ([], 0)
