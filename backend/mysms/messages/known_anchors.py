"""The positions of messages between which pages were cut, in memory."""

from bson import ObjectId

from mysms.core.bounded_cache import BoundedCache
from mysms.messages.encoding import Row
from mysms.messages.repository import Anchor

_CAPACITY = 10_000


class KnownAnchors:
    """The newest of these positions. They stay true, because when a message was created never changes."""

    def __init__(self) -> None:
        self._anchors: BoundedCache[tuple[ObjectId, str], Anchor] = BoundedCache(_CAPACITY)

    def find(self, user_id: ObjectId, message_id: str) -> Anchor | None:
        return self._anchors.get((user_id, message_id))

    def keep(self, user_id: ObjectId, *rows: Row) -> None:
        """Keeps the positions of the messages at the ends of a page of this user."""
        for row in rows:
            self._anchors.add((user_id, str(row["_id"])), Anchor.of(row))
