"""Explains error codes to users. Pure.

Contains the codes from https://www.twilio.com/docs/api/errors that sending from a number can return. Twilio
changes the meaning of codes without notice, so this catalog only explains them: no server logic depends on it; the SPA
offers Retry by `retryable`.
"""

from dataclasses import dataclass
from typing import Literal

ErrorCode = int | Literal["expired", "recipient_opted_out"]
"""Twilio's code, or our own for a message that could not be sent in time, or whose recipient has opted out."""

UNSUBSCRIBED = 21610
"""Twilio refuses messages to somebody who has opted out there."""
RECIPIENT_OPTED_OUT: Literal["recipient_opted_out"] = "recipient_opted_out"


@dataclass(frozen=True)
class Explanation:
    """Why a message failed, and what to do about it."""

    cause: str
    advice: str
    retryable: bool | None
    """Whether sending the same message again can help; None if that is not known."""


_CHECK_NUMBER = "Check the number and send it to the right one."
_OTHER_WAY = "Contact this person another way."
_TELL_OPERATOR = "Ask the person who runs this server to fix this."
_REWORD = "Reword it: make it shorter, and avoid links and advertising language."
_LATER = "Try again later."
_TOMORROW = "Try again tomorrow."
_ASK_FIRST = "Ask the recipient whether it arrived before you send it again."
_SHORTEN = "Shorten it, or split it into two messages."
_SMALLER = "Send smaller pictures, or fewer."


def _transient(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retryable=True)


def _permanent(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retryable=False)


def _uncertain(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retryable=None)


_NOT_A_SENDER = _permanent("This server's phone number cannot send this message.", _TELL_OPERATOR)
# Also if the server was restarted at that moment.
_CANNOT_FETCH = _transient(
    "Twilio could not fetch the pictures from this server.",
    "Send it again. If that fails too, ask the person who runs this server to fix this.",
)
_SERVICE = _permanent("The Messaging Service of this server is not set up for this.", _TELL_OPERATOR)
_UNREGISTERED = _permanent("This server's phone number is not registered with carriers.", _TELL_OPERATOR)

