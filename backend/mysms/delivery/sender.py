"""One attempt to hand a message over, in a worker thread."""

import asyncio
import contextvars
import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

from mysms.carrier.base import Accepted, Carrier, NotSent, OutboundText, Outcome, Unknown
from mysms.core.database import DatabaseError
from mysms.core.metrics import SECONDS_TO_CARRIER, SENDS
from mysms.core.timestamps import Clock
from mysms.delivery.outbox import Outbox
from mysms.delivery.records import Claim

_log = logging.getLogger(__name__)

_SETTLE_RETRY_SECONDS = 1.0
_CALLBACK_OVERRIDES = "#rc=5&rp=all"
"""Repeat a callback five times, whatever goes wrong: by default Twilio gives up after an answer of 5xx.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""


class Sender:
    """Makes attempts, at most `workers` at a time.

    A request that has not begun `start_within` its claim is not made any more: the lease counts on it.
    """

    def __init__(
        self,
        outbox: Outbox,
        carrier: Carrier,
        callback_url: str | None,
        *,
        workers: int,
        start_within: timedelta,
        clock: Clock,
    ) -> None:
        self._outbox = outbox
        self._carrier = carrier
        self._callback_url = callback_url
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="carrier")
        self._start_within_seconds = start_within.total_seconds()
        self._clock = clock
        self._stopping = threading.Event()
        self._random = random.SystemRandom()

    async def send(self, claim: Claim, claimed_at: float) -> Outcome:
        """Makes the attempt and records how it ended. `claimed_at` is when claiming began, on the monotonic clock."""
        deadline = claimed_at + self._start_within_seconds
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        outcome = await loop.run_in_executor(self._threads, context.run, self._attempt, claim, deadline)
        SENDS.labels(type(outcome).__name__).inc()
        _log.info("The attempt has ended: %s.", type(outcome).__name__)
        while True:
            try:
                await self._outbox.settle(claim, outcome, self._random.random())
            except DatabaseError:
                # What is known must not be lost with the database's absence; if this process ends, the lease does.
                if self._stopping.is_set():
                    return outcome
                await asyncio.sleep(_SETTLE_RETRY_SECONDS)
            else:
                if isinstance(outcome, Accepted):
                    SECONDS_TO_CARRIER.observe((self._clock() - claim.created_at).total_seconds())
                return outcome

    def _attempt(self, claim: Claim, deadline: float) -> Outcome:
        text = OutboundText(claim.from_number, claim.to_number, claim.content, self._callback_url_of(claim))
        if self._stopping.is_set():
            return NotSent("The process is stopping.")
        # After this check nothing but the request itself may take time: others count on the lease.
        if time.monotonic() > deadline:
            return NotSent("The attempt came too late.")
        try:
            return self._carrier.send(text)
        except Exception as error:  # noqa: BLE001  # whatever happened, the carrier may have the message
            return Unknown(f"Sending broke ({type(error).__name__}).")

    def _callback_url_of(self, claim: Claim) -> str | None:
        if self._callback_url is None:
            return None
        query = urlencode({"message_id": str(claim.message_id), "attempt": claim.attempt})
        separator = "&" if "?" in self._callback_url else "?"
        return f"{self._callback_url}{separator}{query}{_CALLBACK_OVERRIDES}"

    def stop(self) -> None:
        """Begins no more requests; those that have begun go on."""
        self._stopping.set()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
