"""Makes up for inbound messages whose webhooks were missed: reads the provider's list of what our numbers received.

Nothing rests on one look or on the order of the list, in which fresh rows may be missing for hours. Every look reads
the last hours again, and each hour a deep look reads everything since three days before the last complete deep look. So
whatever happened meanwhile, such as a server that slept for weeks, is read as soon as a process runs again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from mysms.core.backoff import Jitter, jitter
from mysms.core.phone_numbers import spellings
from mysms.core.timestamps import Clock
from mysms.inbound.errors import NobodyToReceiveError
from mysms.inbound.inbox import Inbox
from mysms.inbound.text import InboundText
from mysms.messages import repository as messages
from mysms.messages.media import MOST_MEDIA
from mysms.outbox.provider_message_ids import ProviderMessageIds
from mysms.outbox.sender_identity import SenderIdentity
from mysms.providers.base import Listing, Provider, ProviderMedia, ProviderMessage, ProviderUnavailableError
from mysms.reconciliation.looks import InboundLooks, Look
from mysms.reconciliation.polling import ProviderThread

RECENT = timedelta(hours=6)
"""How far every look goes back."""
OVERLAP = timedelta(days=3)
"""How far a deep look goes back before the last complete one: longer than a row is known to appear late."""
FORMER_FOR = timedelta(days=30)
"""How long answers to a number are taken after another has taken its place."""
LOOK_FOR_FORMER_FOR = FORMER_FOR + OVERLAP
DEEP_EVERY = timedelta(hours=1)
LOOK_BACK = timedelta(days=400)
"""How far a look goes back at most: Twilio keeps messages for 400 days."""
MEDIA_WAIT = timedelta(hours=1)
"""How old a message may get while Twilio does not list all its media; then it is stored without the others."""
MOST_MEDIA_FAILURES = 3
"""How often in a row the list of its media may fail before a message that is so old is stored without them."""
HANDOVER = timedelta(minutes=5)
"""For how long after a number was replaced all that it receives is ours.

