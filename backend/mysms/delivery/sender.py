"""One attempt to hand a message over, in a worker thread."""

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from mysms.carrier.base import Carrier, NotSent, OutboundText, Outcome, Unknown
from mysms.core.database import DatabaseError
from mysms.core.metrics import SENDS
from mysms.delivery.outbox import Claim, Outbox

START_WITHIN_SECONDS = 5.0
"""A request that has not begun by then is not made any more: the lease counts on it."""

_SETTLE_RETRY_SECONDS = 1.0
_CALLBACK_OVERRIDES = "#rc=5&rp=all"
"""Repeat a callback five times, whatever goes wrong: by default Twilio gives up after an answer of 5xx.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""


class Sender:
    """Makes attempts, at most `workers` at a time."""

    def __init__(self, outbox: Outbox, carrier: Carrier, callback_url: str | None, workers: int) -> None:
        self._outbox = outbox
        self._carrier = carrier
        self._callback_url = callback_url
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="carrier")
        self._random = random.SystemRandom()

    async def send(self, claim: Claim, claimed_at: float) -> Outcome:
        """Makes the attempt and records how it ended. `claimed_at` is when claiming began, on the monotonic clock."""
        deadline = claimed_at + START_WITHIN_SECONDS
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(self._threads, self._attempt, claim, deadline)
        SENDS.labels(type(outcome).__name__).inc()
        while True:
            try:
                await self._outbox.settle(claim, outcome, self._random.random())
            except DatabaseError:
                # What is known must not be lost with the database's absence; if this process ends, the lease does.
                await asyncio.sleep(_SETTLE_RETRY_SECONDS)
            else:
                return outcome

    def _attempt(self, claim: Claim, deadline: float) -> Outcome:
        text = OutboundText(claim.from_number, claim.to_number, claim.content, self._callback_url_of(claim))
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

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
