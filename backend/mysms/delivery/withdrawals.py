"""What authors may take back."""

from bson import ObjectId

from mysms.core.database import Database
from mysms.core.timestamps import Clock
from mysms.delivery.text_locks import TextLocks
from mysms.delivery.transitions import Transitions
from mysms.messages.models import Message
from mysms.messages.status import Dispatch


class Withdrawals:
    """Keeps messages from being sent, or from being sent again, because their author wants that."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._messages = database["messages"]
        self._transitions = Transitions(database, clock)
        self._locks = TextLocks(database)
        self._clock = clock

    async def cancel(self, message: Message) -> bool:
        """Withdraws a message that is not being sent; False if it is too late."""
        event = self._transitions.own_event("author", "canceled", message.attempt)
        values = {"dispatch": Dispatch.CANCELLED, "updated_at": self._clock()}
        return await self._transitions.end_pending(ObjectId(message.id), message.text_key, {}, values, event)

    async def withdraw_unconfirmed(self, message: Message) -> bool:
        """Sees to it that an unconfirmed message is not sent again by itself; False if it is not unconfirmed."""
        message_id = ObjectId(message.id)
        withdrawn = await self._messages.update_one(
            {"_id": message_id, "dispatch": Dispatch.UNCONFIRMED},
            {"$set": {"withdrawn": True, "updated_at": self._clock()}},
        )
        if withdrawn.matched_count:
            await self._locks.break_lock(message.text_key, message_id)
        return bool(withdrawn.matched_count)
