"""Reads a user's messages and conversations."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bson import ObjectId

from mysms.changes.services import Changes
from mysms.changes.versions import Version
from mysms.core.errors import InvalidFieldsError, NotFoundError
from mysms.core.page import Page
from mysms.messages import conversations, flags, repository, unread
from mysms.messages.encoding import (
    ConversationFields,
    MessageFields,
    Row,
    detail_fields,
    encode,
    message_fields,
    unread_fields,
)
from mysms.messages.filter import MessageFilter
from mysms.messages.known_anchors import KnownAnchors
from mysms.messages.known_totals import KnownTotals
from mysms.messages.repository import Anchor, ChangePosition
from mysms.messages.schemas import MAXIMUM_PAGE, MAXIMUM_UNREAD
from mysms.messages.search import Search
from mysms.messages.totals import MessageTotals

_ALL = MessageFilter()
_BEFORE_ALL_IDS = ObjectId(bytes(12))


@dataclass(frozen=True)
class _FoundRows:
    """What becomes a `Page`."""

    rows: list[MessageFields]
    total: int | None
    last_id: str | None
    first_id: str | None


@dataclass(frozen=True)
class Position:
    """The position of a page: at the beginning of the list, next to or around a message, or around a time.

    At most one is given.
    """

    before: str | None = None
    """The rows directly older than this message."""
    after: str | None = None
    """The rows directly newer than this message."""
    around: str | None = None
    """The rows around this message, which is included."""
    around_time: datetime | None = None
    """The rows created from this time on, and those before it."""

    def given(self) -> list[str]:
        return [name for name, value in vars(self).items() if value is not None]


class MessageHistory:
    """The messages and conversations of a user, for reading."""

    def __init__(self, changes: Changes, totals: MessageTotals) -> None:
        self._changes = changes
        self._totals = totals
        self._anchors = KnownAnchors()
        self._known_totals = KnownTotals(changes)

    async def version(self, user_id: ObjectId, query: str, asked_at: float) -> Version:
        """Returns the version of what a query shows, from memory if the user's revision is known.

        `asked_at` is when the request came in, by the change feed's clock.
        """
        return Version.of(user_id, await self._changes.version_of(user_id, asked_at), query)

    async def page(self, user_id: ObjectId, message_filter: MessageFilter, *, limit: int, position: Position) -> Page:
        """Returns a page of messages. Its total is that of the conversation or search and ignores `updated_since`.

        A page of what is looked for may be shorter than `limit`, or empty, although there is another one: see
        `messages.search`.

        Around a message there are at most `(limit - 1) // 2` newer and `limit // 2` older ones; around a time at most
        `(limit + 1) // 2` from then on, and older ones for the rest. Raises InvalidFieldsError if several positions are
        given, for another user's message, and with `around` for one that does not match the filter.
        """
        names = position.given()
        if len(names) > 1:
            raise InvalidFieldsError({name: ["cannot be combined with the others"] for name in names})
        # Before the list, which is then at least as new.
        revision = self._changes.feed.position
        if message_filter.is_looked_for:
            found = await self._search(user_id, message_filter, limit, position)
            return Page(encode(found.rows), found.total, revision, found.last_id, found.first_id)
        rows, has_newer, has_older = await self._rows(user_id, message_filter, limit, position)
        self._anchors.keep(user_id, *rows[:1], *rows[-1:])
        total = await self._count(user_id, message_filter)
        return Page(
            body=encode([message_fields(row) for row in rows]),
            total=total,
            revision=revision,
            last_id=str(rows[-1]["_id"]) if has_older else None,
            first_id=str(rows[0]["_id"]) if has_newer else None,
        )

    async def changes(self, user_id: ObjectId, since: int, *, limit: int, position: str | None) -> Page:
        """Returns a page of the messages that have changed since a revision, also deleted ones; see `list_changed`.

        What slips between the pages has a revision above that of the first page. A `revision` below `since` tells that
        the log of changes was restored from a backup.
        """
        after = None if position is None else ChangePosition.parse(position)
        await self._changes.feed.read_up_to(since)
        revision = self._changes.feed.position
        rows = await repository.list_changed(user_id, since, limit=limit + 1, after=after)
        last = ChangePosition.of(rows[limit - 1]) if len(rows) > limit else None
        rows = rows[:limit]
        if after is None and (unmarked_since := self._changes.upgrade.unmarked_since) is not None:
            rows += await repository.list_own(user_id, MessageFilter(updated_since=unmarked_since), limit=limit)
        latest = {row["_id"]: row for row in rows}
        return Page(
            body=encode([message_fields(row) for row in latest.values()]),
            total=await self._count(user_id, _ALL),
            revision=revision,
            last_id=str(last) if last is not None else None,
        )

    async def batches(self, user_id: ObjectId, message_filter: MessageFilter) -> AsyncIterator[list[MessageFields]]:
        """Yields all messages that match, newest first, in batches that may be empty.

        Each is read when it is asked for, at the cost of a page.
        """
        before = None
        while True:
            found = await self._search(user_id, message_filter, MAXIMUM_PAGE, Position(before=before))
            yield found.rows
            if found.last_id is None:
                return
            before = found.last_id

    async def conversations(self, user_id: ObjectId, *, limit: int, before: str | None, archived: bool) -> Page:
        """Returns a page of conversations, archived ones or all others.

        Raises InvalidFieldsError if `before` is not one of the user's messages.
        """
        revision = self._changes.feed.position
        anchor = None if before is None else await self._find_anchor(user_id, _ALL, Position(before=before))
        found = await conversations.list_own(user_id, limit=limit + 1, before=anchor, archived=archived)
        last_ids = [conversations.last_message_id(conversation) for conversation in found[:limit]]
        rows = await self._conversation_rows(user_id, found[:limit])
        return Page(
            body=encode(rows),
            total=None,
            revision=revision,
            last_id=str(last_ids[-1]) if len(found) > limit else None,
        )

    async def conversation(self, user_id: ObjectId, peer_number: str) -> bytes:
        """Returns the JSON of a conversation. Raises NotFoundError if there are no messages with this number."""
        # Earlier versions stored some numbers in another form.
        numbers = [peer_number, *MessageFilter(peer_number=peer_number).peer_numbers]
        for number in dict.fromkeys(numbers):
            found = await conversations.find_own(user_id, number)
            if found is not None and (rows := await self._conversation_rows(user_id, [found])):
                return encode(rows[0])
        raise NotFoundError("There is no such conversation.")

    async def _conversation_rows(self, user_id: ObjectId, found: Sequence[Row]) -> list[ConversationFields]:
        last_ids = [conversations.last_message_id(conversation) for conversation in found]
        messages = await repository.find_all(last_ids, _ALL.kept_condition)
        self._anchors.keep(user_id, *messages.values())
        rows: list[ConversationFields] = []
        for conversation, message_id in zip(found, last_ids, strict=True):
            number = conversation["peer_number"]
            # A missing message was just deleted, and the one before it will be the last. With its account, all were.
            message = messages.get(message_id) or await repository.find_newest(user_id, number)
            if message is not None:
                rows.append(
                    {
                        "peer_number": number,
                        "last_message": message_fields(message),
                        "messages": conversation.get("messages", 0),
                        "unread": conversation.get("unread", 0),
                        "inbound": conversation.get("inbound", 0),
                        "archived": conversation.get("archived", False),
                        "muted": conversation.get("muted", False),
                    }
                )
        return rows

    async def unread(self, user_id: ObjectId) -> Page:
        """Returns what is unread, archived, and muted, which is one page."""
        revision = self._changes.feed.position
        rows, archived, muted = await asyncio.gather(
            unread.list_own(user_id, MAXIMUM_UNREAD),
            flags.list_own(user_id, "archived", MAXIMUM_UNREAD),
            flags.list_own(user_id, "muted", MAXIMUM_UNREAD),
        )
        return Page(encode(unread_fields(rows, archived, muted)), total=None, revision=revision, last_id=None)

    async def detail(self, user_id: ObjectId, message_id: str) -> bytes:
        """Returns the JSON of a message with its timeline. Raises NotFoundError, also for another user's message."""
        row = await repository.find_detail(user_id, ObjectId(message_id)) if ObjectId.is_valid(message_id) else None
        if row is None:
            raise NotFoundError("There is no such message.")
        return encode(detail_fields(row))

    async def _search(
        self, user_id: ObjectId, message_filter: MessageFilter, limit: int, position: Position
    ) -> "_FoundRows":
        anchor = await self._find_anchor(user_id, message_filter, position)
        search = Search(user_id, message_filter, limit, anchor)
        first_id = last_id = None
        if position.after is not None:
            found = await search.run(newer=True)
            ids, first_id = found.page(limit)
            ids.reverse()
        elif anchor is None or position.before is not None:
            found = await search.run(newer=False)
            ids, last_id = found.page(limit)
        else:
            included = []
            if position.around is not None:
                message = await repository.find_matching(user_id, message_filter, anchor.message_id)
                if message is None or not await search.matches(message):
                    raise InvalidFieldsError({"around": ["does not match the filter"]})
                included = [anchor.message_id]
            newer, first_id = (await search.run(newer=True)).page((limit + 1) // 2 - len(included))
            found = await search.run(newer=False)
            older, last_id = found.page(limit // 2 if included else limit - len(newer))
            ids = [*reversed(newer), *included, *older]
        messages = await repository.find_all(ids, message_filter.kept_condition) if ids else {}
        # A missing message was just deleted.
        rows = [messages[message_id] for message_id in ids if message_id in messages]
        self._anchors.keep(user_id, *rows[:1], *rows[-1:])
        fields = [message_fields(row) for row in rows]
        if statuses := message_filter.statuses:
            # One may have changed since it was found.
            fields = [each for each in fields if each["status"] in statuses]
        return _FoundRows(fields, found.total, last_id, first_id)

    async def _count(self, user_id: ObjectId, message_filter: MessageFilter) -> int:
        read = partial(self._totals.of, user_id)
        if message_filter.peer_number is not None:
            read = partial(conversations.count_messages, user_id, message_filter.peer_numbers)
        return await self._known_totals.of(user_id, message_filter.peer_number, read)

    async def _rows(
        self, user_id: ObjectId, message_filter: MessageFilter, limit: int, position: Position
    ) -> tuple[list[Row], bool, bool]:
        """Returns the rows, newest first, and whether there are newer rows (unless it has `before`) and older rows."""
        # Reads one more than requested, to see whether there is another page.
        anchor = await self._find_anchor(user_id, message_filter, position)
        if anchor is None or position.before is not None:
            older = await repository.list_own(user_id, message_filter, limit=limit + 1, before=anchor)
            return older[:limit], False, len(older) > limit
        if position.after is not None:
            newer = await repository.list_newer(user_id, message_filter, limit=limit + 1, after=anchor)
            return newer[-limit:], len(newer) > limit, False
        is_message, most_newer = position.around is not None, (limit + 1) // 2
        newer = await repository.list_newer(
            user_id, message_filter, limit=most_newer + 1, after=anchor, including=is_message
        )
        if is_message and (not newer or newer[-1]["_id"] != anchor.message_id):
            raise InvalidFieldsError({"around": ["does not match the filter"]})
        has_newer = len(newer) > most_newer
        newer = newer[has_newer:]
        # Around a time, there is always a row to continue from.
        most_older = limit // 2 if is_message else limit - len(newer)
        older = await repository.list_own(user_id, message_filter, limit=most_older + 1, before=anchor)
        return [*newer, *older[:most_older]], has_newer, len(older) > most_older

    async def _find_anchor(self, user_id: ObjectId, message_filter: MessageFilter, position: Position) -> Anchor | None:
        """Returns the place of a position in the list; None for its beginning."""
        if position.around_time is not None:
            return Anchor(position.around_time, _BEFORE_ALL_IDS)
        name = next(iter(position.given()), None)
        if name is None:
            return None
        message_id: str = getattr(position, name)
        by_creation = repository.order_of(message_filter) == "created_at"
        known = self._anchors.find(user_id, message_id) if by_creation else None
        if known is not None:
            return known
        anchor = None
        if ObjectId.is_valid(message_id):
            anchor = await repository.find_anchor(user_id, message_filter, ObjectId(message_id))
        if anchor is None:
            raise InvalidFieldsError({name: ["is not one of your messages"]})
        return anchor
