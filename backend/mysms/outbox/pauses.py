"""Pauses of sending, explained for operators and for users. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

_SENDER = "Twilio does not allow this server's phone number to send texts."
_CAUSES = {
    20003: "Twilio rejects this server's credentials.",
    20404: "Twilio does not recognise this server's account.",
    21212: _SENDER,
    21407: _SENDER,
    21601: _SENDER,
    21603: _SENDER,
    21606: _SENDER,
    21607: _SENDER,
    21609: "Twilio rejects this server's status callback URL.",
    21616: _SENDER,
    21659: _SENDER,
    21660: _SENDER,
    21661: _SENDER,
    30002: "Twilio has suspended this server's account.",
}
"""Source: https://www.twilio.com/docs/api/errors"""
_OTHER_CAUSE = "Twilio rejects all messages from this server."
_DISABLED = "Sending is disabled (SENDING_ENABLED=off). Messages are accepted and wait."
_REMEDY = "Your messages will be sent once the person who runs this server has fixed this."


@dataclass(frozen=True)
class Pause:
    """A pause of sending."""

    since: datetime
    reason: str
    """For the operator: the provider's own message, if the provider is the cause."""
    explanation: str
    """For users."""
    is_by_operator: bool = False
    """Whether a setting is the cause, so that only changing it ends the pause."""

    @classmethod
    def provider_rejected(cls, since: datetime, reason: str, code: int | None) -> Self:
        """Creates a pause because the provider rejects everything."""
        return cls(since, reason, f"{_CAUSES.get(code or 0, _OTHER_CAUSE)} {_REMEDY}")

    @classmethod
    def disabled(cls, since: datetime) -> Self:
        """Creates a pause because SENDING_ENABLED is off."""
        explanation = "Sending is disabled at the moment. Your messages will be sent when it resumes."
        return cls(since, _DISABLED, explanation, is_by_operator=True)
