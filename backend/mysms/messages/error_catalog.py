"""What an error code means for the person who wrote the message. Pure.

From Twilio's own list, https://www.twilio.com/docs/api/errors: the codes that sending an SMS from a number can meet.
Twilio changes what its codes mean without notice: they are explained to people, and nothing is decided by them here.
"""

from dataclasses import dataclass
from typing import Literal

ErrorCode = int | Literal["expired"]
"""Twilio's number, or our word for a message that could not be sent in time."""


@dataclass(frozen=True)
class Explanation:
    """Why a message failed, and what to do about it."""

    cause: str
    advice: str
    retryable: bool | None
    """Whether sending the same again can help; None if nobody knows."""


_CHECK_NUMBER = "Check the number and send it to the right one."
_OTHER_WAY = "Reach this person in another way."
_TELL_OPERATOR = "Tell the person who runs this service: it is theirs to mend."
_REWORD = "Write it differently: shorter, without links and without words that look like advertising."
_LATER = "Send it again later."
_TOMORROW = "Send it again tomorrow."
_ASK_FIRST = "Ask the recipient whether it has arrived before you send it again."


def _transient(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retryable=True)


def _permanent(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retryable=False)


def _uncertain(cause: str, advice: str) -> Explanation:
    return Explanation(cause, advice, retryable=None)


_NOT_A_SENDER = _permanent("The number that messages are sent from cannot be used for that.", _TELL_OPERATOR)
_SERVICE = _permanent("The Messaging Service that messages are sent through is not set up for this.", _TELL_OPERATOR)
_UNREGISTERED = _permanent("The number that messages are sent from is not registered with carriers.", _TELL_OPERATOR)

