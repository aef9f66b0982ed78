"""GET /api/messages with the filters `peer_number` and `search`."""

import asyncio
import functools
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from tests.support.api_user import ApiUser, Json, new_number
from tests.support.polling import eventually
from tests.support.responses import field_errors
from tests.support.servers import Mongo


async def texts(api_user: ApiUser, **query: str | int) -> list[str]:
    return [message["content"] for message in await api_user.list(**query)]


async def total(api_user: ApiUser, **query: str | int) -> str:
    response = await api_user.call("GET", "/api/messages", params=query)
    return str(response.headers["X-Total-Count"])


async def test_a_conversation_is_found_by_any_spelling_of_its_number(api_user: ApiUser) -> None:
    number, other = new_number(), new_number()
    for to, text in ((number, "one"), (other, "elsewhere"), (number, "two"), (number, "three")):
        await api_user.send_accepted(to, text)
    spelt = f"{number[:2]} ({number[2:5]}) {number[5:8]}-{number[8:]}"
    for spelling in (number, spelt, f" {spelt}"):
        assert await texts(api_user, peer_number=spelling) == ["three", "two", "one"]
        assert await total(api_user, peer_number=spelling) == "3"
    unescaped = await api_user.call("GET", f"/api/messages?peer_number={number}")
    assert [message["content"] for message in unescaped.json()] == ["three", "two", "one"]
    assert await texts(api_user, peer_number=new_number()) == []
    assert await total(api_user, peer_number=new_number()) == "0"
    assert await total(api_user) == "4"


async def test_pages_stay_within_the_conversation_and_the_search(api_user: ApiUser) -> None:
    number = new_number()
    for text in ("match one", "no", "match two", "match three"):
        await api_user.send_accepted(number, text)
        await api_user.send_accepted(new_number(), text)
    for query, expected in (
        ({"peer_number": number}, ["match three", "match two", "no", "match one"]),
        ({"search": "MATCH", "peer_number": number}, ["match three", "match two", "match one"]),
        ({"search": "one match"}, ["match one"] * 2),
    ):
        seen: list[str] = []
        response = await api_user.call("GET", "/api/messages", params={**query, "limit": 1})
        while True:
            assert response.headers["X-Total-Count"] == str(len(expected))
            seen += [message["content"] for message in response.json()]
            if "next" not in response.links:
                break
            response = await api_user.call("GET", response.links["next"]["url"])
        assert seen == expected


