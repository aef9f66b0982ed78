"""Open cursors: query results that are returned in batches."""

import random
import time
from typing import Final

from bson import Int64
from bson.raw_bson import RawBSONDocument

from devservers.mongodb.documents import MAX_DOCUMENT_SIZE, Document
from devservers.mongodb.errors import Code, CommandError
from devservers.mongodb.projection import Projection
from devservers.mongodb.turns import Turn, give_way

_FIRST_BATCH: Final = 101
_NO_LIMIT: Final = 2**63
_MAX_CURSORS: Final = 1000
_MAX_IDLE_SECONDS: Final = 600.0


class _Cursor:
    """A snapshot of query results, as BSON."""

    def __init__(self, turn: Turn, namespace: str, documents: list[bytes], projection: Projection) -> None:
        self.namespace = namespace
        self.used_at = time.monotonic()
        self._turn = turn
        self._documents = documents
        self._projection = projection
        self._position = 0

    @property
    def is_exhausted(self) -> bool:
        return self._position >= len(self._documents)

    async def batch(self, count: int) -> list[RawBSONDocument]:
        """The next documents, at most `count` and as many as fit into one reply."""
        self.used_at = time.monotonic()
        batch: list[RawBSONDocument] = []
        room = MAX_DOCUMENT_SIZE
        while not self.is_exhausted and len(batch) < count:
            document = self._projection.apply_to_bson(self._documents[self._position])
            room -= len(document.raw)
            if batch and room < 0:
                break
            batch.append(document)
            self._position += 1
            if self._turn.is_over():
                await give_way()
        return batch


class Cursors:
    """The open cursors of all clients, least recently used first. Their number and idle time are limited."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._cursors: dict[int, _Cursor] = {}

    async def open(
        self,
        namespace: str,
        documents: list[bytes],
        projection: Projection,
        *,
        batch_size: int | None = None,
        single_batch: bool = False,
    ) -> Document:
        """The reply with the first batch. The cursor stays open if there are more documents."""
        cursor = _Cursor(self._turn, namespace, documents, projection)
        batch = await cursor.batch(_FIRST_BATCH if batch_size is None else batch_size)
        identifier = 0
        if not cursor.is_exhausted and not single_batch:
            self._evict()
            identifier = random.getrandbits(62) + 1
            self._cursors[identifier] = cursor
        return {"cursor": {"firstBatch": batch, "id": Int64(identifier), "ns": namespace}}

    async def more(self, identifier: int, namespace: str, batch_size: int) -> Document:
        """The reply with the next batch. The cursor closes after the last document."""
        cursor = self._cursors.pop(identifier, None)
        if cursor is None or cursor.namespace != namespace:
            raise CommandError(Code.CursorNotFound, f"cursor id {identifier} not found")
        batch = await cursor.batch(batch_size or _NO_LIMIT)
        if not cursor.is_exhausted:
            self._cursors[identifier] = cursor
        left = 0 if cursor.is_exhausted else identifier
        return {"cursor": {"nextBatch": batch, "id": Int64(left), "ns": namespace}}

    def kill(self, identifier: int) -> bool:
        """Close a cursor. Returns whether it was open."""
        return self._cursors.pop(identifier, None) is not None

    def _evict(self) -> None:
        too_old = time.monotonic() - _MAX_IDLE_SECONDS
        for identifier, cursor in list(self._cursors.items()):
            if len(self._cursors) < _MAX_CURSORS and cursor.used_at > too_old:
                break
            del self._cursors[identifier]
