"""Finds messages by words, parts of numbers, status and other fields, newest first, at a bounded cost (ADR 14).

What has no words to look for reads a window of a list that an index has: that of a conversation, of an error code, of
each of the provider's statuses, else of all messages. The database checks the other conditions.

For words, several sources are read and merged:

- Messages with the words. If one of the conditions is selective, the database checks all messages that fulfil it.
  Those of a beginning are counted at any time: a range of words has no order in time, so dates would not bound it.
  Otherwise a list in the order of time is read: that of a word if this is the only condition, else a window of
  messages, of which the database checks the other conditions: of all lists, that whose next messages reach furthest.
  Where the window ends, the page ends.
- Messages of the first conversations whose number contains the digits of the question, in the order of numbers: which
  these are must not depend on what is sent while somebody reads the pages.
- A window of the messages whose words are not stored yet, because an earlier version has stored them. Their texts are
  checked here, which is slow: where a number of characters is read, the page ends.

What asks for changes is sorted by change, as no list of a word is. There, a window of the changes is read instead, of
which the database checks the words. It has the deleted messages too, whatever their texts were.

Status, direction and error code are only checked where words are looked for. The time of creation bounds each list.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING

from mysms.core.words import Question
from mysms.messages import conversations
from mysms.messages.encoding import Row
from mysms.messages.filter import Condition, MessageFilter
from mysms.messages.models import WORDS_VERSION, Message
from mysms.messages.repository import Anchor, order_of

MOST_COUNTED = 1_000
"""The results of a search that are counted; one more means that there are more."""


@dataclass(frozen=True)
class Bounds:
    """What one search reads at most."""

    selective: int = MOST_COUNTED
    """A condition that no more messages fulfil is selective: all of them are read, and counted."""
    scanned: int = 1_000
    """So many messages of a list are read where no condition is selective: a window of it."""
    counted_words: int = 8
    """So many words of a question are counted, the longest first, to find a rare one."""
    characters: int = 100_000
    """The texts without stored words are read up to so many characters, since finding their words takes time here."""
    peers: int = 10
    """So many conversations are searched for by number, the first in the order of numbers."""


_MATCHED_FIELDS = ("content", "peer_number", "schema_version", "deleted_at")


@dataclass(frozen=True)
class Found:
    """The matches that follow the anchor."""

    ids: Sequence[ObjectId]
    """In the order of reading."""
    end_id: ObjectId | None
    """The message at which the search has stopped; None if it has found enough, or there are no more."""
    anchor_id: ObjectId | None
    total: int | None
    """The number of all matches, whatever the anchor; `selective` + 1 if there are more; None if it is not known."""

    def page(self, limit: int) -> tuple[list[ObjectId], str | None]:
        """Returns the first matches, and the id of the message from which the search is to be continued, if any."""
        shown = list(self.ids[:limit])
        next_id = [self.anchor_id, *shown][-1] if len(self.ids) > limit else self.end_id
        return shown, None if next_id is None else str(next_id)


@dataclass(frozen=True)
class _PartialResult:
    """The matches of one source."""

    keys: Sequence[Anchor]
    """Those beyond the anchor, up to `end`; at least `limit + 1`, unless there are fewer."""
    end: Anchor | None = None
    all: frozenset[Anchor] | None = None
    """All matches, whatever the anchor, if they are known."""
    is_over_limit: bool = False
    """Whether there are more than `selective`."""


_NOTHING = _PartialResult([], all=frozenset())


class Search:
    """A search of one user, from an anchor or from the newest message."""

    def __init__(
        self,
        user_id: ObjectId,
        message_filter: MessageFilter,
        limit: int,
        anchor: Anchor | None = None,
        bounds: Bounds = Bounds(),  # immutable
    ) -> None:
        self._user_id = user_id
        self._filter = message_filter
        self._question = Question.of(message_filter.search or "")
        self._number = message_filter.number_pattern
        self._limit = limit
        self._bounds = bounds
        self._anchor = anchor
        self._peers: Sequence[str] | None = None
        self._may_have_more_peers = False
        """Whether conversations may be left out whose number contains the digits."""

    async def matches(self, row: Row) -> bool:
        """Whether a message that matches the rest of the filter is among the results, whatever the page."""
        if not self._filter.is_search or row.get("deleted_at") is not None:
            return True
        if not self._is_in_conversation(row):
            return False
        if row["peer_number"] in await self._find_peers():
            return True
        return not self._question.is_empty and self._question.matches(row["content"])

    async def run(self, *, newer: bool) -> Found:
        """Returns the matches that are older or newer than the anchor, from there on."""
        reader = _Reader(
            self._limit,
            order_of(self._filter),
            self._anchor,
            self._bounds,
            {"user_id": self._user_id, **self._filter.kept_condition},
            self._range,
            is_forward=newer,
        )
        since = self._filter.updated_since
        changed = [] if since is None else [{"updated_at": {"$gte": since}}, *self._filter.peer_condition]
        if not self._filter.is_search:
            results = await self._find_by_fields(reader, changed)
        elif changed:
            results = [await self._find_by_text(reader, changed)]
        else:
            # What is not indexed is read first: whatever is indexed meanwhile is found there.
            results = [await self._find_unindexed(reader)]
            by_words, by_number = await asyncio.gather(self._find_by_words(reader), self._find_by_number(reader))
            results += [by_words, *by_number]
        keys, end = reader.merge(results)
        return Found(
            ids=[key.message_id for key in keys],
            end_id=None if end is None or len(keys) > self._limit else end.message_id,
            anchor_id=None if self._anchor is None else self._anchor.message_id,
            total=self._count(results) if since is None else None,
        )

    @property
    def _range(self) -> list[Condition]:
        """The condition that bounds each list in the order of time."""
        return [] if self._filter.updated_since is not None else self._filter.created_condition

    @property
    def _checks(self) -> list[Condition]:
        """The conditions that the database checks besides."""
        return [*self._filter.checks, *(self._filter.created_condition if not self._range else [])]

    async def _find_by_fields(self, reader: "_Reader", changed: Sequence[Condition]) -> list[_PartialResult]:
        if changed:
            return [await reader.scan([changed], [*changed, *self._checks])]
        peer, statuses = self._filter.peer_condition, self._filter.status_lists
        lists = [[each] for each in (*peer, *self._filter.error_condition)]
        if lists or not statuses:
            return [await reader.scan(lists or [[]], [*peer, *self._checks])]
        direction = [{"direction": self._filter.direction}] if self._filter.direction is not None else []
        scanned = self._bounds.scanned // len(statuses)
        return [await reader.scan([[listed]], [listed, *more, *direction], scanned) for listed, more in statuses]

    async def _find_by_words(self, reader: "_Reader") -> _PartialResult:
        question = self._question
        if question.is_empty:
            return _NOTHING
        words = self._word_conditions
        peer = self._filter.peer_condition
        conditions = [*words, *peer, *self._checks]
        for condition in [*words[: self._bounds.counted_words], *peer]:
            at_any_time = condition == self._beginning_condition
            selected = await reader.read_if_selective([condition], at_any_time=at_any_time)
            if selected is not None and (conditions != [condition] or (at_any_time and self._range)):
                selected = await reader.read_if_selective(
                    [{"_id": {"$in": [key.message_id for key in selected]}}, *conditions]
                )
            if selected is not None:
                return reader.all(selected)
        if len(conditions) == 1 and question.beginning is None:
            return _PartialResult(await reader.read_page(conditions), is_over_limit=True)
        listed = [question.listed_beginning] if question.listed_beginning is not None else []
        listed += sorted(question.words, key=len, reverse=True)[: self._bounds.counted_words]
        lists = [*([each] for each in peer), *([{"words": word}] for word in listed)]
        return await reader.scan(lists or [[]], conditions)

    @property
    def _word_conditions(self) -> list[Condition]:
        """The conditions for the stored words, the longest first; none if the question has none."""
        words: list[Condition] = [{"words": word} for word in sorted(self._question.words, key=len, reverse=True)]
        return words if self._beginning_condition is None else [self._beginning_condition, *words]

    @property
    def _beginning_condition(self) -> Condition | None:
        if self._question.beginning is None:
            return None
        first, beyond = self._question.beginning_range
        return {"words": {"$elemMatch": {"$gte": first, "$lt": beyond}}}

    async def _find_by_number(self, reader: "_Reader") -> list[_PartialResult]:
        peers, checks = await self._find_peers(), self._checks
        if not peers:
            return [_NOTHING]
        selected = await reader.read_if_selective([{"peer_number": {"$in": peers}}])
        if selected is not None and checks:
            selected = await reader.read_if_selective([{"_id": {"$in": [key.message_id for key in selected]}}, *checks])
        if selected is not None:
            return [reader.all(selected)]
        if not checks:
            pages = [await reader.read_page([{"peer_number": peer}]) for peer in peers]
            return [_PartialResult([key for page in pages for key in page], is_over_limit=True)]
        scanned = self._bounds.scanned // len(peers)
        lists = [{"peer_number": peer} for peer in peers]
        return await asyncio.gather(*(reader.scan([[listed]], [listed, *checks], scanned) for listed in lists))

    async def _find_peers(self) -> Sequence[str]:
        """Returns the numbers whose conversations are searched, because they contain the digits; reads them once."""
        if self._number is None:
            return ()
        if self._peers is None:
            peers = self._filter.peer_numbers or await conversations.list_recent_peers(self._user_id)
            found = sorted(filter(self._number.search, peers))
            self._peers = found[: self._bounds.peers]
            self._may_have_more_peers = len(found) > len(self._peers) or len(peers) >= conversations.MOST_RECENT
        return self._peers

    async def _find_unindexed(self, reader: "_Reader") -> _PartialResult:
        without_words = [{"words": None}]
        # Those on the other side of an anchor count, too.
        if self._anchor is not None and not await reader.has_any(without_words):
            return _NOTHING
        return await self._find_by_text(reader, without_words)

    async def _find_by_text(self, reader: "_Reader", listed: Sequence[Condition]) -> _PartialResult:
        """Reads a window of a list. The database checks stored words; the texts without are checked here."""
        rows = await reader.find(listed, _MATCHED_FIELDS, limit=self._bounds.scanned + 1)
        peers = await self._find_peers()
        has_question = not self._question.is_empty
        indexed = [row["_id"] for row in rows if _has_words(row)] if has_question else []
        matches = await reader.select(indexed, self._word_conditions) if indexed else set()
        checked = {row["_id"] for row in rows}
        if rows and self._checks:
            checked = await reader.select(list(checked), self._checks)
        keys = []
        read = characters = 0
        while read < min(len(rows), self._bounds.scanned) and characters < self._bounds.characters:
            row = rows[read]
            read += 1
            if row["_id"] not in checked or not self._is_in_conversation(row):
                continue
            is_match = row["peer_number"] in peers or row["_id"] in matches or row.get("deleted_at") is not None
            if not is_match and has_question and not _has_words(row):
                # Requests of others come in between.
                await asyncio.sleep(0)
                characters += len(row["content"])
                is_match = self._question.matches(row["content"])
            if is_match:
                keys.append(reader.key_of(row))
        if len(rows) > read:
            return _PartialResult(keys, reader.key_of(rows[read - 1]))
        return _PartialResult(keys, all=frozenset(keys) if self._anchor is None else None)

    def _count(self, results: Sequence[_PartialResult]) -> int | None:
        known = [result.all for result in results if result.all is not None]
        if any(result.is_over_limit for result in results):
            return self._bounds.selective + 1
        if self._may_have_more_peers:
            return None
        return min(len(frozenset().union(*known)), self._bounds.selective + 1) if len(known) == len(results) else None

    def _is_in_conversation(self, row: Row) -> bool:
        return not self._filter.peer_numbers or row["peer_number"] in self._filter.peer_numbers


def _has_words(row: Row) -> bool:
    return bool(row.get("schema_version", 0) >= WORDS_VERSION)


class _Reader:
    """Reads messages of a user beyond an anchor, in the order of a time."""

    def __init__(
        self,
        limit: int,
        order: str,
        anchor: Anchor | None,
        bounds: Bounds,
        kept: Condition,
        within: Sequence[Condition],
        *,
        is_forward: bool,
    ) -> None:
        self._limit = limit
        self._order = order
        self._anchor = anchor
        self._bounds = bounds
        self._kept = kept
        self._within = within
        self._is_forward = is_forward

    async def read_if_selective(
        self, conditions: Sequence[Condition], *, at_any_time: bool = False
    ) -> list[Anchor] | None:
        """Returns all matches, whatever the anchor, in any order; None if the conditions are not selective."""
        rows = await self._read(conditions, (), limit=self._bounds.selective + 1, at_any_time=at_any_time)
        return None if len(rows) > self._bounds.selective else [self.key_of(row) for row in rows]

    async def has_any(self, conditions: Sequence[Condition]) -> bool:
        """Returns whether there is a match, whatever the anchor."""
        return bool(await self._read(conditions, (), limit=1))

    async def select(self, message_ids: Sequence[ObjectId], conditions: Sequence[Condition]) -> set[ObjectId]:
        """Returns those of the messages that fulfil the conditions."""
        rows = await self._read([{"_id": {"$in": message_ids}}, *conditions], (), limit=len(message_ids))
        return {row["_id"] for row in rows}

    async def read_page(self, conditions: Sequence[Condition]) -> list[Anchor]:
        return [self.key_of(row) for row in await self.find(conditions, limit=self._limit + 1)]

    async def scan(
        self, lists: Sequence[Sequence[Condition]], conditions: Sequence[Condition], scanned: int | None = None
    ) -> _PartialResult:
        """Returns the matches among the next messages of that list whose next messages reach furthest.

        Each list has all matches, and an index has it in the order of time. If one has nothing else, it is a page.
        """
        if any(list(listed) == list(conditions) for listed in lists):
            return _PartialResult(await self.read_page(conditions))
        furthest: Anchor | None = None
        for listed in lists:
            last = await self.find(listed, limit=1, skip=(scanned or self._bounds.scanned) - 1)
            if not last:
                return _PartialResult(await self.read_page([*listed, *conditions]))
            end = self.key_of(last[0])
            if furthest is None or self._is_beyond(end, furthest):
                furthest = end
        until = [] if furthest is None else [self._range(furthest, "$lte" if self._is_forward else "$gte")]
        keys = await self.read_page([*conditions, *until])
        return _PartialResult(keys, None if len(keys) > self._limit else furthest)

    async def find(
        self, conditions: Sequence[Condition], fields: Sequence[str] = (), *, limit: int, skip: int = 0
    ) -> list[dict[str, Any]]:
        """Returns the rows beyond the anchor."""
        beyond = [] if self._anchor is None else [self._range(self._anchor, "$gt" if self._is_forward else "$lt")]
        direction = ASCENDING if self._is_forward else DESCENDING
        sort = [(self._order, direction), ("_id", direction)]
        return await self._read([*conditions, *beyond], fields, limit=limit, skip=skip, sort=sort)

    async def _read(
        self,
        conditions: Sequence[Condition],
        fields: Sequence[str],
        *,
        limit: int,
        at_any_time: bool = False,
        **options: Any,
    ) -> list[dict[str, Any]]:
        every = [*conditions, *([] if at_any_time else self._within)]
        query = {**self._kept, **({"$and": every} if every else {})}
        projection = dict.fromkeys((self._order, *fields), 1)
        # In one batch, hence one command.
        rows = Message.get_pymongo_collection().find(query, projection, limit=limit, batch_size=limit, **options)
        return await rows.to_list()

    def all(self, keys: Collection[Anchor]) -> _PartialResult:
        """Returns a result with these matches, which are all."""
        return _PartialResult(
            [key for key in keys if self._anchor is None or self._is_beyond(key, self._anchor)], all=frozenset(keys)
        )

    def merge(self, results: Sequence[_PartialResult]) -> tuple[list[Anchor], Anchor | None]:
        """Returns the keys up to where the first result ends, in the order of reading, and that end."""
        ends = [result.end for result in results if result.end is not None]
        end = None if not ends else min(ends) if self._is_forward else max(ends)
        keys = {key for result in results for key in result.keys if end is None or not self._is_beyond(key, end)}
        return sorted(keys, reverse=not self._is_forward), end

    def key_of(self, row: dict[str, Any]) -> Anchor:
        return Anchor(row[self._order], row["_id"])

    def _is_beyond(self, key: Anchor, other: Anchor) -> bool:
        return key > other if self._is_forward else key < other

    def _range(self, key: Anchor, operator: str) -> Condition:
        """Returns the condition for messages on one side of a key; the range on the time is for the index."""
        strict = operator.removesuffix("e")
        return {
            self._order: {f"{strict}e": key.at},
            "$or": [{self._order: {strict: key.at}}, {self._order: key.at, "_id": {operator: key.message_id}}],
        }
