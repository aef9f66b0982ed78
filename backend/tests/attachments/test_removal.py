"""Pictures go once nothing needs them: not earlier, and whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.attachments.errors import AttachmentUsedUpError
from mysms.attachments.service import AttachmentCleanup
from mysms.attachments.store import KEPT_FOR, MOST_USES, AttachmentStore
from mysms.messages import repository
from mysms.messages.deletion import MessageDeletion
from mysms.messages.models import Media, Message
from mysms.messages.retention import Retention
from mysms.messages.status import OutboxState
from mysms.providers.base import Accepted
from tests.faults.outbox_fixture import MEDIA_LINKS, OutboxFixture, new_number, open_outbox_fixture, outbound_of
from tests.support.api_user import PASSWORD, ApiUser
from tests.support.api_user import new_number as new_recipient
from tests.support.servers import Api, Mongo

GIF = b"GIF89a" + bytes(300)


class Pictures:
    """A user's pictures, and the messages that have them."""

    def __init__(self, fixture: OutboxFixture) -> None:
        self.fixture = fixture
        self.user_id = ObjectId()
        self.store = AttachmentStore(fixture.database, fixture.clock)
        self.cleanup = AttachmentCleanup(self.store, MEDIA_LINKS, fixture.clock)
        self.deletion = MessageDeletion(fixture.changes.publisher, fixture.clock, self.cleanup.check_soon)

    async def upload(self) -> ObjectId:
        return (await self.store.add(self.user_id, "image/gif", GIF)).attachment_id

    def compose(self, *attachment_ids: ObjectId) -> Message:
        message = self.fixture.compose(new_number(), "")
        message.user_id = self.user_id  # type: ignore[assignment]
        message.media = [
            Media(index=index, sid="", content_type="image/gif", attachment_id=attachment_id)
            for index, attachment_id in enumerate(attachment_ids)
        ]
        return message

    async def bind(self, message: Message) -> None:
        assert await self.store.bind(self.user_id, message.attachment_ids, ObjectId(message.id))

    async def enqueue(self, *attachment_ids: ObjectId) -> Message:
        message = self.compose(*attachment_ids)
        await self.bind(message)
        assert await self.fixture.outbox("process").enqueue(message)
        return message

    async def send(self, *attachment_ids: ObjectId, status: str = "queued") -> Message:
        message, outbox = await self.enqueue(*attachment_ids), self.fixture.outbox("process")
        await outbox.settle(await self.fixture.claim(outbox), Accepted(f"MM{ObjectId()}", status), 0.5)
        return message

    async def exists(self, attachment_id: ObjectId) -> bool:
        await self.cleanup.run_round()
        return await self.store.read(attachment_id) is not None


@pytest.fixture
async def pictures(mongodb: Mongo) -> AsyncIterator[Pictures]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield Pictures(fixture)


async def test_a_picture_that_is_bound_is_not_removed_and_one_that_is_removed_is_not_bound(pictures: Pictures) -> None:
    """The message may not be stored yet."""
    bound, removed = await pictures.upload(), await pictures.upload()
    await pictures.bind(pictures.compose(bound))
    assert not await pictures.store.remove_unused(pictures.user_id, bound)
    assert await pictures.exists(bound)
    assert not await pictures.store.remove_unused(ObjectId(), removed)
    assert await pictures.store.remove_unused(pictures.user_id, removed)
    message = pictures.compose(bound, removed)
    assert not await pictures.store.bind(pictures.user_id, message.attachment_ids, ObjectId(message.id))


