"""Web push: who is told what, through a push service that decrypts, and what happens when that fails."""

import asyncio
import datetime as dt
import ipaddress
import secrets
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mysms.contacts.schemas import ContactFields
from mysms.core.heartbeat import Heartbeat
from mysms.core.security_events import SecurityEvents
from mysms.core.settings import Settings
from mysms.messages import repository as messages
from mysms.messages.conversations import count, insert
from mysms.messages.models import Message
from mysms.push.client import PushClient, PushServiceError
from mysms.push.dispatcher import PushDispatcher
from mysms.push.keys import VapidKeys
from mysms.push.payload import PushPacker
from mysms.push.public_addresses import is_public_address
from mysms.push.queue import LEASE, VALID_FOR, PushQueue
from mysms.push.service import PushService as PushSubscriptions
from mysms.services import Services, build_services
from mysms.startup import bind_documents
from mysms.users.client_info import ClientInfo
from mysms.users.models import IDLE_LIFETIME, PushSubscription
from mysms.users.schemas import Registration, SignedInResponse
from mysms.users.secret_cipher import SecretCipher
from mysms.users.tokens import AccessClaims
from mysms.web.graceful_shutdown import ShutdownState
from tests.support.api_user import PASSWORD, ApiUser, new_email, new_number
from tests.support.inbound import inbound_form
from tests.support.polling import eventually
from tests.support.push_service import Browser, PushService, encoded, running_push_service
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Mongo, api_environment

CLIENT = ClientInfo("192.0.2.1", "Firefox on Linux")
PEER = "+14155552671"
PUBLIC = "https://push.example.com/send/abc"


@dataclass
class Pushing:
    """The services of one process without its background tasks: the test makes the attempts."""

    services: Services
    service: PushService
    tls: ssl.SSLContext
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    jitter: float = 0.0

    def __post_init__(self) -> None:
        self.queue = PushQueue(self.services.database, self.clock)
        self.push = PushSubscriptions(self.keys(), self.queue, self.clock)
        self.dispatcher = self.dispatcher_of(PushClient(is_allowed=lambda _: True, tls=self.tls))

    def clock(self) -> datetime:
        return self.now

    def dispatcher_of(self, client: PushClient) -> PushDispatcher:
        settings = self.services.settings
        return PushDispatcher(
            self.queue,
            self.keys(),
            PushPacker(settings.push_contact, settings.jwt_secrets[0]),
            client,
            self.services.users.sessions.find_push_subscription,
            self.clock,
            Heartbeat("push", 60),
            jitter=lambda: self.jitter,
        )

    def keys(self, *installation_secrets: str) -> VapidKeys:
        cipher = SecretCipher(installation_secrets or self.services.settings.jwt_secrets, "web push")
        return VapidKeys(self.services.database, cipher, self.clock)

    async def sign_up(self) -> AccessClaims:
        fields = {"email": new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
        registration = Registration.model_validate(fields)
        return self.claims(await self.services.users.accounts.register(registration, CLIENT))

    def claims(self, signed_in: SignedInResponse) -> AccessClaims:
        return self.services.users.sessions.verify(signed_in.access_token, CLIENT)

    async def subscribe(self, caller: AccessClaims, *, shows_text: bool = False, host: str = "localhost") -> Browser:
        browser = self.service.subscribe(host)
        subscription = PushSubscription(endpoint=browser.endpoint, **browser.keys, shows_text=shows_text)
        await self.push.subscribe(caller, subscription)
        return browser

    async def receive(self, caller: AccessClaims, text: str = "Fine, thank you", **changes: Any) -> Message:
        """Store an inbound message of the user, and queue what it is to cause."""
        message = inbound(caller, text, self.now, **changes)
        assert await insert(message)
        await self.push.announce(message)
        return message

    async def deliver(self) -> None:
        """Make the attempts that are due now."""
        while await self.dispatcher.send_due():
            pass

    async def queued(self) -> list[dict[str, Any]]:
        return await self.services.database["pushes"].find().to_list()


def inbound(caller: AccessClaims, text: str, now: datetime, **changes: Any) -> Message:
    sid = f"SM{secrets.token_hex(16)}"
    fields: dict[str, Any] = {
        "user_id": caller.user_id,
        "client_id": f"inbound:{sid}",
        "request_hash": "hash",
        "direction": "inbound",
        "from_number": PEER,
        "recipient_number": "+15005550006",
        "peer_number": PEER,
        "content": text,
        "segments": 1,
        "twilio_sid": sid,
        "provider_status": "received",
        "created_at": now,
        "updated_at": now,
        **changes,
    }
    message: Message = Message.model_validate({"id": ObjectId(), **fields})
    return message


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the key and the certificate of a server on loopback, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "push.example")])
    now = dt.datetime.now(UTC)
    loopback = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(loopback), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    return file


