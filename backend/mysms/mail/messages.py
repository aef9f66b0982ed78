"""Builds the messages that are sent. Pure: the time is passed in."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8

_SENDER_NAME = "MySMS Messenger"
_UNWRITABLE = "The address is not what a header would say."


class UnwritableAddressError(ValueError):
    """The address cannot be written into the header of a mail."""


@dataclass(frozen=True)
class OutgoingMail:
    """A mail to one person, in plain text."""

    recipient: str
    subject: str
    text: str


def build_message(mail: OutgoingMail, *, sender: str, message_id: str, now: datetime) -> EmailMessage:
    """Builds a message. `message_id` is the part before the @.

    Raises UnwritableAddressError if the recipient's address would not arrive as it is, and ValueError if another header
    contains a line break.
    """
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = _address(sender, _SENDER_NAME)
    _add_recipient(message, mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = now
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    # So that no out-of-office reply answers it: RFC 3834, section 5.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _add_recipient(message: EmailMessage, email: str) -> None:
    """The library decodes some addresses, such as =?utf-8?q?=0d=0abcc=3a…?=@example.com, into other headers."""
    try:
        message["To"] = _address(email)
        written = message["To"].fold(policy=SMTPUTF8)
    except (ValueError, IndexError) as error:
        raise UnwritableAddressError(_UNWRITABLE) from error
    if written.split() != ["To:", email]:
        raise UnwritableAddressError(_UNWRITABLE)


def _address(email: str, name: str = "") -> Address:
    # Not parsed by the library, which accepts no characters outside of ASCII.
    user, _, domain = email.rpartition("@")
    return Address(name, user, domain)
