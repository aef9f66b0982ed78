"""Publishes changes whose processes ended before they did."""

from bson import ObjectId

from mysms.changes.documents import ChangedDocuments
from mysms.changes.publisher import ChangePublisher

_BATCH = 1000


class UnpublishedChanges:
    """Changes that stay marked from one look to the next count as left behind. Publishing one twice does no harm."""

    def __init__(self, documents: ChangedDocuments, publisher: ChangePublisher) -> None:
        self._documents = documents
        self._publisher = publisher
        self._seen: dict[ObjectId | str, int] = {}

    async def publish_left_behind(self) -> None:
        """Looks once. Any number of processes may do this at once."""
        found = await self._documents.list_unpublished(_BATCH)
        left_behind = [change for change in found if self._seen.get(change.document_id) == change.number]
        for change in left_behind:
            self._publisher.publish(change)
        self._seen = {change.document_id: change.number for change in found}
