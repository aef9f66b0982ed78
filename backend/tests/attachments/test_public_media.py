"""GET /api/twilio/media/…: what Twilio fetches, and nobody else can."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from devservers.twilio.media import sample_picture
from mysms.attachments.links import MediaLinks
from mysms.core.urls import Url
from tests.support.api_user import ApiUser, new_number
from tests.support.responses import problem_of
from tests.support.servers import Api, Simulator, Start


async def address_of(simulator: Simulator, user: ApiUser) -> str:
    """The address of a picture that was sent."""
    number = new_number()
    assert (await user.send_media(number, "", [await user.uploaded(sample_picture())])).status_code == 201
    (accepted,) = await simulator.accepted(number)
    (url,) = accepted.media_urls
    return url


@pytest.fixture
async def path(simulator: Simulator, api_user: ApiUser) -> str:
    return urlsplit(await address_of(simulator, api_user)).path


async def test_the_address_is_beside_the_status_callbacks(simulator: Simulator, api: Api, api_user: ApiUser) -> None:
    url = await address_of(simulator, api_user)
    assert url.startswith(f"{api.callback_url.rpartition('/')[0]}/media/")
    assert not urlsplit(url).query


async def test_a_picture_is_fetched_without_credentials_and_can_run_nothing(api: Api, path: str) -> None:
    answer = await api.http.get(path)
    assert (answer.status_code, answer.content) == (200, sample_picture())
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(sample_picture()))
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    without_body = await api.http.head(path)
    assert (without_body.status_code, without_body.content) == (200, b"")
    own = ("Content-Type", "Content-Length", "Cache-Control")
    assert [without_body.headers[name] for name in own] == [answer.headers[name] for name in own]


async def test_everything_else_is_not_found_and_tells_nothing(api: Api, api_user: ApiUser, path: str) -> None:
    start, attachment_id, expires, signature = path.rsplit("/", 3)
    unsent = await api_user.uploaded(sample_picture())
    bodies = set()
    for wrong in (
        f"{start}/{unsent}/{expires}/{signature}",
        f"{start}/{'0' * 24}/{expires}/{signature}",
        f"{start}/x/{expires}/{signature}",
        f"{start}/{attachment_id}/{int(expires) + 1}/{signature}",
        f"{start}/{attachment_id}/{'9' * 5000}/{signature}",
        f"{start}/{attachment_id}/x/{signature}",
        f"{start}/{attachment_id}/{expires}/{signature[:-2]}",
        f"{start}/{attachment_id}/{expires}/%C3%A9",
        f"{start}/{attachment_id}/{expires}/x",
    ):
        answer = await api.http.get(wrong)
        problem_of(answer, 404, "not_found")
        bodies.add(answer.content)
        answer = await api_user.call("GET", wrong)
        assert answer.status_code == 404
    assert len(bodies) == 1


async def test_an_address_expires(start: Start, simulator: Simulator) -> None:
    """A day after the time in which a message may wait here."""
    async with start(SEND_TTL_SECONDS="3600") as api:
        url = await address_of(simulator, await ApiUser.sign_up(api))
    assert 24.9 * 3600 < int(url.split("/")[-2]) - time.time() <= 25 * 3600


async def test_a_replaced_secret_does_not_end_what_is_on_its_way(start: Start, simulator: Simulator) -> None:
    async with start() as api:
        path = urlsplit(await address_of(simulator, await ApiUser.sign_up(api))).path
        old = api.environment["JWT_SECRET"]
    async with start(JWT_SECRET="another secret: 5pG1yV9sKq4mXw7LnB2e", JWT_SECRET_PREVIOUS=old) as api:
        assert (await api.http.get(path)).status_code == 200
    async with start(JWT_SECRET="another secret: 5pG1yV9sKq4mXw7LnB2e") as api:
        assert (await api.http.get(path)).status_code == 404


async def test_the_headers_alone_take_no_place(start: Start, simulator: Simulator) -> None:
    """Whoever asks for them learns the length from what is stored, however many others are being sent a picture."""
    async with start() as api:
        user = await ApiUser.sign_up(api)
        path = urlsplit(await address_of(simulator, user)).path
        async with AsyncMongoClient[dict[str, Any]](api.mongodb_uri) as client:
            attachments = client.get_default_database()["attachments"]
            await attachments.update_many({}, {"$set": {"content": b"GIF89a"}})
        answer = await api.http.head(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Length"] == str(len(sample_picture()))


async def test_after_its_time_an_address_leads_nowhere(start: Start, simulator: Simulator) -> None:
    """Nobody can make such an address but this server, so the test signs one with its secret."""
    async with start() as api:
        path = urlsplit(await address_of(simulator, await ApiUser.sign_up(api))).path
        start_of_path, attachment_id, _, _ = path.rsplit("/", 3)
        links = MediaLinks(Url.parse(api.callback_url), [api.environment["JWT_SECRET"]], timedelta(hours=1))
        now = datetime.now(UTC)
        for made_at, expected in ((now, 200), (now - timedelta(hours=1, minutes=1), 404)):
            url = links.url_of(ObjectId(attachment_id), made_at)
            own_parts = "/".join(url.rsplit("/", 3)[1:])
            answer = await api.http.get(f"{start_of_path}/{own_parts}")
            assert answer.status_code == expected
        problem_of(answer, 404, "not_found")
