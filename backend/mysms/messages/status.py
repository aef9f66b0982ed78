"""What a message's status is. Pure.

There are two axes. `OutboxState` is ours: how far the outbox got with handing the message over. The carrier's status
comes from events that carry a SID, and only rises. People see the carrier's where there is one.
"""

from enum import StrEnum


class OutboxState(StrEnum):
    """How far the outbox got."""

    PENDING = "pending"
    """Stored, and waiting to be sent."""
    CLAIMED = "claimed"
    """A process is sending it now."""
    UNCONFIRMED = "unconfirmed"
    """It may have reached the carrier; being found out."""
    ACCEPTED = "settled"
    """The carrier has it."""
    REJECTED = "refused"
    """The carrier will not take it."""
    CANCELLED = "cancelled"
    """Its author withdrew it before it was sent."""
    EXPIRED = "expired"
    """It could not be sent in time."""


ENDED_UNSENT = frozenset({OutboxState.REJECTED, OutboxState.CANCELLED, OutboxState.EXPIRED})
"""The outbox is done with these, and the carrier does not have them."""
TERMINAL = ENDED_UNSENT | {OutboxState.ACCEPTED}
"""The outbox is done with these."""
IN_FLIGHT = frozenset({OutboxState.CLAIMED, OutboxState.UNCONFIRMED})
"""The carrier may have these."""

_RANKS = {
    "accepted": 1,
    "scheduled": 1,
    "queued": 2,
    "sending": 3,
    "sent": 4,
    "delivered": 5,
    "undelivered": 5,
    "failed": 5,
    "canceled": 5,
    "read": 6,
}
"""Twilio's outbound statuses in the order in which they happen (its Message resource reference, `status`)."""

NO_RANK = 0
FINAL_RANK = 5


def rank_of(status: str) -> int:
    """How far along a carrier status is; 0 for one that we do not know, which therefore moves nothing."""
    return _RANKS.get(status, NO_RANK)


def is_final(status: str) -> bool:
    """Whether nothing but `read` can come after this carrier status."""
    return rank_of(status) >= FINAL_RANK


def public_status(dispatch: OutboxState, carrier_status: str | None) -> str:
    """The status that people see."""
    if carrier_status is not None:
        return carrier_status
    match dispatch:
        case OutboxState.PENDING | OutboxState.CLAIMED:
            return "pending"
        case OutboxState.UNCONFIRMED:
            return "unconfirmed"
        case OutboxState.ACCEPTED:
            return "accepted"
        case OutboxState.CANCELLED:
            return "canceled"
        case OutboxState.REJECTED | OutboxState.EXPIRED:
            return "failed"
