"""A client of GET /api/events, which reads the wire format itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.support.polling import eventually
from tests.support.servers import NO_TLS


@dataclass(frozen=True)
class ReceivedEvent:
    kind: str
    id: str


@dataclass
class EventClient:
    """What a stream has brought so far."""

    response: httpx.Response
    events: list[ReceivedEvent] = field(default_factory=list)
    comments: int = 0
    retry: int | None = None
    is_over: bool = False
    """Whether the server has ended the stream, in order."""

    @property
    def last_id(self) -> str:
        return self.events[-1].id if self.events else ""

    async def read(self) -> None:
        fields: dict[str, str] = {}
        with contextlib.suppress(httpx.TransportError):
            async for line in self.response.aiter_lines():
                name, _, value = line.partition(":")
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    fields[name] = value.removeprefix(" ")
                else:
                    self._dispatch(fields)
                    fields = {}
            self.is_over = True

    def _dispatch(self, fields: dict[str, str]) -> None:
        if "retry" in fields:
            self.retry = int(fields["retry"])
        if fields.get("data"):
            self.events.append(ReceivedEvent(fields["event"], fields["id"]))

    async def wait_for(self, count: int) -> Self:
        """Wait until so many events have come."""

        async def seen() -> list[ReceivedEvent]:
            return self.events

        await eventually(seen, lambda events: len(events) >= count, what=f"{count} events")
        return self

    async def wait_for_end(self, within: float = 10) -> None:
        async def over() -> bool:
            return self.is_over

        await eventually(over, bool, within=within, what="the end of the stream")


@contextlib.asynccontextmanager
async def following(url: str, token: str, last_event_id: str | None = None) -> AsyncIterator[EventClient]:
    """Open a stream and read it while the context is open. Fails unless it is opened."""
    headers = {"Authorization": f"Bearer {token}"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    timeout = httpx.Timeout(30, read=None)
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False, verify=NO_TLS, timeout=timeout) as http,
        http.stream("GET", "/api/events", headers=headers) as response,
    ):
        assert response.status_code == 200, response.status_code
        client = EventClient(response)
        reading = asyncio.create_task(client.read())
        try:
            yield client
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def call_briefly(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> httpx.Response:
    """Send a request. Of a stream, which does not end by itself, the response contains the beginning only."""
    async with http.stream(method, path, **request) as response:
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            await response.aread()
            return response
        content = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                async for chunk in response.aiter_raw():
                    content += chunk
        return httpx.Response(response.status_code, headers=response.headers, content=content, request=response.request)
