"""Completes the counts of stored and deleted messages whose process ended, or lost its database, before it did so."""

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence

from bson import ObjectId

from mysms.changes.publisher import ChangePublisher
from mysms.messages import conversations, repository
from mysms.messages.conversations import BEFORE_ALL, PendingDeletion, PendingId

BATCH = 1000


class InterruptedCounts:
    """Ids that stay pending from one look to the next count as left behind.

    A look is at a limited number of counters, and the next one at those that follow: some have ids that stay pending
    for ever, and must not be in the way of others.
    """

    def __init__(self, publisher: ChangePublisher) -> None:
        self._publisher = publisher
        self._after = BEFORE_ALL
        self._looks: dict[PendingId | PendingDeletion, int] = {}
        """Until the last time around, and in this one, which forgets those that are no longer pending."""
        self._looks_this_time: dict[PendingId | PendingDeletion, int] = {}

    async def complete(self) -> None:
        """Looks once. Any number of processes may do this at once."""
        pending, last = await conversations.list_pending(self._after, BATCH)
        looks = {each: self._looks.get(each, 0) + 1 for each in pending}
        self._looks_this_time |= looks
        if last is None:
            self._looks, self._looks_this_time = self._looks_this_time, {}
        self._after = last or BEFORE_ALL
        left_behind = [each for each in pending if _is_look_up_due(looks[each])]
        if messages := [each for each in left_behind if isinstance(each, PendingId)]:
            await self._count(messages)
        if deletions := [each for each in left_behind if isinstance(each, PendingDeletion)]:
            await self._count_deletions(deletions)

    async def _count(self, pending: Sequence[PendingId]) -> None:
        found = await repository.find_countable({each.message_id for each in pending})
        stored = {each: found[each.message_id] for each in pending if each.message_id in found}
        if stored:
            async with self._publishing({each.message_id for each in stored}):
                await conversations.count_all(stored)

    async def _count_deletions(self, pending: Sequence[PendingDeletion]) -> None:
        deleted_by = await repository.find_deletions({each.message_id for each in pending})
        done = [each for each in pending if deleted_by.get(each.message_id) == each.deletion_id]
        # Another deletion was first, or the message was erased with its account.
        in_vain = [
            each
            for each in pending
            if each.message_id not in deleted_by or deleted_by[each.message_id] not in {None, each.deletion_id}
        ]
        if in_vain:
            await conversations.withdraw_deletions(in_vain)
        if done:
            async with self._publishing({each.message_id for each in done}):
                await conversations.count_deletions(done)

    @contextlib.asynccontextmanager
    async def _publishing(self, message_ids: Collection[ObjectId]) -> AsyncIterator[None]:
        """Publishes messages that are counted in this context. They themselves may have been published before.

        They are marked first, so that this is published even if the process ends once it has counted.
        """
        marked = [await repository.mark_changed(message_id) for message_id in message_ids]
        yield
        for change in marked:
            if change is not None:
                self._publisher.publish(change)


def _is_look_up_due(looks: int) -> bool:
    """Whether to look for the message: less and less often, since it may never have been stored."""
    return looks > 1 and looks & (looks - 1) == 0
