"""Sequences of statuses after a message was accepted, with their delays in seconds at pace 1."""

from collections.abc import Sequence
from typing import Literal

from devservers.twilio.messages import Step

SENT_AFTER, FINAL_AFTER = 1.0, 1.5
UNKNOWN_ERROR = 30008

MessageStatus = Literal["queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled", "read"]
FAILURES = frozenset({"undelivered", "failed"})
# With these codes Twilio never sends the message; the other codes are reported by the carrier afterwards.
FAILED_BEFORE_SENDING = frozenset({30001, 30002})


def steps_to(status: MessageStatus, error_code: int | None = None) -> Sequence[Step]:
    """The steps that end with `status`. The initial status is not a step: Twilio sends no callback for it."""
    sent = Step("sent", SENT_AFTER)
    match status:
        case "queued":
            return []
        case "sent":
            return [sent]
        case "sending" | "failed" | "canceled":
            return [Step(status, SENT_AFTER, failure_code(status, error_code))]
        case "delivered" | "undelivered":
            return [sent, Step(status, FINAL_AFTER, failure_code(status, error_code))]
        case "read":
            return [*steps_to("delivered"), Step("read", FINAL_AFTER)]


def conflicting_steps(
    first: MessageStatus, second: MessageStatus, truth: MessageStatus, error_code: int | None
) -> Sequence[Step]:
    """Callbacks report two final statuses one after the other; the resource takes on `truth` only."""
    finals = [
        Step(status, FINAL_AFTER, failure_code(status, error_code), callback_only=status != truth)
        for status in (first, second)
    ]
    return [Step("sent", SENT_AFTER), *finals]


def failure_code(status: str, error_code: int | None) -> int | None:
    return (error_code or UNKNOWN_ERROR) if status in FAILURES else None