WRITTEN = ["Hello there", "HELLO you", "Schöne Grüße", "a .* b", "Is it (so)?", "back\\slash", "two\nlines"]
WRITTEN += [
    "100% [sic] $5",
    "🎉 party 👍🏽",
    "Im cafe\u0301",
    "İSTANBUL'da",
    "I don’t know",
    "L'homme",
    "Code: 123-456",
]
WRITTEN += [
    "我们今晚去寿司店",
    "สวัสดีครับ",
    "お寿司とコーヒー",
    "서울에서 만나요",
    "https://example.com/a?b=table",
    "Łódź",
    "x" * 60,
    "...",
]
EVERYTHING = sorted(WRITTEN)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("hello", ["HELLO you", "Hello there"]),
        ("h", ["HELLO you", "Hello there", "L'homme", "https://example.com/a?b=table"]),
        ("he", ["HELLO you", "Hello there"]),
        ("hel", ["HELLO you", "Hello there"]),
        ("hell", ["HELLO you", "Hello there"]),
        ("ello", []),
        ("hello y", ["HELLO you"]),
        ("hell you", []),
        ("there Hello", ["Hello there"]),
        ("\u200eHello\u2069 there", ["Hello there"]),
        ("  hello\n\u3000THERE ", ["Hello there"]),
        ("hello hello", ["HELLO you", "Hello there"]),
        ("hello party", []),
        ("GRÜSSE", ["Schöne Grüße"]),
        ("grüße", ["Schöne Grüße"]),
        ("GRÜ", ["Schöne Grüße"]),
        ("grus", ["Schöne Grüße"]),
        ("gru\u0308sse scho\u0308n", ["Schöne Grüße"]),
        ("scho\u0308n grusse", []),
        ("CAFÉ", ["Im cafe\u0301"]),
        ("cafe", ["Im cafe\u0301"]),
        ("lodz", ["Łódź"]),
        ("istanbul", ["İSTANBUL'da"]),
        ("İstanbul’da", ["İSTANBUL'da"]),
        ("ＨＥＬＬＯ", ["HELLO you", "Hello there"]),
        ("don't", ["I don’t know"]),
        ("dont", ["I don’t know"]),
        ("homme", ["L'homme"]),
        ("lhomme", ["L'homme"]),
        ("123-4", ["Code: 123-456"]),
        ("123456", ["Code: 123-456"]),
        ("example.com", ["https://example.com/a?b=table"]),
        ("https://example.com/a?b=t", ["https://example.com/a?b=table"]),
        ("寿司", ["お寿司とコーヒー", "我们今晚去寿司店"]),
        ("寿", ["お寿司とコーヒー", "我们今晚去寿司店"]),
        ("今晚 寿司店", ["我们今晚去寿司店"]),
        ("コーヒ", ["お寿司とコーヒー"]),
        ("ｺｰﾋｰ", ["お寿司とコーヒー"]),
        ("ครับ", ["สวัสดีครับ"]),
        ("서울", ["서울에서 만나요"]),
        (" ", EVERYTHING),
        ("(", []),
        ("...", []),
        ("so)?", ["Is it (so)?"]),
        ("two\nlines", ["two\nlines"]),
        ("100%", ["100% [sic] $5"]),
        ("[sic] $5", ["100% [sic] $5"]),
        ("🎉", ["🎉 party 👍🏽"]),
        ("party 👍", ["🎉 party 👍🏽"]),
        ("👎", []),
        ("#", []),
        ("nothing like it", []),
        ("x" * 50, ["x" * 60]),
        ("x" * 200, ["x" * 60]),
        ("a b " * 50, ["a .* b", "https://example.com/a?b=table"]),
    ],
)
async def test_words_are_found_in_any_spelling(writer: ApiUser, search: str, found: list[str]) -> None:
    assert sorted(await texts(writer, search=search)) == sorted(found)
    assert await total(writer, search=search) == str(len(found))


@pytest.fixture(scope="module")
async def correspondent(shared_readonly_user: ApiUser) -> ApiUser:
    """A user with texts that are hard to search."""
    api_user = await ApiUser.sign_up(shared_readonly_user.api)
    # No number contains the digits that are looked for in texts.
    numbered = ((f"+12129998{index:03}", text) for index, text in enumerate(WRITTEN, 800))
    await asyncio.gather(*(api_user.send_accepted(number, text) for number, text in numbered))
    return api_user


@pytest.fixture
async def writer(correspondent: ApiUser) -> ApiUser:
    await correspondent.refresh_tokens()
    return correspondent


async def test_part_of_a_number_is_found_in_any_spelling(api_user: ApiUser) -> None:
    await api_user.send_accepted("+14155552671", "to San Francisco")
    await api_user.send_accepted("+447700900123", "to London, about 415 things")
    for search in ("415 555", "(415) 555-26", "+1 (415)", "2671", "+1415", "0415 5", "001 415"):
        assert await texts(api_user, search=search) == ["to San Francisco"]
    assert await texts(api_user, search="415") == ["to London, about 415 things", "to San Francisco"]
    assert await texts(api_user, search="415 things") == ["to London, about 415 things"]
    assert await texts(api_user, search="415", peer_number="+14155552671") == ["to San Francisco"]
    for search in ("\u202a+44\u00a07700\u2011900", "+44 (0)7700 900", "07700 900", "0044 7700", "٧٧٠٠", "tel:+44-7700"):
        assert await texts(api_user, search=search) == ["to London, about 415 things"]
    for search in ("0", "00", "(0)"):
        assert await texts(api_user, search=search) == ["to London, about 415 things"]
    assert await texts(api_user, search="+415") == ["to London, about 415 things"]
    for search in ("00415", "077 14"):
        assert await texts(api_user, search=search) == []
    assert await texts(api_user, search="-") == []


async def test_users_find_only_their_own_messages(api_user: ApiUser, writer: ApiUser) -> None:
    theirs = (await writer.list(limit=1))[0]
    assert await texts(api_user, search="e") == []
    assert await texts(api_user, peer_number=theirs["peer_number"]) == []


