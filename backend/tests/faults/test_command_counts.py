"""What requests cost in database commands, each one of them: the process tells which ones a response has waited for.

Publications are not among them: they come afterwards, in the background, those of many changes together.
"""

import asyncio
import functools
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import timedelta

import httpx
import pytest
from bson import ObjectId

from mysms.attachments.links import MediaLinks
from mysms.changes.feed import CURRENT_WITHIN_SECONDS
from mysms.changes.publisher import LATER_SECONDS
from mysms.core.timestamps import to_rfc3339, utc_now
from mysms.core.urls import Url
from mysms.outbox.service import POLL_SECONDS
from tests.faults.counted_api import DISPATCHER_HEADER, HEADER
from tests.faults.environment import Environment, running_environment
from tests.faults.mongo_proxy import PausePoint
from tests.support.api_user import Json
from tests.support.inbound import INBOUND_PATH, inbound_form
from tests.support.polling import eventually
from tests.support.push_service import Browser
from tests.support.servers import ACCOUNT_SID, JWT_SECRET, callback_url_of
from tests.support.status_callbacks import PATH, form_of, query_of, signature_of

REQUESTS = 200
SEPARATE_REQUESTS = 40
WORKERS = 4
AT_ONCE = 2 * WORKERS
WAVES = 5
STAYS_QUEUED = "+15005551002"

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory, module = tmp_path_factory.mktemp("counts"), ("tests.faults.counted_api",)
    async with running_environment(
        directory, processes=1, name="counts", module=module, TWILIO_MAX_CONCURRENCY=str(WORKERS)
    ) as env:
        message = await env.post("+13125550001", "Hello")
        await env.eventually(message["_id"], "delivered")
        yield env


def commands_of(answer: httpx.Response, header: str = HEADER) -> list[str]:
    return [command for command in answer.headers[header].split(", ") if command]


async def require_each(
    request: Callable[[], Awaitable[httpx.Response]], status: int, *, most: int, times: int = SEPARATE_REQUESTS
) -> None:
    """Fails if one of many requests has another status, or waits for more database commands."""
    for _ in range(times):
        answer = await request()
        assert answer.status_code == status, answer.text
        assert len(commands_of(answer)) <= most, commands_of(answer)


async def settle(env: Environment) -> None:
    """Wait until all that has changed is published."""
    known = ""

    async def ask_again() -> int:
        nonlocal known
        headers = {**env.headers, "If-None-Match": known}
        answer = await env.http.get(f"{env.apis[0].url}/api/messages", headers=headers)
        known = answer.headers["ETag"]
        return answer.status_code

    await eventually(ask_again, lambda status: status == 304, what="an unchanged page")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/messages", {}),
        ("/api/messages", {"updated_since": to_rfc3339(utc_now())}),
        ("/api/messages/changes", {"since": "0"}),
        ("/api/conversations", {}),
        ("/api/conversations", {"archived": "true"}),
        ("/api/conversations/unread", {}),
        ("/api/contacts", {}),
        ("/api/contacts", {"search": "ada"}),
        ("/api/contacts/changes", {"since": "0"}),
    ],
)
async def test_an_unchanged_poll_costs_no_command(env: Environment, path: str, params: dict[str, str]) -> None:
    known = ""

    async def poll() -> httpx.Response:
        url, headers = f"{env.apis[0].url}{path}", {**env.headers, "If-None-Match": known}
        return await env.http.get(url, params=params, headers=headers)

    async def ask_again() -> int:
        nonlocal known
        answer = await poll()
        known = answer.headers["ETag"]
        return answer.status_code

    await eventually(ask_again, lambda status: status == 304, what="an unchanged page")
    await require_each(poll, 304, most=0, times=REQUESTS)


async def interrupt_the_log(env: Environment) -> tuple[PausePoint, Callable[[], Coroutine[None, None, int]]]:
    """Holds up what reads the log until memory is not trusted; returns how to end that, and an unchanged poll."""
    proxy, url = env.apis[0].mongo_proxy, f"{env.apis[0].url}/api/messages"
    # Of a session that memory knows for a while.
    headers = await env.sign_in()
    known = (await env.http.get(url, headers=headers)).headers["ETag"]

    async def poll() -> int:
        return (await env.http.get(url, headers={**headers, "If-None-Match": known})).status_code

    await eventually(poll, lambda status: status == 304, what="an unchanged page")
    interruption = proxy.add(PausePoint(lambda command: command.get("find") == "changes", "request", once=False))
    await interruption.reached.wait()
    await asyncio.sleep(CURRENT_WITHIN_SECONDS)
    return interruption, poll


