"""Request bodies have a time limit, so that slow clients do not keep the API busy."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from mysms.core.security_events import SecurityEvents
from mysms.web.middleware import BodyLimitMiddleware

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/users", "headers": [(b"content-length", b"9")]}


async def response_to(chunks: list[bytes], *, ends: bool, within_seconds: float) -> tuple[int, dict[str, Any]]:
    """The status and body of the response to a request whose body has these chunks, and then ends or hangs."""
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if ends:
        messages.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[Message] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps({"read": body.decode()}).encode()})

    await BodyLimitMiddleware(app, {}, SecurityEvents("a secret"), within_seconds)(SCOPE, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def test_a_body_in_chunks_is_read() -> None:
    assert await response_to([b"a", b"b"], ends=True, within_seconds=30) == (200, {"read": "ab"})


@pytest.mark.parametrize("chunks", [[], [b"{"]])
async def test_a_body_that_does_not_end_is_rejected(chunks: list[bytes]) -> None:
    status, problem = await response_to(chunks, ends=False, within_seconds=0.05)
    assert (status, problem["code"]) == (408, "slow_request")
