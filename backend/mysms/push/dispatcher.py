"""The background task that sends the pushes of the queue."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

from bson import ObjectId

from mysms.contacts import repository as contacts
from mysms.core.backoff import Jitter, backoff, jitter
from mysms.core.cancellation import is_cancelling
from mysms.core.heartbeat import Heartbeat
from mysms.core.metrics import PUSHES
from mysms.core.timestamps import Clock
from mysms.messages import repository as messages
from mysms.messages.unread import is_no_news
from mysms.push.client import PushClient, PushResponse, PushServiceError
from mysms.push.keys import VapidKeys
from mysms.push.payload import PushPacker
from mysms.push.queue import PushQueue, QueuedPush
from mysms.users import repository as users
from mysms.users.models import PushSubscription

POLL_SECONDS = 5.0
_MOST_AT_ONCE = 10
_FIRST_WAIT_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 900.0
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_FOR_ANOTHER_KEY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_RETRYABLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})

_log = logging.getLogger(__name__)


class PushDispatcher:
    """Sends pushes, some at a time. One that fails waits, longer each time, until it is no news any more.

    `find_subscription` returns that of a session which has not ended.
    """

    def __init__(
        self,
        queue: PushQueue,
        keys: VapidKeys,
        packer: PushPacker,
        client: PushClient,
        find_subscription: Callable[[ObjectId], Awaitable[PushSubscription | None]],
        clock: Clock,
        heartbeat: Heartbeat,
        *,
        jitter: Jitter = jitter,
    ) -> None:
        self._queue = queue
        self._keys = keys
        self._packer = packer
        self._client = client
        self._find_subscription = find_subscription
        self._clock = clock
        self.heartbeat = heartbeat
        self._jitter = jitter
        self._added = asyncio.Event()

    def wake(self) -> None:
        """Looks into the queue at once, because this process has added a push."""
        self._added.set()

    async def run(self) -> None:
        """Runs until cancelled. Any number of processes may do this at once."""
        while not is_cancelling():
            self.heartbeat.beat()
            self._added.clear()
            while await self.send_due():
                self.heartbeat.beat()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._added.wait()

    async def send_due(self) -> bool:
        """Makes one attempt with each of some pushes that are due; returns False if there are none."""
        claimed: list[QueuedPush] = []
        while len(claimed) < _MOST_AT_ONCE and (push := await self._queue.claim()) is not None:
            claimed.append(push)
        for result in await asyncio.gather(*map(self._send, claimed), return_exceptions=True):
            if result is not None:
                raise result
        return bool(claimed)

    async def _send(self, push: QueuedPush) -> None:
        subscription = await self._find_subscription(push.session_id)
        message = await messages.find(push.message_id) if subscription is not None else None
        # Also what was deleted meanwhile, here or with the account, or read or muted on another device.
        if subscription is None or message is None or message.deleted_at is not None or await is_no_news(message):
            await self._end(push, "discarded")
            return
        keys = await self._keys.load()
        contact = await contacts.find(ObjectId(message.user_id), message.peer_number)
        try:
            packed = self._packer.pack(
                message,
                subscription,
                keys,
                valid_for=push.expires_at - self._clock(),
                name=contact["name"] if contact else None,
            )
        except ValueError:
            await self._end(push, "refused")
            return
        try:
            response = await self._client.post(subscription.endpoint, packed.body, packed.headers)
        except PushServiceError as error:
            await self._retry(push, None, error.reason)
            return
        await self._settle(push, response, lambda: users.remove_push_endpoint(subscription.endpoint))

    async def _settle(
        self, push: QueuedPush, response: PushResponse, unsubscribe: Callable[[], Awaitable[None]]
    ) -> None:
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            await self._end(push, "sent")
        elif status in _GONE | _FOR_ANOTHER_KEY:
            # The browser subscribes anew at its next visit, or has done so meanwhile. What waits for it is dropped when
            # it is due, unless there is a new subscription by then.
            await unsubscribe()
            await self._queue.retry(push, timedelta())
            PUSHES.labels("gone").inc()
        elif status in _RETRYABLE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            await self._retry(push, response.retry_after, f"status {status}")
        else:
            await self._end(push, "refused")
            _log.warning("A push was refused: status %d.", status)

    async def _end(self, push: QueuedPush, outcome: str) -> None:
        await self._queue.remove(push)
        PUSHES.labels(outcome).inc()

    async def _retry(self, push: QueuedPush, asked: timedelta | None, reason: str) -> None:
        wait = timedelta(seconds=backoff(push.attempt, _FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, self._jitter()))
        if asked is not None:
            wait = max(wait, asked * (1 + self._jitter() / 4))
        await self._queue.retry(push, wait)
        PUSHES.labels("deferred").inc()
        _log.warning("A push (attempt %d) was deferred: %s.", push.attempt, reason)
