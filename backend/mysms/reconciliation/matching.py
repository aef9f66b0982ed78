"""What the provider's list proves about messages that may have reached it. Pure.

A SID that nobody owns, from our number to the message's, with its text at the end (trial accounts put a sentence
before it), is the message. Absence needs more: nothing unowned to that number from ours, whatever its text, and nothing
unowned with that text to any number, since a provider may rewrite both.

The two sides err differently, so their margins differ: a SID is taken for a message only if it was created about when
the message was first sent; against absence also speaks what was created up to a day before, should a clock be wrong.
"""

from collections.abc import Iterable, Sequence, Set
from datetime import timedelta

import phonenumbers
from bson import ObjectId

from mysms.messages.status import OutboxState
from mysms.outbox.records import InFlightMessage
from mysms.providers.base import ProviderMessage

MATCH_MARGIN = timedelta(minutes=5)
ABSENCE_MARGIN = timedelta(days=1)
"""How far the provider's clock may be from ours: for taking a SID for a message, and for finding that there is none."""

_OPTIONAL_MOBILE_DIGITS = (("+52", "1"), ("+54", "9"))
"""Mexico's and Argentina's mobile numbers are written with and without a digit after the country's code.

https://en.wikipedia.org/wiki/Telephone_numbers_in_Mexico · https://en.wikipedia.org/wiki/Telephone_numbers_in_Argentina
"""


def spellings(number: str) -> Set[str]:
    """The E.164 number as we ask for it, and other ways in which a provider may write it in its answers."""
    found = {number}
    try:
        # Drops a national trunk prefix that was left in: +44 0… is +44 ….
        parsed = phonenumbers.parse(number)
        found.add(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    except phonenumbers.NumberParseException:
        pass
    for country, digit in _OPTIONAL_MOBILE_DIGITS:
        if number.startswith(country):
            rest = number.removeprefix(country)
            found.add(country + (rest.removeprefix(digit) if rest.startswith(digit) else digit + rest))
    return found


def could_be(row: ProviderMessage, message: InFlightMessage, from_number: str) -> bool:
    """Whether this row, if nobody owns it, speaks against the message's absence. In doubt it does."""
    if row.created_at < message.first_claimed_at - ABSENCE_MARGIN:
        return False
    return _ends_in(row, message) or (row.from_number == from_number and _is_to(row, message))


def match(
    rows: Iterable[ProviderMessage], owned: Set[str], messages: Sequence[InFlightMessage], from_number: str
) -> list[tuple[ProviderMessage, InFlightMessage]]:
    """Which unowned SIDs are which messages. Each SID is at most one message's: the one with the longest text.

    Identical texts may be in doubt at once if somebody has accepted a possible double. A SID is then the one's that is
    being sent now, which will hear of it; else, oldest first, that of one which has none yet.
    """
    pairs: list[tuple[ProviderMessage, InFlightMessage]] = []
    unowned = [row for row in rows if row.sid not in owned and row.from_number == from_number]
    for row in sorted(unowned, key=lambda row: row.created_at):
        candidates = [message for message in messages if _is(row, message)]
        if candidates:
            matched = {message.message_id for _, message in pairs}
            pairs.append((row, min(candidates, key=lambda message: _precedence(row, message, matched))))
    return pairs


def _precedence(row: ProviderMessage, message: InFlightMessage, matched: Set[ObjectId]) -> tuple[object, ...]:
    is_being_sent = message.dispatch is OutboxState.CLAIMED
    is_rewritten = row.to_number != message.to_number
    return (
        -len(message.content),
        is_rewritten,
        not is_being_sent,
        message.message_id in matched,
        message.first_claimed_at,
    )


def _is(row: ProviderMessage, message: InFlightMessage) -> bool:
    is_recent = row.created_at >= message.first_claimed_at - MATCH_MARGIN
    return is_recent and _ends_in(row, message) and _is_to(row, message)


def _ends_in(row: ProviderMessage, message: InFlightMessage) -> bool:
    return row.body.endswith(message.content)


def _is_to(row: ProviderMessage, message: InFlightMessage) -> bool:
    return bool(spellings(row.to_number) & spellings(message.to_number))
