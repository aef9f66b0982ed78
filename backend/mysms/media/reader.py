"""Reads the media of messages. What was received stays with the provider, which is asked each time."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import ObjectId

from mysms.core.errors import NotFoundError
from mysms.core.places import Places
from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.timestamps import Clock
from mysms.media.errors import MediumTooLargeError, MediumUnavailableError
from mysms.messages import repository
from mysms.messages.media import MAXIMUM_BYTES
from mysms.providers.base import MediaGoneError, MediaSource, MediaTooLargeError, ProviderUnavailableError

_LIMIT = Limit("media", 300, timedelta(minutes=1))
_THREADS = 4
_MOST_OPEN = 40
"""How many media are read or sent at a time; each is in memory until its client has it."""
MOST_OF_A_USER = 10
"""How many of these one user may have, whose clients may be slow or not read at all: as many as a message has."""
_LATE = timedelta(minutes=5)
"""How long after its message a medium may not be there yet."""
_MISSING = "There is no such attachment."
_BUSY = "Many attachments are being read right now. Please try again in a few seconds."


@dataclass(frozen=True)
class Medium:
    """A medium of a message that its user may see."""

    user_id: ObjectId
    stored_at: datetime
    message_sid: str
    index: int
    sid: str
    content_type: str
    attachment_id: ObjectId | None = None
    """What is stored here, of a message that was sent."""

    @property
    def etag(self) -> str:
        """A medium never changes."""
        name = self.sid or str(self.attachment_id)
        return f'"{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"'


class MediaReader:
    """The media of users' messages. `read_stored` returns the content of what is sent, or None."""

    def __init__(
        self,
        source: MediaSource,
        read_stored: Callable[[ObjectId], Awaitable[bytes | None]],
        limiter: RateLimiter,
        clock: Clock,
    ) -> None:
        self._source = source
        self._read_stored = read_stored
        self._limiter = limiter
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="media")
        self._places = Places(_MOST_OPEN, MOST_OF_A_USER)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def find(self, user_id: ObjectId, message_id: str, index: str) -> Medium:
        """Returns a medium of a user's own message. Raises NotFoundError, also if the message is deleted."""
        message = await repository.find_own(user_id, ObjectId(message_id)) if ObjectId.is_valid(message_id) else None
        is_kept = message is not None and message.deleted_at is None and message.content_removed_at is None
        if message is None or not is_kept:
            raise NotFoundError(_MISSING)
        for media in message.media:
            if str(media.index) == index:
                return Medium(
                    user_id,
                    # Of an inbound message: nothing updates it once it is stored.
                    message.updated_at,
                    message.twilio_sid or "",
                    media.index,
                    media.sid,
                    media.content_type,
                    media.attachment_id,
                )
        raise NotFoundError(_MISSING)

    @contextlib.asynccontextmanager
    async def reading(self, medium: Medium) -> AsyncIterator[bytes]:
        """Yields the content of a medium. Leave the context once the client has it: until then it takes a place.

        Raises RateLimitedError, MediumUnavailableError, MediumTooLargeError, and NotFoundError if it is gone.
        """
        user_id = medium.user_id
        await self._limiter.hit(_LIMIT, str(user_id))
        if not self._places.has_one_for(user_id):
            raise MediumUnavailableError(_BUSY)
        with self._places.taking(user_id):
            yield await self._read(medium)

    async def _read(self, medium: Medium) -> bytes:
        if medium.attachment_id is not None:
            content = await self._read_stored(medium.attachment_id)
            if content is None:
                raise NotFoundError(_MISSING)
            return content
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._source.fetch, medium.message_sid, medium.sid, MAXIMUM_BYTES
            )
        except MediaTooLargeError as error:
            raise MediumTooLargeError from error
        except ProviderUnavailableError as error:
            raise MediumUnavailableError from error
        except MediaGoneError as error:
            if self._clock() < medium.stored_at + _LATE:
                raise MediumUnavailableError from error
            raise NotFoundError(_MISSING) from error
