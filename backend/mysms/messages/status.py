"""The status of a message. Pure.

A message has two statuses. `OutboxState` is the outbox's own: how far it has come with sending the message. The
provider's status comes from events with a SID. It only moves forward, except that a fetched final status replaces a
different final one (`repository.replace_final_status`, ADR 6). The public status is the provider's if there is one.
"""

from collections.abc import Collection
from enum import StrEnum


class OutboxState(StrEnum):
    """The state of a message in the outbox."""

    PENDING = "pending"
    """Stored and waiting to be sent."""
    CLAIMED = "claimed"
    """A process is sending it."""
    UNCONFIRMED = "unconfirmed"
    """It may have reached the provider, which the reconciler checks."""
    ACCEPTED = "accepted"
    """The provider has it."""
    REJECTED = "rejected"
    """The provider rejected it, or its recipient had opted out before it was sent."""
    CANCELLED = "cancelled"
    """The user cancelled it before it was sent."""
    EXPIRED = "expired"
    """It could not be sent in time."""


UNSENT_TERMINAL = frozenset({OutboxState.REJECTED, OutboxState.CANCELLED, OutboxState.EXPIRED})
"""Terminal states of messages that the provider does not have."""
TERMINAL = UNSENT_TERMINAL | {OutboxState.ACCEPTED}
"""States after which the outbox does nothing more."""
IN_FLIGHT = frozenset({OutboxState.CLAIMED, OutboxState.UNCONFIRMED})
"""States of messages that the provider may have."""

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

PROVIDER_STATUSES = frozenset(_RANKS)

NO_RANK = 0
SENT_RANK = 4
FINAL_RANK = 5


def rank_of(status: str) -> int:
    """Returns how far along a provider status is; 0 for an unknown one, which therefore changes nothing."""
    return _RANKS.get(status, NO_RANK)


def is_final(status: str) -> bool:
    """Whether only `read` can follow this provider status."""
    return rank_of(status) >= FINAL_RANK


_PUBLIC_STATUSES: dict[str, str] = {
    OutboxState.PENDING: "pending",
    OutboxState.CLAIMED: "pending",
    OutboxState.UNCONFIRMED: "unconfirmed",
    OutboxState.ACCEPTED: "accepted",
    OutboxState.CANCELLED: "canceled",
    OutboxState.REJECTED: "failed",
    OutboxState.EXPIRED: "failed",
}


RECEIVED = "received"
"""The status of every inbound message."""

PUBLIC_STATUSES = PROVIDER_STATUSES | set(_PUBLIC_STATUSES.values()) | {RECEIVED}
"""All that `public_status` returns."""


def outbox_states_of(statuses: Collection[str]) -> list[str]:
    """Returns the outbox states that users see as one of these statuses, as long as the provider has reported none."""
    return [str(state) for state, status in _PUBLIC_STATUSES.items() if status in statuses]


def public_status(direction: str, state: str | None, provider_status: str | None) -> str:
    """Returns the status that users see. `state` is that of the outbox, which has none for an inbound message."""
    if state is None and direction == "outbound":
        # A process of the previous version has just stored it; it is sent once it is migrated.
        return OutboxState.PENDING
    if provider_status is not None:
        return provider_status
    return RECEIVED if state is None else _PUBLIC_STATUSES[state]