async def test_a_picture_that_no_message_has_goes_after_a_day(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    pictures.fixture.now += KEPT_FOR - timedelta(seconds=1)
    assert await pictures.exists(attachment_id)
    pictures.fixture.now += timedelta(seconds=1)
    assert not await pictures.exists(attachment_id)


@pytest.mark.parametrize("state", OutboxState)
async def test_a_picture_stays_as_long_as_a_message_has_it(pictures: Pictures, state: OutboxState) -> None:
    attachment_id = await pictures.upload()
    message = await pictures.enqueue(attachment_id)
    await pictures.fixture.database["messages"].update_one({"_id": message.id}, {"$set": {"outbound.state": state}})
    for _ in range(3):
        pictures.fixture.now += timedelta(days=40)
        assert await pictures.exists(attachment_id)


async def test_a_picture_of_several_messages_goes_with_the_last_one(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    messages = [await pictures.send(attachment_id, status="sent") for _ in range(2)]
    await pictures.deletion.delete(pictures.user_id, str(messages[0].id))
    assert await pictures.exists(attachment_id)
    await pictures.deletion.delete(pictures.user_id, str(messages[1].id))
    assert not await pictures.exists(attachment_id)


async def test_a_deleted_message_still_reaches_its_recipient(pictures: Pictures) -> None:
    """Twilio fetches what it has accepted when it sends it."""
    attachment_id = await pictures.upload()
    message = await pictures.send(attachment_id)
    await pictures.deletion.delete(pictures.user_id, str(message.id))
    assert await pictures.exists(attachment_id)
    pictures.fixture.now += MEDIA_LINKS.lifetime - timedelta(minutes=20)
    assert await pictures.exists(attachment_id)
    pictures.fixture.now += timedelta(minutes=20)
    assert not await pictures.exists(attachment_id), "its address has expired"


async def test_a_deleted_message_lets_go_of_its_picture_once_it_is_sent(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    message = await pictures.send(attachment_id)
    await pictures.deletion.delete(pictures.user_id, str(message.id))
    assert await pictures.exists(attachment_id)
    event = pictures.fixture.timeline.event_of(
        str((await pictures.fixture.message(ObjectId(message.id))).twilio_sid), "sent", "callback"
    )
    await pictures.fixture.timeline.record(ObjectId(message.id), event)
    pictures.fixture.now += timedelta(minutes=11)
    assert not await pictures.exists(attachment_id)


async def test_a_redacted_message_lets_go_of_its_picture(pictures: Pictures) -> None:
    attachment_id, other = await pictures.upload(), await pictures.upload()
    message = await pictures.send(attachment_id, status="sent")
    unsent = await pictures.enqueue(other)
    pictures.fixture.now += timedelta(days=30)
    retention = Retention(
        timedelta(days=-1),
        pictures.fixture.changes.publisher,
        pictures.fixture.changes.upgrade,
        pictures.fixture.clock,
        pictures.cleanup.check_soon,
    )
    await retention.remove_old_texts()
    assert (await pictures.fixture.message(ObjectId(message.id))).media == []
    assert not await pictures.exists(attachment_id)
    assert await pictures.exists(other)
    assert (await pictures.fixture.message(ObjectId(unsent.id))).media != []


async def test_what_an_interrupted_deletion_has_left_goes_within_a_day(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    message = await pictures.send(attachment_id, status="sent")
    await repository.delete(ObjectId(message.id), ObjectId(), pictures.fixture.now)
    assert await pictures.exists(attachment_id)
    pictures.fixture.now += KEPT_FOR
    assert not await pictures.exists(attachment_id)


async def test_a_picture_waits_for_a_message_whose_process_is_slow(pictures: Pictures) -> None:
    """It is bound first. Whatever is deleted meanwhile, the message has it once it is stored."""
    attachment_id = await pictures.upload()
    earlier = await pictures.send(attachment_id, status="sent")
    message = pictures.compose(attachment_id)
    await pictures.bind(message)
    await pictures.deletion.delete(pictures.user_id, str(earlier.id))
    assert await pictures.exists(attachment_id)
    assert await pictures.fixture.outbox("process").enqueue(message)
    pictures.fixture.now += timedelta(days=9)
    assert await pictures.exists(attachment_id)


async def test_a_message_that_is_never_stored_does_not_keep_a_picture(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    await pictures.bind(pictures.compose(attachment_id))
    pictures.fixture.now += KEPT_FOR - timedelta(seconds=30)
    assert await pictures.exists(attachment_id)
    pictures.fixture.now += timedelta(minutes=11)
    assert not await pictures.exists(attachment_id)


async def test_a_picture_that_is_bound_while_it_is_looked_at_stays(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    pictures.fixture.now += KEPT_FOR
    (due,) = await pictures.store.list_due(10)
    message = await pictures.enqueue(attachment_id)
    assert not await pictures.store.remove(due)
    await pictures.store.keep(due, pictures.fixture.now)
    assert await pictures.store.list_due(10) == []
    assert outbound_of(message).state is OutboxState.PENDING
    assert await pictures.exists(attachment_id)


async def test_what_happens_in_the_same_millisecond_is_not_missed(pictures: Pictures) -> None:
    """Nothing moves `check_at` here: the same time is written again."""
    attachment_id = await pictures.upload()
    for happens in (
        partial(pictures.store.check_now, [attachment_id]),
        partial(pictures.store.bind, pictures.user_id, [attachment_id], ObjectId()),
    ):
        await pictures.store.check_now([attachment_id])
        (due,) = await pictures.store.list_due(10)
        await happens()
        await pictures.fixture.database["attachments"].update_one(
            {"_id": attachment_id}, {"$set": {"check_at": due.check_at}}
        )
        await pictures.store.keep(due, pictures.fixture.now + timedelta(days=1))
        assert len(await pictures.store.list_due(10)) == 1
        assert not await pictures.store.remove(due)
    (due,) = await pictures.store.list_due(10)
    assert await pictures.store.remove(due)


async def test_a_picture_of_an_earlier_version_is_removed(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    pictures.fixture.now += KEPT_FOR
    (due,) = await pictures.store.list_due(10)
    assert due.revision is None
    assert not await pictures.exists(attachment_id)


async def test_the_older_a_picture_is_the_less_often_it_is_looked_at(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    await pictures.send(attachment_id)
    first = pictures.fixture.now
    looks: list[int] = []
    while len(looks) < 8:
        pictures.fixture.now += timedelta(hours=12)
        if await pictures.store.list_due(1):
            looks.append((pictures.fixture.now - first).days)
            await pictures.cleanup.run_round()
    assert looks == [1, 2, 4, 8, 16, 32, 62, 92]


async def test_a_picture_that_is_gone_cannot_be_bound(pictures: Pictures) -> None:
    attachment_id, other = await pictures.upload(), await pictures.upload()
    pictures.fixture.now += KEPT_FOR
    assert not await pictures.exists(attachment_id)
    assert not await pictures.store.bind(pictures.user_id, [other, attachment_id], ObjectId())


async def test_a_picture_can_be_sent_a_thousand_times(pictures: Pictures) -> None:
    attachment_id = await pictures.upload()
    await pictures.fixture.database["attachments"].update_one({"_id": attachment_id}, {"$set": {"uses": MOST_USES - 1}})
    assert await pictures.store.bind(pictures.user_id, [attachment_id], ObjectId())
    assert not await pictures.store.bind(pictures.user_id, [attachment_id], ObjectId())
    with pytest.raises(AttachmentUsedUpError):
        await pictures.store.find_own(pictures.user_id, [attachment_id])
    assert await pictures.store.find(attachment_id) is not None


async def test_pictures_are_removed_by_several_processes(pictures: Pictures) -> None:
    ids = [await pictures.upload() for _ in range(120)]
    kept = await pictures.send(*ids[:3])
    pictures.fixture.now += 2 * KEPT_FOR
    await asyncio.gather(*(pictures.cleanup.run_round() for _ in range(3)))
    left = [row["_id"] async for row in pictures.fixture.database["attachments"].find({}, {"_id": 1})]
    assert sorted(left) == sorted(kept.attachment_ids)


async def test_an_account_takes_its_pictures_with_it(api: Api, api_user: ApiUser) -> None:
    sent, unsent = await api_user.uploaded(GIF), await api_user.uploaded(GIF)
    assert (await api_user.send_media(new_recipient(), "", [sent])).status_code == 201
    async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
        attachments = client.get_default_database()["attachments"]
        assert await attachments.count_documents({"_id": {"$in": [ObjectId(sent), ObjectId(unsent)]}}) == 2
        deleted = await api_user.call("DELETE", "/users", json={"user": {"password": PASSWORD}})
        assert deleted.status_code == 204
        assert await attachments.count_documents({"_id": {"$in": [ObjectId(sent), ObjectId(unsent)]}}) == 0


async def test_an_export_lists_the_pictures(api_user: ApiUser) -> None:
    sent = (await api_user.send_media(new_recipient(), "Look", [await api_user.uploaded(GIF)])).json()
    exported = (await api_user.call("GET", "/api/export")).json()
    assert (
        [row["media"] for row in exported["messages"]]
        == [sent["media"]]
        == [[{"index": 0, "content_type": "image/gif"}]]
    )
