"""The texts of mails to the users. Pure.

They contain nothing that a stranger can choose: no part of a request, except for a device that is one of a few names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Notice = Literal[
    "password_changed",
    "password_reset_completed",
    "password_reset_by_operator",
    "signed_in_from_new_device",
    "second_factor_enabled",
    "second_factor_removed",
]
"""What a user is told by mail after it has happened."""


@dataclass(frozen=True)
class _Event:
    subject: str
    sentence: str


_EVENTS: Mapping[Notice, _Event] = {
    "password_changed": _Event(
        "Your password was changed", "The password of your MySMS Messenger account\nwas changed on the account page."
    ),
    "password_reset_completed": _Event(
        "Your password was changed",
        "The password of your MySMS Messenger account\nwas changed with a link that you got by mail.",
    ),
    "password_reset_by_operator": _Event(
        "Your password was changed", "The administrator has set a new password\nfor your MySMS Messenger account."
    ),
    "signed_in_from_new_device": _Event(
        "New sign-in to your account",
        "Somebody signed in to your MySMS Messenger account\nfrom a device that has not been used for it before.",
    ),
    "second_factor_enabled": _Event(
        "Two-step sign-in was turned on",
        "Your MySMS Messenger account asks for a code at sign-in now,\nbesides the password.",
    ),
    "second_factor_removed": _Event(
        "Two-step sign-in was turned off",
        "Your MySMS Messenger account no longer asks for a code\nat sign-in: the password alone is enough.",
    ),
}
_NOT_YOU = """\
If this was you, or you asked for it, there is nothing to do.

If not, somebody else can use your account. Set a new password at once:
{app_url}/forgot-password
That ends all sessions. Tell your administrator, too."""


@dataclass(frozen=True)
class MailText:
    subject: str
    text: str


def reset_text(link: str, asked_at: datetime, valid_until: datetime) -> MailText:
    """The mail with the link for a new password."""
    return MailText(
        "Set a new password",
        f"""\
Somebody asked for a new password for your account at MySMS Messenger,
at {_moment(asked_at)}. To set one, open this page:

{link}

The link works once, until {_moment(valid_until)}.

If you did not ask for this, ignore this mail: your password stays as it is.
Do not pass this mail on: whoever has the link can set your password.
""",
    )


def notice_text(notice: Notice, at: datetime, device: str | None, app_url: str) -> MailText:
    """The mail about something that has happened to an account, on this device if one is known."""
    event = _EVENTS[notice]
    facts = f"When:   {_moment(at)}" + (f"\nDevice: {device}" if device else "")
    return MailText(
        event.subject,
        f"""\
{event.sentence}

{facts}

{_NOT_YOU.format(app_url=app_url)}
""",
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