async def test_polls_wait_together_for_the_log_after_an_interruption(env: Environment) -> None:
    proxy = env.apis[0].mongo_proxy
    interruption, poll = await interrupt_the_log(env)
    before = proxy.forwarded
    polls = [asyncio.create_task(poll()) for _ in range(REQUESTS)]
    await asyncio.wait(polls, timeout=0.3)
    assert not any(poll.done() for poll in polls)
    interruption.release()
    assert set(await asyncio.gather(*polls)) == {304}
    # Without those of background tasks, it would be one: the reading of the log.
    assert proxy.forwarded - before < REQUESTS / 2


async def test_polls_go_on_after_an_interruption_that_some_of_them_have_given_up(env: Environment) -> None:
    """One that gives up must not end the read that the others wait for."""
    interruption, poll = await interrupt_the_log(env)
    polls: dict[asyncio.Task[int], float] = {}
    while not any(poll.done() for poll in polls):
        polls[asyncio.create_task(poll())] = time.monotonic()
        await asyncio.sleep(0.02)
    assert next(iter(polls)).result() == 503
    # The others have little time left, if this machine is busy.
    last = [poll for poll, began_at in polls.items() if time.monotonic() - began_at < 1]
    interruption.release()
    assert set(await asyncio.gather(*last)) == {304}
    await asyncio.gather(*polls)


async def test_a_session_is_not_looked_up_for_every_request(env: Environment) -> None:
    async def read_account() -> httpx.Response:
        return await env.http.get(f"{env.apis[0].url}/users", headers=env.headers)

    await read_account()
    await require_each(read_account, 200, most=0, times=REQUESTS)


@pytest.mark.parametrize(
    ("path", "query", "most"),
    [
        ("/api/messages", {}, 1),
        ("/api/messages", {"peer_number": "+13125550001"}, 1),
        ("/api/messages", {"updated_since": "2026-01-01T00:00:00.000Z"}, 1),
        ("/api/messages", {"before": "a message"}, 1),
        ("/api/messages/changes", {"since": "0"}, 2),
        ("/api/conversations", {}, 2),
        ("/api/conversations", {"archived": "true"}, 2),
        # What is archived and what is muted are lists of their own, read at the same time.
        ("/api/conversations/unread", {}, 3),
        ("/api/conversations/+13125550001", {}, 2),
    ],
)
async def test_a_page_costs_a_command_if_its_total_is_known(
    env: Environment, path: str, query: dict[str, str], most: int
) -> None:
    message = await env.post("+13125550001", "Hello again")
    await env.eventually(message["_id"], "delivered")
    await settle(env)

    async def read() -> httpx.Response:
        return await env.http.get(f"{env.apis[0].url}{path}", params=query, headers=env.headers)

    if "before" in query:
        query = {"limit": "1"}
        query = {"before": (await read()).json()[-1]["_id"]}
    # The first one reads the total.
    await read()
    await require_each(read, 200, most=most)


@pytest.mark.parametrize(
    ("name", "limit", "most"),
    [
        # Each side is a command: our subset of MongoDB has no union of two queries.
        ("around", "2", 2),
        # Where the message stands is one more, as it is at no end of a page that was read.
        ("around", "3", 3),
        ("before", "1", 2),
    ],
    ids=["around a known message", "around another message", "before another message"],
)
async def test_a_page_next_to_a_message_costs_a_command_more_if_its_position_is_unknown(
    env: Environment, name: str, limit: str, most: int
) -> None:
    message, *others = [await env.post("+13125550001", f"Neighbour {number}") for number in range(3)]
    for each in (message, *others):
        await env.eventually(each["_id"], "delivered")
    await settle(env)
    query = {name: message["_id"], "limit": limit}

    async def read() -> httpx.Response:
        return await env.http.get(f"{env.apis[0].url}/api/messages", params=query, headers=env.headers)

    await read()
    await require_each(read, 200, most=most)


