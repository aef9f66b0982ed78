"""What the carrier's list proves about messages that may have reached it. Pure.

A SID that nobody owns, from our number to the message's, with its text at the end (trial accounts put a sentence
before it), is the message. Absence needs more: nothing unowned to that number at all, whatever its text, and nothing
unowned with that text to any number, since a carrier may rewrite both.
"""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime, timedelta

from bson import ObjectId

from mysms.carrier.base import CarrierMessage
from mysms.delivery.records import Undecided
from mysms.messages.status import Dispatch

CLOCK_MARGIN = timedelta(minutes=5)
"""How far the carrier's clock may be from ours."""


def look_back_to(messages: Iterable[Undecided]) -> datetime:
    """From when on the carrier's list is needed to decide about these messages."""
    return min(message.first_claimed_at for message in messages) - CLOCK_MARGIN


def match(
    listed: Sequence[CarrierMessage], owned: Set[str], messages: Sequence[Undecided]
) -> list[tuple[CarrierMessage, Undecided]]:
    """Which unowned SIDs are which messages. Each SID is at most one message's: the one with the longest text.

    Identical texts may be in doubt at once if somebody has accepted a possible double. A SID is then the one's that is
    being sent now, which will hear of it; else, oldest first, that of one which has none yet.
    """
    pairs: list[tuple[CarrierMessage, Undecided]] = []
    for row in reversed(listed):
        candidates = (
            [] if row.sid in owned else [m for m in messages if _may_be(row, m) and row.to_number == m.to_number]
        )
        if candidates:
            matched = {message.message_id for _, message in pairs}
            pairs.append((row, min(candidates, key=lambda message: _precedence(message, matched))))
    return pairs


def is_absent(listed: Sequence[CarrierMessage], owned: Set[str], message: Undecided) -> bool:
    """Whether a complete list that is recent enough shows that the carrier does not have the message."""
    since = message.first_claimed_at - CLOCK_MARGIN
    return not any(
        row.sid not in owned
        and row.created_at >= since
        and (row.to_number == message.to_number or row.body.endswith(message.content))
        for row in listed
    )


def _precedence(message: Undecided, matched: Set[ObjectId]) -> tuple[object, ...]:
    is_being_sent = message.dispatch is Dispatch.CLAIMED
    return -len(message.content), not is_being_sent, message.message_id in matched, message.first_claimed_at


def _may_be(row: CarrierMessage, message: Undecided) -> bool:
    return row.body.endswith(message.content) and row.created_at >= message.first_claimed_at - CLOCK_MARGIN
