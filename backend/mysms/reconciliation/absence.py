"""The rule for proving that the provider does not have a message. Pure.

Twilio guarantees neither an order of its list nor when a message appears in it, so one look-up proves nothing. Two
complete look-ups do, if neither shows anything that could be the message: the first starts some time after the attempt,
and the second some time after the first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mysms.outbox.records import InFlightMessage


@dataclass(frozen=True)
class AbsenceRule:
    """The minimum times: `after` from the attempt to the first look-up, `confirmed_after` from there to the second."""

    after: timedelta
    confirmed_after: timedelta

    def counts_from(self, message: InFlightMessage, absent_since: datetime | None) -> datetime:
        """Returns when look-ups start to count: for the second, if the first began at `absent_since`, or the first."""
        if absent_since is not None:
            return absent_since + self.confirmed_after
        return (message.unconfirmed_since or message.first_claimed_at) + self.after

    def is_proven_by(self, message: InFlightMessage, started_at: datetime) -> bool:
        """Whether a complete look-up from `started_at` on that did not show the message is the second that counts."""
        return message.absent_since is not None and started_at >= self.counts_from(message, message.absent_since)
