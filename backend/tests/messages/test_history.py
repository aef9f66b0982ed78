"""GET /api/messages."""

import asyncio
from typing import Any

import pytest

from tests.support.api_user import ApiUser, Json, new_number
from tests.support.responses import field_errors
from tests.support.servers import Api, Simulator
from tests.support.status_callbacks import report

STAYS_QUEUED = "+15005551002"


async def ids(api_user: ApiUser, **query: str | int) -> list[str]:
    return [message["_id"] for message in await api_user.list(**query)]


async def write(api_user: ApiUser, count: int) -> list[Json]:
    """Send this many messages. Returns them newest first."""
    return [await api_user.send_accepted(new_number(), f"Number {number}") for number in range(count)][::-1]


async def test_without_messages_the_list_is_empty(api_user: ApiUser) -> None:
    response = await api_user.call("GET", "/api/messages")
    assert response.json() == []
    assert response.headers["X-Total-Count"] == "0"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["content-type"] == "application/json"
    assert "Link" not in response.headers


async def test_messages_are_listed_newest_first_and_as_documented(api: Api, api_user: ApiUser) -> None:
    written = await write(api_user, 3)
    messages = await api_user.list()

    assert [message["_id"] for message in messages] == [message["_id"] for message in written]
    documented = api.contract.document["components"]["schemas"]["MessageResponse"]["properties"]
    assert all(message.keys() == documented.keys() for message in messages)
    promised = "_id direction from_number recipient_number peer_number content status twilio_sid error_code"
    promised += " error_message segments created_at updated_at"
    assert documented.keys() >= set(promised.split())


async def test_users_see_only_their_own_messages(api: Api, api_user: ApiUser) -> None:
    await write(api_user, 2)
    other = await ApiUser.sign_up(api)
    (theirs,) = await write(other, 1)

    assert await ids(other) == [theirs["_id"]]
    assert (await other.call("GET", "/api/messages")).headers["X-Total-Count"] == "1"
    assert theirs["_id"] not in await ids(api_user)


async def test_pages_cover_all_messages_without_gap_or_repeat(api_user: ApiUser) -> None:
    written = [message["_id"] for message in await write(api_user, 4)]
    for limit in (1, 2, 3, 4, 200):
        assert await walk(api_user, limit) == written


async def walk(api_user: ApiUser, limit: int) -> list[str]:
    """All messages of a user, by following the links."""
    seen: list[str] = []
    response = await api_user.call("GET", "/api/messages", params={"limit": limit})
    while True:
        rows = [message["_id"] for message in response.json()]
        assert response.headers["X-Total-Count"] == "4"
        seen += rows
        if "next" not in response.links:
            return seen
        assert len(rows) == limit
        response = await api_user.call("GET", response.links["next"]["url"])


async def test_messages_of_the_same_millisecond_are_all_listed(api_user: ApiUser) -> None:
    """Concurrent messages share their time; then they are ordered by id."""
    sent = await asyncio.gather(*(api_user.send_accepted(STAYS_QUEUED, f"At once {number}") for number in range(12)))
    expected = sorted(sent, key=lambda message: (message["created_at"], message["_id"]), reverse=True)

    seen: list[str] = []
    while page := await ids(api_user, limit=5, **({"before": seen[-1]} if seen else {})):
        seen += page
    assert seen == [message["_id"] for message in expected]


async def test_a_new_message_does_not_shift_the_pages(api_user: ApiUser) -> None:
    newest, older, oldest = [message["_id"] for message in await write(api_user, 3)]
    first = await api_user.call("GET", "/api/messages", params={"limit": 1})
    await write(api_user, 1)
    second = await api_user.call("GET", first.links["next"]["url"])
    assert [first.json()[0]["_id"], second.json()[0]["_id"]] == [newest, older]
    assert await ids(api_user, before=older) == [oldest]
    assert await ids(api_user, before=oldest) == []


def link(response: Any, relation: str) -> str | None:
    url: str | None = response.links.get(relation, {}).get("url")
    return url


