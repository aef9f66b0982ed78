"""POST /api/attachments: what is taken, from whom, and how much of it."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from devservers.twilio.media import sample_picture
from mysms.api.attachments import MAXIMUM_ATTACHMENT
from mysms.attachments.errors import UploadsBusyError
from mysms.attachments.service import MOST_UNUSED, Uploads
from mysms.users.errors import UnauthenticatedError
from tests.faults.outbox_fixture import MEDIA_LINKS
from tests.support.api_user import ApiUser, new_number
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api, Start

GIF = b"GIF89a" + bytes(300)


async def delete(api_user: ApiUser, attachment_id: str) -> httpx.Response:
    return await api_user.call("DELETE", f"/api/attachments/{attachment_id}")


async def test_a_picture_is_what_its_bytes_say(api_user: ApiUser) -> None:
    picture = sample_picture()
    for content_type in ("image/gif", "text/html", "application/json", "multipart/form-data"):
        answer = await api_user.call(
            "POST", "/api/attachments", content=picture, headers={"Content-Type": content_type}
        )
        assert answer.status_code == 201, answer.text
        stored = answer.json()
        assert (stored["content_type"], stored["bytes"]) == ("image/png", len(picture))
        assert ObjectId.is_valid(stored["_id"])
        assert abs(datetime.now(UTC) - datetime.fromisoformat(stored["created_at"])) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"RIFF\0\0\0\0WEBP"]
)
async def test_nothing_else_is_taken(api_user: ApiUser, content: bytes) -> None:
    problem = problem_of(await api_user.upload(content), 415, "unknown_media_type")
    assert problem["detail"] == "This is not a JPEG, PNG or GIF picture. Others cannot be sent."


async def test_a_form_is_told_from_a_file(api_user: ApiUser) -> None:
    answer = await api_user.call("POST", "/api/attachments", files={"file": ("picture.gif", GIF, "image/gif")})
    problem = problem_of(answer, 415, "unknown_media_type")
    assert problem["detail"].startswith("This is a form (multipart/form-data). Send the JPEG, PNG or GIF file itself")


async def test_a_picture_has_a_maximum_size(api_user: ApiUser) -> None:
    async def pieces(size: int) -> AsyncIterator[bytes]:
        yield GIF
        for _ in range((size - len(GIF)) // 50_000):
            yield bytes(50_000)
        yield bytes((size - len(GIF)) % 50_000)

    largest = GIF + bytes(MAXIMUM_ATTACHMENT - len(GIF))
    assert (await api_user.upload(largest)).status_code == 201
    problem = problem_of(await api_user.upload(largest + b"x"), 413, "request_too_large")
    assert problem["detail"] == "The request is too large. The maximum is 4,993,600 bytes."
    answer = await api_user.call("POST", "/api/attachments", content=pieces(MAXIMUM_ATTACHMENT + 1))
    problem_of(answer, 413, "request_too_large")
    answer = await api_user.call("POST", "/api/attachments", content=pieces(MAXIMUM_ATTACHMENT))
    assert answer.status_code == 201


async def test_only_a_user_uploads(api: Api) -> None:
    assert (await api.http.post("/api/attachments", content=GIF)).status_code == 401


async def test_pictures_that_are_not_sent_are_limited(api: Api, api_user: ApiUser) -> None:
    now, user_id = datetime.now(UTC), ObjectId(api_user.id)
    row = {"user_id": user_id, "content_type": "image/gif", "bytes": len(GIF), "content": GIF, "is_used": False}
    row |= {"message_ids": {}, "uses": 0, "created_at": now, "check_at": now + timedelta(days=1)}
    async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
        attachments = client.get_default_database()["attachments"]
        await attachments.insert_many([{**row, "_id": ObjectId()} for _ in range(MOST_UNUSED - 1)])
    last = await api_user.uploaded(GIF)
    problem_of(await api_user.upload(GIF), 409, "too_many_attachments")
    assert (await api_user.send_media(new_number(), "", [last])).status_code == 201
    assert (await api_user.upload(GIF)).status_code == 201


async def test_a_deleted_picture_does_not_count_any_more(api: Api, api_user: ApiUser) -> None:
    unsent = [await api_user.uploaded(GIF) for _ in range(2)]
    async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
        attachments = client.get_default_database()["attachments"]
        stored = await attachments.find_one({"_id": ObjectId(unsent[0])})
        assert stored is not None
        await attachments.insert_many([{**stored, "_id": ObjectId()} for _ in range(MOST_UNUSED - 2)])
        problem_of(await api_user.upload(GIF), 409, "too_many_attachments")
        answer = await delete(api_user, unsent[0])
        assert (answer.status_code, answer.content) == (204, b"")
        assert await attachments.find_one({"_id": ObjectId(unsent[0])}) is None
    assert (await api_user.upload(GIF)).status_code == 201
    # It is gone.
    problem_of(await delete(api_user, unsent[0]), 404, "not_found")
    answer = await api_user.send_media(new_number(), "", [unsent[0]])
    assert field_errors(answer) == {"media": ["names something that you have not uploaded, or that is gone"]}
    assert (await api_user.send_media(new_number(), "", [unsent[1]])).status_code == 201


async def test_a_picture_that_was_sent_is_not_deleted(api_user: ApiUser) -> None:
    picture = await api_user.uploaded(GIF)
    sent = (await api_user.send_media(new_number(), "", [picture])).json()
    problem = problem_of(await delete(api_user, picture), 409, "attachment_in_use")
    assert "with the last message" in problem["detail"]
    shown = await api_user.call("GET", f"/api/messages/{sent['_id']}/media/0")
    assert (shown.status_code, shown.content) == (200, GIF)


async def test_nobody_deletes_the_pictures_of_others(api: Api, api_user: ApiUser) -> None:
    unsent, sent = [await api_user.uploaded(GIF) for _ in range(2)]
    assert (await api_user.send_media(new_number(), "", [sent])).status_code == 201
    stranger = await ApiUser.sign_up(api)
    for picture in (unsent, sent, str(ObjectId()), "x"):
        problem_of(await delete(stranger, picture), 404, "not_found")
    assert (await api.http.delete(f"/api/attachments/{unsent}")).status_code == 401
    assert (await api_user.send_media(new_number(), "", [unsent, sent])).status_code == 201


async def test_uploads_are_limited_by_the_hour_whatever_they_are(start: Start) -> None:
    async with start() as api:
        user = await ApiUser.sign_up(api)
        count = 0
        while (answer := await user.upload(b"no picture")).status_code == 415:
            count += 1
        problem_of(answer, 429, "rate_limited")
        # An hour may end meanwhile.
        assert 120 <= count <= 240


class NoLimits:
    async def hit_all(self, *_: object) -> None:
        """Any number of uploads is allowed."""

    async def count_unused(self, *_: object) -> int:
        return 0


async def test_a_user_does_not_take_all_places() -> None:
    """Clients may be slow, and each holds its place until its picture is read."""
    none: Any = NoLimits()
    uploads, first, last = Uploads(none, MEDIA_LINKS, none, none), ObjectId(), ObjectId()
    others = [ObjectId() for _ in range(3)]
    async with uploads.admit(first):
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(uploads.admit(first))
            with pytest.raises(UploadsBusyError):
                await uploads.admit(first).__aenter__()
            for other in [*others, *others]:
                await stack.enter_async_context(uploads.admit(other))
            with pytest.raises(UploadsBusyError):
                await uploads.admit(last).__aenter__()
        async with uploads.admit(last):
            pass
        async with uploads.admit(first):
            pass


class Shelf:
    """Where pictures are put."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []

    async def add(self, _user_id: ObjectId, _content_type: str, content: bytes) -> object:
        self.pictures.append(content)
        return object()

    async def erase(self, _: ObjectId) -> None:
        self.pictures.clear()