@pytest.fixture
async def pushing(mongodb: Mongo, certificate: Path) -> AsyncIterator[Pushing]:
    uri = mongodb.other_database(f"push_{secrets.token_hex(4)}")
    environment = api_environment(port=8000, mongodb_uri=uri, twilio_url="http://127.0.0.1:9")
    known = {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}
    settings = Settings(_env_file=None, **known)  # type: ignore[arg-type]
    services = build_services(settings, ShutdownState(), SecurityEvents("a secret"))
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(certificate)
    async with services.database.client as client:
        await bind_documents(services.database)
        async with running_push_service(server_tls, await services.push.public_key()) as service:
            yield Pushing(services, service, ssl.create_default_context(cafile=str(certificate)))
        await client.drop_database(services.database.name)


# What is told


async def test_a_browser_is_told_who_has_written(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    message = await pushing.receive(caller, "A secret recipe")
    await pushing.deliver()
    (received,) = browser.received
    assert received.payload == {
        "notification": {
            "title": "+1 415-555-2671",
            "body": "New message",
            "tag": f"mysms.conversation.{PEER}",
            "data": {"url": "/messages/%2B14155552671", "ids": [str(message.id)]},
        }
    }
    assert received.headers["TTL"] == "14400"
    assert received.headers["Urgency"] == "high"
    assert len(received.headers["Topic"]) <= 32
    assert received.claims["aud"] == "https://localhost"
    assert received.claims["sub"].startswith("mailto:")
    assert received.claims["exp"] < datetime.now(UTC).timestamp() + 86_400
    assert await pushing.queued() == []
    assert not await pushing.dispatcher.send_due()


async def test_people_are_called_by_their_names(pushing: Pushing) -> None:
    caller, other = await pushing.sign_up(), await pushing.sign_up()
    browser, others = await pushing.subscribe(caller), await pushing.subscribe(other)
    fields = ContactFields(name="Ada 🦉")
    await pushing.services.contacts.store(caller.user_id, PEER, fields)
    await pushing.receive(caller)
    await pushing.receive(other)
    await pushing.deliver()
    titles = [each.received[0].payload["notification"]["title"] for each in (browser, others)]
    assert titles == ["Ada 🦉", "+1 415-555-2671"]


async def test_the_text_is_told_only_if_that_is_chosen(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller, shows_text=True)
    for text, changes in [("Fine, thank you 👍", {}), ("é" * 1600, {}), ("", {"num_media": 1}), ("", {})]:
        await pushing.receive(caller, text, **changes)
        await pushing.deliver()
    bodies = [received.payload["notification"]["body"] for received in browser.received]
    assert bodies == ["Fine, thank you 👍", "é" * 500, "Attachment", "New message"]


async def test_pushes_about_one_conversation_replace_each_other(pushing: Pushing) -> None:
    caller, other = await pushing.sign_up(), await pushing.sign_up()
    browser, others = await pushing.subscribe(caller), await pushing.subscribe(other)
    await pushing.receive(caller)
    await pushing.receive(caller)
    await pushing.receive(caller, peer_number="MYBANK")
    await pushing.receive(other)
    await pushing.deliver()
    topics = {(received.payload["notification"]["title"], received.headers["Topic"]) for received in browser.received}
    assert len(browser.received) == 3
    assert len(topics) == 2
    assert others.received[0].headers["Topic"] not in {topic for _, topic in topics}


async def test_a_webhook_queues_a_push_for_each_subscribed_browser_of_its_user(pushing: Pushing) -> None:
    caller, other = await pushing.sign_up(), await pushing.sign_up()
    first = await pushing.subscribe(caller)
    await pushing.subscribe(other)
    await pushing.services.inbound_webhook.receive(inbound_form(new_number(), "From a stranger"))
    await eventually(pushing.queued, lambda found: len(found) == 1, what="a queued push")
    pushing.now = datetime.now(UTC)
    await pushing.deliver()
    assert len(first.received) == 1


async def test_what_comes_in_late_is_no_news(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    await pushing.subscribe(caller)
    await pushing.receive(caller, created_at=pushing.now - timedelta(hours=25))
    assert await pushing.queued() == []


# Who is not told any more


async def test_nothing_is_told_once_the_session_has_ended(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await pushing.receive(caller)
    await pushing.services.users.sessions.end_all_own(caller, CLIENT)
    await pushing.receive(caller)
    await pushing.deliver()
    assert browser.received == []
    assert await pushing.queued() == []
    assert await pushing.services.database["sessions"].find({"push": {"$ne": None}}).to_list() == []


async def test_nothing_is_told_to_a_session_that_has_expired(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    await pushing.subscribe(caller)
    await pushing.services.database["sessions"].update_many({}, {"$set": {"expires_at": pushing.now}})
    await pushing.receive(caller)
    assert await pushing.queued() == []


async def test_nothing_is_told_of_what_was_deleted_meanwhile(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    message = await pushing.receive(caller)
    await messages.delete(ObjectId(message.id), ObjectId(), pushing.now)
    await pushing.deliver()
    assert browser.received == []


async def test_nothing_is_told_once_the_session_has_expired_although_it_is_still_stored(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await pushing.receive(caller)
    long_ago = pushing.now - IDLE_LIFETIME - timedelta(minutes=1)
    await pushing.services.database["sessions"].update_many({}, {"$set": {"last_used_at": long_ago}})
    await pushing.deliver()
    assert browser.received == []
    assert await pushing.queued() == []


@pytest.mark.parametrize("change", [{"$inc": {"password_version": 1}}, {"$set": {"deleting": True}}])
async def test_nothing_is_told_if_the_process_was_killed_before_it_ended_the_sessions(
    pushing: Pushing, change: dict[str, Any]
) -> None:
    """After a change of the password, or at the beginning of a deletion: a thief may be the one who is told."""
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await pushing.services.database["users"].update_one({"_id": caller.user_id}, change)
    await pushing.receive(caller)
    await pushing.deliver()
    assert browser.received == []
    assert await pushing.queued() == []


async def test_what_waits_is_erased_with_the_account(pushing: Pushing) -> None:
    caller, other = await pushing.sign_up(), await pushing.sign_up()
    for each in (caller, other):
        await pushing.subscribe(each)
        await pushing.receive(each)
    await pushing.services.users.accounts.delete(caller, PASSWORD, CLIENT)
    (left,) = await pushing.queued()
    assert left["session_id"] == other.session_id


async def test_what_waits_is_erased_although_the_process_was_killed_once_the_sessions_had_ended(
    pushing: Pushing,
) -> None:
    caller = await pushing.sign_up()
    await pushing.subscribe(caller)
    await pushing.receive(caller)
    await pushing.services.database["users"].update_one({"_id": caller.user_id}, {"$set": {"deleting": True}})
    await pushing.services.users.sessions.end_all(caller.user_id)
    assert len(await pushing.queued()) == 1
    await pushing.services.users.accounts.finish_deletions()
    assert await pushing.queued() == []


async def test_nothing_is_told_of_what_was_read_on_another_device_meanwhile(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    message = await pushing.receive(caller)
    await count(message)
    other = await pushing.receive(caller, peer_number="MYBANK")
    await count(other)
    await pushing.services.read_marks.mark_read(caller.user_id, PEER, 1)
    await pushing.deliver()
    assert [received.payload["notification"]["title"] for received in browser.received] == ["MYBANK"]
    assert await pushing.queued() == []


async def test_nothing_is_told_of_a_muted_conversation(pushing: Pushing) -> None:
    caller, other = await pushing.sign_up(), await pushing.sign_up()
    browser, others = await pushing.subscribe(caller), await pushing.subscribe(other)
    await count(await pushing.receive(caller))
    await pushing.deliver()
    await pushing.services.flagging.mute(caller.user_id, PEER)
    for is_counted in (False, True):
        message = await pushing.receive(caller)
        if is_counted:
            await count(message)
        await pushing.deliver()
    assert len(browser.received) == 1
    await count(await pushing.receive(caller, peer_number="MYBANK"))
    await count(await pushing.receive(other))
    await pushing.deliver()
    assert [received.payload["notification"]["title"] for received in browser.received[1:]] == ["MYBANK"]
    assert len(others.received) == 1
    await pushing.services.flagging.unmute(caller.user_id, PEER)
    await pushing.receive(caller)
    await pushing.deliver()
    assert len(browser.received) == 3
    assert await pushing.queued() == []


async def test_nothing_is_told_of_what_was_muted_before_it_was_due(pushing: Pushing) -> None:
    """Also after an attempt that has failed."""
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await count(await pushing.receive(caller))
    pushing.service.answer = 503
    await pushing.deliver()
    assert len(await pushing.queued()) == 1
    await pushing.receive(caller)
    await pushing.services.flagging.mute(caller.user_id, PEER)
    pushing.service.answer, pushing.now = 201, max(each["next_attempt_at"] for each in await pushing.queued())
    await pushing.deliver()
    assert browser.received == []
    assert await pushing.queued() == []


async def test_what_is_not_counted_yet_is_not_read(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await count(await pushing.receive(caller))
    await pushing.services.read_marks.mark_read(caller.user_id, PEER, 1)
    await pushing.receive(caller)
    await pushing.deliver()
    assert len(browser.received) == 1


async def test_a_browser_has_one_user(pushing: Pushing) -> None:
    caller, other = await pushing.sign_up(), await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await pushing.services.push.subscribe(other, PushSubscription(endpoint=browser.endpoint, **browser.keys))
    await pushing.receive(caller)
    assert await pushing.queued() == []
    message = await pushing.receive(other)
    await pushing.deliver()
    assert [received.payload["notification"]["data"]["ids"] for received in browser.received] == [[str(message.id)]]


async def test_unsubscribing_also_takes_back_what_waits(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    await pushing.subscribe(caller)
    await pushing.receive(caller)
    await pushing.services.push.unsubscribe(caller)
    assert await pushing.queued() == []
    await pushing.receive(caller)
    assert await pushing.queued() == []


@pytest.mark.parametrize("status", [404, 410, 401, 403])
async def test_a_subscription_that_is_gone_is_removed(pushing: Pushing, status: int) -> None:
    caller = await pushing.sign_up()
    await pushing.subscribe(caller)
    await pushing.receive(caller)
    await pushing.receive(caller)
    pushing.service.answer = status
    await pushing.deliver()
    assert await pushing.queued() == []
    await pushing.receive(caller)
    assert await pushing.queued() == []


async def test_what_waits_goes_to_a_new_subscription_while_the_old_one_is_found_to_be_gone(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    old = await pushing.subscribe(caller)
    old.is_gone = True
    messages_of_both = [await pushing.receive(caller)]
    browsers: list[Browser] = []

    async def subscribe_anew() -> None:
        browsers.append(await pushing.subscribe(caller))
        messages_of_both.append(await pushing.receive(caller))

    pushing.service.before_answer = subscribe_anew
    await pushing.deliver()
    (new,) = browsers
    told = {each for received in new.received for each in received.payload["notification"]["data"]["ids"]}
    assert told == {str(message.id) for message in messages_of_both}
    assert await pushing.queued() == []


# Failures


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_push_is_repeated_after_growing_waits_with_jitter_until_it_is_no_news(
    pushing: Pushing, status: int
) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await pushing.receive(caller)
    pushing.service.answer = status
    waits = []
    for pushing.jitter in (0.0, 0.999, 0.0):
        await pushing.deliver()
        (entry,) = await pushing.queued()
        waits.append((entry["next_attempt_at"] - pushing.now).total_seconds())
        pushing.now = entry["next_attempt_at"]
    assert waits == pytest.approx([2.5, 10.0, 10.0], abs=0.02)
    pushing.service.answer = 201
    await pushing.deliver()
    (received,) = browser.received
    # The push service keeps it no longer than we would.
    assert int(received.headers["TTL"]) == pytest.approx(VALID_FOR.total_seconds() - sum(waits), abs=1)

    await pushing.receive(caller)
    pushing.service.answer = status
    await pushing.deliver()
    pushing.now += VALID_FOR
    asked = pushing.service.requests
    await pushing.deliver()
    assert pushing.service.requests == asked
    await pushing.queue.delete_expired()
    assert await pushing.queued() == []


async def test_all_that_waits_for_a_browser_waits_if_its_push_service_does_not_answer(pushing: Pushing) -> None:
    """Or the attempts, some at a time, would hold up what others are to be told."""
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    for _ in range(25):
        await pushing.receive(caller)
    pushing.service.answer = 503
    for most in (10, 20):
        await pushing.deliver()
        assert pushing.service.requests <= most
        pushing.now = max(entry["next_attempt_at"] for entry in await pushing.queued())
    assert {entry["attempts"] for entry in await pushing.queued()} <= {1, 2}
    await pushing.receive(caller)
    pushing.service.answer = 201
    await pushing.deliver()
    assert len(browser.received) == 26


async def test_the_push_service_says_when_to_come_back(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    await pushing.subscribe(caller)
    await pushing.receive(caller)
    pushing.service.answer, pushing.service.headers = 429, {"Retry-After": "600"}
    await pushing.deliver()
    (entry,) = await pushing.queued()
    assert (entry["next_attempt_at"] - pushing.now).total_seconds() == pytest.approx(600, abs=1)


@pytest.mark.parametrize("status", [302, 400, 413])
async def test_what_is_refused_is_not_repeated(pushing: Pushing, status: int) -> None:
    caller = await pushing.sign_up()
    await pushing.subscribe(caller)
    await pushing.receive(caller)
    pushing.service.answer, pushing.service.headers = status, {"Location": "/elsewhere"}
    await pushing.deliver()
    assert pushing.service.requests == 1
    assert await pushing.queued() == []


async def test_a_push_whose_process_ended_is_sent_by_another_one_after_the_lease(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await pushing.receive(caller)
    assert await pushing.queue.claim() is not None
    await pushing.deliver()
    assert browser.received == []
    pushing.now += LEASE
    await pushing.deliver()
    assert len(browser.received) == 1


async def test_several_processes_send_each_push_once(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    for _ in range(20):
        await pushing.receive(caller)
    client = PushClient(is_allowed=lambda _: True, tls=pushing.tls)
    await asyncio.gather(*(pushing.dispatcher_of(client).send_due() for _ in range(4)))
    assert len(browser.received) == 20


# Where it may lead


async def test_only_public_addresses_are_connected_to(pushing: Pushing) -> None:
    caller = await pushing.sign_up()
    browser = await pushing.subscribe(caller)
    await pushing.receive(caller)
    pushing.dispatcher = pushing.dispatcher_of(PushClient(tls=pushing.tls))
    await pushing.deliver()
    assert pushing.service.requests == 0
    assert browser.received == []
    assert len(await pushing.queued()) == 1


async def test_a_name_that_is_never_resolved_holds_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who chooses a host also chooses how long its name server takes. Connections to the database need names, too."""
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait())
    client = PushClient()
    posts = [asyncio.ensure_future(client.post(PUBLIC, b"", {})) for _ in range(50)]
    await asyncio.sleep(0.1)
    try:
        async with asyncio.timeout(2):
            await asyncio.to_thread(lambda: None)
    finally:
        released.set()
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)


async def test_a_certificate_that_nobody_has_signed_is_refused(pushing: Pushing) -> None:
    browser = pushing.service.subscribe()
    with pytest.raises(PushServiceError, match="Certificate"):
        await PushClient(is_allowed=lambda _: True).post(browser.endpoint, b"", {})
    assert pushing.service.requests == 0


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        *((address, False) for address in ("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254")),
        *((address, False) for address in ("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255")),
        *((address, False) for address in ("::1", "::", "fe80::1", "fd00::1", "ff02::1")),
        *((address, False) for address in ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1")),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, *, is_public: bool) -> None:
    assert is_public_address(address) is is_public


# The key


async def test_all_processes_have_one_key_which_is_stored_encrypted(pushing: Pushing) -> None:
    await pushing.services.database["push_keys"].delete_many({})
    pairs = await asyncio.gather(*(pushing.keys().load() for _ in range(8)))
    assert len({pair.application_server_key for pair in pairs}) == 1
    assert len({pair.private_pem for pair in pairs}) == 1
    (row,) = await pushing.services.database["push_keys"].find().to_list()
    assert b"PRIVATE KEY" in pairs[0].private_pem
    assert "PRIVATE KEY" not in str(row)


async def test_the_key_outlives_a_rotation_of_secrets(pushing: Pushing) -> None:
    await pushing.services.database["push_keys"].delete_many({})
    before = (await pushing.keys("old").load()).application_server_key
    assert (await pushing.keys("new", "old").load()).application_server_key == before
    assert (await pushing.keys("new").load()).application_server_key == before
    assert (await pushing.keys("lost").load()).application_server_key != before


# The API


@pytest.fixture
def subscription() -> dict[str, Any]:
    browser = Browser("", PUBLIC)
    return {"endpoint": PUBLIC, "keys": browser.keys}


async def test_a_browser_subscribes_with_the_key_and_ends_it(api_user: ApiUser, subscription: dict[str, Any]) -> None:
    key = (await api_user.call("GET", "/api/push/key")).json()["public_key"]
    assert (await api_user.call("GET", "/api/push/key")).json()["public_key"] == key
    for _ in range(2):
        answer = await api_user.call("PUT", "/api/push/subscription", json={"subscription": subscription})
        assert (answer.status_code, answer.content) == (204, b"")
    for _ in range(2):
        answer = await api_user.call("DELETE", "/api/push/subscription")
        assert (answer.status_code, answer.content) == (204, b"")


async def test_a_subscription_needs_a_session(api: Api, subscription: dict[str, Any]) -> None:
    assert (await api.http.get("/api/push/key")).status_code == 401
    assert (await api.http.delete("/api/push/subscription")).status_code == 401
    answer = await api.http.put("/api/push/subscription", json={"subscription": subscription})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://push.example.com/x", "https://push.example.com:8443/x", "https://user:pw@push.example.com/x"),
        *("https://localhost/x", "https://127.0.0.1/x", "https://[::1]/x", "https://8.8.8.8/x", "https://0x7f.1/x"),
        *("https://printer.local/x", "https://intranet/x", "ftp://push.example.com/x", "push.example.com", ""),
        "https://push.example.com/" + "x" * 1024,
    ],
)
async def test_an_endpoint_must_lead_to_a_public_host_by_https(
    api_user: ApiUser, subscription: dict[str, Any], endpoint: str
) -> None:
    answer = await api_user.call(
        "PUT", "/api/push/subscription", json={"subscription": {**subscription, "endpoint": endpoint}}
    )
    assert list(field_errors(answer)) == ["endpoint"]


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": encoded(b"\4" + bytes(64)), "auth": encoded(bytes(16))},
        {"p256dh": "x", "auth": encoded(bytes(16))},
        {"p256dh": Browser("", PUBLIC).keys["p256dh"], "auth": encoded(bytes(15))},
        {"p256dh": Browser("", PUBLIC).keys["p256dh"], "auth": "ü"},
        {"p256dh": Browser("", PUBLIC).keys["p256dh"]},
    ],
)
async def test_keys_must_be_keys(api_user: ApiUser, subscription: dict[str, Any], keys: dict[str, str]) -> None:
    body = {"subscription": {**subscription, "keys": keys}}
    problem_of(await api_user.call("PUT", "/api/push/subscription", json=body), 422, "invalid_fields")
