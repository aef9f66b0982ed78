"""Publishes what this process has changed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import islice

from bson import ObjectId

from mysms.changes.change import Change
from mysms.changes.documents import ChangedDocuments
from mysms.changes.feed import ChangeFeed
from mysms.changes.log import NO_NUMBER, ChangeLog, Entry
from mysms.changes.revisions import Revisions
from mysms.core.cancellation import is_cancelling

_BATCH = 1000
_GATHER_SECONDS = 0.02
"""Changes of this time share an entry."""
LATER_SECONDS = 0.2


class ChangePublisher:
    """Appends changes to the log, many in one entry, and gives their documents the number of the entry.

    If the process ends in between, or the database fails, a document stays marked, and any process publishes it again.
    That only makes clients ask once more.
    """

    def __init__(self, log: ChangeLog, feed: ChangeFeed, revisions: Revisions, documents: ChangedDocuments) -> None:
        self._log = log
        self._feed = feed
        self._revisions = revisions
        self._documents = documents
        self._waiting: dict[Change, None] = {}
        """In the order of publication."""
        self._later: dict[ObjectId | str, tuple[Change, asyncio.TimerHandle]] = {}
        self._signed_out: list[ObjectId] = []
        """The users of ended sessions whose entry could not be appended."""
        self._has_waiting = asyncio.Event()

    def publish(self, change: Change) -> None:
        """Publishes a stored change soon, in the background: once, however often it is found while it waits."""
        if change not in self._waiting:
            self._revisions.begin_publishing(change.user_id)
            self._waiting[change] = None
            self._has_waiting.set()
        self._replace_later(change.document_id)

    def publish_later(self, change: Change) -> None:
        """Publishes a stored change that another one of the document probably follows: at once with that one.

        This process shows it now, and others within a second, as any change.
        """
        self._revisions.begin_publishing(change.user_id)
        self._replace_later(change.document_id)
        timer = asyncio.get_running_loop().call_later(LATER_SECONDS, self._publish_waited_for, change.document_id)
        self._later[change.document_id] = change, timer

    def _replace_later(self, document_id: ObjectId | str) -> None:
        """Ends the wait for another change of a document, which has come."""
        if (later := self._later.pop(document_id, None)) is not None:
            earlier, timer = later
            timer.cancel()
            self._revisions.end_publishing(earlier.user_id)

    def _publish_waited_for(self, document_id: ObjectId | str) -> None:
        self.publish(self._later[document_id][0])

    @contextlib.asynccontextmanager
    async def ending_sessions_of(self, user_id: ObjectId) -> AsyncIterator[None]:
        """Publishes that sessions of the user have ended, which the block ends. Then all processes can learn of it.

        If the database fails, in the block or after it, they can once it answers. A repeated request would not say so:
        the sessions may be deleted although the answer was lost, and then there is none to end.
        """
        try:
            try:
                yield
            finally:
                # Here at once, also if the database fails now.
                self._feed.apply(Entry(NO_NUMBER, (), (user_id,)))
            await self._log.append((), (user_id,))
        except BaseException:
            self._signed_out.append(user_id)
            self._has_waiting.set()
            raise

    async def run(self) -> None:
        """Publishes until the task is cancelled. May be called again after an error."""
        while not is_cancelling():
            await self._has_waiting.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            await self.publish_waiting()
            if not self._waiting and not self._signed_out:
                self._has_waiting.clear()

    async def publish_waiting(self) -> None:
        """Publishes what waits now. What could not be published waits on."""
        batch, signed_out = list(islice(self._waiting, _BATCH)), self._signed_out[:_BATCH]
        contacts = {change.user_id for change in batch if change.kind == "contacts"}
        entry = await self._log.append({change.user_id for change in batch}, set(signed_out), contacts)
        del self._signed_out[: len(signed_out)]
        self._feed.apply(entry)
        if batch:
            await self._documents.set_revision(batch, entry.number)
        for change in batch:
            del self._waiting[change]
            self._revisions.end_publishing(change.user_id)
