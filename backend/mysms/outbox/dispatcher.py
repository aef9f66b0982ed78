"""The background task that claims due messages for the worker threads."""

import asyncio
import contextlib
import logging
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from bson import ObjectId

from mysms.core.background_task import note_failure
from mysms.core.cancellation import is_cancelling
from mysms.core.heartbeat import Heartbeat
from mysms.core.logging import bound
from mysms.core.timestamps import Clock
from mysms.messages.models import Message
from mysms.outbox.pauses import Pause
from mysms.outbox.records import Claim
from mysms.outbox.store import OutboxStore
from mysms.outbox.worker import Worker
from mysms.providers.base import Accepted, AccountUnavailable, NotAttempted, Outcome

POLL_SECONDS = 1.0
"""The interval at which this process looks for messages that are due or that another process stored."""
PAUSE_SECONDS = 30.0
"""The delay before one message is tried again while sending is paused."""
RECENT_ACCEPTANCE_SECONDS = 600.0
"""For this long after an acceptance, an error about our number is attributed to the recipient, and does not pause."""

_WAITING_PER_THREAD = 8

_log = logging.getLogger(__name__)


class Dispatcher:
    """Claims a message whenever a worker is free, and notifies waiting requests when its attempt has ended.

    A new message is claimed in its insert, if a worker is free then.
    """

    def __init__(
        self,
        outbox: OutboxStore,
        worker: Worker,
        threads: int,
        clock: Clock,
        heartbeat: Heartbeat,
        pause: Pause | None = None,
    ) -> None:
        self._outbox = outbox
        self._worker = worker
        self._clock = clock
        self.heartbeat = heartbeat
        self._free = asyncio.Semaphore(threads)
        self._most_waiting = _WAITING_PER_THREAD * threads
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[Any]] = set()
        self._waiting: defaultdict[ObjectId, set[asyncio.Future[Message | None]]] = defaultdict(set)
        self._resume_at = 0.0
        self._accepted_at = -math.inf
        self._stopping = False
        self.pause = pause
        """Why nothing is being sent: the provider rejects everything, or sending is disabled. None while sending."""

    def wake(self) -> None:
        """Makes the dispatcher look for due messages now."""
        self._wake.set()

    async def enqueue(self, message: Message, confirm: Callable[[], Awaitable[None]]) -> bool:
        """Stores a message, and starts its attempt if a worker is free; returns False if its client_id is in use.

        `confirm` runs once it is stored, before the attempt. If it raises an error, there is none yet.
        """
        if not self.can_send_now:
            is_stored = await self._outbox.enqueue(message)
            if is_stored:
                await confirm()
            return is_stored
        # Does not wait, since a worker is free.
        await self._free.acquire()
        task = asyncio.create_task(self._enqueue_claimed(message, confirm, time.monotonic()), name="storing a message")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        # Cancelled with its request, it might leave a claimed message that others must reconcile.
        return await asyncio.shield(task)

    async def _enqueue_claimed(
        self, message: Message, confirm: Callable[[], Awaitable[None]], claimed_at: float
    ) -> bool:
        try:
            is_stored = await self._outbox.enqueue_claimed(message)
            if is_stored:
                await confirm()
        except Exception:
            # The message may be stored as claimed.
            self._start(self._give_back(Claim.of_new(message), claimed_at), "giving back a claim")
            raise
        claim = Claim.of_new(message)
        if not is_stored or claim is None:
            self._free.release()
        elif self._stopping:
            self._start(self._give_back(claim, claimed_at), "giving back a claim")
        else:
            self._start(self._send(claim, claimed_at))
        return is_stored

    async def _give_back(self, claim: Claim | None, claimed_at: float) -> None:
        try:
            if claim is not None:
                with bound(**claim.log_context):
                    self._tell_waiting(claim, await self._worker.give_back(claim, claimed_at))
        finally:
            self._free.release()

    @contextlib.contextmanager
    def watch_attempt(self, message_id: ObjectId) -> Iterator[asyncio.Future[Message | None]]:
        """Returns a future that completes when an attempt for this message has ended in this process.

        Its result is the message as it was then, if that is known.
        """
        ended: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()
        self._waiting[message_id].add(ended)
        try:
            yield ended
        finally:
            self._waiting[message_id].discard(ended)
            if not self._waiting[message_id]:
                del self._waiting[message_id]

    @property
    def can_send_now(self) -> bool:
        """Whether a worker is free for a message that is due now."""
        return self.pause is None and not self._stopping and not self._free.locked()

    @property
    def may_send_soon(self) -> bool:
        """Whether waiting for the attempt of a due message makes sense: not if many requests wait already."""
        return self.pause is None and not self._stopping and len(self._waiting) <= self._most_waiting

    def stop(self) -> None:
        """Stops starting attempts; those in progress continue (see `finish`)."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Runs until it is stopped or cancelled. May be called again after an error."""
        while not (self._stopping or is_cancelling()):
            self.heartbeat.beat()
            self._wake.clear()
            if not await self._send_next():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def finish(self) -> None:
        """Waits for the attempts in progress."""
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _send_next(self) -> bool:
        """Starts one attempt once a worker is free; returns False if nothing can be sent now."""
        await self._free.acquire()
        claim = None
        try:
            # Checked after the wait for a worker, whose attempt may have caused a pause.
            if self._stopping or (self.pause is not None and (time.monotonic() < self._resume_at or self._sending)):
                return False
            claimed_at = time.monotonic()
            # During a pause the newest message is tried, since the oldest ones may be the cause of it.
            claim = await self._outbox.claim_next(newest=self.pause is not None)
        finally:
            if claim is None:
                self._free.release()
        if claim is None:
            await self._end_pause_if_nothing_pending()
            return False
        self._start(self._send(claim, claimed_at))
        return True

    async def _end_pause_if_nothing_pending(self) -> None:
        """Ends a pause once nothing is pending, since no attempt would find out that the provider works again."""
        if self.pause is not None and not self.pause.is_by_operator and not await self._outbox.has_pending():
            self.pause = None

    def _update_pause(self, outcome: Outcome) -> None:
        """Pauses sending if the provider rejects everything, and ends the pause once it does not."""
        if isinstance(outcome, NotAttempted):
            return
        if not isinstance(outcome, AccountUnavailable):
            self.pause = None
            if isinstance(outcome, Accepted):
                self._accepted_at = time.monotonic()
        elif outcome.may_depend_on_recipient and time.monotonic() < self._accepted_at + RECENT_ACCEPTANCE_SECONDS:
            _log.warning("Twilio does not accept this message, but accepted others recently: %s", outcome.reason)
        else:
            since = self._clock() if self.pause is None else self.pause.since
            self.pause = Pause.provider_rejected(since, outcome.reason, outcome.code)
            self._resume_at = time.monotonic() + PAUSE_SECONDS
            _log.error("Sending is paused, since Twilio rejects all messages: %s", outcome.reason)

    def _start(self, work: Coroutine[None, None, None], name: str = "attempt to send") -> None:
        task = asyncio.create_task(work, name=name)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        task.add_done_callback(note_failure)

    async def _send(self, claim: Claim, claimed_at: float) -> None:
        with bound(**claim.log_context):
            try:
                ended = await self._worker.send(claim, claimed_at)
            finally:
                self._free.release()
                if self.pause is not None:
                    # Until now nothing else was tried.
                    self._wake.set()
            self._update_pause(ended.outcome)
        self._tell_waiting(claim, ended.message)

    def _tell_waiting(self, claim: Claim, message: Message | None) -> None:
        for waiting in self._waiting.get(claim.message_id, ()):
            if not waiting.done():
                waiting.set_result(message)
