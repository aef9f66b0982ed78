"""Numbers with a nature of their own, so that a person in the browser can try things without the control endpoint.

Every other number simply receives: queued, sent, delivered. The magic numbers of Twilio's test credentials are refused
at once and are not listed here.
"""

import re
from collections.abc import Sequence

from devservers.twilio.fault import Fault
from devservers.twilio.faults import ConflictingFinals, DropCallbacks, EndAs
from devservers.twilio.plans import FAILED_BEFORE_SENDING
from devservers.twilio.request_faults import Lose201, RateLimited

FAILING = re.compile(r"\+15005553(\d{3})")

PERSONALITIES: dict[str, tuple[str, Fault]] = {
    "+15005551001": ("stays sent: the carrier never says more", EndAs(status="sent")),
    "+15005551002": ("stays queued", EndAs(status="queued")),
    "+15005551003": ("delivered, then read", EndAs(status="read")),
    "+15005551004": ("accepted, but the answer to the create request is lost", Lose201()),
    "+15005551005": ("delivered, but no status callback ever comes", DropCallbacks()),
    "+15005551006": ("announced delivered, then undelivered, which is the truth", ConflictingFinals()),
    "+15005551007": ("always refused with 429: too many requests", RateLimited()),
}


def nature(to: str) -> Sequence[Fault]:
    """The standing faults of a number: `+15005553` and three digits fails at delivery with 30 and those digits."""
    if failing := FAILING.fullmatch(to):
        code = 30000 + int(failing[1])
        return [EndAs(status="failed" if code in FAILED_BEFORE_SENDING else "undelivered", error_code=code)]
    return [PERSONALITIES[to][1]] if to in PERSONALITIES else []
