"""Reads what the provider has sent, once for as many look-ups of a round as possible.

The list has all messages of the days since a message was first claimed, so that reading it for each message anew would
cost the most when most messages are unconfirmed: after an outage.
"""

from dataclasses import dataclass
from datetime import date, datetime

from mysms.core.timestamps import Clock
from mysms.providers.base import Listing, Provider
from mysms.reconciliation.polling import ProviderThread


@dataclass(frozen=True)
class SentListing:
    """The messages sent since the beginning of a day."""

    since: date
    started_at: datetime
    """When reading the list began."""
    listing: Listing

    def serves(self, since: date, not_before: datetime) -> bool:
        """Whether it shows what a list since that day, read no earlier than `not_before`, would show.

        A list that was cut off serves its own day alone: a later day's list may be complete.
        """
        has_all = self.since <= since if self.listing.is_complete else self.since == since
        return has_all and self.started_at >= not_before


class SentMessages:
    """The messages that one number has sent, as far as one round of look-ups has read them."""

    def __init__(self, provider: Provider, provider_thread: ProviderThread, from_number: str, clock: Clock) -> None:
        self._provider = provider
        self._provider_thread = provider_thread
        self._from_number = from_number
        self._clock = clock
        self._last: SentListing | None = None

    async def list_since(self, since: date, *, not_before: datetime) -> SentListing:
        """Returns the messages sent since that day, in a list read no earlier than `not_before`.

        Raises ProviderUnavailableError.
        """
        if self._last is None or not self._last.serves(since, not_before):
            started_at = self._clock()
            listing = await self._provider_thread.ask(self._provider.list_sent, self._from_number, since)
            self._last = SentListing(since, started_at, listing)
        return self._last
