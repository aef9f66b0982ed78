"""Archives and mutes conversations for their user, and undoes it."""

from functools import partial

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.messages.flags import remove_flag, set_flag
from mysms.messages.marks import mark_each


class Flagging:
    """All of it may be repeated, and raises NotFoundError."""

    def __init__(self, publisher: ChangePublisher) -> None:
        self._publisher = publisher

    async def archive(self, user_id: ObjectId, peer_number: str, inbound: int) -> None:
        """Archives a conversation, unless more messages have come in than these."""
        await mark_each(self._publisher, user_id, peer_number, partial(set_flag, flag="archived", known=inbound))

    async def unarchive(self, user_id: ObjectId, peer_number: str) -> None:
        await mark_each(self._publisher, user_id, peer_number, partial(remove_flag, flag="archived"))

    async def mute(self, user_id: ObjectId, peer_number: str) -> None:
        """Mutes a conversation until it is unmuted, whatever comes in."""
        await mark_each(self._publisher, user_id, peer_number, partial(set_flag, flag="muted"))

    async def unmute(self, user_id: ObjectId, peer_number: str) -> None:
        await mark_each(self._publisher, user_id, peer_number, partial(remove_flag, flag="muted"))