async def test_a_page_around_a_time_costs_two_commands(env: Environment) -> None:
    query = {"around_time": "2026-01-01T00:00:00Z"}

    async def read() -> httpx.Response:
        return await env.http.get(f"{env.apis[0].url}/api/messages", params=query, headers=env.headers)

    await settle(env)
    await read()
    await require_each(read, 200, most=2)


@pytest.mark.parametrize(
    ("path", "query", "most"),
    [
        ("/api/contacts", {}, 1),
        ("/api/contacts", {"search": "ada"}, 1),
        ("/api/contacts", {"search": "lov ada"}, 2),
        ("/api/contacts", {"search": "5550009"}, 2),
        ("/api/contacts/changes", {"since": "0"}, 2),
    ],
)
async def test_a_page_of_contacts_costs_at_most_two_commands(
    env: Environment, path: str, query: dict[str, str], most: int
) -> None:
    body = {"contact": {"name": "Ada Lovelace"}}
    stored = await env.http.put(f"{env.apis[0].url}/api/contacts/+13125550009", json=body, headers=env.headers)
    assert stored.status_code == 200, stored.text

    async def read() -> httpx.Response:
        answer = await env.http.get(f"{env.apis[0].url}{path}", params=query, headers=env.headers)
        assert [row["name"] for row in answer.json()] == ["Ada Lovelace"]
        return answer

    # The first one reads the revision.
    await eventually(read, lambda answer: len(commands_of(answer)) <= most, what="a known revision")
    await require_each(read, 200, most=most)


@pytest.mark.parametrize(("flag", "body"), [("archived", {"inbound": 0}), ("muted", None)])
async def test_a_flag_costs_two_commands_whether_it_changes_anything_or_not(
    env: Environment, flag: str, body: object
) -> None:
    """One looks whether there is such a conversation. Its number has one form only."""
    message = await env.post("+13125550003", "Hello")
    await env.eventually(message["_id"], "delivered")
    url = f"{env.apis[0].url}/api/conversations/+13125550003/{flag}"

    async def put() -> httpx.Response:
        return await env.http.put(url, json=body, headers=env.headers)

    async def delete() -> httpx.Response:
        return await env.http.delete(url, headers=env.headers)

    for change in (put, put, delete, delete):
        await require_each(change, 204, most=2, times=5)


async def delivered(env: Environment, number: str, count: int) -> list[Json]:
    """Messages of a new conversation, the oldest first."""
    messages = [await env.post(number, f"Number {each}") for each in range(count)]
    for message in messages:
        await env.eventually(message["_id"], "delivered")
    return messages


