"""A minimal HTTP proxy between Twilio and the API, which can change requests and responses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.support.servers import Api


@dataclass(frozen=True)
class InterceptedRequest:
    """A POST request as the proxy receives it."""

    target: str
    signature: str
    body: bytes
    authorization: str = ""


Handler = Callable[[InterceptedRequest], Awaitable[str]]
"""Returns the status line of the response, optionally followed by headers."""


@asynccontextmanager
async def intercepting_proxy(handler: Handler) -> AsyncIterator[str]:
    """Run the proxy. Yields its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        signature, authorization = headers.get("x-twilio-signature", ""), headers.get("authorization", "")
        request = InterceptedRequest(head.split()[1], signature, body, authorization)
        writer.write(f"HTTP/1.1 {await handler(request)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def forward(api: Api, request: InterceptedRequest) -> str:
    """Forward a request unchanged to the API."""
    headers = {"X-Twilio-Signature": request.signature, "Content-Type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as http:
        return f"{(await http.post(request.target, content=request.body, headers=headers)).status_code} Whatever"
