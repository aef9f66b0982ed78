"""The transition table of the outbox: event, source states, guards and target state. Pure.

`StateWriter` applies the table, and nothing else changes a state. `docs/architecture.md` shows it, and a test walks it.
A guard compares the message with what the process saw before, so that a late process changes nothing.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mysms.messages.status import OutboxState


class OutboxEvent(StrEnum):
    """An event that changes the state of a message."""

    CLAIM = "claim"
    """A process claims the message to send it."""
    ACCEPT = "accept"
    """The provider is known to have it."""
    OPT_OUT = "opt out"
    """Its recipient has opted out before it was sent."""
    REJECT = "reject"
    """The provider rejected it permanently."""
    RETRY_LATER = "retry later"
    """The attempt certainly failed, and may succeed later."""
    LOSE_OUTCOME = "lose outcome"
    """The attempt ended without a conclusive response."""
    END_LEASE = "end lease"
    """The lease of the process that claimed it has ended."""
    PROVE_ABSENT = "prove absent"
    """The provider is known not to have it."""
    CANCEL = "cancel"
    REQUEST_CANCEL = "request cancel"
    """The user does not want it to be sent again, if the provider does not have it."""
    EXPIRE = "expire"
    """It could not be sent in time."""
    RESTORE = "restore"
    """The database was restored from a backup, since which the message may have been sent."""


@dataclass(frozen=True)
class Seen:
    """The fields of a message that a process saw before it requests a transition."""

    attempt: int = 0
    worker_id: str | None = None
    absent_since: datetime | None = None


class Guard(StrEnum):
    """A condition that must still hold when a transition is written."""

    SAME_ATTEMPT = "same attempt"
    SAME_WORKER = "same worker"
    SAME_ABSENCE = "same absent_since"
    NO_SID = "no SID known"
    CANCEL_REQUESTED = "cancel requested"
    CANCEL_NOT_REQUESTED = "cancel not requested"


@dataclass(frozen=True)
class Transition:
    event: OutboxEvent
    sources: Set[OutboxState]
    guards: tuple[Guard, ...]
    target: OutboxState
    status: str | None = None
    """The status of the timeline entry; None for no entry."""
    is_visible: bool = True
    """Whether users see the change, so that `updated_at` changes."""


_PENDING = frozenset({OutboxState.PENDING})
_CLAIMED = frozenset({OutboxState.CLAIMED})
_UNCONFIRMED = frozenset({OutboxState.UNCONFIRMED})
_BEFORE_REQUEST = _PENDING | _CLAIMED
_IN_FLIGHT = _CLAIMED | _UNCONFIRMED
_ANY = frozenset(OutboxState)

_ATTEMPT = Guard.SAME_ATTEMPT
_CANCEL_NOT_REQUESTED = Guard.CANCEL_NOT_REQUESTED
_CANCEL_REQUESTED = Guard.CANCEL_REQUESTED

TRANSITIONS = (
    Transition(OutboxEvent.CLAIM, _PENDING, (_ATTEMPT,), OutboxState.CLAIMED, is_visible=False),
    Transition(OutboxEvent.ACCEPT, _ANY, (Guard.NO_SID,), OutboxState.ACCEPTED),
    Transition(OutboxEvent.OPT_OUT, _PENDING | _IN_FLIGHT, (_ATTEMPT,), OutboxState.REJECTED, "failed"),
    Transition(OutboxEvent.REJECT, _IN_FLIGHT, (_ATTEMPT,), OutboxState.REJECTED, "failed"),
    Transition(OutboxEvent.RETRY_LATER, _IN_FLIGHT, (_ATTEMPT, _CANCEL_NOT_REQUESTED), OutboxState.PENDING),
    Transition(OutboxEvent.RETRY_LATER, _IN_FLIGHT, (_ATTEMPT, _CANCEL_REQUESTED), OutboxState.CANCELLED, "canceled"),
    Transition(OutboxEvent.LOSE_OUTCOME, _CLAIMED, (_ATTEMPT,), OutboxState.UNCONFIRMED, "unconfirmed"),
    Transition(OutboxEvent.END_LEASE, _CLAIMED, (_ATTEMPT, Guard.SAME_WORKER), OutboxState.UNCONFIRMED, "unconfirmed"),
    Transition(
        OutboxEvent.PROVE_ABSENT,
        _UNCONFIRMED,
        (_ATTEMPT, Guard.SAME_ABSENCE, _CANCEL_NOT_REQUESTED),
        OutboxState.PENDING,
        "pending",
    ),
    Transition(
        OutboxEvent.PROVE_ABSENT,
        _UNCONFIRMED,
        (_ATTEMPT, Guard.SAME_ABSENCE, _CANCEL_REQUESTED),
        OutboxState.CANCELLED,
        "canceled",
    ),
    Transition(OutboxEvent.CANCEL, _PENDING, (), OutboxState.CANCELLED, "canceled"),
    Transition(OutboxEvent.REQUEST_CANCEL, _UNCONFIRMED, (), OutboxState.UNCONFIRMED),
    Transition(OutboxEvent.EXPIRE, _PENDING, (_ATTEMPT,), OutboxState.EXPIRED, "failed"),
    Transition(OutboxEvent.RESTORE, _BEFORE_REQUEST, (_ATTEMPT,), OutboxState.UNCONFIRMED, "unconfirmed"),
)


def transitions_of(event: OutboxEvent) -> list[Transition]:
    """Returns the rows of an event, whose guards are mutually exclusive."""
    return [transition for transition in TRANSITIONS if transition.event is event]
