"""Matches the rows of the provider's list with messages that may have reached it. Pure.

A row matches a message if its SID has no owner, it was sent from our number to the message's, and its text ends with
the message's (trial accounts prepend a sentence). Absence requires more: no unowned row from our number to that number,
whatever its text, and no unowned row with that text to any number, since a provider may rewrite both.

The margins for clock differences differ, so that both err on the safe side: a row matches a message only if it was
created about when the message was first sent, but a row counts against absence even if it was created a day before.
"""

from collections.abc import Iterable, Sequence, Set
from datetime import timedelta

from bson import ObjectId

from mysms.core.phone_numbers import spellings
from mysms.messages.status import OutboxState
from mysms.outbox.records import InFlightMessage
from mysms.providers.base import ProviderMessage

MATCH_MARGIN = timedelta(minutes=5)
ABSENCE_MARGIN = timedelta(days=1)
"""The tolerated difference between the provider's clock and ours, for matching a row and for proving absence."""


def could_be(row: ProviderMessage, message: InFlightMessage, from_number: str) -> bool:
    """Whether this row, if it has no owner, counts against the message's absence. In doubt it does."""
    if row.created_at < message.first_claimed_at - ABSENCE_MARGIN:
        return False
    return _ends_in(row, message) or (row.from_number == from_number and _is_to(row, message))


def match(
    rows: Iterable[ProviderMessage], owned: Set[str], messages: Sequence[InFlightMessage], from_number: str
) -> list[tuple[ProviderMessage, InFlightMessage]]:
    """Pairs unowned rows with messages. A row is paired with at most one message: the one with the longest text.

    Identical texts can be in flight at once if a user has accepted a possible duplicate. Then a row is paired with the
    message that is being sent now, whose attempt will return the SID, else with the oldest one that is not yet paired.
    """
    pairs: list[tuple[ProviderMessage, InFlightMessage]] = []
    unowned = [row for row in rows if row.sid not in owned and row.from_number == from_number]
    for row in sorted(unowned, key=lambda row: row.created_at):
        candidates = [message for message in messages if _matches(row, message)]
        if candidates:
            matched = {message.message_id for _, message in pairs}
            pairs.append((row, min(candidates, key=lambda message: _precedence(row, message, matched))))
    return pairs


def _precedence(row: ProviderMessage, message: InFlightMessage, matched: Set[ObjectId]) -> tuple[object, ...]:
    is_being_sent = message.state is OutboxState.CLAIMED
    is_rewritten = row.to_number != message.to_number
    return (
        -len(message.content),
        is_rewritten,
        not is_being_sent,
        message.message_id in matched,
        message.first_claimed_at,
    )


def _matches(row: ProviderMessage, message: InFlightMessage) -> bool:
    is_recent = row.created_at >= message.first_claimed_at - MATCH_MARGIN
    return is_recent and _ends_in(row, message) and _is_to(row, message)


def _ends_in(row: ProviderMessage, message: InFlightMessage) -> bool:
    return row.body.endswith(message.content)


def _is_to(row: ProviderMessage, message: InFlightMessage) -> bool:
    return bool(spellings(row.to_number) & spellings(message.to_number))
