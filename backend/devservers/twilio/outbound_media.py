"""Fetches what messages are to be sent with from the app, as Twilio does before it sends them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from devservers.twilio.clock import Clock, iso
from devservers.twilio.fault import FaultContext
from devservers.twilio.fault_registry import FaultRegistry
from devservers.twilio.ledger import Ledger
from devservers.twilio.media import MAX_BYTES, Media, new_media_sid
from devservers.twilio.media_faults import FetchMedia
from devservers.twilio.messages import Message

MAX_RECORDED_FETCHES = 2000
TIMEOUT_SECONDS = 15.0
RETRIEVAL_FAILURE, INVALID_TYPE, TOO_LARGE = 11200, 12300, 30019
ACCEPTED_TYPES = frozenset({"image/jpeg", "image/png", "image/gif"})
"""Of those that Twilio accepts, the ones that the app sends."""
_CHUNK = 65_536


class MediaFailedError(Exception):
    """A message cannot be sent with its media."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class NeverFetchedError(Exception):
    """A fault keeps the message queued."""


@dataclass(frozen=True)
class FetchRecord:
    """One request for a medium: the HTTP status and the bytes of the response, or an error if there is none."""

    at: str
    message_sid: str
    url: str
    status: int | None
    bytes: int = 0
    error: str | None = None


class MediaFetcher:
    def __init__(self, ledger: Ledger, registry: FaultRegistry, clock: Clock) -> None:
        self._ledger, self._registry, self._clock = ledger, registry, clock
        # A new connection for every medium, as for every callback: an idle one may be closed while it is being reused.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS, limits=limits)
        self._records: deque[FetchRecord] = deque(maxlen=MAX_RECORDED_FETCHES)

    async def close(self) -> None:
        await self._http.aclose()

    def records(self) -> Sequence[FetchRecord]:
        """The newest requests, oldest first."""
        return list(self._records)

    def clear(self) -> None:
        self._records.clear()

    async def fetch_missing(self, message: Message) -> None:
        """Fetch and store the media of a message that has none yet. Raises MediaFailedError and NeverFetchedError."""
        urls = message.media_urls
        if not urls or len(self._ledger.media_of(message.sid)) == len(urls):
            return
        fault = self._registry.first(FetchMedia, FaultContext(message.requested_to)) or FetchMedia()
        if fault.never:
            raise NeverFetchedError
        await self._clock.sleep(fault.delay)
        media = [await self._fetch(message, url, fault) for url in urls]
        if sum(len(medium.content) for medium in media) > MAX_BYTES:
            raise MediaFailedError(TOO_LARGE)
        # A restart may have interrupted this.
        self._ledger.delete_media(message.sid)
        for medium in media:
            self._ledger.add_media(medium)

    async def _fetch(self, message: Message, url: str, fault: FetchMedia) -> Media:
        for _ in range(fault.copies):
            medium = await self._fetch_once(message, url, fault.seconds)
        return medium

    async def _fetch_once(self, message: Message, url: str, seconds: float) -> Media:
        at, content = iso(self._clock.now()), bytearray()
        try:
            async with self._http.stream("GET", url, headers={"User-Agent": "TwilioProxy/1.1"}) as response:
                parts = max(1, int(response.headers.get("Content-Length", 0)) // _CHUNK)
                async for chunk in response.aiter_bytes(_CHUNK):
                    content += chunk
                    if len(content) > MAX_BYTES:
                        raise MediaFailedError(TOO_LARGE)
                    await self._clock.sleep(seconds / parts)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._records.append(FetchRecord(at, message.sid, url, None, error=repr(error)))
            raise MediaFailedError(RETRIEVAL_FAILURE) from error
        self._records.append(FetchRecord(at, message.sid, url, response.status_code, len(content)))
        if response.status_code != httpx.codes.OK:
            raise MediaFailedError(RETRIEVAL_FAILURE)
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if content_type not in ACCEPTED_TYPES:
            raise MediaFailedError(INVALID_TYPE)
        return Media(new_media_sid(), message.sid, content_type, bytes(content))