_EXPLANATIONS: dict[ErrorCode, Explanation] = {
    "expired": _transient("It could not be sent in time.", "Send it again if it still matters."),
    RECIPIENT_OPTED_OUT: _permanent(
        "This person does not want any more messages.", "They can reply START to undo that."
    ),
    # Responses of Twilio to the request.
    20005: _permanent("The Twilio account is not active.", _TELL_OPERATOR),
    20008: _permanent("The Twilio account is for tests and cannot send.", _TELL_OPERATOR),
    20010: _permanent("The Twilio account is not allowed to send.", _TELL_OPERATOR),
    21211: _permanent("This is not a valid phone number.", _CHECK_NUMBER),
    21212: _permanent("This server's phone number is not valid.", _TELL_OPERATOR),
    21214: _permanent("This number cannot be reached.", _CHECK_NUMBER),
    21217: _permanent("This phone number does not seem to exist.", _CHECK_NUMBER),
    21219: _permanent("A Twilio trial account can only send to verified numbers.", _TELL_OPERATOR),
    21265: _permanent("This is a short code, which this server cannot send to.", _CHECK_NUMBER),
    21266: _permanent("This is this server's own phone number.", _CHECK_NUMBER),
    21268: _permanent("This is a premium number, which this server does not send to.", _CHECK_NUMBER),
    21401: _permanent("This is not a valid phone number.", _CHECK_NUMBER),
    21407: _NOT_A_SENDER,
    21408: _permanent("Messages to this country are not allowed.", _TELL_OPERATOR),
    21421: _permanent("This is not a valid phone number.", _CHECK_NUMBER),
    21601: _NOT_A_SENDER,
    21602: _permanent("The message has no text.", "Write something."),
    21603: _permanent("This server has no phone number to send from.", _TELL_OPERATOR),
    21604: _permanent("The message has no recipient.", _CHECK_NUMBER),
    21605: _permanent("The text is too long.", _SHORTEN),
    21606: _NOT_A_SENDER,
    21607: _NOT_A_SENDER,
    21608: _permanent(
        "A Twilio trial account can only send to verified numbers.",
        "Ask the person who runs this server to verify the number or to upgrade the account.",
    ),
    21609: _permanent("Twilio cannot call this server's status callback URL.", _TELL_OPERATOR),
    UNSUBSCRIBED: _permanent(
        "This person has replied STOP and gets no more messages from this number.", "They can reply START to undo that."
    ),
    21611: _transient("Too many messages are waiting at Twilio.", _LATER),
    21612: _permanent("Twilio cannot reach this number from this server's phone number.", _CHECK_NUMBER),
    21614: _permanent("This is not a mobile number.", _CHECK_NUMBER),
    21616: _NOT_A_SENDER,
    21617: _permanent("The text is too long.", _SHORTEN),
    21618: _permanent("This text cannot be sent.", _REWORD),
    21619: _uncertain("Twilio could not accept the message.", _LATER),
    21620: _CANNOT_FETCH,
    21621: _permanent("This server's phone number cannot send pictures.", _TELL_OPERATOR),
    21623: _permanent("The message has too many pictures.", "Send it in parts."),
    21635: _permanent("This is a landline, which cannot receive texts.", _OTHER_WAY),
    21657: _permanent("The sender is not allowed in this country.", _TELL_OPERATOR),
    21658: _permanent("Part of the message is too long.", _SHORTEN),
    21659: _NOT_A_SENDER,
    21660: _NOT_A_SENDER,
    21661: _NOT_A_SENDER,
    **dict.fromkeys((21701, 21702, 21703, 21704, 21705, 21708, 21709, 21711), _SERVICE),
    21730: _transient("Twilio is under maintenance.", _LATER),
    # Errors of pictures, which Twilio fetches from this server.
    11200: _CANNOT_FETCH,
    11205: _CANNOT_FETCH,
    11210: _CANNOT_FETCH,
    11220: _CANNOT_FETCH,
    11237: _CANNOT_FETCH,
    11751: _permanent("The pictures are larger than the recipient's carrier accepts.", _SMALLER),
    12300: _permanent("Twilio does not send files of this kind.", "Send it as a JPEG, PNG or GIF."),
    # Errors on the way to the phone.
    30001: _transient("Too many messages were waiting at Twilio.", _LATER),
    30002: _permanent("The Twilio account is suspended.", _TELL_OPERATOR),
    30003: _transient("The phone could not be reached.", "It may be switched off or out of range: try again later."),
    30004: _permanent("The message was blocked.", "The recipient or their carrier blocks messages from this number."),
    30005: _permanent("This number does not exist or is no longer in use.", _CHECK_NUMBER),
    30006: _permanent("This is a landline, or its carrier does not support texts.", _CHECK_NUMBER),
    30007: _permanent("It was filtered as spam.", _REWORD),
    30008: _uncertain("The carrier gave no reason.", _ASK_FIRST),
    30010: _permanent("The message costs more than this server's limit.", _TELL_OPERATOR),
    30011: _permanent("This phone cannot receive pictures.", "Send it without pictures."),
    30017: _transient("The recipient's carrier was overloaded.", _LATER),
    30018: _UNREGISTERED,
    30019: _permanent("The message is larger than the recipient's carrier accepts.", f"{_SHORTEN} {_SMALLER}"),
    30020: _transient("Twilio had an error while the message was scheduled for later.", _LATER),
    30021: _transient("Twilio had an error.", _LATER),
    30022: _transient("This server has sent too many messages in a short time.", _LATER),
    30023: _transient("This server has reached the carriers' daily limit.", _TOMORROW),
    30024: _UNREGISTERED,
    30027: _transient("This server has reached T-Mobile's daily limit.", _TOMORROW),
    30032: _permanent("This server's toll-free number is not verified.", _TELL_OPERATOR),
    30033: _permanent("The messaging campaign of this server is suspended.", _TELL_OPERATOR),
    30034: _permanent("This server's phone number is not registered (A2P 10DLC).", _TELL_OPERATOR),
    30035: _transient("This server's phone number is still being set up.", _TELL_OPERATOR),
    30036: _transient("It waited at Twilio for too long.", "Send it again if it still matters."),
    30047: _transient("Twilio could not hold it until the hours when such messages are allowed.", _LATER),
    30125: _UNREGISTERED,
    30410: _uncertain("The recipient's carrier did not respond in time.", _ASK_FIRST),
    30450: _transient("Twilio is temporarily blocking messages to such numbers to prevent fraud.", _TOMORROW),
    30610: _transient("Such messages are not allowed there at this hour.", "Send it again during the day."),
    30640: _permanent("Twilio does not send such messages to this person.", _OTHER_WAY),
}
_UNKNOWN_CODE = _uncertain("Twilio gave an unknown error code.", "Look up the code in Twilio's list of errors.")


def explain(code: ErrorCode | None) -> Explanation | None:
    """Returns the explanation of a code; None for no code."""
    return None if code is None else _EXPLANATIONS.get(code, _UNKNOWN_CODE)
