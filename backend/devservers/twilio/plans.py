"""The ways a message can go after it was accepted, as steps with their delays at pace 1."""

from collections.abc import Sequence
from typing import Literal

from devservers.twilio.messages import Step

SENT_AFTER, FINAL_AFTER = 1.0, 1.5
UNKNOWN_ERROR = 30008

Outcome = Literal["queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled", "read"]
FAILURES = frozenset({"undelivered", "failed"})
# At these codes nothing ever leaves Twilio; the others are told by the carrier afterwards.
FAILED_BEFORE_SENDING = frozenset({30001, 30002})


def plan_for(outcome: Outcome, error_code: int | None = None) -> Sequence[Step]:
    """The steps that lead to `outcome`. The initial status is no step: Twilio sends no callback for it."""
    sent = Step("sent", SENT_AFTER)
    match outcome:
        case "queued":
            return []
        case "sent":
            return [sent]
        case "sending" | "failed" | "canceled":
            return [Step(outcome, SENT_AFTER, failure_code(outcome, error_code))]
        case "delivered" | "undelivered":
            return [sent, Step(outcome, FINAL_AFTER, failure_code(outcome, error_code))]
        case "read":
            return [*plan_for("delivered"), Step("read", FINAL_AFTER)]


def conflict(first: Outcome, second: Outcome, truth: Outcome, error_code: int | None) -> Sequence[Step]:
    """Two final statuses are announced one after the other; the resource shows only the true one."""
    finals = [
        Step(status, FINAL_AFTER, failure_code(status, error_code), announced_only=status != truth)
        for status in (first, second)
    ]
    return [Step("sent", SENT_AFTER), *finals]


def failure_code(status: str, error_code: int | None) -> int | None:
    return (error_code or UNKNOWN_ERROR) if status in FAILURES else None
