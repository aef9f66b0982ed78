"""Deletes messages for their user. The provider keeps them, as the recipient does."""

import contextlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from bson import ObjectId

from mysms.changes.change import UNPUBLISHED
from mysms.changes.publisher import ChangePublisher
from mysms.core.database import DatabaseError
from mysms.core.errors import InvalidFieldsError, NotFoundError
from mysms.core.timestamps import Clock
from mysms.messages import conversations, repository
from mysms.messages.errors import MessageInFlightError
from mysms.messages.filter import MessageFilter

AT_ONCE = 50
"""Each takes eight commands, or ten, that of the last message three more (ADR 16), and pictures one."""


@dataclass(frozen=True)
class DeletedPart:
    """How many messages of a part of a conversation were deleted and kept, and the last one if there may be more."""

    deleted: int
    kept: int
    last_id: str | None


class MessageDeletion:
    """Deletes messages, and takes them out of the counts. `InterruptedCounts` ends deletions that are left pending.

    `release` is told which attachments the messages had.
    """

    def __init__(
        self,
        publisher: ChangePublisher,
        clock: Clock,
        release: Callable[[Collection[ObjectId]], Awaitable[None]],
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._release = release

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
        await self._release(message.attachment_ids)

    async def delete_conversation(
        self, user_id: ObjectId, peer_number: str, *, revision: int, before: str | None
    ) -> DeletedPart:
        """Deletes a part of a conversation: its newest messages, or those before one. May be repeated.

        Keeps what may still be sent, and inbound messages that have come in or changed since that revision, which the
        user has not seen as they are. Raises NotFoundError, and InvalidFieldsError if `before` is not a message of the
        user.
        """
        conversation, anchor = MessageFilter(peer_number=peer_number), None
        if not [number for number in conversation.peer_numbers if await conversations.exists(user_id, number)]:
            raise NotFoundError("There is no such conversation.")
        if before is not None:
            known = ObjectId.is_valid(before)
            anchor = await repository.find_anchor(user_id, conversation, ObjectId(before)) if known else None
            if anchor is None:
                raise InvalidFieldsError({"before": ["is not one of your messages"]})
        rows = await repository.list_own(
            user_id, conversation, limit=AT_ONCE, before=anchor, further_fields=("revision",)
        )
        kept = 0
        # The oldest first: that of the last message costs more, and the newest one is the last once.
        for row in reversed(rows):
            if row["direction"] == "inbound" and not UNPUBLISHED < row.get("revision", 0) <= revision:
                kept += 1
                continue
            try:
                await self.delete(user_id, str(row["_id"]))
            except MessageInFlightError:
                kept += 1
        return DeletedPart(len(rows) - kept, kept, str(rows[-1]["_id"]) if len(rows) == AT_ONCE else None)
