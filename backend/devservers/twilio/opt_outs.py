"""The words with which a phone opts out and in again. Twilio heeds them by itself, and still reports the message.

https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
"""

from typing import Literal

OptOutType = Literal["STOP", "START", "HELP"]

_STOP = ("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL")
_TYPES: dict[str, OptOutType] = {
    **dict.fromkeys(_STOP, "STOP"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}


def opt_out_type(body: str) -> OptOutType | None:
    """How Twilio takes a text: only if the word is all of it."""
    return _TYPES.get(body.strip().upper())
