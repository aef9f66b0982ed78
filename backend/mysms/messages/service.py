"""Reading one's messages."""

import hashlib
from dataclasses import dataclass, replace

from bson import ObjectId
from bson.errors import InvalidId
from pydantic import TypeAdapter

from mysms.core.errors import InvalidFieldsError, NotFoundError
from mysms.messages import conversations, repository
from mysms.messages.models import Message
from mysms.messages.schemas import ConversationOut, MessageDetail, MessageOut
from mysms.messages.selection import Selection

_messages = TypeAdapter(list[MessageOut])
_conversations = TypeAdapter(list[ConversationOut])


@dataclass(frozen=True)
class Page:
    """A page of somebody's messages or conversations, newest first."""

    body: bytes
    """A JSON array."""
    etag: str
    total: int
    last_id: str | None
    """Of the last row, if there may be more after it."""


class MessageHistory:
    """What a person can read of their messages."""

    async def page(self, user_id: ObjectId, selection: Selection, *, limit: int, before: str | None) -> Page:
        """The total is that of the conversation or the search, and does not depend on `updated_since`.

        Raises InvalidFieldsError if `before` is not one of the user's messages.
        """
        anchor = await self._find_anchor(user_id, before)
        # One more than asked for tells whether there is a next page.
        found = await repository.list_own(user_id, selection, limit=limit + 1, before=anchor)
        total = await self._count(user_id, replace(selection, updated_since=None))
        rows = found[:limit]
        body = _messages.dump_json([MessageOut.of(message) for message in rows], by_alias=True)
        return Page(
            body=body,
            etag=_etag(user_id, selection, limit, before, total, body),
            total=total,
            last_id=str(rows[-1].id) if len(found) > limit else None,
        )

    async def conversations(self, user_id: ObjectId, *, limit: int, before: str | None) -> Page:
        """Each with its last message. Raises InvalidFieldsError if `before` is not one of the user's messages."""
        anchor = await self._find_anchor(user_id, before)
        await conversations.catch_up(user_id)
        found = await conversations.list_own(user_id, limit=limit + 1, before=anchor)
        total = await conversations.count_own(user_id)
        last_ids = [conversations.last_message_id(conversation) for conversation in found[:limit]]
        messages = await repository.find_all(last_ids)
        rows = [
            ConversationOut(
                peer_number=conversation.peer_number,
                last_message=MessageOut.of(messages[message_id]),
                messages=conversation.messages,
            )
            for conversation, message_id in zip(found, last_ids, strict=False)
            # What is missing was erased with its account just now.
            if message_id in messages
        ]
        body = _conversations.dump_json(rows, by_alias=True)
        return Page(
            body=body,
            etag=_etag("conversations", user_id, limit, before, total, body),
            total=total,
            last_id=str(last_ids[-1]) if len(found) > limit else None,
        )

    async def detail(self, user_id: ObjectId, message_id: str) -> MessageDetail:
        """Raises NotFoundError, also for somebody else's message."""
        message = await self._find(user_id, message_id)
        if message is None:
            raise NotFoundError("There is no such message.")
        return MessageDetail.of(message)

    async def _count(self, user_id: ObjectId, selection: Selection) -> int:
        if selection.search is None and len(selection.peer_numbers) == 1:
            await conversations.catch_up(user_id)
            return await conversations.count_messages(user_id, selection.peer_numbers[0])
        return await repository.count_own(user_id, selection)

    async def _find_anchor(self, user_id: ObjectId, before: str | None) -> Message | None:
        if before is None:
            return None
        anchor = await self._find(user_id, before)
        if anchor is None:
            raise InvalidFieldsError({"before": ["is not one of your messages"]})
        return anchor

    async def _find(self, user_id: ObjectId, message_id: str) -> Message | None:
        try:
            return await repository.find_own(user_id, ObjectId(message_id))
        except InvalidId:
            return None


def _etag(*parts: object) -> str:
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    return f'W/"{digest}"'
