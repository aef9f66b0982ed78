"""Request bodies have a size limit for each path."""

import unicodedata

import pytest
from starlette.types import Message, Receive, Scope, Send

from mysms.core.security_events import SecurityEvents
from mysms.messages.schemas import MAXIMUM_CONTENT_LENGTH
from mysms.users.passwords import MAXIMUM_PASSWORD_LENGTH
from mysms.web.middleware import BODY_BYTES, BodyLimitMiddleware
from tests.support.api_user import ApiUser, new_email, new_number, register
from tests.support.inbound import INBOUND_PATH, inbound_form
from tests.support.responses import field_errors, problem_of
from tests.support.servers import Api
from tests.support.status_callbacks import PATH

LIMITS = {"/large": 3 * BODY_BYTES}
LONGEST_CHARACTER = "\U0001f511"


async def bytes_read(path: str, chunks: list[bytes]) -> tuple[int, int]:
    """The status of the response to a body of these chunks, and the number of bytes that were read."""
    waiting, read = list(chunks), 0
    statuses: list[int] = []

    async def receive() -> Message:
        nonlocal read
        chunk = waiting.pop(0)
        read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    scope: Scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"transfer-encoding", b"chunked")]}
    await BodyLimitMiddleware(app, LIMITS, SecurityEvents("a secret"))(scope, receive, send)
    return statuses[0], read


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/any", BODY_BYTES), ("/larger", BODY_BYTES), ("/large", 3 * BODY_BYTES), ("/large/below", 3 * BODY_BYTES)],
)
async def test_a_body_is_read_up_to_the_limit_of_its_path(path: str, limit: int) -> None:
    chunk = b"x" * 1024
    assert await bytes_read(path, [chunk] * (limit // 1024)) == (200, limit)
    too_large = [chunk] * (limit // 1024 + 1)
    assert await bytes_read(path, too_large) == (413, len(too_large) * 1024)


async def test_an_endless_body_is_not_read_to_its_end() -> None:
    assert await bytes_read("/any", [b"x" * 65_536] * 1_000) == (413, 17 * 65_536)


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/users", 8_192), ("/users/sign_in.json", 8_192), ("/users/token", 8_192), ("/api/messages", 40_000)],
)
async def test_the_bodies_of_the_api_are_small(api: Api, path: str, limit: int) -> None:
    problem_of(await api.http.post(path, content=b" " * (limit + 1)), 413, "request_too_large")


@pytest.mark.parametrize("path", [PATH, INBOUND_PATH])
async def test_a_webhook_has_room_for_a_long_text_and_its_media(api: Api, path: str) -> None:
    """Twilio allows ten of them. Nothing larger is read, since a form costs time before its signature is known."""
    account, message, media = (f"{kind}{'0' * 32}" for kind in ("AC", "MM", "ME"))
    url = f"https://api.twilio.com/2010-04-01/Accounts/{account}/Messages/{message}/Media/{media}"
    form = {
        **inbound_form(new_number(), LONGEST_CHARACTER * MAXIMUM_CONTENT_LENGTH, NumMedia="10"),
        **{f"MediaUrl{number}": url for number in range(10)},
        **{f"MediaContentType{number}": "application/vnd.openxmlformats" for number in range(10)},
        **{f"{side}{place}": "Llanfairpwllgwyngyll" for side in ("To", "From") for place in ("City", "State")},
    }
    problem_of(await api.http.post(path, data=form), 403, "bad_signature")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    problem_of(await api.http.post(path, content=b"x" * 32_769, headers=headers), 413, "request_too_large")


async def test_the_longest_message_is_accepted_however_it_is_escaped(api_user: ApiUser) -> None:
    number, text = new_number(), LONGEST_CHARACTER * MAXIMUM_CONTENT_LENGTH
    draft = {"recipient_number": number + "\U000e0001" * 100, "content": text}
    response = await api_user.post_message(draft)
    assert response.status_code == 201
    assert (response.json()["recipient_number"], response.json()["content"]) == (number, text)


async def test_a_message_that_is_somewhat_too_long_is_told_so(readonly_user: ApiUser) -> None:
    response = await readonly_user.send(new_number(), LONGEST_CHARACTER * (MAXIMUM_CONTENT_LENGTH + 700))
    assert field_errors(response) == {"content": ["is too long (maximum is 1600 characters)"]}


async def test_the_longest_passwords_are_accepted_however_they_are_escaped(api: Api) -> None:
    """Decomposed Hangul is the longest form in which a keyboard gives a password."""
    syllables = (chr(0xAC01 + 28 * (7 * number % 97)) for number in range(MAXIMUM_PASSWORD_LENGTH))
    password = unicodedata.normalize("NFD", "".join(syllables))
    assert len(password) == 3 * MAXIMUM_PASSWORD_LENGTH
    response = await register(api, email="é" * 20 + new_email(), password=password)
    assert response.status_code == 201, response.text
