"""Makes attempts to send messages, in worker threads."""

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

from mysms.attachments.links import MediaLinks
from mysms.core.backoff import Backoff, Jitter, jitter
from mysms.core.database import DatabaseError, describe, is_transient
from mysms.core.heartbeat import MonotonicClock
from mysms.core.metrics import SENDS, SETTLE_FAILURES, SETTLES_ABANDONED, TIME_TO_PROVIDER_SECONDS
from mysms.core.timestamps import Clock
from mysms.core.urls import Url
from mysms.messages.models import Message
from mysms.outbox.records import Claim, EndedAttempt
from mysms.outbox.store import OutboxStore
from mysms.providers.base import Accepted, Indeterminate, NotAttempted, OutboundMessage, Outcome, Provider
from mysms.providers.callback_url import url_for_twilio

_log = logging.getLogger(__name__)

_FIRST_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 10.0


class Worker:
    """Makes attempts, at most `threads` at a time, and records their outcomes.

    A request that has not started within `start_within` of its claim is not made: the lease is computed from
    this limit.
    """

    def __init__(
        self,
        outbox: OutboxStore,
        provider: Provider,
        callback_url: Url | None,
        media_links: MediaLinks,
        *,
        threads: int,
        start_within: timedelta,
        lease: timedelta,
        clock: Clock,
        monotonic: MonotonicClock = time.monotonic,
        jitter: Jitter = jitter,
    ) -> None:
        self._outbox = outbox
        self._provider = provider
        self._callback_url = callback_url
        self._media_links = media_links
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="provider")
        self._start_within_seconds = start_within.total_seconds()
        self._lease_seconds = lease.total_seconds()
        self._clock = clock
        self._monotonic = monotonic
        self._jitter = jitter
        self._stopping = threading.Event()
        self._stopped = asyncio.Event()
        self._unrecorded: dict[Claim, str] = {}

    async def send(self, claim: Claim, claimed_at: float) -> EndedAttempt:
        """Makes the attempt and records its outcome. `claimed_at` is when claiming began, on the monotonic clock."""
        deadline = claimed_at + self._start_within_seconds
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        outcome = await loop.run_in_executor(self._threads, context.run, self._attempt, claim, deadline)
        SENDS.labels(type(outcome).__name__).inc()
        _log.info("The attempt has ended: %s.", type(outcome).__name__)
        return EndedAttempt(outcome, await self._settle(claim, outcome, claimed_at))

    async def give_back(self, claim: Claim, claimed_at: float) -> Message | None:
        """Makes a message pending whose attempt does not begin, and returns it.

        It may not be stored, its account is gone, or the process is stopping.
        """
        return await self._settle(claim, NotAttempted("The attempt did not begin."), claimed_at)

    @property
    def problem(self) -> str | None:
        """Describes the outcomes that could not be recorded yet; None if there are none. They block their workers."""
        if not self._unrecorded:
            return None
        causes = ", ".join(sorted(set(self._unrecorded.values())))
        return f"Outcomes that could not be recorded yet: {len(self._unrecorded)} ({causes})."

    async def _settle(self, claim: Claim, outcome: Outcome, claimed_at: float) -> Message | None:
        try:
            return await self._record(claim, outcome, claimed_at)
        finally:
            self._unrecorded.pop(claim, None)

    async def _record(self, claim: Claim, outcome: Outcome, claimed_at: float) -> Message | None:
        """Records the outcome, and retries with a backoff if the database fails; returns the message as it is then.

        While the database is unreachable, this retries until the process ends: the SID must not be lost, and no other
        process can end the lease meanwhile. Errors that are not transient are retried until the lease has ended,
        counted again from the last transient error. Then other processes make the message unconfirmed, and the
        reconciler finds out what became of it.
        """
        backoff = Backoff(_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS, self._jitter)
        give_up_at = claimed_at + self._lease_seconds
        while True:
            try:
                message = await self._outbox.settle(claim, outcome, self._jitter())
            except Exception as error:  # noqa: BLE001  # any error: the provider may have the message
                wait, now, transient = backoff.next_wait(), self._monotonic(), is_transient(error)
                SETTLE_FAILURES.labels("transient" if transient else "permanent").inc()
                self._unrecorded[claim] = describe(error)
                if transient:
                    give_up_at = now + self._lease_seconds
                if self._stopping.is_set() or now + wait > give_up_at:
                    SETTLES_ABANDONED.inc()
                    unexpected = None if isinstance(error, DatabaseError) else error
                    _log.error("The outcome was not recorded (%s).", describe(error), exc_info=unexpected)
                    return None
                if backoff.should_log:
                    _log.warning("The outcome could not be recorded (%s); retrying.", describe(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), wait)
            else:
                if isinstance(outcome, Accepted):
                    TIME_TO_PROVIDER_SECONDS.observe((self._clock() - claim.created_at).total_seconds())
                return message

    def _attempt(self, claim: Claim, deadline: float) -> Outcome:
        if claim.media and not self._media_links.is_enabled:
            # Its text without the pictures would be another message.
            return NotAttempted("Twilio cannot fetch pictures from this server any more.")
        media_urls = [self._media_links.url_of(attachment_id, self._clock()) for attachment_id in claim.media]
        text = OutboundMessage(
            claim.from_number, claim.to_number, claim.content, self._callback_url_of(claim), media_urls
        )
        if self._stopping.is_set():
            return NotAttempted("The process is stopping.")
        # After this check only the request itself may take time: other processes rely on the lease.
        if self._monotonic() > deadline:
            return NotAttempted("The attempt came too late.")
        try:
            return self._provider.send(text)
        except Exception as error:  # noqa: BLE001  # any error: the provider may have the message
            return Indeterminate(f"Sending failed unexpectedly ({type(error).__name__}).")

    def _callback_url_of(self, claim: Claim) -> str | None:
        if self._callback_url is None:
            return None
        query = urlencode({"message_id": str(claim.message_id), "attempt": claim.attempt})
        return url_for_twilio(self._callback_url, query)

    def stop(self) -> None:
        """Stops starting requests; those in progress continue."""
        self._stopping.set()
        self._stopped.set()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
