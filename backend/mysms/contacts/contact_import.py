"""Imports a file of contacts: what it would change, and changing it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from bson import ObjectId

from mysms.changes.services import Changes
from mysms.contacts import repository
from mysms.contacts.errors import ImportsBusyError, TooManyContactsError
from mysms.contacts.import_files import ContactFile, Field, read_file
from mysms.contacts.imports import Existing, Item, check, merge, outcome_of, rejected_rows
from mysms.contacts.repository import Row
from mysms.contacts.service import MAXIMUM_CONTACTS, ContactService
from mysms.core.giving_way import giving_way
from mysms.core.places import Places
from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.timestamps import Clock

CHANGED_MEANWHILE = "Contact was changed elsewhere at the same time: import it again"
"""Why a contact is not imported."""

_LIMIT = Limit("contact_imports", 100, timedelta(hours=1))
_AT_ONCE = 4
"""Files that a process has in memory."""
_AT_ONCE_OF_A_USER = 2
_BATCH = 1_000
"""As many as an entry of the log of changes announces."""
_TRIES = 3
"""Of a batch, whose contacts other requests may change meanwhile."""

T = TypeVar("T")


@dataclass(frozen=True)
class Imported:
    """What a file changes, or has changed."""

    file: ContactFile
    items: Sequence[Item]
    rejected: str | None


class ContactImport:
    """Imports contacts. Doing it again changes nothing, and completes what was interrupted."""

    def __init__(
        self,
        contacts: ContactService,
        changes: Changes,
        limiter: RateLimiter,
        is_active: Callable[[ObjectId], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        self._contacts = contacts
        self._changes = changes
        self._limiter = limiter
        self._is_active = is_active
        self._clock = clock
        self._places = Places(_AT_ONCE, _AT_ONCE_OF_A_USER)

    @contextlib.asynccontextmanager
    async def admit(self, user_id: ObjectId) -> AsyncIterator[None]:
        """Admits a file, which may be in memory while the context is open.

        Raises ImportsBusyError and RateLimitedError.
        """
        if not self._places.has_one_for(user_id):
            raise ImportsBusyError
        with self._places.taking(user_id):
            await self._limiter.hit(_LIMIT, str(user_id))
            yield

    async def run(
        self,
        user_id: ObjectId,
        data: bytes,
        *,
        columns: Sequence[Field] | None,
        existing: Existing,
        default_country: str | None,
        apply: bool,
    ) -> Imported:
        """Returns what a file changes, after changing it if `apply`.

        Raises UnreadableFileError, FileTooLongError and TooManyContactsError.
        """

        def read() -> tuple[ContactFile, list[Item]]:
            file = read_file(data, columns, default_country)
            return file, check(file.drafts, default_country)

        # It takes seconds of a long file, during which the loop goes on.
        file, checked = await asyncio.to_thread(read)
        known = await self._find(user_id, [item.number for item in checked if item.fields])
        items = await asyncio.to_thread(_compare, checked, known, existing)
        await self._require_room(user_id, sum(item.outcome == "new" for item in items))
        if apply:
            left = await self._apply(user_id, items, known, existing)
            if left:
                items = [_rejected(item) if item.is_changing and item.number in left else item for item in items]
        return Imported(file, items, await asyncio.to_thread(rejected_rows, file, items))

    async def _find(self, user_id: ObjectId, numbers: Iterable[str]) -> dict[str, Row]:
        known: dict[str, Row] = {}
        for batch in _batches(numbers):
            known |= await repository.find_many(user_id, batch)
        return known

    async def _apply(
        self, user_id: ObjectId, items: Sequence[Item], known: Mapping[str, Row], existing: Existing
    ) -> set[str]:
        """Returns the numbers of the contacts that are not stored, as `_store` does."""
        changing = (item for item in items if item.is_changing)
        left: set[str] = set()
        try:
            for batch in _batches(changing):
                await self._require_room(user_id, sum(item.outcome == "new" for item in batch))
                left |= await self._store(user_id, {item.number: item.fields or {} for item in batch}, known, existing)
                if not await self._is_active(user_id):
                    # The account was deleted meanwhile, perhaps before this was stored.
                    await repository.erase(user_id)
                    break
        finally:
            self._contacts.forget_room(user_id)
        return left

    async def _store(
        self, user_id: ObjectId, wanted: Mapping[str, Mapping[str, Any]], known: Mapping[str, Row], existing: Existing
    ) -> set[str]:
        """Returns the numbers of those that are not stored, because other requests changed them during every try."""
        for _ in range(_TRIES):
            rows = [
                (number, merge(known.get(number), fields, existing), known.get(number))
                for number, fields in wanted.items()
            ]
            await repository.store_many(user_id, rows, self._clock())
            known = await repository.find_many(user_id, wanted)
            for number, row in known.items():
                if (change := repository.unpublished(user_id, number, row)) is not None:
                    self._changes.publisher.publish(change)
            # One that another request has changed meanwhile is not stored, and merged with that change next.
            wanted = {
                number: fields
                for number, fields in wanted.items()
                if outcome_of(known.get(number), fields, existing) != "duplicate"
            }
            if not wanted:
                break
        return set(wanted)

    async def _require_room(self, user_id: ObjectId, new: int) -> None:
        if not new:
            return
        left = max(0, MAXIMUM_CONTACTS - await repository.count(user_id, MAXIMUM_CONTACTS))
        if new > left:
            raise TooManyContactsError(
                f"{new:,} of these contacts are new, and you have room for {left:,}. You can have {MAXIMUM_CONTACTS:,}."
            )


def _compare(items: Iterable[Item], known: Mapping[str, Row], existing: Existing) -> list[Item]:
    return [
        replace(item, outcome=outcome_of(known.get(item.number), item.fields, existing)) if item.fields else item
        for item in giving_way(items)
    ]


def _rejected(item: Item) -> Item:
    return replace(item, fields=None, reason=CHANGED_MEANWHILE, outcome="invalid")


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
