"""Somebody between Twilio and the API: a proxy in the smallest form that does it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.support.servers import Api


@dataclass(frozen=True)
class Post:
    """A request as somebody on the way sees it."""

    target: str
    signature: str
    body: bytes
    authorization: str = ""


Answer = Callable[[Post], Awaitable[str]]
"""A status line, and headers behind it if need be."""


@asynccontextmanager
async def somebody_on_the_way(answer: Answer) -> AsyncIterator[str]:
    """The URL of a server that answers like this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        signature, authorization = headers.get("x-twilio-signature", ""), headers.get("authorization", "")
        post = Post(head.split()[1], signature, body, authorization)
        writer.write(f"HTTP/1.1 {await answer(post)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def forward(api: Api, post: Post) -> str:
    headers = {"X-Twilio-Signature": post.signature, "Content-Type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
        return f"{(await http.post(post.target, content=post.body, headers=headers)).status_code} Whatever"
