"""Matches the rows of the provider's list with messages that may have reached it. Pure.

A row matches a message if its SID has no owner, it was sent from our number to the message's, and its text ends with
the message's (trial accounts prepend a sentence). Absence requires more: no unowned row from our number to that number,
whatever its text, and no unowned row with that text to any number, since a provider may rewrite both.

The margins for clock differences differ, so that both err on the safe side: a row matches a message only if it was
created about when the message was first sent, but a row counts against absence even if it was created a day before.

Media err on the same side. Twilio documents `num_media` as the number of a message's media, but neither when it is
known, nor that a list always has it; and its SIDs of messages with media begin with MM, but may begin with SM. So a row
matches only if it says so, but what it does not say never makes a message absent. A list shows no more of the media:
which pictures they are, only a callback tells. Messages that differ in that alone are not in flight at once
(`SenderIdentity.dedup_key`), or if a user has given one of them up, are not matched. Where the recipient's network has
no MMS, Twilio sends a link to them behind the text: how the list shows that is not documented.
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

_MEDIA_MESSAGE = "MM"
"""How the SID of a message with media begins. https://www.twilio.com/docs/glossary/what-is-a-sid"""
_IN_A_LINK = "/"
"""In each link, with a scheme or without. In other texts, too: they count as doubtful then."""
_EMPTY_BODIES = frozenset({"", "Sent from your Twilio trial account -"})
"""The bodies of a message without text."""


def could_be(row: ProviderMessage, message: InFlightMessage, from_number: str) -> bool:
    """Whether this row, if it has no owner, counts against the message's absence. In doubt it does."""
    if row.created_at < message.first_claimed_at - ABSENCE_MARGIN:
        return False
    return _may_show(row, message) or (row.from_number == from_number and _is_to(row, message))


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
            best = min(candidates, key=lambda message: _precedence(row, message, matched))
            if not any(_is_rival(row, best, message) for message in messages):
                pairs.append((row, best))
    return pairs


def _is_rival(row: ProviderMessage, best: InFlightMessage, message: InFlightMessage) -> bool:
    """Whether the row could be another message that differs in its media only, as far as the row says."""
    known = _num_media(row)
    return (
        message.media != best.media
        and message.content == best.content
        # The lock knows a number in one spelling only.
        and not spellings(message.to_number).isdisjoint(spellings(best.to_number))
        and (not known or known == len(message.media))
    )


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
    return is_recent and _shows(row, message) and _is_to(row, message)


def _shows(row: ProviderMessage, message: InFlightMessage) -> bool:
    """Whether the row has the text and the media of the message, as far as it says them."""
    known = _num_media(row)
    if not message.media:
        return row.body.endswith(message.content) and not known
    if (known != len(message.media)) if known else not row.sid.startswith(_MEDIA_MESSAGE):
        return False
    return row.body.endswith(message.content) if message.content else row.body.strip() in _EMPTY_BODIES


def _may_show(row: ProviderMessage, message: InFlightMessage) -> bool:
    """Whether the row could have the text of the message, with a link in place of its media.

    Any row ends in an empty text, also one of a text alone.
    """
    if message.content:
        return message.content in row.body if message.media else row.body.endswith(message.content)
    has_text = row.body.strip() not in _EMPTY_BODIES and _IN_A_LINK not in row.body
    is_text_alone = has_text and _num_media(row) == 0 and not row.sid.startswith(_MEDIA_MESSAGE)
    return not is_text_alone


def _num_media(row: ProviderMessage) -> int | None:
    """Returns the number of the row's media; None if it does not say it."""
    return int(row.num_media) if row.num_media.isascii() and row.num_media.isdecimal() else None


def _is_to(row: ProviderMessage, message: InFlightMessage) -> bool:
    return bool(spellings(row.to_number) & spellings(message.to_number))