async def test_each_filter_has_its_own_etag(api_user: ApiUser) -> None:
    number = new_number()
    await api_user.eventually((await api_user.send_accepted(number, "Hello"))["_id"], "delivered")
    queries: list[dict[str, Any]] = [{}, {"peer_number": number}, {"search": "Hello"}, {"search": "hello"}]
    tags = [await api_user.settled_etag("/api/messages", **query) for query in queries]
    assert len(set(tags)) == len(queries)
    for query, tag in zip(queries, tags, strict=True):
        response = await api_user.call("GET", "/api/messages", params=query, headers={"If-None-Match": tag})
        assert response.status_code == 304


async def test_updated_since_can_be_combined_with_a_conversation(api_user: ApiUser) -> None:
    number = new_number()
    old = await api_user.eventually((await api_user.send_accepted(number, "old"))["_id"], "delivered")
    new = await api_user.send_accepted(number, "new")
    await api_user.send_accepted(new_number(), "elsewhere")
    query = {"peer_number": number, "updated_since": new["created_at"]}
    assert await texts(api_user, **query) == ["new"]
    assert await total(api_user, **query) == "2"
    assert await texts(api_user, search="o", updated_since=old["created_at"]) == ["old"]


async def test_a_text_of_the_previous_version_is_found_at_once_and_indexed_soon(
    api_user: ApiUser, mongodb: Mongo
) -> None:
    sent = await api_user.send_accepted(new_number(), "A tale of before")
    async with AsyncMongoClient[Json](mongodb.uri) as client:
        messages = client.get_default_database()["messages"]
        assert "tale" in (await messages.find_one({"_id": ObjectId(sent["_id"])}) or {})["words"]
        await messages.update_one(
            {"_id": ObjectId(sent["_id"])}, {"$unset": {"words": True}, "$set": {"schema_version": 2}}
        )
        assert await texts(api_user, search="tale bef") == ["A tale of before"]
        assert await total(api_user, search="tale bef") == "1"
        stored = functools.partial(messages.find_one, {"_id": ObjectId(sent["_id"]), "words": "tale"})
        await eventually(stored, lambda row: row is not None, what="the words")
        assert await texts(api_user, search="tale bef") == ["A tale of before"]


async def test_a_search_can_be_read_around_a_match(api_user: ApiUser) -> None:
    sent = [(await api_user.send_accepted(new_number(), f"hit {index}"))["_id"] for index in range(5)]
    other = (await api_user.send_accepted(new_number(), "miss"))["_id"]
    assert await texts(api_user, search="hit", around=sent[2], limit=3) == ["hit 3", "hit 2", "hit 1"]
    assert await texts(api_user, search="hit", after=sent[2]) == ["hit 4", "hit 3"]
    assert await texts(api_user, search="hit", before=sent[2]) == ["hit 1", "hit 0"]
    assert await texts(api_user, search="hit", before=other, limit=2) == ["hit 4", "hit 3"]
    missed = await api_user.call("GET", "/api/messages", params={"search": "hit", "around": other})
    assert field_errors(missed) == {"around": ["does not match the filter"]}


async def test_a_search_can_be_read_around_a_time(api_user: ApiUser) -> None:
    sent = [await api_user.send_accepted(new_number(), f"hit {index}") for index in range(5)]
    await api_user.send_accepted(new_number(), "miss")
    time = sent[2]["created_at"]
    assert await texts(api_user, search="hit", around_time=time, limit=3) == ["hit 3", "hit 2", "hit 1"]
    assert await texts(api_user, search="hit", around_time=time, limit=200) == [f"hit {n}" for n in (4, 3, 2, 1, 0)]
    assert await texts(api_user, search="hit", around_time="2999-01-01T00:00:00Z", limit=2) == ["hit 4", "hit 3"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"peer_number": "nobody in particular"}, "has letters in it"),
        ({"peer_number": "4155552671"}, "must begin with + and the country code"),
        ({"peer_number": " "}, "can't be blank"),
        ({"peer_number": ""}, "can't be blank"),
        ({"search": ""}, "is too short"),
        ({"search": "x" * 201}, "is too long"),
        ({"search": "a\0b"}, "contains an invalid character"),
    ],
)
async def test_invalid_parameters_are_rejected(readonly_user: ApiUser, query: dict[str, str], sentence: str) -> None:
    response = await readonly_user.call("GET", "/api/messages", params=query)
    (sentences,) = field_errors(response).values()
    assert sentences[0].startswith(sentence)
