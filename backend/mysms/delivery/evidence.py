"""What the carrier's list proves about messages that may have reached it. Pure.

A SID that nobody owns, from our number to the message's, with its text at the end (trial accounts put a sentence
before it), is the message. Absence needs more: nothing unowned to that number at all, whatever its text, and nothing
unowned with that text to any number, since a carrier may rewrite both.
"""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime, timedelta

from mysms.carrier.base import CarrierMessage
from mysms.delivery.outbox import Undecided

CLOCK_MARGIN = timedelta(minutes=5)
"""How far the carrier's clock may be from ours."""


def look_back_to(messages: Iterable[Undecided]) -> datetime:
    """From when on the carrier's list is needed to decide about these messages."""
    return min(message.first_claimed_at for message in messages) - CLOCK_MARGIN


def match(
    listed: Sequence[CarrierMessage], owned: Set[str], messages: Sequence[Undecided]
) -> list[tuple[CarrierMessage, Undecided]]:
    """Which unowned SIDs are which messages. Each SID is at most one message's: the one with the longest text."""
    pairs = []
    for row in listed:
        candidates = (
            [] if row.sid in owned else [m for m in messages if _may_be(row, m) and row.to_number == m.to_number]
        )
        if candidates:
            pairs.append((row, max(candidates, key=lambda message: len(message.content))))
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


def _may_be(row: CarrierMessage, message: Undecided) -> bool:
    return row.body.endswith(message.content) and row.created_at >= message.first_claimed_at - CLOCK_MARGIN
