"""Hands mails to the mail server by SMTP."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Self

import aiosmtplib

from mysms.core.settings import MailSettings
from mysms.core.smtp_url import SmtpUrl

TIMEOUT_SECONDS = 45.0
"""For a whole attempt, from the connection to the server's last response."""
_QUIT_SECONDS = 2.0
_PERMANENT = range(500, 600)


class MailServerError(Exception):
    """The server cannot be reached, or accepts no mail from us. `reason` names no address and no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailDeferredError(MailServerError):
    """The server does not accept this mail now. Others may be accepted."""


class MailRefusedError(MailServerError):
    """The server refuses this mail or its recipient for good."""


class SmtpClient:
    """Opens a connection for each mail, with TLS unless `needs_tls` is false, and signs in if the URL has a user."""

    def __init__(self, url: SmtpUrl, local_hostname: str, *, needs_tls: bool) -> None:
        self._url = url
        self._local_hostname = local_hostname
        self._needs_tls = needs_tls

    @classmethod
    def of(cls, settings: MailSettings) -> Self:
        return cls(settings.server, settings.sender.rpartition("@")[2], needs_tls=settings.needs_tls)

    async def send(self, mail: EmailMessage, recipient: str) -> None:
        """Returns once the server has accepted the mail. Raises a MailServerError."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._connected() as client:
                if not recipient.isascii():
                    await _require_smtputf8(client)
                await client.send_message(mail, recipients=[recipient])
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _of_this_mail(error.recipients[0].code, "the recipient") from None
        except aiosmtplib.SMTPDataError as error:
            raise _of_this_mail(error.code, "the mail") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _of_the_server(error) from None

    async def check(self) -> None:
        """Connects and signs in, and sends nothing. Raises MailServerError."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._connected():
                pass
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _of_the_server(error) from None

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        client = self._client()
        try:
            await client.connect()
            yield client
            # The server has accepted the mail already: whether it is still there to say goodbye does not matter.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_QUIT_SECONDS)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        url = self._url
        is_implicit = url.scheme == "smtps"
        return aiosmtplib.SMTP(
            hostname=url.host,
            port=url.port,
            username=url.user or None,
            password=url.password or None,
            local_hostname=self._local_hostname,
            timeout=TIMEOUT_SECONDS,
            use_tls=is_implicit,
            start_tls=self._needs_tls and not is_implicit,
        )


async def _require_smtputf8(client: aiosmtplib.SMTP) -> None:
    # The library asks for the extensions only where it needs one.
    await client.ehlo()
    if not client.supports_extension("smtputf8"):
        raise MailRefusedError("The mail server does not support addresses in other scripts (SMTPUTF8).")


def _of_this_mail(code: int, what: str) -> MailServerError:
    kind = MailRefusedError if code in _PERMANENT else MailDeferredError
    return kind(f"The mail server refuses {what} ({code}).")


def _of_the_server(error: Exception) -> MailServerError:
    """Describes an error without the server's message, which may quote addresses."""
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            reason = f"The mail server rejects the user name or the password ({error.code})."
        case aiosmtplib.SMTPSenderRefused():
            reason = f"The mail server refuses the sender ({error.code})."
        case aiosmtplib.SMTPResponseException():
            reason = f"The mail server responds with an error ({error.code})."
        case _ if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            reason = "The mail server's TLS certificate or protocol is not accepted."
        case OSError():
            reason = f"The mail server does not respond ({type(error).__name__})."
        case _:
            reason = "The mail server offers no STARTTLS, or no way to sign in that is supported."
    return MailServerError(reason)
