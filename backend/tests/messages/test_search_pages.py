"""A search reads a bounded number of messages, and its pages together contain every match."""

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from mysms.core import words
from mysms.core.words import words_of
from mysms.messages import repository
from mysms.messages.filter import MessageFilter
from mysms.messages.repository import Anchor
from mysms.messages.search import Bounds, Search
from mysms.messages.word_index import WordIndex
from tests.faults.outbox_fixture import OutboxFixture, open_outbox_fixture
from tests.support.api_user import Json
from tests.support.database import running_database
from tests.support.servers import Mongo

SMALL = Bounds(selective=4, scanned=5, counted_words=2, peers=2)
START = datetime(2026, 1, 1, tzinfo=UTC)
VOCABULARY = ["apple", "apply", "apricot", "banana", "band", "b", "77", "1,000", "寿司", "🎉"]
QUESTIONS = [
    "apple",
    "app",
    "a",
    "b",
    "ban",
    "apple banana",
    "banana apple b",
    "寿",
    "🎉 apple",
    "77",
    "1",
    "555",
    "7 app",
]
BEFORE_ALL = Anchor(START - timedelta(days=1), ObjectId("0" * 24))
NUMBERS = [f"+1415555{number:04}" for number in (7, 77, 1000, 2671)]


@pytest.fixture(scope="module")
async def mongodb(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    """A server that nobody else uses, since the documents that it examines are counted."""
    async with running_database(tmp_path_factory.mktemp("mongodb")) as mongodb:
        yield mongodb


@pytest.fixture
async def fixture(mongodb: Mongo) -> AsyncIterator[OutboxFixture]:
    async with open_outbox_fixture(mongodb.uri) as fixture:
        yield fixture


class Messages:
    """The messages of a user, stored directly."""

    def __init__(self, fixture: OutboxFixture) -> None:
        self.user_id = ObjectId()
        self.rows: list[Json] = []
        self._database = fixture.database
        self._moves = 0

    async def store(self, texts: list[tuple[str, str]], *, old: Callable[[int], bool] = lambda _: False) -> None:
        """Store texts to numbers; `old`: which ones a process of the previous version stores."""
        for index, (number, text) in enumerate(texts):
            # Pairs share their time.
            at = START + timedelta(seconds=index // 2)
            row: Json = {"_id": ObjectId(), "user_id": self.user_id, "client_id": str(index), "request_hash": ""}
            row |= {"from_number": "+1", "recipient_number": number, "peer_number": number, "segments": 1}
            row |= {"content": text, "created_at": at, "schema_version": 2}
            row["updated_at"] = at + timedelta(seconds=index * 7 % 5)
            if not old(index):
                row |= {"words": words_of(text), "schema_version": 3}
            self.rows.append(row)
        await self._database["messages"].insert_many(self.rows)
        await self._database["conversations"].insert_many(
            {"_id": f"{self.user_id} {number}", "user_id": self.user_id, "peer_number": number, "last_message_key": "x"}
            for number in {number for number, _ in texts}
        )

    async def move_to_the_front(self, number: str) -> None:
        """Make a conversation the newest."""
        self._moves += 1
        await self._database["conversations"].update_one(
            {"_id": f"{self.user_id} {number}"}, {"$set": {"last_message_key": f"y{self._moves}"}}
        )

    async def matching(self, message_filter: MessageFilter) -> list[ObjectId]:
        """The ids of all matches, newest first."""
        search = Search(self.user_id, message_filter, 1, bounds=SMALL)
        order, since = repository.order_of(message_filter), message_filter.updated_since or START
        rows = sorted(self.rows, key=lambda row: (row[order], row["_id"]), reverse=True)
        rows = [row for row in rows if row["updated_at"] >= since]
        return [row["_id"] for row in rows if await search.matches(row)]

    async def walk(
        self, message_filter: MessageFilter, limit: int, *, newer: bool, bounds: Bounds = SMALL
    ) -> tuple[list[ObjectId], list[int | None]]:
        """The ids of all pages from one end to the other, in the order of reading, and the total of each page."""
        anchor = BEFORE_ALL if newer else None
        ids: list[ObjectId] = []
        totals = []
        while True:
            found = await Search(self.user_id, message_filter, limit, anchor, bounds).run(newer=newer)
            page, next_id = found.page(limit)
            ids += page
            totals.append(found.total)
            if next_id is None:
                return ids, totals
            following = await repository.find_anchor(self.user_id, message_filter, ObjectId(next_id))
            assert following not in (None, anchor), "the search must get on"
            anchor = following


def random_texts(seed: int, count: int) -> list[tuple[str, str]]:
    chance = random.Random(seed)  # repeatable
    return [(chance.choice(NUMBERS), " ".join(chance.choices(VOCABULARY, k=chance.randrange(4)))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(4))
async def test_the_pages_contain_every_match_once_and_in_order(fixture: OutboxFixture, seed: int) -> None:
    """Also if some messages are not indexed yet."""
    messages = Messages(fixture)
    await messages.store(random_texts(seed, 40), old=lambda index: seed > 1 and index % seed == 0)
    filters = [MessageFilter(search=question) for question in QUESTIONS]
    filters += [MessageFilter(peer_number=NUMBERS[1], search=question) for question in ("app", "apple banana", "77")]
    since = START + timedelta(seconds=9)
    filters += [MessageFilter(search=question, updated_since=since) for question in ("a", "77", "1 app")]
    filters += [MessageFilter(peer_number=NUMBERS[1], search="app", updated_since=since)]
    for message_filter in filters:
        expected = await messages.matching(message_filter)
        for limit in (1, 3):
            for newer in (False, True):
                ids, totals = await messages.walk(message_filter, limit, newer=newer)
                assert ids == expected[:: -1 if newer else 1], (message_filter, limit, newer)
                assert set(totals) <= {None, min(len(expected), SMALL.selective + 1)}, (message_filter, limit, newer)


async def test_words_that_never_occur_together_end_the_page(fixture: OutboxFixture) -> None:
    messages = Messages(fixture)
    await messages.store([(NUMBERS[0], ["ham", "eggs"][index % 2]) for index in range(30)])
    message_filter = MessageFilter(search="ham eggs")
    found = await Search(messages.user_id, message_filter, 10, bounds=SMALL).run(newer=False)
    assert found.ids == []
    assert found.total is None
    assert found.end_id is not None
    ids, totals = await messages.walk(message_filter, 10, newer=False)
    assert (ids, set(totals)) == ([], {None})


@pytest.mark.parametrize("question", ["late", "lately", "lately 77", "early late"])
async def test_what_is_frequent_outside_the_period_costs_no_more_for_it(fixture: OutboxFixture, question: str) -> None:
    costs = []
    for count in (20, 200):
        messages = Messages(fixture)
        await messages.store([(NUMBERS[0], "early 77")] * count + [(NUMBERS[0], "lately 77")] * count)
        message_filter = MessageFilter(search=question, created_before=messages.rows[count]["created_at"])
        search = Search(messages.user_id, message_filter, 3, bounds=SMALL)
        found = await search.run(newer=False)
        assert found.ids == []
        costs.append(await examined(fixture, functools.partial(search.run, newer=False)))
    assert costs[0] == costs[1]


async def examined(fixture: OutboxFixture, operate: Callable[[], Awaitable[object]]) -> int:
    """The documents examined; the minimum of three runs, because other processes may use the server, too."""
    costs = []
    for _ in range(3):
        before = await fixture.database.command("serverStatus")
        await operate()
        after = await fixture.database.command("serverStatus")
        counts = [int(each["metrics"]["queryExecutor"]["scannedObjects"]) for each in (before, after)]
        costs.append(counts[1] - counts[0])
    return min(costs)


async def test_a_rare_word_finds_everything_at_once(fixture: OutboxFixture) -> None:
    messages = Messages(fixture)
    texts = [(NUMBERS[0], "ham and rare eggs" if index in (2, 3) else "ham and eggs") for index in range(60)]
    await messages.store(texts)
    for question in ("ham and rare", "ham rar", "eggs rare h", "rare and ham and"):
        found = await Search(
            messages.user_id, MessageFilter(search=question), 10, bounds=Bounds(selective=4, scanned=5)
        ).run(newer=False)
        assert (len(found.ids), found.end_id, found.total) == (2, None, 2), question


async def test_the_list_that_reaches_furthest_is_read(fixture: OutboxFixture) -> None:
    messages = Messages(fixture)
    await messages.store(
        [(NUMBERS[0], "frequently 77" if index % 10 == 0 else "frequently") for index in range(101, 0, -1)]
    )
    for question in ("frequently 77", "77 frequently", "77 freq"):
        found = await Search(messages.user_id, MessageFilter(search=question), 3, bounds=SMALL).run(newer=False)
        assert len(found.ids) == 4, question


async def test_the_same_numbers_are_searched_whatever_is_sent_between_pages(fixture: OutboxFixture) -> None:
    messages = Messages(fixture)
    await messages.store([(NUMBERS[index % 4], "Hello") for index in range(40)])
    message_filter = MessageFilter(search="555")
    expected = [row["_id"] for row in messages.rows[::-1] if row["peer_number"] in NUMBERS[: SMALL.peers]]
    anchor: Anchor | None = None
    ids: list[ObjectId] = []
    for number in (*NUMBERS, *NUMBERS):
        found = await Search(messages.user_id, message_filter, 3, anchor, SMALL).run(newer=False)
        page, next_id = found.page(3)
        ids += page
        if next_id is None:
            break
        anchor = await repository.find_anchor(messages.user_id, message_filter, ObjectId(next_id))
        await messages.move_to_the_front(number)
    assert ids == expected


@pytest.mark.parametrize(("conversations", "total"), [(2, 2), (3, None)])
async def test_the_total_is_missing_if_conversations_are_left_out(
    fixture: OutboxFixture, conversations: int, total: int | None
) -> None:
    messages = Messages(fixture)
    await messages.store([(f"+1415555{number:04}", "Hello") for number in range(conversations)])
    found = await Search(messages.user_id, MessageFilter(search="555"), 10, bounds=SMALL).run(newer=False)
    assert (len(found.ids), found.total) == (2, total)


@pytest.fixture
async def folded(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["Folded"]:
    folded = Folded()
    monkeypatch.setattr(words, "fold", folded.fold)
    task = asyncio.create_task(folded.run())
    yield folded
    task.cancel()


class Folded:
    """Counts the texts that are folded, and the most of them between two turns of the event loop."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._fold = words.fold

    def fold(self, text: str) -> str:
        self.texts.append(text)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        return self._fold(text)

    async def run(self) -> None:
        """Another task of the same loop."""
        while True:
            self._at_once = 0
            await asyncio.sleep(0)


@pytest.mark.parametrize("question", ["apple", "app", "a", "apple b", "77"])
async def test_among_changes_no_text_is_folded_that_has_its_words(
    fixture: OutboxFixture, folded: Folded, question: str
) -> None:
    messages = Messages(fixture)
    await messages.store(random_texts(0, 40))
    message_filter = MessageFilter(search=question, updated_since=START)
    folded.texts.clear()
    ids, _ = await messages.walk(message_filter, 10, newer=False)
    assert ids
    assert set(folded.texts) == {question}


@pytest.mark.parametrize("since", [None, START])
async def test_texts_without_words_are_checked_one_by_one_and_few_on_a_page(
    fixture: OutboxFixture, folded: Folded, since: datetime | None
) -> None:
    """Finding the words of a text takes up to some milliseconds, in which nobody else is answered."""
    messages = Messages(fixture)
    await messages.store([(NUMBERS[0], f"needle {index:03}") for index in range(40)], old=lambda _: True)
    message_filter = MessageFilter(search="needle", updated_since=since)
    anchor: Anchor | None = None
    ids: list[ObjectId] = []
    pages = 0
    while pages == 0 or anchor is not None:
        folded.texts.clear()
        bounds = Bounds(characters=100)
        found = await Search(messages.user_id, message_filter, 50, anchor, bounds).run(newer=False)
        assert len(folded.texts) <= 1 + 10, "the question, and texts of 10 characters"
        page, next_id = found.page(50)
        ids += page
        pages += 1
        anchor = None
        if next_id is not None:
            anchor = await repository.find_anchor(messages.user_id, message_filter, ObjectId(next_id))
    assert (len(set(ids)), len(ids), pages) == (40, 40, 4)
    assert folded.most_at_once == 1


async def test_the_total_of_a_later_page_is_that_of_all_or_missing(fixture: OutboxFixture) -> None:
    messages = Messages(fixture)
    await messages.store([(NUMBERS[0], "needle")] * 8, old=lambda index: index >= 6)
    message_filter = MessageFilter(search="needle")
    assert (await messages.walk(message_filter, 3, newer=False, bounds=Bounds()))[1] == [8, None, None]
    await WordIndex(fixture.changes.upgrade).add_missing_words()
    assert (await messages.walk(message_filter, 3, newer=False, bounds=Bounds()))[1] == [8, 8, 8]


async def test_missing_words_are_found_one_by_one(fixture: OutboxFixture, folded: Folded) -> None:
    messages = Messages(fixture)
    await messages.store([(NUMBERS[0], f"Old text {index}") for index in range(150)], old=lambda _: True)
    await WordIndex(fixture.changes.upgrade).add_missing_words()
    assert len(folded.texts) == 150
    assert folded.most_at_once == 1


async def test_missing_words_are_stored_while_texts_change(fixture: OutboxFixture) -> None:
    messages = Messages(fixture)
    await messages.store([(NUMBERS[0], f"Old text {index}") for index in range(250)], old=lambda _: True)
    collection = fixture.database["messages"]
    first, second = messages.rows[0]["_id"], messages.rows[1]["_id"]
    # A process of the version before removes the text.
    await collection.update_one({"_id": first}, {"$set": {"content": "", "content_removed_at": fixture.now}})
    await WordIndex(fixture.changes.upgrade).add_missing_words()
    assert await collection.count_documents({"user_id": messages.user_id, "words": None}) == 0
    rows = {row["_id"]: row async for row in collection.find({"user_id": messages.user_id})}
    assert rows[first]["words"] == [""]
    assert rows[second]["words"] == words_of("Old text 1")
    assert rows[second]["updated_at"] == messages.rows[1]["updated_at"], "nothing that a user sees has changed"
    # It removes another text, whose words are stored now.
    await collection.update_one({"_id": second}, {"$set": {"content": "", "content_removed_at": fixture.now}})
    await repository.remove_left_words(fixture.now - timedelta(days=1))
    assert (await collection.find_one({"_id": second}) or {})["words"] == [""]
    third = await collection.find_one({"_id": messages.rows[2]["_id"]})
    assert third is not None
    assert third["words"] == words_of("Old text 2")
