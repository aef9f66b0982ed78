"""Numbers with built-in faults, so that failures can be tried from the browser without the control endpoint.

Messages to any other number are queued, sent and delivered. The magic numbers of Twilio's test credentials, which are
rejected at once, are in `devservers.twilio.messages`.
"""

import re
from collections.abc import Sequence

from devservers.twilio.delivery_scenarios import FAILED_BEFORE_SENDING
from devservers.twilio.fault import Fault
from devservers.twilio.faults import ConflictingFinals, DropCallbacks, ForceStatus
from devservers.twilio.request_faults import Lose201, RateLimited

FAILING_NUMBER = re.compile(r"\+15005553(\d{3})")

# Each with what it does, in a few words and in more of them.
MAGIC_NUMBERS: dict[str, tuple[str, Fault]] = {
    "+15005551001": ("stays sent: the carrier reports no delivery", ForceStatus(status="sent")),
    "+15005551002": ("stays queued: it is never sent", ForceStatus(status="queued")),
    "+15005551003": ("is read: delivered, then read", ForceStatus(status="read")),
    "+15005551004": ("loses the answer: accepted, but the response to the create request is lost", Lose201()),
    "+15005551005": ("says nothing: delivered, but no status callback is sent", DropCallbacks()),
    "+15005551006": (
        "contradicts itself: callbacks report delivered, then undelivered; the API reports undelivered",
        ConflictingFinals(),
    ),
    "+15005551007": ("is busy: always rejected with 429, too many requests", RateLimited()),
}


def faults_of(to: str) -> Sequence[Fault]:
    """The built-in faults of a number. +15005553nnn fails at delivery with the code 30nnn."""
    if failing := FAILING_NUMBER.fullmatch(to):
        code = 30000 + int(failing[1])
        return [ForceStatus(status="failed" if code in FAILED_BEFORE_SENDING else "undelivered", error_code=code)]
    return [MAGIC_NUMBERS[to][1]] if to in MAGIC_NUMBERS else []