async def test_links_lead_from_the_middle_to_both_ends(api_user: ApiUser) -> None:
    """From each message and with each page size, every message is listed once and in order."""
    number = new_number()
    written = [(await api_user.send_accepted(number, f"Text {index}"))["_id"] for index in range(7)][::-1]
    await write(api_user, 2)
    for limit in (1, 2, 3, 4, 7, 200):
        for index, middle in enumerate(written):
            query = {"peer_number": number, "around": middle, "limit": limit}
            response = await api_user.call("GET", "/api/messages", params=query)
            rows = [message["_id"] for message in response.json()]
            assert rows == written[max(0, index - (limit - 1) // 2) : index + limit // 2 + 1], (limit, index)
            assert response.headers["X-Total-Count"] == "7"
            newer, older = link(response, "prev"), link(response, "next")
            while newer is not None:
                page = await api_user.call("GET", newer)
                assert "next" not in page.links
                rows, newer = [message["_id"] for message in page.json()] + rows, link(page, "prev")
            while older is not None:
                page = await api_user.call("GET", older)
                assert "prev" not in page.links
                rows, older = rows + [message["_id"] for message in page.json()], link(page, "next")
            assert rows == written, (limit, index)


async def test_after_the_newest_message_there_are_only_later_ones(api_user: ApiUser) -> None:
    (newest,) = await write(api_user, 1)
    assert await ids(api_user, after=newest["_id"]) == []
    (later,) = await write(api_user, 1)
    assert await ids(api_user, after=newest["_id"]) == [later["_id"]]


async def test_around_and_after_keep_the_order_within_a_millisecond(api_user: ApiUser) -> None:
    await asyncio.gather(*(api_user.send_accepted(STAYS_QUEUED, f"At once {number}") for number in range(9)))
    rows = await ids(api_user)
    assert await ids(api_user, around=rows[4], limit=3) == rows[3:6]
    assert await ids(api_user, after=rows[4], limit=2) == rows[2:4]


async def test_links_lead_from_a_time_to_both_ends(api_user: ApiUser) -> None:
    """From each time and with each page size, every message is listed once and in order."""
    number = new_number()
    sent = [await api_user.send_accepted(number, f"Text {index}") for index in range(5)][::-1]
    await write(api_user, 2)
    written = [message["_id"] for message in sent]
    times = ["1970-01-01T00:00:00Z", *(message["created_at"] for message in sent), "2999-01-01T00:00:00Z"]
    for limit in (1, 2, 3, 4, 200):
        for time in times:
            from_then_on = sum(message["created_at"] >= time for message in sent)
            query = {"peer_number": number, "around_time": time, "limit": limit}
            response = await api_user.call("GET", "/api/messages", params=query)
            rows = [message["_id"] for message in response.json()]
            newest = max(0, from_then_on - (limit + 1) // 2)
            assert rows == written[newest:][:limit], (limit, time)
            newer, older = link(response, "prev"), link(response, "next")
            while newer is not None:
                page = await api_user.call("GET", newer)
                rows, newer = [message["_id"] for message in page.json()] + rows, link(page, "prev")
            while older is not None:
                page = await api_user.call("GET", older)
                rows, older = rows + [message["_id"] for message in page.json()], link(page, "next")
            assert rows == written, (limit, time)


async def test_all_messages_of_the_millisecond_are_from_that_time_on(api_user: ApiUser) -> None:
    await asyncio.gather(*(api_user.send_accepted(STAYS_QUEUED, f"At once {number}") for number in range(9)))
    rows = await api_user.list()
    times = [message["created_at"] for message in rows]
    time = max(times, key=times.count)
    found = [message["created_at"] for message in await api_user.list(around_time=time, limit=200)]
    assert found == times
    from_then_on = sum(each >= time for each in times)
    expected = [row["_id"] for row in rows[from_then_on - 1 : from_then_on + 1]]
    assert await ids(api_user, around_time=time, limit=2) == expected


async def test_a_time_is_the_only_position(api_user: ApiUser) -> None:
    (message,) = await write(api_user, 1)
    query = {"around_time": message["created_at"], "before": message["_id"]}
    several = ["cannot be combined with the others"]
    answer = await api_user.call("GET", "/api/messages", params=query)
    assert field_errors(answer) == {"before": several, "around_time": several}
    # By the time at which they have changed.
    since = {"updated_since": "2026-01-01T00:00:00Z", "around_time": message["updated_at"], "limit": 3}
    assert await ids(api_user, **since) == [message["_id"]]


async def test_around_accepts_only_a_message_that_matches_the_filter(api: Api, api_user: ApiUser) -> None:
    other = await ApiUser.sign_up(api)
    mine, theirs = (await write(api_user, 1))[0], (await write(other, 1))[0]

    async def errors(**query: str) -> Any:
        return field_errors(await api_user.call("GET", "/api/messages", params=query))

    for name in ("around", "after"):
        for message_id in (theirs["_id"], "nonsense", "", "\x00", "0123456789abcdef01234567"):
            assert await errors(**{name: message_id}) == {name: ["is not one of your messages"]}
    elsewhere = {"around": ["does not match the filter"]}
    assert await errors(around=mine["_id"], peer_number=new_number()) == elsewhere
    assert await errors(around=mine["_id"], updated_since="2999-01-01T00:00:00Z") == elsewhere
    assert await ids(api_user, around=mine["_id"], peer_number=mine["peer_number"]) == [mine["_id"]]
    several = "cannot be combined with the others"
    assert await errors(around=mine["_id"], before=mine["_id"]) == {"before": [several], "around": [several]}


async def test_the_next_link_keeps_the_query(api_user: ApiUser) -> None:
    messages = [await api_user.send_accepted(STAYS_QUEUED, f"Number {number}") for number in range(3)][::-1]
    since = messages[-1]["created_at"]
    response = await api_user.call("GET", "/api/messages", params={"limit": 1, "updated_since": since})
    url = response.links["next"]["url"]
    assert url.startswith("/api/messages?")
    followed = await api_user.call("GET", url)
    assert followed.json()[0]["_id"] == messages[1]["_id"]
    assert "updated_since" in followed.links["next"]["url"]


async def test_updated_since_lists_only_changed_messages(api: Api, api_user: ApiUser) -> None:
    changed, _, newest = [await api_user.send_accepted(STAYS_QUEUED, text) for text in ("a", "b", "c")]
    since = newest["updated_at"]
    await report(api, changed, "sent")

    found = await api_user.list(updated_since=since)
    # What has changed last comes first.
    assert [message["_id"] for message in found] == [changed["_id"], newest["_id"]]
    # The time itself is included: a change of the same millisecond must not be missed.
    after = (await api_user.detail(changed["_id"]))["updated_at"]
    assert changed["_id"] in await ids(api_user, updated_since=after)
    assert await ids(api_user, updated_since="2999-01-01T00:00:00Z") == []
    assert await ids(api_user, updated_since=after.replace("Z", "+00:00")) == await ids(api_user, updated_since=after)


async def test_pages_of_changes_cover_all_of_them_in_the_order_of_the_changes(api: Api, api_user: ApiUser) -> None:
    messages = [await api_user.send_accepted(STAYS_QUEUED, f"Number {number}") for number in range(5)]
    for message in (messages[3], messages[0]):
        await report(api, message, "sent")
    changed = [messages[number]["_id"] for number in (0, 3, 4, 2, 1)]
    for limit in (1, 2, 5):
        seen: list[str] = []
        response = await api_user.call(
            "GET", "/api/messages", params={"limit": limit, "updated_since": messages[0]["created_at"]}
        )
        while True:
            assert response.headers["X-Total-Count"] == "5"
            seen += [row["_id"] for row in response.json()]
            if "next" not in response.links:
                break
            response = await api_user.call("GET", response.links["next"]["url"])
        assert seen == changed


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({"limit": "0"}, {"limit": ["must be at least 1"]}),
        ({"limit": "-1"}, {"limit": ["must be at least 1"]}),
        ({"limit": "201"}, {"limit": ["must be at most 200"]}),
        ({"limit": "9" * 30}, {"limit": ["must be at most 200"]}),
        ({"limit": "many"}, {"limit": ["must be a whole number"]}),
        ({"limit": "1.5"}, {"limit": ["must be a whole number"]}),
        ({"limit": ""}, {"limit": ["must be a whole number"]}),
        ({"before": "nonsense"}, {"before": ["is not one of your messages"]}),
        ({"before": ""}, {"before": ["is not one of your messages"]}),
        ({"before": "0123456789abcdef01234567"}, {"before": ["is not one of your messages"]}),
        ({"before": "\x00"}, {"before": ["is not one of your messages"]}),
        ({"updated_since": "1795384630"}, {"updated_since": ["must be a time such as 2026-11-22T10:42:07.120Z"]}),
        ({"updated_since": "yesterday"}, {"updated_since": ["must be a time such as 2026-11-22T10:42:07.120Z"]}),
        ({"updated_since": ""}, {"updated_since": ["must be a time such as 2026-11-22T10:42:07.120Z"]}),
        (
            {"updated_since": "2026-11-22T10:42:07"},
            {"updated_since": ["must have a time zone, such as 2026-11-22T10:42:07.120Z"]},
        ),
        (
            {"updated_since": "2026-02-30T10:42:07Z"},
            {"updated_since": ["must be a time such as 2026-11-22T10:42:07.120Z"]},
        ),
        ({"limit": "x", "before": "x"}, {"limit": ["must be a whole number"]}),
    ],
)
async def test_invalid_parameters_are_rejected(readonly_user: ApiUser, query: dict[str, str], errors: Any) -> None:
    assert field_errors(await readonly_user.call("GET", "/api/messages", params=query)) == errors


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999-14:00", "1e9", "-1e30", "1e300"],
)
async def test_extreme_times_cause_no_server_error(readonly_user: ApiUser, time: str) -> None:
    response = await readonly_user.call("GET", "/api/messages", params={"updated_since": time})
    assert response.status_code == (200 if time == "0001-01-01T00:00:00Z" else 422)