async def test_a_deletion_costs_eight_commands_and_that_of_the_last_message_three_more(env: Environment) -> None:
    messages = await delivered(env, "+13125550004", SEPARATE_REQUESTS // 4)

    async def delete(message: Json) -> httpx.Response:
        return await env.http.delete(f"{env.apis[0].url}/api/messages/{message['_id']}", headers=env.headers)

    *others, last_but_one, last = messages
    for message in others:
        await require_each(functools.partial(delete, message), 204, most=8, times=1)
    # Of the only message, what looks again finds none.
    for message in (last, last_but_one):
        await require_each(functools.partial(delete, message), 204, most=11, times=1)


async def test_the_deletion_of_an_arrival_costs_two_commands_more(env: Environment) -> None:
    """What looks whether it is unread, and takes it out."""
    number, received = "+13125550006", SEPARATE_REQUESTS // 4
    for index in range(received):
        await receive(env, inbound_form(number, f"Number {index}"))

    async def list_messages() -> list[Json]:
        query = {"peer_number": number}
        answer = await env.http.get(f"{env.apis[0].url}/api/messages", params=query, headers=env.headers)
        return list(reversed(answer.json()))

    async def delete(message: Json) -> httpx.Response:
        return await env.http.delete(f"{env.apis[0].url}/api/messages/{message['_id']}", headers=env.headers)

    async def count_arrivals() -> int:
        row = await env.database["conversations"].find_one({"peer_number": number})
        return 0 if row is None else int(row["inbound"])

    await eventually(count_arrivals, lambda count: count == received, what="counted messages")
    *others, last_but_one, last = await list_messages()
    for message in others:
        await require_each(functools.partial(delete, message), 204, most=10, times=1)
    for message in (last, last_but_one):
        await require_each(functools.partial(delete, message), 204, most=13, times=1)


async def test_a_conversation_is_deleted_with_one_last_message(env: Environment) -> None:
    """Of each part, one looks whether there is such a conversation, and one reads its messages."""
    count, number = SEPARATE_REQUESTS // 4, "+13125550005"
    await delivered(env, number, count)
    revision = (await env.http.get(f"{env.apis[0].url}/api/messages", headers=env.headers)).headers["X-Revision"]

    async def delete() -> httpx.Response:
        url, query = f"{env.apis[0].url}/api/conversations/{number}", {"revision": revision}
        answer = await env.http.delete(url, params=query, headers=env.headers)
        assert answer.json() == {"deleted": count, "kept": 0, "before": None}
        return answer

    await require_each(delete, 200, most=2 + 8 * count + 3, times=1)


async def test_opt_outs_of_many_numbers_cost_a_command(env: Environment) -> None:
    numbers = [f"+1314556{number:04}" for number in range(100)]

    async def read() -> httpx.Response:
        params = {"number": numbers}
        return await env.http.get(f"{env.apis[0].url}/api/opt_outs", params=params, headers=env.headers)

    await require_each(read, 200, most=1)


async def test_a_long_page_costs_no_more_commands(env: Environment) -> None:
    stored = await env.database["messages"].find_one({})
    assert stored is not None
    copies = [{**stored, "_id": (copy := ObjectId()), "client_id": f"message:{copy}"} for _ in range(200)]
    await env.database["messages"].insert_many(copies)

    async def read() -> httpx.Response:
        answer = await env.http.get(f"{env.apis[0].url}/api/messages", params={"limit": 200}, headers=env.headers)
        assert len(answer.json()) == 200
        return answer

    await settle(env)
    await read()
    await require_each(read, 200, most=1)
    await env.database["messages"].delete_many({"_id": {"$in": [copy["_id"] for copy in copies]}})


@pytest.mark.parametrize(
    ("path", "query", "most"),
    [
        ("/api/messages", {}, 2),
        ("/api/messages", {"peer_number": "+13125550002"}, 2),
        # Two are lists: of changes that are not published, and of those that are. See `list_changed`.
        ("/api/messages/changes", {"since": "0", "limit": "200"}, 3),
    ],
)
async def test_a_page_costs_a_command_more_after_a_change(
    env: Environment, path: str, query: dict[str, str], most: int
) -> None:
    totals = []

    async def read() -> httpx.Response:
        answer = await env.http.get(f"{env.apis[0].url}{path}", params=query, headers=env.headers)
        totals.append(int(answer.headers["X-Total-Count"]))
        return answer

    for number in range(SEPARATE_REQUESTS // 4):
        message = await env.post("+13125550002", f"Number {number}")
        await env.eventually(message["_id"], "delivered")
        await require_each(read, 200, most=most, times=1)
    assert totals == [*range(totals[0], totals[0] + len(totals))]


@pytest.mark.parametrize(("key", "most"), [(False, 9), (True, 10)])
@pytest.mark.parametrize("is_first", [False, True])
async def test_a_send_costs_a_fixed_number_of_commands(env: Environment, key: bool, most: int, is_first: bool) -> None:
    async def send() -> httpx.Response:
        number = next(_numbers)
        recipient = f"+1313555{number:04}" if is_first else "+13125550001"
        headers = {**env.headers, "Idempotency-Key": f"key {number}"} if key else env.headers
        body = {"message": {"recipient_number": recipient, "content": f"Number {number}"}}
        return await env.http.post(f"{env.apis[0].url}/api/messages", json=body, headers=headers)

    env.callback_proxy.pause()
    try:
        await send()
        published = await env.database["changes"].count_documents({})
        slow = 0
        for _ in range(SEPARATE_REQUESTS):
            began_at = time.monotonic()
            answer = await send()
            slow += time.monotonic() - began_at > LATER_SECONDS
            assert answer.status_code == 201, answer.text
            assert len(commands_of(answer)) <= most, commands_of(answer)
        # The insert and the acceptance are published together, after the response, unless it comes late.
        published = await env.database["changes"].count_documents({}) - published
        assert published <= 1.5 * SEPARATE_REQUESTS + slow
    finally:
        env.callback_proxy.resume()


@pytest.mark.parametrize(("key", "most"), [(False, 11), (True, 12)])
async def test_a_picture_costs_a_send_two_commands_more(env: Environment, key: bool, most: int) -> None:
    """One reads what it is, and one binds it. Several cost the same."""
    pictures = [await upload_picture(env) for _ in range(3)]

    async def send() -> httpx.Response:
        number = next(_numbers)
        headers = {**env.headers, "Idempotency-Key": f"picture {number}"} if key else env.headers
        message = {"recipient_number": f"+1317555{number:04}", "content": "", "media": pictures}
        return await env.http.post(f"{env.apis[0].url}/api/messages", json={"message": message}, headers=headers)

    # Twilio fetches the pictures through this, and reports the status.
    env.callback_proxy.pause()
    try:
        await require_each(send, 201, most=most)
    finally:
        env.callback_proxy.resume()


async def upload_picture(env: Environment) -> str:
    answer = await env.http.post(f"{env.apis[0].url}/api/attachments", content=b"GIF89a", headers=env.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["_id"])


async def test_what_is_not_sent_is_deleted_by_one_command(env: Environment) -> None:
    """A repeated request looks whether a message has it, and the account, which is named in the security event."""
    url = f"{env.apis[0].url}/api/attachments/{await upload_picture(env)}"

    async def delete() -> httpx.Response:
        return await env.http.delete(url, headers=env.headers)

    await require_each(delete, 204, most=1, times=1)
    await require_each(delete, 404, most=3, times=1)


async def test_an_upload_costs_four_commands_and_a_fetch_two_and_a_forged_one_none(env: Environment) -> None:
    async def upload() -> httpx.Response:
        return await env.http.post(f"{env.apis[0].url}/api/attachments", content=b"GIF89a", headers=env.headers)

    # One counts it for the hour and the day, one the pictures that were never sent, and one looks for the account.
    await require_each(upload, 201, most=4)
    links = MediaLinks(Url.parse(f"{env.apis[0].url}/api/twilio/media"), [JWT_SECRET], timedelta(days=1))
    url = links.url_of(ObjectId((await upload()).json()["_id"]), utc_now())

    async def fetch() -> httpx.Response:
        return await env.http.get(url)

    async def fetch_forged() -> httpx.Response:
        return await env.http.get(url[:-1])

    await require_each(fetch, 200, most=2)
    await require_each(fetch_forged, 404, most=0)


async def sign_up(env: Environment) -> dict[str, str]:
    """Returns the headers of a new user."""
    password = "correct horse battery"
    user = {"email": f"{ObjectId()}@example.com", "password": password, "password_confirmation": password}
    answer = await env.http.post(f"{env.apis[0].url}/users", json={"user": user})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.mark.parametrize("users", [1, AT_ONCE])
@pytest.mark.parametrize(("key", "most"), [(False, 9), (True, 10)])
async def test_sends_at_once_cost_no_more_commands_each(env: Environment, key: bool, most: int, users: int) -> None:
    """Of those, twice as many as there are workers, half wait for one: they look now and then whether they are sent.

    These the dispatcher claims, since no request can: what it does for each counts, too.
    """
    headers = [await sign_up(env) for _ in range(users)]

    async def send(sender: dict[str, str], number: int) -> tuple[httpx.Response, float]:
        # Every second one is the first of its conversation. What comes from a number is for whoever last wrote to it.
        recipient = f"+1315555{number:04}" if number % 2 else "+13165550001"
        headers = {**sender, "Idempotency-Key": f"at once {number}"} if key else sender
        body = {"message": {"recipient_number": recipient, "content": f"At once {number}"}}
        began_at = time.monotonic()
        answer = await env.http.post(f"{env.apis[0].url}/api/messages", json=body, headers=headers)
        return answer, time.monotonic() - began_at

    async def send_all() -> list[tuple[httpx.Response, float]]:
        senders = itertools.islice(itertools.cycle(headers), AT_ONCE)
        return await asyncio.gather(*(send(sender, next(_numbers)) for sender in senders))

    env.callback_proxy.pause()
    accepted = 0
    try:
        for _ in range(WAVES):
            # What counts the messages of a minute exists: two that create it at once cost one of them a second try.
            minute = None
            while minute != time.time() // 60:
                minute = time.time() // 60
                for sender in headers:
                    await send(sender, next(_numbers))
                # So slow that those that wait for a worker look.
                await env.simulator.control.set_fault("late_commit", seconds=2 * POLL_SECONDS, times=AT_ONCE)
                sent = await send_all()
            waited = dispatched = 0
            for answer, seconds in sent:
                # Some may come late on a busy machine.
                assert answer.status_code in {201, 202}, answer.text
                accepted += answer.status_code == 201
                commands = commands_of(answer)
                looks = max(0, commands.count("find messages") - key)
                assert looks <= int(seconds / POLL_SECONDS), commands
                assert len(commands) - looks <= most, commands
                waited += looks > 0
                of_dispatcher = commands_of(answer, DISPATCHER_HEADER)
                # Of a message that is not claimed in its insert, the request only stores it.
                assert not of_dispatcher or len(commands) - looks <= most - 4, commands
                assert len(of_dispatcher) <= 9, of_dispatcher
                dispatched += len(of_dispatcher) > 0
            assert waited >= AT_ONCE - WORKERS
            assert dispatched >= AT_ONCE - WORKERS
        assert accepted > WAVES * AT_ONCE / 2
    finally:
        env.callback_proxy.resume()


@pytest.mark.parametrize(("sender", "most"), [("+13125550001", 4), (None, 5)], ids=["a known sender", "a stranger"])
async def test_an_inbound_message_costs_a_fixed_number_of_commands(
    env: Environment, sender: str | None, most: int
) -> None:
    async def receive_next() -> httpx.Response:
        number = next(_numbers)
        return await receive(env, inbound_form(sender or f"+1314555{number:04}", f"Number {number}"))

    await require_each(receive_next, 200, most=most)


@pytest.fixture
async def subscription(env: Environment) -> AsyncIterator[Callable[[], Awaitable[httpx.Response]]]:
    """The browser is subscribed to web push; yields what subscribes it again."""
    url, browser = f"{env.apis[0].url}/api/push/subscription", Browser("", "https://push.example.com/send/abc")
    body = {"subscription": {"endpoint": browser.endpoint, "keys": browser.keys}}

    async def subscribe() -> httpx.Response:
        return await env.http.put(url, json=body, headers=env.headers)

    assert (await subscribe()).status_code == 204
    yield subscribe
    assert (await env.http.delete(url, headers=env.headers)).status_code == 204


async def receive(env: Environment, form: dict[str, str]) -> httpx.Response:
    headers = {"X-Twilio-Signature": signature_of(f"http://127.0.0.1:{env.callback_proxy.port}{INBOUND_PATH}", form)}
    return await env.http.post(f"{env.apis[0].url}{INBOUND_PATH}", data=form, headers=headers)


def media_form(env: Environment, text: str) -> dict[str, str]:
    """That of a message with a picture, which Twilio may not have yet."""
    form = inbound_form("+13125550001", text, NumMedia="1", MediaContentType0="image/png")
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{form['MessageSid']}/Media/ME{'a' * 32}"
    return {**form, "MediaUrl0": env.simulator.url + path}


@pytest.mark.usefixtures("subscription")
async def test_neither_media_nor_a_subscribed_browser_cost_an_inbound_message_a_command(env: Environment) -> None:
    async def receive_next() -> httpx.Response:
        return await receive(env, media_form(env, f"Picture {next(_numbers)}"))

    async def count_pushes() -> int:
        return await env.database["pushes"].count_documents({})

    await require_each(receive_next, 200, most=4)
    await eventually(count_pushes, lambda count: count == SEPARATE_REQUESTS, what="a push for each")


async def test_a_medium_costs_two_commands_and_one_if_the_client_has_it(env: Environment) -> None:
    form = media_form(env, "A picture")
    answer = await receive(env, form)
    assert answer.status_code == 200, answer.text
    message = await env.database["messages"].find_one({"twilio_sid": form["MessageSid"]})
    assert message is not None
    url = f"{env.apis[0].url}/api/messages/{message['_id']}/media/0"

    async def read() -> httpx.Response:
        return await env.http.get(url, headers=env.headers)

    async def read_again() -> httpx.Response:
        return await env.http.get(url, headers={**env.headers, "If-None-Match": "*"})

    await require_each(read, 503, most=2)
    await require_each(read_again, 304, most=1)


async def test_a_subscription_costs_two_commands_and_its_key_none(
    env: Environment, subscription: Callable[[], Awaitable[httpx.Response]]
) -> None:
    async def read_key() -> httpx.Response:
        return await env.http.get(f"{env.apis[0].url}/api/push/key", headers=env.headers)

    await require_each(subscription, 204, most=2)
    await require_each(read_key, 200, most=0)


async def test_a_repeated_inbound_message_costs_three_commands(env: Environment) -> None:
    form = inbound_form("+13125550001", "Again and again")

    async def is_settled() -> bool:
        owner = await env.database["provider_message_ids"].find_one({"_id": form["MessageSid"]})
        return owner is not None and owner["is_settled"]

    await receive(env, form)
    # Until then, each report does what an earlier one may have left undone.
    await eventually(is_settled, bool, what="a settled message")
    await require_each(functools.partial(receive, env, form), 200, most=3)


async def report_status(env: Environment, message: Json, status: str, **changes: str | None) -> httpx.Response:
    query, form = query_of(message), form_of(message, status, **changes)
    signature = signature_of(f"{callback_url_of(f'http://127.0.0.1:{env.callback_proxy.port}')}?{query}", form)
    url = f"{env.apis[0].url}{PATH}?{query}"
    return await env.http.post(url, data=form, headers={"X-Twilio-Signature": signature})


async def send_queued(env: Environment) -> list[Json]:
    return [await env.post(STAYS_QUEUED, f"Callback {number}") for number in range(SEPARATE_REQUESTS)]


async def report_of_each(
    env: Environment, messages: list[Json], status: str, **changes: str | None
) -> Callable[[], Awaitable[httpx.Response]]:
    waiting = iter(messages)

    async def report() -> httpx.Response:
        return await report_status(env, next(waiting), status, **changes)

    return report


async def test_a_status_callback_costs_three_commands(env: Environment) -> None:
    """Also one that comes late, comes again, or brings the error code that an earlier one lacked."""
    messages = await send_queued(env)
    for status, changes in [
        ("sent", {}),
        ("sending", {}),
        ("undelivered", {}),
        ("undelivered", {"ErrorCode": "30006"}),
        ("undelivered", {"ErrorCode": "30006"}),
    ]:
        await require_each(await report_of_each(env, messages, status, **changes), 204, most=3)
    for message in messages:
        detail = await env.detail(message["_id"])
        assert [(event["status"], event["error_code"]) for event in detail["timeline"]][-4:] == [
            ("sent", None),
            ("sending", None),
            ("undelivered", None),
            ("undelivered", 30006),
        ]
        assert (detail["status"], detail["error_code"]) == ("undelivered", 30006)


async def test_a_status_callback_before_the_response_costs_six_commands(env: Environment) -> None:
    """It stores who owns the SID, and that the provider has the message, in place of the response."""
    messages = await send_queued(env)
    claimed = {"twilio_sid": None, "provider_status": None, "status_rank": 0, "outbound.state": "claimed"}
    ids = [ObjectId(message["_id"]) for message in messages]
    await env.database["messages"].update_many({"_id": {"$in": ids}}, {"$set": claimed})
    await env.database["provider_message_ids"].delete_many({"message_id": {"$in": ids}})
    await require_each(await report_of_each(env, messages, "sent"), 204, most=6)
    for message in messages:
        detail = await env.detail(message["_id"])
        assert (detail["status"], detail["twilio_sid"]) == ("sent", message["twilio_sid"])
