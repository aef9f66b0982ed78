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
    "second_factor_replaced",
    "second_factor_removed",
    "recovery_codes_replaced",
    "recovery_code_used",
]
"""What a user is told by mail after it has happened."""


@dataclass(frozen=True)
class _Event:
    subject: str
    sentence: str
    beyond_the_password: str = ""
    """What a new password does not mend, if it was somebody else."""


_STILL_ASKS_FOR_A_CODE = """
Signing in will still ask for a code. If you do not have the phone that
shows it, the person who runs this server can remove it."""
_RENEW_RECOVERY_CODES = """
The recovery codes stay: make new ones in the settings."""


_EVENTS: Mapping[Notice, _Event] = {
    "password_changed": _Event(
        "Your password was changed", "The password of your MySMS Messenger account\nwas changed in the settings."
    ),
    "password_reset_completed": _Event(
        "Your password was changed",
        "The password of your MySMS Messenger account\nwas changed with a link that you got by mail.",
    ),
    "password_reset_by_operator": _Event(
        "Your password was changed",
        "The person who runs this server has set a new password\nfor your MySMS Messenger account.",
    ),
    "signed_in_from_new_device": _Event(
        "New sign-in to your account",
        "Somebody signed in to your MySMS Messenger account\nfrom a device that has not been used for it before.",
    ),
    "second_factor_enabled": _Event(
        "Two-step sign-in was turned on",
        "Your MySMS Messenger account asks for a code at sign-in now,\nbesides the password.",
        _STILL_ASKS_FOR_A_CODE,
    ),
    "second_factor_replaced": _Event(
        "Two-step sign-in uses another phone now",
        "Your MySMS Messenger account asks for codes of another phone now.\n"
        "Those of the phone before, and its recovery codes, no longer work.",
        _STILL_ASKS_FOR_A_CODE,
    ),
    "second_factor_removed": _Event(
        "Two-step sign-in was turned off",
        "Your MySMS Messenger account no longer asks for a code\nat sign-in: the password alone is enough.",
    ),
    "recovery_codes_replaced": _Event(
        "You have new recovery codes",
        "New recovery codes were made for your MySMS Messenger account.\nThose from before no longer work.",
        _RENEW_RECOVERY_CODES,
    ),
    "recovery_code_used": _Event(
        "A recovery code was used to sign in",
        "One of your recovery codes was used for your MySMS Messenger account.\n"
        "It will not work again. The settings show how many are left.",
        _RENEW_RECOVERY_CODES,
    ),
}
_NOT_YOU = """\
If this was you, or you asked for it, there is nothing to do.

If not, somebody else can use your account. Set a new password at once:
{app_url}/forgot-password
That ends all sessions.{beyond_the_password}
Tell the person who runs this server, too."""


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

{_NOT_YOU.format(app_url=app_url, beyond_the_password=event.beyond_the_password)}
""",
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
