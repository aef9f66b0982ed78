"""Takes pictures from users, hands them out, and removes those that nothing needs any more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import timedelta

from bson import ObjectId

from mysms.attachments.errors import (
    AttachmentInUseError,
    FormUploadedError,
    MediaBusyError,
    MediaDisabledError,
    TooManyAttachmentsError,
    UnknownMediaTypeError,
    UploadsBusyError,
)
from mysms.attachments.formats import is_form, recognise
from mysms.attachments.links import MediaLinks
from mysms.attachments.records import DueAttachment, StoredAttachment
from mysms.attachments.store import KEPT_FOR, AttachmentStore
from mysms.core.database import DatabaseError
from mysms.core.errors import NotFoundError
from mysms.core.places import Places
from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.timestamps import Clock
from mysms.messages import repository
from mysms.users.errors import UnauthenticatedError

_PER_HOUR = Limit("uploads_per_hour", 120, timedelta(hours=1))
_PER_DAY = Limit("uploads_per_day", 500, timedelta(days=1))
MOST_UNUSED = 100
"""Pictures that a user may have here without sending them."""
_AT_ONCE = 8
"""Uploads that a process has in memory."""
_AT_ONCE_OF_A_USER = 2
READ_AT_ONCE = 8
"""Pictures that Twilio may be fetching from a process at a time. Each is in memory until Twilio has it."""
_WAITS_SECONDS = 10.0
"""For one of these places. Twilio gives up a request after some time, too."""
NO_SUCH_PICTURE = "There is no such picture."
_CHECKED = 50
_CHECK_AGAIN = timedelta(days=1)
_CHECK_AGAIN_AT_LATEST = timedelta(days=30)
_NOT_FETCHED_YET = timedelta(minutes=10)


class Uploads:
    """Takes pictures. They are not opened: what is in them beside the picture, such as a place, is sent too."""

    def __init__(
        self,
        store: AttachmentStore,
        links: MediaLinks,
        limiter: RateLimiter,
        is_active: Callable[[ObjectId], Awaitable[bool]],
    ) -> None:
        self._store = store
        self._links = links
        self._limiter = limiter
        self._is_active = is_active
        self._places = Places(_AT_ONCE, _AT_ONCE_OF_A_USER)

    @contextlib.asynccontextmanager
    async def admit(self, user_id: ObjectId) -> AsyncIterator[None]:
        """Admits a picture, which may be in memory while the context is open.

        Raises MediaDisabledError, UploadsBusyError, RateLimitedError and TooManyAttachmentsError.
        """
        if not self._links.is_enabled:
            raise MediaDisabledError
        if not self._places.has_one_for(user_id):
            raise UploadsBusyError
        with self._places.taking(user_id):
            await self._limiter.hit_all([(_PER_HOUR, str(user_id)), (_PER_DAY, str(user_id))])
            if await self._store.count_unused(user_id, MOST_UNUSED) >= MOST_UNUSED:
                raise TooManyAttachmentsError
            yield

    async def add(self, user_id: ObjectId, content: bytes) -> StoredAttachment:
        """Stores a picture. Raises UnknownMediaTypeError, and UnauthenticatedError if the account is gone."""
        content_type = recognise(content)
        if content_type is None:
            raise FormUploadedError if is_form(content) else UnknownMediaTypeError
        stored = await self._store.add(user_id, content_type, content)
        if not await self._is_active(user_id):
            # The account was deleted meanwhile, perhaps before this was stored.
            await self._store.erase(user_id)
            raise UnauthenticatedError
        return stored

    async def remove(self, user_id: ObjectId, attachment_id: str) -> None:
        """Removes a picture that is not to be sent. Raises NotFoundError, and AttachmentInUseError if a message has it.

        A message that is sent at the same time either has it, or is told that it is gone.
        """
        if not ObjectId.is_valid(attachment_id):
            raise NotFoundError(NO_SUCH_PICTURE)
        if await self._store.remove_unused(user_id, ObjectId(attachment_id)):
            return
        if await self._store.has(user_id, ObjectId(attachment_id)):
            raise AttachmentInUseError
        raise NotFoundError(NO_SUCH_PICTURE)


class PublicMedia:
    """The pictures, for whoever has an address of `MediaLinks`. Which of them exist is told to nobody else."""

    def __init__(
        self, store: AttachmentStore, links: MediaLinks, clock: Clock, waits_seconds: float = _WAITS_SECONDS
    ) -> None:
        self._store = store
        self._links = links
        self._clock = clock
        self._waits_seconds = waits_seconds
        self._free = asyncio.Semaphore(READ_AT_ONCE)

    async def find(self, attachment_id: str, expires: str, signature: str) -> StoredAttachment:
        """Raises NotFoundError, whatever is wrong."""
        named = self._links.find(attachment_id, expires, signature, self._clock())
        found = None if named is None else await self._store.find(named)
        if found is None:
            raise NotFoundError
        return found

    @contextlib.asynccontextmanager
    async def reading(
        self, attachment: StoredAttachment, has_left: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes]:
        """Yields the content, once it is this request's turn: until the context is left, it takes a place.

        `has_left` tells whether nobody waits for it any more. Raises MediaBusyError, and NotFoundError if it is gone.
        """
        try:
            async with asyncio.timeout(self._waits_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise MediaBusyError from None
        try:
            if await has_left():
                # It waited too long. Nobody reads the error.
                raise MediaBusyError
            content = await self._store.read(attachment.attachment_id)
            if content is None:
                raise NotFoundError
            yield content
        finally:
            self._free.release()


class AttachmentCleanup:
    """Removes pictures that no message needs. Any number of processes may do this at once."""

    def __init__(self, store: AttachmentStore, links: MediaLinks, clock: Clock) -> None:
        self._store = store
        self._links = links
        self._clock = clock

    async def check_soon(self, attachment_ids: Collection[ObjectId]) -> None:
        """Lets go of pictures whose message was deleted or redacted. If the database fails, the next look does."""
        if attachment_ids:
            with contextlib.suppress(DatabaseError):
                await self._store.check_now(attachment_ids)

    async def run_round(self) -> None:
        while due := await self._store.list_due(_CHECKED):
            for attachment in due:
                await self._check(attachment)

    async def _check(self, due: DueAttachment) -> None:
        now = self._clock()
        uses = await repository.find_media_uses(due.message_ids)
        if any(use.has_media for use in uses):
            # Whoever keeps it tells when it goes, so the looks are for what was missed: fewer, the older it is.
            age = now - due.created_at
            await self._store.keep(due, now + max(_CHECK_AGAIN, min(age, _CHECK_AGAIN_AT_LATEST)))
            return
        # A message that is not stored may be stored yet: by a process that has bound the picture to it and is slow.
        missing = set(due.message_ids) - {use.message_id for use in uses}
        may_come = any(now - message_id.generation_time < KEPT_FOR for message_id in missing)
        # What a user deletes at once is still to reach the recipient, as a text does.
        is_awaited = any(use.is_at_provider and now - use.removed_at < self._links.lifetime for use in uses)
        if may_come or is_awaited:
            await self._store.keep(due, now + _NOT_FETCHED_YET)
        else:
            await self._store.remove(due)
