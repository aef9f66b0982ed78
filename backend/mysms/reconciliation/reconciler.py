"""Reconciles unconfirmed messages with the provider.

Any number of processes may run it: each message is looked up by one process at a time.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from mysms.core.logging import bound
from mysms.core.metrics import RECONCILED
from mysms.core.phone_numbers import spellings
from mysms.core.timestamps import Clock
from mysms.messages.status import OutboxState
from mysms.outbox.backoff import next_reconcile_at
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.records import InFlightMessage, Lookup
from mysms.outbox.store import OutboxStore
from mysms.outbox.timeline import Timeline
from mysms.providers.base import Listing, Provider, ProviderMessage, ProviderUnavailableError
from mysms.reconciliation.absence import AbsenceRule
from mysms.reconciliation.matching import ABSENCE_MARGIN, could_be, match
from mysms.reconciliation.polling import ProviderThread
from mysms.reconciliation.sent_messages import SentMessages
from mysms.reconciliation.status_check_queue import StatusCheckQueue
from mysms.reconciliation.store import ReconciliationStore

_MOST_PER_ROUND = 20
_SHORTEST_WAIT = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class Reconciler:
    """Looks up the unconfirmed messages of one sender one by one, so that none can block another."""

    def __init__(
        self,
        outbox: OutboxStore,
        timeline: Timeline,
        store: ReconciliationStore,
        status_checks: StatusCheckQueue,
        message_ids: ProviderMessageIds,
        provider: Provider,
        from_number: str,
        clock: Clock,
        *,
        absence: AbsenceRule,
        provider_thread: ProviderThread,
    ) -> None:
        self._outbox = outbox
        self._timeline = timeline
        self._store = store
        self._status_checks = status_checks
        self._message_ids = message_ids
        self._provider = provider
        self._from_number = from_number
        self._clock = clock
        self._absence = absence
        self._provider_thread = provider_thread

    async def run_round(self) -> None:
        """Makes the due look-ups. Raises ProviderUnavailableError at the first one without an answer."""
        sent_messages = SentMessages(self._provider, self._provider_thread, self._from_number, self._clock)
        for _ in range(_MOST_PER_ROUND):
            lookup = await self._store.claim_unconfirmed()
            if lookup is None:
                return
            try:
                if not await self._record_own_sid(lookup.message):
                    await self._look_up(lookup, sent_messages)
            except ProviderUnavailableError:
                await self._store.postpone_lookup(lookup)
                raise

    async def _record_own_sid(self, message: InFlightMessage) -> bool:
        """Accepts a message that owns a SID, but whose process ended before it recorded the acceptance."""
        sid = await self._message_ids.sid_of(message.message_id)
        if sid is None:
            return False
        await self._outbox.accept(message.message_id, message.attempt, message.dedup_key, sid)
        row = await self._provider_thread.ask(self._provider.fetch, sid)
        if row is not None:
            await self._timeline.record_answer(message.message_id, row)
        return True

    async def _look_up(self, lookup: Lookup, sent_messages: SentMessages) -> None:
        message, started_at = lookup.message, self._clock()
        listing = await self._list_to(lookup)
        if listing is None:
            return
        candidates = [row for row in listing.rows if could_be(row, message, self._from_number)]
        # Read after the list: each of our messages in the list was claimed before, so it is in flight or has an owner.
        in_flight = await self._store.list_in_flight_to(spellings(message.to_number))
        owned = await self._message_ids.owned_among([row.sid for row in candidates])
        found = [await self._assign_sid(*pair) for pair in match(candidates, owned, in_flight, self._from_number)]
        if message.message_id in found:
            return
        absent_since = message.absent_since
        if any(row.sid not in owned for row in candidates):
            absent_since = None
        elif listing.is_complete and started_at >= self._absence.counts_from(message, absent_since):
            if not await self._store.extend_lookup(lookup):
                return
            # This list also shows numbers in unforeseen forms.
            day = (message.first_claimed_at - ABSENCE_MARGIN).date()
            sent = await sent_messages.list_since(day, not_before=self._absence.counts_from(message, absent_since))
            started_at = min(started_at, sent.started_at)
            if await self._could_contain(sent.listing, message):
                absent_since = None
            elif sent.listing.is_complete and self._absence.is_proven_by(message, started_at):
                await self._outbox.requeue(message)
                _report("absent", message)
                return
            elif sent.listing.is_complete:
                absent_since = started_at
        await self._schedule_next_lookup(lookup, absent_since)

    async def _schedule_next_lookup(self, lookup: Lookup, absent_since: datetime | None) -> None:
        now = self._clock()
        counts_from = self._absence.counts_from(lookup.message, absent_since)
        if absent_since not in {None, lookup.message.absent_since}:
            # The second look-up that counts is due soon, even if this one took longer than that.
            counts_from = max(counts_from, now + _SHORTEST_WAIT)
        following = next_reconcile_at(now, lookup.lookups + 1, counts_from)
        await self._store.end_lookup(lookup, absent_since, following)
        if following is None:
            _report("given_up", lookup.message)

    async def _list_to(self, lookup: Lookup) -> Listing | None:
        """Lists all messages to the number in all its forms; returns None if another process holds the look-up now."""
        message = lookup.message
        rows: dict[str, ProviderMessage] = {}
        is_complete = True
        for number in sorted(spellings(message.to_number)):
            if not await self._store.extend_lookup(lookup):
                return None
            listing = await self._provider_thread.ask(self._provider.list_to, number)
            # The provider returned these rows for this number, so they are to it in whatever form they show it.
            rows |= {row.sid: replace(row, to_number=message.to_number) for row in listing.rows}
            is_complete = is_complete and listing.is_complete
        return Listing(list(rows.values()), is_complete)

    async def _could_contain(self, listing: Listing, message: InFlightMessage) -> bool:
        """Whether the listing has an unowned row that could be the message."""
        sids = [row.sid for row in listing.rows if could_be(row, message, self._from_number)]
        return len(await self._message_ids.owned_among(sids)) < len(sids)

    async def _assign_sid(self, row: ProviderMessage, message: InFlightMessage) -> object:
        """Makes the message the owner of the row's SID; returns the message's id, or None if it is not the owner."""
        if message.state is not OutboxState.UNCONFIRMED:
            # It is being sent at this moment, and its attempt will return the SID.
            return None
        if not await self._outbox.accept(message.message_id, message.attempt, message.dedup_key, row.sid):
            return None
        await self._timeline.record_answer(message.message_id, row)
        # The fault that lost the response may have lost callbacks too.
        await self._status_checks.expedite_check(message.message_id)
        _report("found", message)
        return message.message_id


def _report(result: str, message: InFlightMessage) -> None:
    RECONCILED.labels(result).inc()
    with bound(**message.log_context):
        _log.info("Looked up an unconfirmed message at Twilio: %s.", result)
