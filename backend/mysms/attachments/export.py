"""The pictures of a user for the account export, streamed piece by piece so that they may be of any number and size."""

from base64 import b64encode
from collections.abc import AsyncIterator

from bson import ObjectId

from mysms.attachments.records import PictureUses
from mysms.attachments.schemas import StoredPicture
from mysms.attachments.store import AttachmentStore
from mysms.messages import repository

_PIECE = 3 * 2**18
"""Bytes of a picture that are in memory while a client takes them: about as many as of a page of messages.

A multiple of 3, so that the encoded pieces are one text.
"""
_PAGE = 50


class AttachmentExport:
    """The pictures that a user has uploaded, and has sent or may send."""

    def __init__(self, store: AttachmentStore) -> None:
        self._store = store

    async def pieces(self, user_id: ObjectId) -> AsyncIterator[bytes]:
        """Yields the items of a JSON array, each a `StoredPicture`, oldest upload first."""
        separator = b""
        async for picture in self._pictures(user_id):
            message_ids = await _find_messages(picture)
            if picture.message_ids and not message_ids:
                # Its messages were deleted, and it goes too once Twilio has it.
                continue
            head = StoredPicture.of(picture.attachment, message_ids).model_dump_json(by_alias=True, exclude={"content"})
            yield separator + head.removesuffix("}").encode() + b',"content":"'
            for start in range(0, picture.attachment.size, _PIECE):
                yield await self._encoded(picture.attachment.attachment_id, start)
            yield b'"}'
            separator = b","

    async def _pictures(self, user_id: ObjectId) -> AsyncIterator[PictureUses]:
        page = await self._store.list_own(user_id, limit=_PAGE)
        while page:
            for picture in page:
                yield picture
            page = await self._store.list_own(user_id, limit=_PAGE, after=page[-1].attachment.attachment_id)

    async def _encoded(self, attachment_id: ObjectId, start: int) -> bytes:
        """Reads the picture for each piece: who takes a piece slowly has no more than that in memory."""
        content = await self._store.read(attachment_id) or b""
        return b64encode(content[start : start + _PIECE])


async def _find_messages(picture: PictureUses) -> list[ObjectId]:
    """Returns the messages that have the picture."""
    uses = await repository.find_media_uses(picture.message_ids)
    return [use.message_id for use in uses if use.has_media]
