"""Tells users by mail what has happened to their accounts, if a mail server is configured."""

import logging
from datetime import timedelta

from bson import ObjectId

from mysms.core.database import DatabaseError, describe
from mysms.core.metrics import MAILS
from mysms.core.rate_limit import Limit, RateLimitedError, RateLimiter
from mysms.core.timestamps import Clock
from mysms.mail.queue import MailQueue
from mysms.users.client_info import ClientInfo
from mysms.users.known_clients import KnownClients
from mysms.users.mail_texts import Notice
from mysms.users.models import User

VALID_FOR = timedelta(hours=24)
_MOST_PER_DAY = 10

_log = logging.getLogger(__name__)


class Notifications:
    """Queues a mail about each event, if mails are sent.

    `notify` and `notify_of_new_device` do not fail because of the database: what a mail is about has happened, and the
    caller has to say so.
    """

    def __init__(
        self, queue: MailQueue, known_clients: KnownClients, limiter: RateLimiter, clock: Clock, *, enabled: bool
    ) -> None:
        self._queue = queue
        self._enabled = enabled
        self._known_clients = known_clients
        self._limiter = limiter
        self._clock = clock

    async def notify(self, notice: Notice, user: User, client: ClientInfo | None = None) -> None:
        """Queues a mail about an event on this client; at most ten of a kind per account and day."""
        if not self._enabled:
            return
        facts = {
            "account_id": ObjectId(user.id),
            "happened_at": self._clock(),
            "device": client.device if client else None,
        }
        try:
            await self._limiter.hit(Limit(f"mail:{notice}", _MOST_PER_DAY, timedelta(days=1)), str(user.id))
            await self._queue.add(notice, facts, valid_for=VALID_FOR)
        except RateLimitedError:
            MAILS.labels("limited").inc()
        except DatabaseError as error:
            MAILS.labels("not_queued").inc()
            _log.warning("A mail (%s) could not be queued (%s).", notice, describe(error))

    def devices_of_new_account(self, user_id: ObjectId, client: ClientInfo) -> list[str] | None:
        """Returns what to store as the known devices of an account that is created from this client."""
        return self._known_clients.devices_of_new_account(user_id, client.device) if self._enabled else None

    async def is_new_device(self, user: User, client: ClientInfo) -> bool:
        """Whether the account has not been used from this device; to be asked before the session is opened.

        Raises DatabaseError.
        """
        return self._enabled and not await self._known_clients.knows_device(client.device, user)

    async def notify_of_new_device(self, user: User, client: ClientInfo) -> None:
        """Queues a mail about a sign-in from a new device, then records the device: a mail too many is no harm."""
        await self.notify("signed_in_from_new_device", user, client)
        try:
            await self._known_clients.add_device(client.device, user)
        except DatabaseError as error:
            _log.warning("A device could not be recorded (%s).", describe(error))

    async def forget(self, user_id: ObjectId) -> None:
        """Deletes the queued notices to an account that is deleted. Raises DatabaseError.

        Also without a mail server: there may have been one until the last restart.
        """
        await self._queue.forget(user_id)
