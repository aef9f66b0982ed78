"""The background task that sends the mails of the queue."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

from mysms.core.backoff import Backoff, Jitter, backoff, jitter
from mysms.core.cancellation import is_cancelling
from mysms.core.heartbeat import Heartbeat
from mysms.core.metrics import MAILS
from mysms.core.timestamps import Clock
from mysms.mail.messages import OutgoingMail, UnwritableAddressError, build_message
from mysms.mail.queue import MailQueue, QueuedMail
from mysms.mail.smtp import MailDeferredError, MailRefusedError, MailServerError, SmtpClient

POLL_SECONDS = 2.0
_FIRST_WAIT_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 900.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0

_log = logging.getLogger(__name__)

WriteMail = Callable[[QueuedMail], Awaitable[OutgoingMail | None]]
"""Writes the mail of an entry, anew at each attempt; None if there is nobody to send it to any more."""


class MailDispatcher:
    """Sends one mail after the other, of the kinds that `write` knows. Failing is slower than working.

    A mail that fails waits, longer each time. After a failure of the server, all mails wait, longer each time.
    """

    def __init__(
        self,
        queue: MailQueue,
        client: SmtpClient,
        write: WriteMail,
        kinds: Collection[str],
        sender: str,
        clock: Clock,
        heartbeat: Heartbeat,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Jitter = jitter,
    ) -> None:
        self._queue = queue
        self._client = client
        self._write = write
        self._kinds = kinds
        self._sender = sender
        self._clock = clock
        self.heartbeat = heartbeat
        self._sleep = sleep
        self._jitter = jitter
        self._pause = Backoff(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, jitter)
        self._added = asyncio.Event()

    def wake(self) -> None:
        """Looks into the queue at once, because this process has added a mail."""
        self._added.set()

    async def run(self) -> None:
        """Runs until cancelled. Any number of processes may do this at once."""
        while not is_cancelling():
            self.heartbeat.beat()
            self._added.clear()
            while await self.send_next():
                self.heartbeat.beat()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._added.wait()

    async def send_next(self) -> bool:
        """Makes one attempt with the mail that has been due for the longest time; returns False if none is due."""
        mail = await self._queue.claim(self._kinds)
        if mail is None:
            return False
        outgoing = await self._write(mail)
        if outgoing is None:
            await self._queue.remove(mail)
            MAILS.labels("discarded").inc()
            return True
        try:
            message = build_message(
                outgoing, sender=self._sender, message_id=f"{mail.id}.{mail.attempt}", now=self._clock()
            )
            await self._client.send(message, outgoing.recipient)
        except UnwritableAddressError:
            await self._queue.remove(mail)
            self._note("refused", mail, "its address cannot be written into a mail")
        except MailRefusedError as error:
            await self._queue.remove(mail)
            self._note("refused", mail, error.reason)
        except MailServerError as error:
            wait = backoff(mail.attempt, _FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, self._jitter())
            await self._queue.retry(mail, timedelta(seconds=wait))
            self._note("deferred", mail, error.reason)
            if not isinstance(error, MailDeferredError):
                await self._sleep(self._pause.next_wait())
                return True
        else:
            await self._queue.remove(mail)
            MAILS.labels("sent").inc()
        self._pause.reset()
        return True

    def _note(self, outcome: str, mail: QueuedMail, reason: str) -> None:
        MAILS.labels(outcome).inc()
        _log.warning("A mail (%s, attempt %d) was %s: %s", mail.kind, mail.attempt, outcome, reason)
