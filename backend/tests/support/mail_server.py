"""A mail server that keeps what it receives, on a free port of loopback, with a switch for each fault."""

import asyncio
import contextlib
import email.policy
import re
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.polling import eventually
from tests.support.processes import free_port

USER, PASSWORD = "mysms@mail.example", "a password: with % and @"


@dataclass
class MailServer:
    """The behaviour of the server, and the mails that it has accepted, the newest last."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    attempts: int = 0
    """How many recipients were named."""
    rcpt_answer: str | None = None
    """The response to each recipient, in place of `250`."""
    data_answer: str | None = None
    """The response to each mail, in place of `250`. With a 250 the mail is accepted."""
    mail_answer: str | None = None
    """The response to each sender, in place of `250`."""
    delay_seconds: float = 0.0
    """How long the server takes before it responds to a mail that it has received."""
    on_accept: Callable[[], None] | None = None
    """Called once a mail is accepted, before the response."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, recipient: str) -> list[EmailMessage]:
        """The accepted mails to this address."""
        return [mail for mail in self.mails if mail["To"] == recipient]

    async def wait_for(self, recipient: str, count: int = 1, *, within: float = 15) -> list[EmailMessage]:
        """Wait until so many mails to this address are accepted. Returns them."""

        async def poll() -> list[EmailMessage]:
            return self.to(recipient)

        return await eventually(poll, lambda found: len(found) >= count, within=within, what=f"{count} mails")

    async def handle_MAIL(  # noqa: N802  # the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail_answer is not None:
            return self.mail_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.attempts += 1
        if self.rcpt_answer is not None:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_answer is not None and not self.data_answer.startswith("250"):
            return self.data_answer
        await asyncio.sleep(self.delay_seconds)
        mail = BytesParser(policy=email.policy.default).parsebytes(cast("bytes", envelope.content))
        assert envelope.rcpt_tos == [mail["To"]], "the envelope and the header name the same recipient"
        self.mails.append(mail)
        if self.on_accept is not None:
            self.on_accept()
        return self.data_answer or "250 OK"


@contextlib.asynccontextmanager
async def running_mail_server(
    port: int | None = None, *, tls: ssl.SSLContext | None = None, implicit: bool = False
) -> AsyncIterator[MailServer]:
    """Run the server: with TLS it requires STARTTLS (or TLS from the start if `implicit`) and `USER` and `PASSWORD`."""
    mail_server = MailServer(port or free_port())

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        given = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=given, handled=False)

    def connection() -> SMTP:
        mail_server.connections += 1
        starttls = tls is not None and not implicit
        with warnings.catch_warnings():
            # It does not know that the connection has TLS already.
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
            return _smtp(starttls=starttls)

    def _smtp(*, starttls: bool) -> SMTP:
        return SMTP(
            mail_server,
            enable_SMTPUTF8=False,
            hostname="mail.example",
            tls_context=tls if starttls else None,
            require_starttls=starttls,
            auth_required=tls is not None,
            auth_require_tls=starttls,
            authenticator=authenticate if tls is not None else None,
        )

    server = await asyncio.get_running_loop().create_server(
        connection, "127.0.0.1", mail_server.port, ssl=tls if implicit else None
    )
    try:
        yield mail_server
    finally:
        server.close()
        await server.wait_closed()


def link_of(mail: EmailMessage) -> str:
    """The link in a mail."""
    (link,) = re.findall(r"https?://\S+#\S+", mail.get_content())
    return str(link)


def token_of(mail: EmailMessage) -> str:
    return link_of(mail).partition("#")[2]
