"""The pictures of an export: how much of them is in memory, and what happens to one that goes meanwhile."""

import json
from base64 import b64decode
from typing import Any

from bson import ObjectId

from mysms.attachments.export import AttachmentExport
from mysms.attachments.store import AttachmentStore
from tests.faults.outbox_fixture import open_outbox_fixture
from tests.support.servers import Mongo

LARGE = b"GIF89a" + bytes(range(256)) * 15_000
SMALL = b"GIF89a" + bytes(300)


async def test_no_more_than_a_piece_of_a_picture_is_in_memory(mongodb: Mongo) -> None:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        store, user_id = AttachmentStore(fixture.database, fixture.clock), ObjectId()
        for content in (LARGE, SMALL):
            await store.add(user_id, "image/gif", content)
        pieces = [piece async for piece in AttachmentExport(store).pieces(user_id)]
    assert max(map(len, pieces)) <= 2**20
    assert [content for _, content in read(pieces)] == [LARGE, SMALL]


async def test_a_picture_that_is_removed_meanwhile_leaves_a_complete_document(mongodb: Mongo) -> None:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        store, user_id = AttachmentStore(fixture.database, fixture.clock), ObjectId()
        await store.add(user_id, "image/gif", LARGE)
        export = AttachmentExport(store).pieces(user_id)
        pieces = [await anext(export), await anext(export)]
        await store.erase(user_id)
        pieces += [piece async for piece in export]
    ((size, content),) = read(pieces)
    assert size == len(LARGE) > len(content) > 0
    assert LARGE.startswith(content)


def read(pieces: list[bytes]) -> list[tuple[int, bytes]]:
    """The pictures, with the sizes that they should have."""
    pictures: list[dict[str, Any]] = json.loads(b"[" + b"".join(pieces) + b"]")
    return [(picture["bytes"], b64decode(picture["content"], validate=True)) for picture in pictures]
