"""What the product asks of a provider, and every way in which handing over a message can end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True)
class OutboundMessage:
    """A text to hand over. `callback_url` is where the carrier shall report, None if it cannot."""

    from_number: str
    to_number: str
    body: str
    callback_url: str | None


@dataclass(frozen=True)
class Accepted:
    """The carrier has it, under this SID."""

    sid: str
    status: str


@dataclass(frozen=True)
class Rejected:
    """The carrier will not take it, now or later."""

    code: int
    reason: str


@dataclass(frozen=True)
class RetryableFailure:
    """The carrier certainly does not have it: try again later. `code` is the carrier's, if it said so itself."""

    reason: str
    code: int | None = None


@dataclass(frozen=True)
class AccountUnavailable:
    """The carrier certainly does not have it, and will not take any until the operator mends something."""

    reason: str
    code: int | None = None
    may_depend_on_recipient: bool = False
    """Whether the same sender may reach others all the same."""


@dataclass(frozen=True)
class Indeterminate:
    """The carrier may have it or not: never send it again before that is known."""

    reason: str


Outcome = Accepted | Rejected | RetryableFailure | AccountUnavailable | Indeterminate


@dataclass(frozen=True)
class ProviderMessage:
    """A message as the carrier has it. Times are by the carrier's clock, in whole seconds.

    `sent_at` is None until the message leaves the provider, which may be hours after it was created.
    """

    sid: str
    from_number: str
    to_number: str
    body: str
    status: str
    error_code: int | None
    error_message: str | None
    created_at: datetime
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Listing:
    """What was read of a list. Its order says nothing: Twilio documents none by creation, and rows may come late."""

    rows: Sequence[ProviderMessage]
    is_complete: bool
    """False if there was more than may be read, or if rows moved while they were read: then a row that is missing
    here may be there all the same."""


class ProviderUnavailableError(Exception):
    """The carrier did not answer a question completely: nothing may be concluded."""


class Provider(Protocol):
    """Blocking calls, made from worker threads."""

    def send(self, text: OutboundMessage) -> Outcome:
        """Hands over a text. Never raises: what went wrong is an outcome."""
        ...

    def fetch(self, sid: str) -> ProviderMessage | None:
        """One message as it is now; None if there is none. Raises ProviderUnavailableError."""
        ...

    def list_to(self, to_number: str) -> Listing:
        """The messages to a number, whenever they were created or sent. Raises ProviderUnavailableError."""
        ...

    def list_sent(self, from_number: str, since: date) -> Listing:
        """What has left the carrier from a number on this day (UTC) and after; not what still waits there.

        Raises ProviderUnavailableError.
        """
        ...
