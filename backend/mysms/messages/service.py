"""Reading one's messages."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId
from bson.errors import InvalidId
from pydantic import TypeAdapter

from mysms.core.errors import InvalidFieldsError, NotFoundError
from mysms.messages import repository
from mysms.messages.models import Message
from mysms.messages.schemas import MessageDetail, MessageOut

_rows = TypeAdapter(list[MessageOut])


@dataclass(frozen=True)
class HistoryPage:
    """A page of somebody's history, newest first."""

    body: bytes
    """A JSON array."""
    etag: str
    total: int
    last_id: str | None
    """Of the last row, if there may be more after it."""


class MessageHistory:
    """What a person can read of their messages."""

    async def page(
        self, user_id: ObjectId, *, limit: int, before: str | None, updated_since: datetime | None
    ) -> HistoryPage:
        """Raises InvalidFieldsError if `before` is not one of the user's messages."""
        anchor = await self._find(user_id, before) if before is not None else None
        if before is not None and anchor is None:
            raise InvalidFieldsError({"before": ["is not one of your messages"]})
        # One more than asked for tells whether there is a next page.
        found = await repository.list_own(user_id, limit=limit + 1, before=anchor, updated_since=updated_since)
        total = await repository.count_own(user_id)
        rows = found[:limit]
        body = _rows.dump_json([MessageOut.of(message) for message in rows], by_alias=True)
        return HistoryPage(
            body=body,
            etag=_etag(user_id, limit, before, updated_since, total, body),
            total=total,
            last_id=str(rows[-1].id) if len(found) > limit else None,
        )

    async def detail(self, user_id: ObjectId, message_id: str) -> MessageDetail:
        """Raises NotFoundError, also for somebody else's message."""
        message = await self._find(user_id, message_id)
        if message is None:
            raise NotFoundError("There is no such message.")
        return MessageDetail.of(message)

    async def _find(self, user_id: ObjectId, message_id: str) -> Message | None:
        try:
            return await repository.find_own(user_id, ObjectId(message_id))
        except InvalidId:
            return None


def _etag(*parts: object) -> str:
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    return f'W/"{digest}"'
