"""The received mails, in memory."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

MAX_MAILS = 300


@dataclass(frozen=True)
class Mail:
    received_at: datetime
    sender: str
    recipients: Sequence[str]
    subject: str
    text: str
    """The plain text; empty if the mail has none."""

    @classmethod
    def parse(cls, content: bytes, sender: str, recipients: Sequence[str], now: datetime) -> "Mail":
        message = BytesParser(policy=policy.default).parsebytes(content)
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        return cls(now, sender, tuple(recipients), str(message["Subject"] or ""), text.replace("\r\n", "\n"))


class Mailbox:
    """The newest mails, the newest first."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._mails: deque[Mail] = deque(maxlen=MAX_MAILS)
        self._now = now

    def add(self, content: bytes, sender: str, recipients: Sequence[str]) -> None:
        self._mails.appendleft(Mail.parse(content, sender, recipients, self._now()))

    def mails(self, to: str | None = None) -> list[Mail]:
        """Returns all mails, or those to one address."""
        return [mail for mail in self._mails if to is None or to.lower() in map(str.lower, mail.recipients)]
