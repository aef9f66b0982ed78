"""Marks a conversation for its user, in all the forms in which its number may be stored."""

from collections.abc import Awaitable, Callable, Sequence

from bson import ObjectId

from mysms.changes.change import Change
from mysms.changes.publisher import ChangePublisher
from mysms.core.errors import NotFoundError
from mysms.messages import conversations
from mysms.messages.filter import MessageFilter

_Mark = Callable[[ObjectId, str], Awaitable[Change | None]]


async def mark_each(publisher: ChangePublisher, user_id: ObjectId, peer_number: str, mark: _Mark) -> None:
    """Marks what there is with this number, and publishes it; raises NotFoundError if there is nothing."""
    # Earlier versions stored some numbers in another form.
    numbers: Sequence[str] = MessageFilter(peer_number=peer_number).peer_numbers
    own = [number for number in numbers if await conversations.exists(user_id, number)]
    if not own:
        raise NotFoundError("There is no such conversation.")
    for number in own:
        if (change := await mark(user_id, number)) is not None:
            publisher.publish(change)