A process that still has it may run on, with webhooks that arrive here, and our clock may be behind the provider's.
"""
_MOST_BETWEEN_ROUNDS = timedelta(seconds=90)
"""Less than `HANDOVER`: each round of a process that still has a number takes back that it was replaced."""
_ONE_DAY = timedelta(days=1)
_BATCH = 1000

_log = logging.getLogger(__name__)


class InboundCatchUp:
    """Looks for the inbound messages of one sender. Of any number of processes, one looks at a time.

    Once another sender has taken its place (and `HANDOVER` is over), it takes only answers to what somebody has written
    from the number, which may have another use by now: what else it receives is not ours to store.
    """

    def __init__(
        self,
        inbox: Inbox,
        looks: InboundLooks,
        message_ids: ProviderMessageIds,
        provider: Provider,
        provider_thread: ProviderThread,
        number: str,
        clock: Clock,
        *,
        every: timedelta,
        jitter: Jitter = jitter,
    ) -> None:
        self._inbox = inbox
        self._looks = looks
        self._message_ids = message_ids
        self._provider = provider
        self._provider_thread = provider_thread
        self._number = number
        self._clock = clock
        self._every = every
        self._jitter = jitter
        self._asks_at: datetime | None = None
        self._media_failures = Counter[str]()

    async def run_round(self) -> None:
        """Looks, if a look is due. Raises ProviderUnavailableError if the provider did not answer."""
        now = self._clock()
        if self._asks_at is not None and now < self._asks_at <= now + _MOST_BETWEEN_ROUNDS:
            return
        look = await self._looks.claim(self._every)
        # Another process may look meanwhile, and end.
        self._asks_at = now + min(self._every * (0.2 + 0.1 * self._jitter()), _MOST_BETWEEN_ROUNDS)
        if look is None:
            return
        try:
            is_complete = await self._look(look)
        except ProviderUnavailableError:
            self._asks_at = None
            await self._looks.give_back(look)
            raise
        await self._looks.end(look, self._every, is_complete=is_complete)

    async def _look(self, look: Look) -> bool:
        """Reads the days that the look covers, oldest first; returns whether it read and stored everything."""
        is_complete = True
        for day in _days(look):
            if not await self._looks.extend(look):
                return False
            listing: Listing = await self._provider_thread.ask(self._provider.list_received, self._number, day)
            rows = await self._find_unsettled(listing, look)
            for row in rows:
                # Before any of them waits for its media, or for an account.
                await self._inbox.heed_opt_out(InboundText.of_row(row, self._clock()))
            try:
                is_stored = await self._store(rows)
            except NobodyToReceiveError:
                # The messages stay in the list, and the next look finds them.
                is_stored = False
            is_complete = is_complete and listing.is_complete and is_stored
        return is_complete

    async def _find_unsettled(self, listing: Listing, look: Look) -> Sequence[ProviderMessage]:
        """Returns what is for us and not settled, oldest first."""
        unsettled: list[ProviderMessage] = []
        rows = sorted(listing.rows, key=lambda row: row.created_at)
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            settled = await self._message_ids.settled_among([row.sid for row in batch])
            unsettled += [row for row in batch if row.sid not in settled and await _is_for_us(row, look)]
        return unsettled

    async def _store(self, rows: Sequence[ProviderMessage]) -> bool:
        """Stores the messages; returns whether it stored all: a message may wait for the list of its media."""
        is_complete = True
        for row in rows:
            media = await self._media_of(row)
            if media is None:
                is_complete = False
            else:
                await self._inbox.make_up(InboundText.of_row(row, self._clock(), media))
        return is_complete

    async def _media_of(self, row: ProviderMessage) -> Sequence[ProviderMedia] | None:
        """Lists a message's media. Returns None if the provider lists fewer than it has, unless it has waited long.

        Media may be listed later than their message, as they may be served later. A list that fails says nothing about
        them, however old the message is: a server that slept sees it late.
        """
        if row.num_media in {"", "0"}:
            return []
        media: Sequence[ProviderMedia] = []
        try:
            media = await self._provider_thread.ask(self._provider.list_media, row.sid)
        except ProviderUnavailableError:
            self._media_failures[row.sid] += 1
            if self._media_failures[row.sid] < MOST_MEDIA_FAILURES:
                return None
        self._media_failures.pop(row.sid, None)
        if len(media) < _number_of_media(row) and row.created_at > self._clock() - MEDIA_WAIT:
            return None
        if len(media) >= _number_of_media(row):
            return media
        _log.warning("Twilio does not list all media of an inbound message, which is stored without the others.")
        return media


class InboundCatchUps:
    """Looks for our number, and for those which it has replaced lately: people answer there, too.

    Each has its own look. That of a former number costs a query more for each row since it was replaced that is not
    stored.
    """

    def __init__(
        self,
        looks: InboundLooks,
        current: InboundCatchUp,
        of_former: Callable[[SenderIdentity], InboundCatchUp],
        clock: Clock,
    ) -> None:
        self._looks = looks
        self._current = current
        self._of_former = of_former
        self._clock = clock
        self._former: Mapping[SenderIdentity, InboundCatchUp] = {}
        self._finds_former_at: datetime | None = None

    async def run_round(self) -> None:
        """Looks where a look is due. Raises ProviderUnavailableError if the provider did not answer one of them."""
        await self._find_former()
        failure: ProviderUnavailableError | None = None
        for catch_up in [self._current, *self._former.values()]:
            try:
                await catch_up.run_round()
            except ProviderUnavailableError as error:
                failure = error
        if failure is not None:
            raise failure

    async def _find_former(self) -> None:
        now = self._clock()
        if self._finds_former_at is None:
            await self._looks.begin_use()
        elif now < self._finds_former_at <= now + DEEP_EVERY:
            return
        senders = await self._looks.find_former_senders()
        self._former = {sender: self._former.get(sender) or self._of_former(sender) for sender in senders}
        # A process with another number may begin, and end, while this one runs.
        self._finds_former_at = now + DEEP_EVERY


async def _is_for_us(row: ProviderMessage, look: Look) -> bool:
    if row.created_at.date() < look.looked_from.date() and row.created_at < look.looked_from - HANDOVER:
        return False
    replaced_at = look.replaced_at
    if replaced_at is None or row.created_at <= replaced_at + HANDOVER:
        return True
    if row.created_at > replaced_at + FORMER_FOR:
        return False
    return await messages.find_last_written(row.to_number, spellings(row.from_number)) is not None


def _number_of_media(row: ProviderMessage) -> int:
    """Returns how many media are to be listed; none if the provider does not say."""
    is_number = row.num_media.isascii() and row.num_media.isdecimal()
    return min(int(row.num_media[:4]), MOST_MEDIA) if is_number else 0


def _days(look: Look) -> Iterator[date]:
    """Returns the days (UTC) that a look covers: Twilio documents that the list can be filtered by day only."""
    since = look.complete_until - OVERLAP if look.is_deep else look.started_at - RECENT
    # The provider's clock may be behind, and its day the one before.
    since = max(since, look.looked_from - HANDOVER, look.started_at - LOOK_BACK)
    # The provider's clock may be ahead.
    until = look.started_at + RECENT
    if look.replaced_at is not None:
        until = min(until, look.replaced_at + FORMER_FOR)
    day = since.date()
    while day <= until.date():
        yield day
        day += _ONE_DAY
