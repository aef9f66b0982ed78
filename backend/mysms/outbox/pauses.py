"""Why nothing is being sent, as the operator and as the people who send are told. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

_SENDER = "Twilio does not let this service's number send texts."
_CAUSES = {
    20003: "Twilio does not accept this service's credentials.",
    20404: "Twilio does not know this service's account.",
    21212: _SENDER,
    21407: _SENDER,
    21601: _SENDER,
    21603: _SENDER,
    21606: _SENDER,
    21607: _SENDER,
    21609: "Twilio does not accept the address at which this service is to be told of statuses.",
    21616: _SENDER,
    21659: _SENDER,
    21660: _SENDER,
    21661: _SENDER,
    30002: "Twilio has suspended this service's account.",
}
"""Source: https://www.twilio.com/docs/api/errors"""
_OTHER_CAUSE = "Twilio turns this service away."
_SWITCHED_OFF = "Sending is switched off (SENDING_ENABLED=off): messages are taken and wait."
_REMEDY = "Your messages wait, and are sent once the person who runs this service has mended that."


@dataclass(frozen=True)
class Pause:
    """Since when nothing is being sent, and why."""

    since: datetime
    reason: str
    """For the operator; the carrier's own words, if it turned us away."""
    explanation: str
    """For the people who send: what it means for them."""
    is_by_operator: bool = False
    """Then nothing but another setting ends it."""

    @classmethod
    def provider_rejected(cls, since: datetime, reason: str, code: int | None) -> Self:
        """The carrier takes nothing from us."""
        return cls(since, reason, f"{_CAUSES.get(code or 0, _OTHER_CAUSE)} {_REMEDY}")

    @classmethod
    def switched_off(cls, since: datetime) -> Self:
        """The operator wants nothing to be sent."""
        explanation = "Sending is switched off for the moment. Your messages wait."
        return cls(since, _SWITCHED_OFF, explanation, is_by_operator=True)