_EXPLANATIONS: dict[ErrorCode, Explanation] = {
    "expired": _transient("It could not be handed to the carrier in time.", "Send it again, if it still matters."),
    # When Twilio is asked to send.
    20005: _permanent("The Twilio account is not active.", _TELL_OPERATOR),
    20008: _permanent("The Twilio account is for tests and sends nothing.", _TELL_OPERATOR),
    20010: _permanent("The Twilio account is not allowed to send.", _TELL_OPERATOR),
    21211: _permanent("This is not a valid phone number.", _CHECK_NUMBER),
    21212: _permanent("The number that messages are sent from is not valid.", _TELL_OPERATOR),
    21214: _permanent("This number cannot be reached.", _CHECK_NUMBER),
    21217: _permanent("This does not look like a phone number that exists.", _CHECK_NUMBER),
    21219: _permanent("A Twilio trial account only sends to numbers that it has verified.", _TELL_OPERATOR),
    21265: _permanent("This is a short code, which cannot be written to from here.", _CHECK_NUMBER),
    21266: _permanent("This is the number that messages are sent from.", _CHECK_NUMBER),
    21268: _permanent("This is a premium number, which is not written to from here.", _CHECK_NUMBER),
    21401: _permanent("This is not a valid phone number.", _CHECK_NUMBER),
    21407: _NOT_A_SENDER,
    21408: _permanent("Messages to this country are not allowed.", _TELL_OPERATOR),
    21421: _permanent("This is not a valid phone number.", _CHECK_NUMBER),
    21601: _NOT_A_SENDER,
    21602: _permanent("The message has no text.", "Write something."),
    21603: _permanent("There is no number to send from.", _TELL_OPERATOR),
    21604: _permanent("There is no number to send to.", _CHECK_NUMBER),
    21605: _permanent("The text is too long.", "Make it shorter, or two of it."),
    21606: _NOT_A_SENDER,
    21607: _NOT_A_SENDER,
    21608: _permanent(
        "A Twilio trial account only sends to numbers that it has verified.",
        "Ask the person who runs this service to verify the number, or to upgrade the account.",
    ),
    21609: _permanent("The carrier cannot report back to this service.", _TELL_OPERATOR),
    21610: _permanent(
        "This person has replied STOP and gets no more messages from here.", "They can reply START to change that."
    ),
    21611: _transient("Too many messages are waiting at the provider.", _LATER),
    21612: _permanent("The carrier cannot reach this number from here.", _CHECK_NUMBER),
    21614: _permanent("This is not a mobile number.", _CHECK_NUMBER),
    21616: _NOT_A_SENDER,
    21617: _permanent("The text is too long.", "Make it shorter, or two of it."),
    21618: _permanent("This text cannot be sent.", _REWORD),
    21619: _uncertain("Twilio could not take the message.", _LATER),
    21635: _permanent("This is a landline, which gets no texts.", _OTHER_WAY),
    21657: _permanent("The sender is not allowed in this country.", _TELL_OPERATOR),
    21658: _permanent("Something in the message is too long.", "Make it shorter, or two of it."),
    21659: _NOT_A_SENDER,
    21660: _NOT_A_SENDER,
    21661: _NOT_A_SENDER,
    **dict.fromkeys((21701, 21702, 21703, 21704, 21705, 21708, 21709, 21711), _SERVICE),
    21730: _transient("Twilio is being maintained.", _LATER),
    # On the way to the phone.
    30001: _transient("Too many messages were waiting at the provider.", _LATER),
    30002: _permanent("The Twilio account is suspended.", _TELL_OPERATOR),
    30003: _transient("The phone could not be reached.", "It may be switched off or out of range: try again later."),
    30004: _permanent("The message was blocked.", "The person or their carrier does not take messages from here."),
    30005: _permanent("Nobody has this number, or not any more.", _CHECK_NUMBER),
    30006: _permanent("This is a landline, or its carrier takes no texts.", _CHECK_NUMBER),
    30007: _permanent("It was taken for spam.", _REWORD),
    30008: _uncertain("The carrier does not say why.", _ASK_FIRST),
    30010: _permanent("The message costs more than this service wants to pay.", _TELL_OPERATOR),
    30011: _permanent("This phone takes no pictures.", "Send it without."),
    30017: _transient("The recipient's carrier had too much to do.", _LATER),
    30018: _UNREGISTERED,
    30019: _permanent("The message is larger than the recipient's carrier takes.", "Make it shorter, or two of it."),
    30020: _transient("Twilio had an error while it kept the message for later.", _LATER),
    30021: _transient("Twilio had an error.", _LATER),
    30022: _transient("Too many messages were sent from here in a short time.", _LATER),
    30023: _transient("As many messages have been sent from here today as the carriers allow.", _TOMORROW),
    30024: _UNREGISTERED,
    30027: _transient("As many messages have been sent from here today as T-Mobile allows.", _TOMORROW),
    30032: _permanent("The toll-free number that messages are sent from is not verified.", _TELL_OPERATOR),
    30033: _permanent("The campaign that messages are sent for is suspended.", _TELL_OPERATOR),
    30034: _permanent("The number that messages are sent from is not registered (A2P 10DLC).", _TELL_OPERATOR),
    30035: _transient("The number that messages are sent from is still being set up.", _TELL_OPERATOR),
    30036: _transient("It waited at Twilio for too long.", "Send it again, if it still matters."),
    30047: _transient("Twilio could not keep it for the hours in which such messages may be sent.", _LATER),
    30125: _UNREGISTERED,
    30410: _uncertain("The recipient's carrier did not answer in time.", _ASK_FIRST),
    30450: _transient("Twilio has blocked messages to such numbers for a while, to prevent fraud.", _TOMORROW),
    30610: _transient("Such messages may not be sent there at this hour.", "Send it again during the day."),
    30640: _permanent("Twilio does not send such messages to this person.", _OTHER_WAY),
}
_UNKNOWN_CODE = _uncertain(
    "The carrier gave a reason that this version does not know.", "Look the code up in Twilio's list of errors."
)


def explain(code: ErrorCode | None) -> Explanation | None:
    """What a code means; None for no code."""
    return None if code is None else _EXPLANATIONS.get(code, _UNKNOWN_CODE)
