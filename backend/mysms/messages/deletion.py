"""Deletes single messages for their user. The provider keeps them, as the recipient does."""

import contextlib

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.core.database import DatabaseError
from mysms.core.errors import NotFoundError
from mysms.core.timestamps import Clock
from mysms.messages import conversations, repository
from mysms.messages.errors import MessageInFlightError


class MessageDeletion:
    """Deletes messages, and takes them out of the counts. `InterruptedCounts` ends deletions that are left pending."""

    def __init__(self, publisher: ChangePublisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock

    async def delete(self, user_id: ObjectId, message_id: str) -> None:
        """Deletes a message. May be repeated. Raises NotFoundError and MessageInFlightError."""
        message = await repository.find_own(user_id, ObjectId(message_id)) if ObjectId.is_valid(message_id) else None
        if message is None:
            raise NotFoundError("There is no such message.")
        if message.deleted_at is not None:
            return
        if not message.is_deletable:
            raise MessageInFlightError
        deletion_id = ObjectId()
        pending = await conversations.announce_deletion(message, deletion_id)
        change = await repository.delete(ObjectId(message.id), deletion_id, self._clock())
        if change is None:
            # Another request was first.
            return
        # If the database fails, the deletion is counted later.
        with contextlib.suppress(DatabaseError):
            await conversations.count_deletions(pending)
        self._publisher.publish(change)
