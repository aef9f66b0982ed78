"""The services of accounts in the process of the test, with a clock that the test sets and a mail server of its own."""

import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from mysms.changes.services import Changes
from mysms.core import database as connection
from mysms.core.database import Database
from mysms.core.heartbeat import Heartbeat
from mysms.core.rate_limit import RateLimiter
from mysms.core.security_events import SecurityEvents
from mysms.core.settings import Settings
from mysms.mail.dispatcher import MailDispatcher
from mysms.mail.queue import MailQueue
from mysms.mail.smtp import SmtpClient
from mysms.startup import bind_documents
from mysms.users import repository
from mysms.users.client_info import ClientInfo
from mysms.users.known_clients import KnownClients
from mysms.users.mails import KINDS, UserMails
from mysms.users.models import User
from mysms.users.notifications import Notifications
from mysms.users.schemas import Credentials, Registration, ResetPassword, SignedInResponse
from mysms.users.services import UserServices
from mysms.users.tokens import AccessClaims
from tests.support.api_user import PASSWORD, new_email
from tests.support.mail_server import MailServer, running_mail_server
from tests.support.servers import Mongo, api_environment

NOW = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)
APP_URL = "https://sms.example.com"
MAIL_FROM = "mysms@mail.example"


def mail_settings(server: MailServer) -> dict[str, str]:
    return {"SMTP_URL": server.url, "MAIL_FROM": MAIL_FROM, "APP_URL": APP_URL}


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


class CommandCounter(CommandListener):
    """Counts the commands that the database receives."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        self.commands[f"{event.command_name} {event.command.get(event.command_name)}"] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@dataclass
class UsersWithMail:
    database: Database
    server: MailServer
    counter: CommandCounter
    now: datetime = NOW
    pauses: list[float] = field(default_factory=list)
    """How long the dispatcher has waited, in seconds."""

    def __post_init__(self) -> None:
        environment = api_environment(
            port=8000, mongodb_uri="mongodb://h/", twilio_url="http://127.0.0.1:9", **mail_settings(self.server)
        )
        known = {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}
        self.settings = Settings(_env_file=None, **known)  # type: ignore[arg-type]
        self.queue = MailQueue(self.database, self.clock)
        self.services = self.build_services()
        self.dispatcher = self.dispatcher_of(self.queue)

    def clock(self) -> datetime:
        return self.now

    def build_services(self) -> UserServices:
        limiter = RateLimiter(self.database, self.clock)
        changes = Changes.of(self.database, self.clock)
        return UserServices.of(
            self.settings, limiter, changes, SecurityEvents("a secret"), self.queue, self._erase, self.clock
        )

    @property
    def notifications(self) -> Notifications:
        known_clients = KnownClients(self.settings.jwt_secrets)
        return Notifications(
            self.queue, known_clients, RateLimiter(self.database, self.clock), self.clock, enabled=True
        )

    def dispatcher_of(self, queue: MailQueue) -> MailDispatcher:
        mail = self.settings.mail
        assert mail is not None
        write = UserMails(self.services.reset_tokens, mail.app_url).write
        heartbeat = Heartbeat("mail", 60)
        return MailDispatcher(
            queue,
            SmtpClient.of(mail),
            write,
            KINDS,
            mail.sender,
            self.clock,
            heartbeat,
            sleep=self._note_pause,
            jitter=lambda: 0.0,
        )

    async def sign_up(self, device: str = "Firefox on Linux", email: str | None = None) -> User:
        registration = Registration.model_validate(
            {"email": email or new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
        )
        signed_up = await self.services.accounts.register(registration, ClientInfo("192.0.2.1", device))
        return await self.user(signed_up.email)

    async def user(self, email: str) -> User:
        user = await repository.find_user_by_email(email)
        assert user is not None
        return user

    async def sign_in(self, email: str, device: str = "Firefox on Linux", password: str = PASSWORD) -> SignedInResponse:
        credentials = Credentials(email=email, password=password)
        return await self.services.sign_in.sign_in(credentials, ClientInfo("192.0.2.1", device))

    def claims(self, user: User) -> AccessClaims:
        return AccessClaims(ObjectId(user.id), ObjectId())

    def restart(self, **settings: object) -> None:
        """Replace the services by those of a process with other settings."""
        self.settings = self.settings.model_copy(update=settings)
        self.services = self.build_services()

    async def request_reset(self, email: str, address: str = "192.0.2.1") -> None:
        await self.services.password_reset.request(email, ClientInfo(address, "curl"))

    async def reset(self, token: str, password: str) -> None:
        reset = ResetPassword.model_validate({"token": token, "password": password, "password_confirmation": password})
        await self.services.password_reset.complete(reset, ClientInfo("192.0.2.1", "Safari on Mac"))

    async def deliver(self) -> None:
        """Make the attempts that are due now."""
        while await self.dispatcher.send_next():
            pass

    async def queued(self) -> list[dict[str, Any]]:
        return await self.database["mails"].find().to_list()

    async def _erase(self, _user_id: ObjectId) -> None: ...

    async def _note_pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
async def users(mongodb: Mongo, mail_server: MailServer) -> AsyncIterator[UsersWithMail]:
    counter = CommandCounter()
    uri = mongodb.other_database(f"mail_{secrets.token_hex(4)}")
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True, event_listeners=[counter]) as client:
        database = connection.database_of(client)
        await bind_documents(database)
        yield UsersWithMail(database, mail_server, counter)
        await client.drop_database(database.name)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
