"""What an error code means for the person who wrote the message. Pure.

Source: https://www.twilio.com/docs/api/errors
"""

from dataclasses import dataclass
from typing import Literal

ErrorCode = int | Literal["expired"]
"""Twilio's number, or our word for a message that could not be sent in time."""


@dataclass(frozen=True)
class Explanation:
    """Why a message failed, what to do about it, and whether sending the same again can help."""

    cause: str
    advice: str
    retry_makes_sense: bool


_CHECK_NUMBER = "Check the number and send it to the right one."
_TELL_OPERATOR = "Tell the person who runs this service: it is theirs to mend."
_REWORD = "Write it differently: shorter, without links and without words that look like advertising."


def _passing(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retry_makes_sense=True)


def _lasting(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retry_makes_sense=False)


_EXPLANATIONS: dict[ErrorCode, Explanation] = {
    "expired": _passing("It could not be handed to the carrier in time.", "Send it again, if it still matters."),
    21211: _lasting("This is not a valid phone number.", _CHECK_NUMBER),
    21212: _lasting("The number that messages are sent from is not valid.", _TELL_OPERATOR),
    21408: _lasting("Messages to this country are not allowed.", _TELL_OPERATOR),
    21602: _lasting("The message has no text.", "Write something."),
    21603: _lasting("There is no number to send from.", _TELL_OPERATOR),
    21604: _lasting("There is no number to send to.", _CHECK_NUMBER),
    21606: _lasting("The number that messages are sent from cannot send texts.", _TELL_OPERATOR),
    21608: _lasting(
        "A Twilio trial account only sends to numbers that it has verified.",
        "Ask the person who runs this service to verify the number, or to upgrade the account.",
    ),
    21609: _lasting("The carrier cannot report back to this service.", _TELL_OPERATOR),
    21610: _lasting(
        "This person has replied STOP and gets no more messages from here.", "They can reply START to change that."
    ),
    21611: _passing("Too many messages are waiting at the carrier.", "Send it again later."),
    21612: _lasting("The carrier cannot reach this number.", _CHECK_NUMBER),
    21614: _lasting("This is not a mobile number.", _CHECK_NUMBER),
    21617: _lasting("The text is too long.", "Make it shorter, or two of it."),
    30001: _passing("Too many messages were waiting at the carrier.", "Send it again later."),
    30002: _lasting("The Twilio account is suspended.", _TELL_OPERATOR),
    30003: _passing("The phone could not be reached.", "It may be switched off or out of range: try again later."),
    30004: _lasting("The message was blocked.", "The person or their carrier does not take messages from here."),
    30005: _lasting("Nobody has this number, or not any more.", _CHECK_NUMBER),
    30006: _lasting("This is a landline, or its carrier takes no texts.", _CHECK_NUMBER),
    30007: _lasting("The carrier took it for spam.", _REWORD),
    30008: _passing("The carrier does not say why.", "Try again; if that fails too, try another way."),
    30032: _lasting("The toll-free number that messages are sent from is not verified.", _TELL_OPERATOR),
    30034: _lasting("The number that messages are sent from is not registered (A2P 10DLC).", _TELL_OPERATOR),
    30410: _passing("The recipient's carrier did not answer in time.", "Try again in a while."),
}
_UNKNOWN_CODE = _passing(
    "The carrier gave a reason that this version does not know.", "Look the code up in Twilio's list of errors."
)


def explain(code: ErrorCode | None) -> Explanation | None:
    """What a code means; None for no code."""
    return None if code is None else _EXPLANATIONS.get(code, _UNKNOWN_CODE)
