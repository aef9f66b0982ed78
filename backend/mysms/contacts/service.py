"""Reads and stores the contacts of a user."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any

from bson import ObjectId

from mysms.changes.services import Changes
from mysms.changes.versions import Version
from mysms.contacts import repository
from mysms.contacts.errors import TooManyContactsError
from mysms.contacts.repository import ChangePosition, Row
from mysms.contacts.schemas import ContactFields, contact_fields, encode
from mysms.contacts.terms import ContactQuestion
from mysms.core.bounded_cache import BoundedCache
from mysms.core.errors import NotFoundError
from mysms.core.page import Page
from mysms.core.phone_numbers import canonical
from mysms.core.rate_limit import Limit, RateLimiter
from mysms.core.timestamps import Clock

MAXIMUM_CONTACTS = 20_000
"""Of a user. Imports that are under way at the same moment may exceed it by what their files hold."""
KEPT_FOR = timedelta(days=1)
"""How long the number of a deleted contact is kept, so that other clients learn of it."""
_LIMIT = Limit("contacts", 2_000, timedelta(hours=1))
_KNOWN_USERS = 10_000
_BATCH = 500


class ContactService:
    """The contacts of each user. `is_active` tells whether an account still exists."""

    def __init__(
        self, changes: Changes, limiter: RateLimiter, is_active: Callable[[ObjectId], Awaitable[bool]], clock: Clock
    ) -> None:
        self._changes = changes
        self._limiter = limiter
        self._is_active = is_active
        self._clock = clock
        self._room: BoundedCache[ObjectId, int] = BoundedCache(_KNOWN_USERS)
        """How many contacts may be created before those of the user are counted again."""

    async def version(self, user_id: ObjectId, query: str, asked_at: float) -> Version:
        """Returns the version of what a query shows, as `MessageHistory.version` does.

        It lasts for no longer than the number of a deleted contact, whose revision may have been the highest one.
        """
        period = int(self._clock().timestamp() / KEPT_FOR.total_seconds())
        version = await self._changes.version_of_contacts(user_id, asked_at)
        return Version.of(user_id, version, f"{period} {query}")

    async def page(self, user_id: ObjectId, search: str | None, *, limit: int, position: str | None) -> Page:
        """Returns a page of contacts by name. One of a search may be short, and still not be the last."""
        revision = self._changes.feed.position
        after = "" if position is None else bytes.fromhex(position).decode(errors="replace")
        if search is None:
            found = await repository.list_own(user_id, limit=limit, after=after)
        else:
            question = ContactQuestion.of(search)
            if question.is_empty:
                return Page(b"[]", None, revision, None)
            found = await repository.search(user_id, question, limit=limit, after=after)
        following = None if found.next is None else found.next.encode().hex()
        return Page(encode(found.rows), None, revision, following)

    async def changes(self, user_id: ObjectId, since: int, *, limit: int, position: str | None) -> Page:
        """Returns a page of the contacts that have changed since a revision, also deleted ones.

        As with messages, what slips between the pages has a revision above that of the first page, and a `revision`
        below `since` tells that the log of changes was restored from a backup.
        """
        after = None if position is None else ChangePosition.parse(position)
        await self._changes.feed.read_up_to(since)
        revision = self._changes.feed.position
        rows = await repository.list_changed(user_id, since, limit=limit + 1, after=after)
        following = str(ChangePosition.of(rows[limit - 1])) if len(rows) > limit else None
        latest = {row["number"]: row for row in rows[:limit]}
        return Page(encode(list(latest.values())), None, revision, following)

    async def find(self, user_id: ObjectId, number: str) -> dict[str, Any]:
        """Returns a contact, as `ContactResponse` documents it. Raises NotFoundError."""
        row = await repository.find(user_id, number)
        if row is None:
            raise NotFoundError("There is no such contact.")
        return contact_fields(row)

    async def names_of(self, user_id: ObjectId, numbers: Collection[str]) -> dict[str, str]:
        """Returns the names of those numbers that have one, by number as it is given."""
        spelled = {number: canonical(number) for number in numbers}
        known = await repository.find_many(user_id, spelled.values())
        names = {number: str(row["name"]) for number, row in known.items() if row.get("deleted_at") is None}
        return {number: names[found] for number, found in spelled.items() if found in names}

    async def store(self, user_id: ObjectId, number: str, fields: ContactFields) -> dict[str, Any]:
        """Stores a contact in place of the one with this number, if there is one. May be repeated.

        Raises RateLimitedError and TooManyContactsError.
        """
        await self._limiter.hit(_LIMIT, str(user_id))
        known, given = await repository.find(user_id, number), fields.model_dump()
        if known is not None and _has(known, given):
            return contact_fields(known)
        if known is None:
            await self._take_room(user_id)
        row, change = await repository.store(user_id, canonical(number), given, self._clock(), is_new=known is None)
        self._changes.publisher.publish(change)
        if not await self._is_active(user_id):
            # The account was deleted meanwhile, perhaps before this was stored.
            await repository.erase(user_id)
        return contact_fields(row)

    async def delete(self, user_id: ObjectId, number: str) -> None:
        """Deletes a contact, if there is one. May be repeated. An opt-out of the number stays."""
        change = await repository.delete(user_id, number, self._clock())
        if change is not None:
            self._room.discard(user_id)
            self._changes.publisher.publish(change)

    async def batches(self, user_id: ObjectId) -> AsyncIterator[list[dict[str, Any]]]:
        """Yields all contacts by number, as `ContactResponse` documents them, in batches that may be empty.

        Each is read when it is asked for. A contact that is renamed meanwhile is in one of them all the same.
        """
        after: str | None = ""
        while after is not None:
            rows = await repository.list_by_number(user_id, limit=_BATCH, after=after)
            yield [contact_fields(row) for row in rows]
            after = rows[-1]["number"] if len(rows) == _BATCH else None

    def forget_room(self, user_id: ObjectId) -> None:
        """Counts the contacts of a user again before one is created, after others were."""
        self._room.discard(user_id)

    async def delete_old(self) -> None:
        """Deletes the numbers of contacts that were deleted long ago. Any number of processes may do this at once."""
        await repository.delete_old(self._clock() - KEPT_FOR)

    async def _take_room(self, user_id: ObjectId) -> None:
        room = self._room.get(user_id)
        if not room:
            left = MAXIMUM_CONTACTS - await repository.count(user_id, MAXIMUM_CONTACTS)
            if left <= 0:
                raise TooManyContactsError
            # Half of it, as other processes may take some, too.
            room = -(-left // 2)
        self._room.add(user_id, room - 1)


def _has(row: Row, fields: dict[str, Any]) -> bool:
    return {name: row[name] for name in fields} == fields
