"""Marks conversations as read and unread for their user."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bson import ObjectId

from mysms.changes.change import Change
from mysms.changes.publisher import ChangePublisher
from mysms.core.errors import NotFoundError
from mysms.messages import unread
from mysms.messages.filter import MessageFilter

_Mark = Callable[[ObjectId, str], Awaitable[Change | None]]


class ReadMarks:
    """Both may be repeated, and raise NotFoundError."""

    def __init__(self, publisher: ChangePublisher) -> None:
        self._publisher = publisher

    async def mark_read(self, user_id: ObjectId, peer_number: str, inbound: int) -> None:
        """Marks what the user has been shown as read: so many arrivals."""
        await self._mark(user_id, peer_number, partial(unread.mark_read, inbound=inbound))

    async def mark_unread(self, user_id: ObjectId, peer_number: str) -> None:
        await self._mark(user_id, peer_number, unread.mark_unread)

    async def _mark(self, user_id: ObjectId, peer_number: str, mark: _Mark) -> None:
        # Earlier versions stored some numbers in another form.
        numbers: Sequence[str] = MessageFilter(peer_number=peer_number).peer_numbers
        own = [number for number in numbers if await unread.exists(user_id, number)]
        if not own:
            raise NotFoundError("There is no such conversation.")
        for number in own:
            if (change := await mark(user_id, number)) is not None:
                self._publisher.publish(change)
