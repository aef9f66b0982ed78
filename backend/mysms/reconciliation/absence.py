"""When it is proven that the provider does not have a message. Pure.

Twilio promises neither an order of its list nor when a message appears in it, so one look proves nothing. Two do: both
read to the end, the first begun some time after the attempt, the second some time after the first, and in neither
anything that could be the message.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mysms.outbox.records import InFlightMessage


@dataclass(frozen=True)
class AbsenceRule:
    """`after` is from the attempt's end to the first look that counts, `confirmed_after` from there to the second."""

    after: timedelta
    confirmed_after: timedelta

    def counts_from(self, message: InFlightMessage, absent_since: datetime | None) -> datetime:
        """From when on a look counts: as the second, if the first began at `absent_since`, else as the first."""
        if absent_since is not None:
            return absent_since + self.confirmed_after
        return (message.unknown_since or message.first_claimed_at) + self.after

    def is_proven_by(self, message: InFlightMessage, begun: datetime) -> bool:
        """Whether a complete look without a trace of the message, begun then, was the second of two."""
        return message.absent_since is not None and begun >= self.counts_from(message, message.absent_since)
