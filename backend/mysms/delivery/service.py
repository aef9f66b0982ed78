"""What a person does: send a message."""

import asyncio

from bson import ObjectId

from mysms.core.timestamps import Clock
from mysms.delivery.dispatcher import Dispatcher
from mysms.delivery.errors import CarrierRefusedError, IdempotencyKeyReusedError
from mysms.delivery.line import Line, digest
from mysms.delivery.outbox import Outbox
from mysms.messages import repository
from mysms.messages.models import Message
from mysms.messages.schemas import Draft, MessageOut
from mysms.messages.segments import count_segments
from mysms.messages.status import Dispatch

ANSWER_WITHIN_SECONDS = 3.0
"""How long a request waits for the carrier before it answers that the message is on its way."""


class MessageSender:
    """Takes messages from people."""

    def __init__(self, outbox: Outbox, dispatcher: Dispatcher, line: Line, clock: Clock) -> None:
        self._outbox = outbox
        self._dispatcher = dispatcher
        self._line = line
        self._clock = clock

    async def send(self, user_id: ObjectId, draft: Draft, idempotency_key: str | None) -> MessageOut:
        """Stores the message, which enqueues it, and waits a little for the carrier's answer.

        The same key with the same draft gives the same message, as it is now. Raises CarrierRefusedError, and
        IdempotencyKeyReusedError for the same key with another draft.
        """
        message = self._compose(user_id, draft, idempotency_key)
        stored = await repository.find_by_client_id(user_id, message.client_id)
        if stored is None and not await self._outbox.enqueue(message):
            stored = await repository.find_by_client_id(user_id, message.client_id)
        if stored is not None and stored.request_hash != message.request_hash:
            raise IdempotencyKeyReusedError
        message = await self._await_attempt(stored or message)
        answer = MessageOut.of(message)
        if message.dispatch is Dispatch.REFUSED:
            raise CarrierRefusedError(answer)
        return answer

    async def _await_attempt(self, message: Message) -> Message:
        """The message as it is when its attempt has ended, or when that takes too long to wait for."""
        message_id = ObjectId(message.id)
        with self._dispatcher.expecting(message_id) as ended:
            # Read again only now: an attempt that ended before we listened is seen here, a later one is heard.
            message = await repository.find(message_id) or message
            if message.dispatch in {Dispatch.PENDING, Dispatch.CLAIMED} and self._dispatcher.can_send_now:
                self._dispatcher.wake()
                await asyncio.wait([ended], timeout=ANSWER_WITHIN_SECONDS)
                message = await repository.find(message_id) or message
        return message

    def _compose(self, user_id: ObjectId, draft: Draft, idempotency_key: str | None) -> Message:
        message_id = ObjectId()
        now = self._clock()
        return Message(
            id=message_id,
            user_id=user_id,
            client_id=f"message:{message_id}" if idempotency_key is None else f"key:{idempotency_key}",
            request_hash=digest(draft.recipient_number, draft.content),
            from_number=self._line.from_number,
            recipient_number=draft.recipient_number,
            peer_number=draft.recipient_number,
            content=draft.content,
            segments=count_segments(draft.content).count,
            line=self._line.key,
            text_key=self._line.text_key(draft.recipient_number, draft.content),
            next_attempt_at=now,
            created_at=now,
            updated_at=now,
        )
