"""Marks conversations as read and unread for their user."""

from functools import partial

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.messages import unread
from mysms.messages.marks import mark_each


class ReadMarks:
    """Both may be repeated, and raise NotFoundError."""

    def __init__(self, publisher: ChangePublisher) -> None:
        self._publisher = publisher

    async def mark_read(self, user_id: ObjectId, peer_number: str, inbound: int) -> None:
        """Marks what the user has been shown as read: so many arrivals."""
        await mark_each(self._publisher, user_id, peer_number, partial(unread.mark_read, inbound=inbound))

    async def mark_unread(self, user_id: ObjectId, peer_number: str) -> None:
        await mark_each(self._publisher, user_id, peer_number, unread.mark_unread)
