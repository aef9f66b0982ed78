"""Writes the queued mails to the users."""

from typing import cast, get_args

from bson import ObjectId

from mysms.core.email_addresses import ascii_email
from mysms.core.urls import Url
from mysms.mail.messages import OutgoingMail
from mysms.mail.queue import QueuedMail
from mysms.users import repository
from mysms.users.mail_texts import MailText, Notice, notice_text, reset_text
from mysms.users.models import User
from mysms.users.password_reset import RESET_MAIL
from mysms.users.reset_tokens import ResetTokens

KINDS = (RESET_MAIL, *get_args(Notice))


class UserMails:
    """Turns entries of the queue into mails, with the email that the account has now."""

    def __init__(self, tokens: ResetTokens, app_url: Url) -> None:
        self._tokens = tokens
        self._app_url = app_url.address.rstrip("/")

    async def write(self, mail: QueuedMail) -> OutgoingMail | None:
        """Returns what to send for an entry of these KINDS; None if the account does not exist or is being deleted.

        A mail with a link gets a new token at each attempt, because tokens are not stored. So a mail that is sent
        twice has two links, and both work.
        """
        if mail.kind == RESET_MAIL:
            user = await repository.find_user_by_email(mail.facts["email"])
            return None if user is None or user.deleting else _mail_to(user, await self._write_reset(mail, user))
        user = await repository.find_user(ObjectId(mail.facts["account_id"]))
        notice = cast("Notice", mail.kind)
        text = notice_text(notice, mail.facts["happened_at"], mail.facts["device"], self._app_url)
        return None if user is None or user.deleting else _mail_to(user, text)

    async def _write_reset(self, mail: QueuedMail, user: User) -> MailText:
        token, expires_at = await self._tokens.make(user)
        # In the fragment, which browsers send to no server: so the token is in no server's log.
        return reset_text(f"{self._app_url}/reset-password#{token}", mail.queued_at, expires_at)


def _mail_to(user: User, text: MailText) -> OutgoingMail:
    return OutgoingMail(_deliverable(user.email), text.subject, text.text)


def _deliverable(email: str) -> str:
    """Returns the address in ASCII if it can be written so: not every mail server accepts others."""
    try:
        return ascii_email(email) or email
    except ValueError:
        return email
