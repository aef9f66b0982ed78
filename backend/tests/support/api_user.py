"""A user of the API."""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.support.polling import eventually
from tests.support.servers import Api

Json = dict[str, Any]

PASSWORD = "correct horse battery"

_run = secrets.token_hex(3)
_emails = (f"user-{_run}-{number}@example.com" for number in itertools.count(1))
_numbers = (f"+1212{number:07}" for number in itertools.count(secrets.randbelow(9_000_000)))


def new_email() -> str:
    """An email address that no other test uses."""
    return next(_emails)


def new_number() -> str:
    """A phone number that no other test uses and that receives its messages."""
    return next(_numbers)


@dataclass
class ApiUser:
    """A signed-up user with the tokens of one session."""

    api: Api
    id: str
    email: str
    access_token: str
    refresh_token: str

    @classmethod
    async def sign_up(cls, api: Api, email: str | None = None) -> Self:
        response = await register(api, email=email or new_email())
        assert response.status_code == 201, response.text
        return cls.from_response(api, response.json())

    @classmethod
    def from_response(cls, api: Api, body: Json) -> Self:
        return cls(api, body["_id"], body["email"], body["access_token"], body["refresh_token"])

    async def refresh_tokens(self) -> None:
        """Refresh the tokens of the session."""
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        response = await self.api.http.post("/users/token", data=form)
        assert response.status_code == 200, response.text
        self.access_token = response.json()["access_token"]
        self.refresh_token = response.json()["refresh_token"]

    async def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        """Send an authenticated request."""
        signed = {"Authorization": f"Bearer {self.access_token}", **(headers or {})}
        return await self.api.http.request(method, path, headers=signed, **request)

    async def send(self, number: str, content: str = "Hello", *, key: str | None = None) -> httpx.Response:
        """Post a message. Returns the response, whatever its status is."""
        return await self.post_message({"recipient_number": number, "content": content}, key=key)

    async def post_message(self, message: object, *, key: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.access_token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.api.post("/api/messages", {"message": message}, headers)

    async def send_accepted(self, number: str, content: str = "Hello") -> Json:
        """Send a message. Fails unless the provider accepts it at once (201)."""
        response = await self.send(number, content)
        assert response.status_code == 201, response.text
        message: Json = response.json()
        return message

    async def upload(self, content: bytes) -> httpx.Response:
        """Upload a picture. Returns the response, whatever its status is."""
        return await self.call("POST", "/api/attachments", content=content)

    async def uploaded(self, content: bytes) -> str:
        """Upload a picture. Returns its id."""
        response = await self.upload(content)
        assert response.status_code == 201, response.text
        return str(response.json()["_id"])

    async def send_media(
        self, number: str, content: str, media: Sequence[str], *, key: str | None = None
    ) -> httpx.Response:
        message = {"recipient_number": number, "content": content, "media": media}
        return await self.post_message(message, key=key)

    async def list(self, **query: str | int) -> list[Json]:
        response = await self.call("GET", "/api/messages", params=query)
        assert response.status_code == 200, response.text
        messages: list[Json] = response.json()
        return messages

    async def detail(self, message_id: str) -> Json:
        response = await self.call("GET", f"/api/messages/{message_id}")
        assert response.status_code == 200, response.text
        message: Json = response.json()
        return message

    async def settled_etag(self, path: str, **query: str | int) -> str:
        """The ETag of a page once everything that has changed is published, so that only a new change changes it."""

        async def tag_and_status() -> tuple[str, int]:
            tag = (await self.call("GET", path, params=query)).headers["ETag"]
            return tag, (await self.call("GET", path, params=query, headers={"If-None-Match": tag})).status_code

        tag, _ = await eventually(tag_and_status, lambda seen: seen[1] == 304, what="a page that does not change")
        return tag

    async def eventually(self, message_id: str, *statuses: str, within: float = 10) -> Json:
        """Wait until the message has one of these statuses."""
        return await eventually(
            lambda: self.detail(message_id),
            lambda message: message["status"] in statuses,
            within=within,
            what=f"a message becoming {' or '.join(statuses)}",
        )


async def register(api: Api, **fields: object) -> httpx.Response:
    """POST /users, with valid defaults for the fields that are not given."""
    password = fields.get("password", PASSWORD)
    user = {"email": new_email(), "password": password, "password_confirmation": password, **fields}
    return await api.post("/users", {"user": user})


async def sign_in(api: Api, email: object, password: object = PASSWORD, code: object = None) -> httpx.Response:
    """POST /users/sign_in, with the code of a second factor if there is one."""
    user = {"email": email, "password": password, **({} if code is None else {"second_factor_code": code})}
    return await api.post("/users/sign_in", {"user": user})
