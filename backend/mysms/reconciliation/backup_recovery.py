"""Makes a database that was restored from a backup safe to send from."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from mysms.core.phone_numbers import spellings
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.store import OutboxStore
from mysms.providers.base import Provider, ProviderUnavailableError
from mysms.reconciliation.matching import match
from mysms.reconciliation.store import ReconciliationStore

_BATCH = 100


@dataclass(frozen=True)
class RestoreReport:
    """The differences between a restored database and the provider."""

    unconfirmed: int
    """The number of messages that were pending or claimed: each is looked up at the provider before it is sent."""
    missing: int
    """The number of messages that the provider has sent since the backup and that are not in the database."""


class BackupRecovery:
    """Finds messages that were sent after the backup was made."""

    def __init__(
        self,
        outbox: OutboxStore,
        store: ReconciliationStore,
        message_ids: ProviderMessageIds,
        provider: Provider,
        from_number: str,
    ) -> None:
        self._outbox = outbox
        self._store = store
        self._message_ids = message_ids
        self._provider = provider
        self._from_number = from_number

    async def run(self, since: datetime) -> RestoreReport:
        """Makes waiting messages unconfirmed, and compares the provider's list with the database. May be repeated.

        No process may be sending. Raises ProviderUnavailableError if the provider's list cannot be read completely; the
        messages are unconfirmed by then.
        """
        unconfirmed = 0
        while batch := await self._outbox.mark_unconfirmed(_BATCH):
            unconfirmed += batch
        listing = await asyncio.to_thread(self._provider.list_sent, self._from_number, since.astimezone(UTC).date())
        if not listing.is_complete:
            raise ProviderUnavailableError("Twilio's list is too long to be read completely.")
        sent = [row for row in listing.rows if row.sent_at is not None and row.sent_at >= since]
        owned = await self._message_ids.owned_among([row.sid for row in sent])
        numbers = {number for row in sent for number in spellings(row.to_number)}
        found = match(sent, owned, await self._store.list_in_flight_to(numbers), self._from_number)
        unowned = sum(row.sid not in owned for row in sent)
        return RestoreReport(unconfirmed, unowned - len({message.message_id for _, message in found}))