async def test_an_account_that_is_deleted_meanwhile_gets_no_picture() -> None:
    shelf, none = Shelf(), NoLimits()

    async def is_active(_: ObjectId) -> bool:
        # The deletion may have removed the pictures before this one was stored.
        assert shelf.pictures == [GIF]
        return False

    store: Any = shelf
    limiter: Any = none
    uploads = Uploads(store, MEDIA_LINKS, limiter, is_active)
    with pytest.raises(UnauthenticatedError):
        await uploads.add(ObjectId(), GIF)
    assert shelf.pictures == []


async def test_the_sending_status_says_what_a_message_with_pictures_may_have(api_user: ApiUser) -> None:
    limits = (await api_user.call("GET", "/api/sending")).json()["pictures"]
    assert limits == {"maximum_count": 10, "maximum_bytes": 5_000_000}


async def test_a_server_that_twilio_cannot_reach_takes_none(start: Start) -> None:
    async with start(TWILIO_STATUS_CALLBACK_URL="") as api:
        user = await ApiUser.sign_up(api)
        assert (await user.call("GET", "/api/sending")).json()["pictures"] is None
        problem = problem_of(await user.upload(GIF), 409, "media_disabled")
        assert "TWILIO_STATUS_CALLBACK_URL" in problem["detail"]
