"""Receives mails by SMTP."""

from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from devservers.smtp.mailbox import Mailbox

NAME = "mysms-mail-catcher"
"""How the server names itself, so that nobody takes it for one that delivers."""


class Receiver:
    """Accepts every mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def connection(self) -> SMTP:
        return SMTP(self, hostname=NAME, ident="MySMS mail catcher: no mail is delivered", enable_SMTPUTF8=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # its name
        content = cast("bytes", envelope.original_content)
        self._mailbox.add(content, envelope.mail_from or "", list(envelope.rcpt_tos))
        return "250 OK"
