"""Archives conversations for their user, and brings them back."""

from functools import partial

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.messages import archive
from mysms.messages.marks import mark_each


class Archiving:
    """Both may be repeated, and raise NotFoundError."""

    def __init__(self, publisher: ChangePublisher) -> None:
        self._publisher = publisher

    async def archive(self, user_id: ObjectId, peer_number: str, inbound: int) -> None:
        """Archives a conversation, unless more messages have come in than these."""
        await mark_each(self._publisher, user_id, peer_number, partial(archive.archive, inbound=inbound))

    async def unarchive(self, user_id: ObjectId, peer_number: str) -> None:
        await mark_each(self._publisher, user_id, peer_number, archive.unarchive)
