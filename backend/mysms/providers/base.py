"""The interface of a provider, and all outcomes of an attempt to send a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True)
class OutboundMessage:
    """A message to send. `callback_url` receives the status callbacks; None for no callbacks.

    The provider fetches what is at `media_urls`, and sends it too. With any, the body may be empty.
    """

    from_number: str
    to_number: str
    body: str
    callback_url: str | None
    media_urls: Sequence[str] = ()


@dataclass(frozen=True)
class Accepted:
    """The provider has the message, under this SID."""

    sid: str
    status: str


@dataclass(frozen=True)
class Rejected:
    """The provider rejected the message permanently."""

    code: int
    reason: str


@dataclass(frozen=True)
class RetryableFailure:
    """The provider certainly does not have the message: try again later. `code` is the provider's, if it gave one."""

    reason: str
    code: int | None = None


@dataclass(frozen=True)
class NotAttempted(RetryableFailure):
    """The provider was not asked, so this says nothing about it."""


@dataclass(frozen=True)
class AccountUnavailable:
    """The provider certainly does not have the message, and rejects all messages until the operator fixes something."""

    reason: str
    code: int | None = None
    may_depend_on_recipient: bool = False
    """Whether messages from the same sender to other recipients may still be accepted."""


@dataclass(frozen=True)
class Indeterminate:
    """The provider may or may not have the message: never send it again before that is known."""

    reason: str


Outcome = Accepted | Rejected | RetryableFailure | AccountUnavailable | Indeterminate


@dataclass(frozen=True)
class ProviderMessage:
    """A message in the provider's records. Times are by the provider's clock, in whole seconds.

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
    is_inbound: bool = False
    segments: str = ""
    """The number of segments, if the provider knows it."""
    num_media: str = ""
    """The number of pictures or other media, if the provider says it; anything else if it does not."""


@dataclass(frozen=True)
class Listing:
    """Rows of the provider's list. Their order means nothing: Twilio documents none, and rows may appear late."""

    rows: Sequence[ProviderMessage]
    is_complete: bool
    """False if the list was too long, or changed while it was read. Then a row that is missing here may still exist."""


@dataclass(frozen=True)
class ProviderMedia:
    """A picture or another file of an inbound message, in the provider's records."""

    sid: str
    content_type: str


class MediaGoneError(Exception):
    """The provider does not have a medium, or not yet."""


class MediaTooLargeError(Exception):
    """A medium is larger than what is read."""


class ProviderUnavailableError(Exception):
    """The provider did not answer a request completely, so nothing may be concluded."""


class Provider(Protocol):
    """A provider. Its calls block, and are made from worker threads."""

    def send(self, text: OutboundMessage) -> Outcome:
        """Sends a message. Never raises: a failure is an outcome."""
        ...

    def fetch(self, sid: str) -> ProviderMessage | None:
        """Returns a message as it is now; None if it does not exist. Raises ProviderUnavailableError."""
        ...

    def list_to(self, to_number: str) -> Listing:
        """Lists all messages that were sent to a number, whatever their age. Raises ProviderUnavailableError."""
        ...

    def list_sent(self, from_number: str, since: date) -> Listing:
        """Lists messages from a number that the provider sent on this day (UTC) or later, without those still queued.

        Raises ProviderUnavailableError.
        """
        ...

    def list_media(self, sid: str) -> Sequence[ProviderMedia]:
        """Lists the media of an inbound message; none if it is gone. Raises ProviderUnavailableError."""
        ...

    def list_received(self, to_number: str, day: date) -> Listing:
        """Lists the inbound messages to one of our numbers of a day (UTC). Raises ProviderUnavailableError."""
        ...


class MediaSource(Protocol):
    """What has the content of media. Its calls block, and are made from worker threads."""

    def fetch(self, message_sid: str, media_sid: str, most_bytes: int) -> bytes:
        """Returns the whole content of a medium.

        Raises MediaGoneError, MediaTooLargeError and ProviderUnavailableError.
        """
        ...
