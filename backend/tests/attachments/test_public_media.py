"""GET /api/twilio/media/…: what Twilio fetches, and nobody else can."""

import time
from urllib.parse import urlsplit

import pytest

from devservers.twilio.media import sample_picture
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
