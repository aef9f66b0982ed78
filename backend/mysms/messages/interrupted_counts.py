"""Counts messages whose process ended, or lost its database, before it counted them."""

from mysms.changes.publisher import ChangePublisher
from mysms.messages import conversations, repository
from mysms.messages.conversations import PendingId

_BATCH = 1000


class InterruptedCounts:
    """Ids that stay pending from one look to the next count as left behind."""

    def __init__(self, publisher: ChangePublisher) -> None:
        self._publisher = publisher
        self._looks: dict[PendingId, int] = {}

    async def complete(self) -> None:
        """Looks once. Any number of processes may do this at once."""
        pending = await conversations.list_pending(_BATCH)
        self._looks = {each: self._looks.get(each, 0) + 1 for each in pending}
        left_behind = [each for each, looks in self._looks.items() if _is_look_up_due(looks)]
        if not left_behind:
            return
        created_at = await repository.find_created_at({each.message_id for each in left_behind})
        stored = {each: created_at[each.message_id] for each in left_behind if each.message_id in created_at}
        if not stored:
            return
        # Marked first, so that the change is published even if this process ends once it has counted. The messages
        # themselves may have been published before.
        marked = [await repository.mark_changed(message_id) for message_id in {each.message_id for each in stored}]
        await conversations.count_all(stored)
        for change in marked:
            if change is not None:
                self._publisher.publish(change)


def _is_look_up_due(looks: int) -> bool:
    """Whether to look for the message: less and less often, since it may never have been stored."""
    return looks > 1 and looks & (looks - 1) == 0
