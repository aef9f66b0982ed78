"""The transitions of the outbox, all in one table: event, from, guards, to. Pure.

`StateWriter` applies the table, and nothing else changes a state. `docs/architecture.md` shows it, and a test walks it.
A guard names what the process saw before, so a process that was late changes nothing.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mysms.messages.status import OutboxState


class OutboxEvent(StrEnum):
    """What happens to a message in the outbox."""

    CLAIM = "claim"
    """A process takes the message, to send it."""
    ACCEPT = "accept"
    """The provider is known to have it."""
    REJECT = "reject"
    """The provider refused it for good."""
    RETRY_LATER = "retry later"
    """The attempt certainly failed."""
    LOSE_OUTCOME = "lose outcome"
    """The attempt ended without a usable answer."""
    END_LEASE = "end lease"
    """The process that claimed it has not been heard of for the time of a lease."""
    PROVE_ABSENT = "prove absent"
    """The provider is known not to have it."""
    CANCEL = "cancel"
    REQUEST_CANCEL = "request cancel"
    """Its author does not want it to be sent again."""
    EXPIRE = "expire"
    """It could not be sent in time."""
    RESTORE = "restore"
    """The database is an older copy: the message may have been sent since."""


@dataclass(frozen=True)
class Seen:
    """What a process saw of a message before it asks for a transition."""

    attempt: int = 0
    worker_id: str | None = None
    absent_since: datetime | None = None


class Guard(StrEnum):
    """What must still hold when a transition is written."""

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
    """The status that the timeline shows for it; None adds nothing to the timeline."""
    is_visible: bool = True
    """Whether the author sees a difference, so that `updated_at` changes."""


_PENDING = frozenset({OutboxState.PENDING})
_CLAIMED = frozenset({OutboxState.CLAIMED})
_UNCONFIRMED = frozenset({OutboxState.UNCONFIRMED})
_IN_FLIGHT = _CLAIMED | _UNCONFIRMED
_ANY = frozenset(OutboxState)

_ATTEMPT = Guard.SAME_ATTEMPT
_WANTED = Guard.CANCEL_NOT_REQUESTED
_UNWANTED = Guard.CANCEL_REQUESTED

TRANSITIONS = (
    Transition(OutboxEvent.CLAIM, _PENDING, (_ATTEMPT,), OutboxState.CLAIMED, is_visible=False),
    Transition(OutboxEvent.ACCEPT, _ANY, (Guard.NO_SID,), OutboxState.ACCEPTED),
    Transition(OutboxEvent.REJECT, _IN_FLIGHT, (_ATTEMPT,), OutboxState.REJECTED, "failed"),
    Transition(OutboxEvent.RETRY_LATER, _IN_FLIGHT, (_ATTEMPT, _WANTED), OutboxState.PENDING),
    Transition(OutboxEvent.RETRY_LATER, _IN_FLIGHT, (_ATTEMPT, _UNWANTED), OutboxState.CANCELLED, "canceled"),
    Transition(OutboxEvent.LOSE_OUTCOME, _CLAIMED, (_ATTEMPT,), OutboxState.UNCONFIRMED, "unconfirmed"),
    Transition(OutboxEvent.END_LEASE, _CLAIMED, (_ATTEMPT, Guard.SAME_WORKER), OutboxState.UNCONFIRMED, "unconfirmed"),
    Transition(
        OutboxEvent.PROVE_ABSENT,
        _UNCONFIRMED,
        (_ATTEMPT, Guard.SAME_ABSENCE, _WANTED),
        OutboxState.PENDING,
        "pending",
    ),
    Transition(
        OutboxEvent.PROVE_ABSENT,
        _UNCONFIRMED,
        (_ATTEMPT, Guard.SAME_ABSENCE, _UNWANTED),
        OutboxState.CANCELLED,
        "canceled",
    ),
    Transition(OutboxEvent.CANCEL, _PENDING, (), OutboxState.CANCELLED, "canceled"),
    Transition(OutboxEvent.REQUEST_CANCEL, _UNCONFIRMED, (), OutboxState.UNCONFIRMED),
    Transition(OutboxEvent.EXPIRE, _PENDING, (_ATTEMPT,), OutboxState.EXPIRED, "failed"),
    Transition(OutboxEvent.RESTORE, _PENDING | _CLAIMED, (_ATTEMPT,), OutboxState.UNCONFIRMED, "unconfirmed"),
)


def transitions_of(event: OutboxEvent) -> list[Transition]:
    """The rows of an event. Their guards exclude each other."""
    return [transition for transition in TRANSITIONS if transition.event is event]
