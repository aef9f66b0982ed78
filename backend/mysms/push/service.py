"""Subscribes browsers to web push, and queues what they are to be told."""

from datetime import timedelta

from bson import ObjectId

from mysms.core.timestamps import Clock
from mysms.messages.models import Message
from mysms.push.keys import VapidKeys
from mysms.push.queue import PushQueue
from mysms.users import repository
from mysms.users.errors import UnauthenticatedError
from mysms.users.models import PushSubscription
from mysms.users.tokens import AccessClaims

_NEWS_FOR = timedelta(hours=24)
"""A message that is made up for later than this is no news."""


class PushService:
    """A subscription is part of a session: it ends with it, however that ends."""

    def __init__(self, keys: VapidKeys, queue: PushQueue, clock: Clock) -> None:
        self._keys = keys
        self._queue = queue
        self._clock = clock

    async def public_key(self) -> str:
        return (await self._keys.load()).application_server_key

    async def subscribe(self, caller: AccessClaims, subscription: PushSubscription) -> None:
        """Replaces the subscription of the caller's session. Raises UnauthenticatedError if that has ended.

        A browser has one user: a session that it has left behind, of whomever, gets nothing any more.
        """
        await repository.remove_push_endpoint(subscription.endpoint, but=caller.session_id)
        dated = subscription.model_copy(update={"subscribed_at": self._clock()})
        if not await repository.set_push_subscription(caller.session_id, dated):
            raise UnauthenticatedError

    async def unsubscribe(self, caller: AccessClaims) -> None:
        await repository.remove_push_subscription(caller.session_id)
        await self._queue.forget(caller.session_id)

    async def announce(self, message: Message) -> None:
        """Queues what has just come in for each browser of its user that is subscribed."""
        if message.created_at < self._clock() - _NEWS_FOR:
            return
        user_id = ObjectId(message.user_id)
        sessions = await repository.list_subscribed_sessions(user_id, self._clock())
        if sessions:
            await self._queue.add(user_id, ObjectId(message.id), sessions)