async def test_a_page_cannot_start_at_another_users_message(api: Api, api_user: ApiUser) -> None:
    (message,) = await write(api_user, 1)
    other = await ApiUser.sign_up(api)
    response = await other.call("GET", "/api/messages", params={"before": message["_id"]})
    assert field_errors(response) == {"before": ["is not one of your messages"]}


class TestETag:
    async def tag(self, api_user: ApiUser, **query: str | int) -> str:
        tag = await api_user.settled_etag("/api/messages", **query)
        assert tag.startswith('W/"')
        return tag

    async def status(self, api_user: ApiUser, tag: str) -> int:
        response = await api_user.call("GET", "/api/messages", headers={"If-None-Match": tag})
        assert response.headers["Cache-Control"] == "no-store"
        assert (response.status_code == 304) == (response.content == b"")
        return response.status_code

    async def test_a_known_page_is_not_sent_again(self, api_user: ApiUser) -> None:
        await api_user.send_accepted(STAYS_QUEUED)
        tag = await self.tag(api_user)
        response = await api_user.call("GET", "/api/messages", headers={"If-None-Match": tag})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == tag

    async def test_one_matching_tag_of_several_is_enough(self, api_user: ApiUser) -> None:
        tag = await self.tag(api_user)
        assert await self.status(api_user, f'W/"other", {tag}') == 304
        assert await self.status(api_user, 'W/"other", "another"') == 200
        assert await self.status(api_user, "nonsense") == 200

    async def test_every_form_of_the_header_is_understood(self, api_user: ApiUser) -> None:
        tag = await self.tag(api_user)
        strong = tag.removeprefix("W/")
        for known in (tag, strong, "*", f'"a,b",W/"c" ,{tag}'):
            assert await self.status(api_user, known) == 304, known
        for other in (strong.strip('"'), f'"a, {strong[1:]}'):
            assert await self.status(api_user, other) == 200, other

    async def test_the_header_may_be_repeated(self, api_user: ApiUser) -> None:
        tag = await self.tag(api_user)
        signed = ("Authorization", f"Bearer {api_user.access_token}")
        lines = [signed, ("If-None-Match", '"other"'), ("If-None-Match", tag)]
        assert (await api_user.api.http.get("/api/messages", headers=lines)).status_code == 304

    async def test_a_new_message_or_status_changes_the_tag(self, api: Api, api_user: ApiUser) -> None:
        empty = await self.tag(api_user)
        message = await api_user.send_accepted(STAYS_QUEUED)
        assert await self.status(api_user, empty) == 200

        tag = await self.tag(api_user)
        await report(api, message, "sent")
        assert await self.status(api_user, tag) == 200
        assert (await api_user.list())[0]["status"] == "sent"

    async def test_a_repeated_callback_does_not_change_the_tag(self, api: Api, api_user: ApiUser) -> None:
        message = await api_user.send_accepted(STAYS_QUEUED)
        await report(api, message, "sent")
        tag = await self.tag(api_user)
        await report(api, message, "sent")
        assert await self.status(api_user, tag) == 304

    async def test_tags_differ_between_users_and_between_queries(self, api: Api, api_user: ApiUser) -> None:
        other = await ApiUser.sign_up(api)
        tags = [await self.tag(api_user), await self.tag(other)]
        tags += [await self.tag(api_user, limit=7), await self.tag(api_user, updated_since="2026-01-01T00:00:00Z")]
        assert len(set(tags)) == 4


async def test_a_delivery_is_shown_in_the_list(api_user: ApiUser, simulator: Simulator) -> None:
    """Through all processes: from the API to the provider and back."""
    message = await api_user.send_accepted(new_number())
    await api_user.eventually(message["_id"], "delivered")
    assert (await api_user.list())[0]["status"] == "delivered"
