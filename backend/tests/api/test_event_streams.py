"""GET /api/events: what it tells, how it resumes, and when it ends."""

import asyncio
import contextlib
import signal
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from jose import jwt

from mysms.changes.event_streams import KEEP_ALIVE_SECONDS, MOST_PER_USER
from tests.support.api_user import ApiUser, sign_in
from tests.support.event_client import EventClient, following
from tests.support.polling import eventually
from tests.support.responses import problem_of
from tests.support.servers import ALLOWED_ORIGIN, JWT_SECRET, Api, Start

STAYS_QUEUED = "+15005551002"


def follow(api_user: ApiUser, last_event_id: str | None = None) -> contextlib.AbstractAsyncContextManager[EventClient]:
    return following(api_user.api.url, api_user.access_token, last_event_id)


def number_of(event_id: str) -> int:
    return int(event_id.partition("-")[0])


async def settle(api_user: ApiUser) -> None:
    """Wait until everything that has changed is published."""
    await api_user.settled_etag("/api/messages")


async def expect_silence(client: EventClient, count: int) -> None:
    """Fails if there are more events than this within a second."""
    await asyncio.sleep(1)
    assert len(client.events) == count


class TestEvents:
    async def test_a_new_stream_begins_with_one_resync(self, api_user: ApiUser) -> None:
        async with follow(api_user) as client:
            await client.wait_for(1)
            await expect_silence(client, 1)
            assert client.events[0].kind == "resync"
            assert client.retry is not None
            assert 1000 <= client.retry <= 5000

    async def test_streams_that_end_together_are_not_told_to_come_back_together(self, api_user: ApiUser) -> None:
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(follow(api_user)) for _ in range(4)]
            for client in clients:
                await client.wait_for(1)
            assert len({client.retry for client in clients}) > 1

    async def test_a_change_is_told_at_once(self, api_user: ApiUser) -> None:
        async with follow(api_user) as client:
            await client.wait_for(1)
            await api_user.send_accepted(STAYS_QUEUED)
            await client.wait_for(2)
            assert client.events[1].kind == "changes"
            assert number_of(client.events[1].id) > number_of(client.events[0].id)

    async def test_others_are_told_nothing(self, api: Api, api_user: ApiUser) -> None:
        other = await ApiUser.sign_up(api)
        async with follow(other) as client:
            await client.wait_for(1)
            await api_user.send_accepted(STAYS_QUEUED)
            await settle(api_user)
            await expect_silence(client, 1)

    async def test_a_change_of_another_process_is_told_too(self, start: Start) -> None:
        async with start() as one, start() as other:
            api_user = await ApiUser.sign_up(one)
            async with following(other.url, api_user.access_token) as client:
                await client.wait_for(1)
                await api_user.send_accepted(STAYS_QUEUED)
                await client.wait_for(2)

    async def test_the_response_is_neither_stored_nor_buffered(self, api_user: ApiUser) -> None:
        async with follow(api_user) as client:
            headers = client.response.headers
            assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
            assert headers.get_list("Cache-Control") == ["no-store"]
            assert headers["X-Accel-Buffering"] == "no"
            assert "Content-Encoding" not in headers

    async def test_another_site_may_resume(self, api: Api) -> None:
        asking = {
            "Origin": ALLOWED_ORIGIN,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization, last-event-id",
        }
        assert (await api.http.options("/api/events", headers=asking)).status_code == 200

    async def test_a_comment_comes_in_silence(self, api_user: ApiUser) -> None:
        async with follow(api_user) as client:

            async def comments() -> int:
                return client.comments

            await eventually(comments, bool, within=KEEP_ALIVE_SECONDS + 5, what="a comment")


class TestResuming:
    async def test_nothing_is_told_if_nothing_has_changed(self, api_user: ApiUser) -> None:
        await api_user.send_accepted(STAYS_QUEUED)
        await settle(api_user)
        async with follow(api_user) as client:
            await client.wait_for(1)
        async with follow(api_user, client.last_id) as again:
            await expect_silence(again, 0)

    async def test_a_change_meanwhile_is_told_once(self, api_user: ApiUser) -> None:
        async with follow(api_user) as client:
            await client.wait_for(1)
        await api_user.send_accepted(STAYS_QUEUED)
        await settle(api_user)
        async with follow(api_user, client.last_id) as again:
            await again.wait_for(1)
            await expect_silence(again, 1)
            assert again.events[0].kind == "changes"

    @pytest.mark.parametrize("unknown", ["", "nonsense", "-1", "1", "1-", "1-x", "999999999999-0a", "9" * 200, "١٢-0a"])
    async def test_an_unknown_id_yields_one_resync(self, api_user: ApiUser, unknown: str) -> None:
        async with following(api_user.api.url, api_user.access_token) as first:
            await first.wait_for(1)
        http = httpx.AsyncClient(base_url=api_user.api.url, trust_env=False, timeout=httpx.Timeout(30, read=None))
        headers = {b"Authorization": f"Bearer {api_user.access_token}".encode(), b"Last-Event-ID": unknown.encode()}
        async with http, http.stream("GET", "/api/events", headers=headers) as response:
            client = EventClient(response)
            reading = asyncio.create_task(client.read())
            await client.wait_for(1)
            await expect_silence(client, 1)
            assert client.events[0].kind == "resync"
            # Others may have changed something meanwhile.
            assert number_of(client.last_id) >= number_of(first.last_id)
            reading.cancel()

    async def test_an_id_that_is_too_old_yields_one_resync(self, start: Start) -> None:
        """A process that has started since then does not know what has changed."""
        async with start() as api:
            api_user = await ApiUser.sign_up(api)
            async with follow(api_user) as client:
                await client.wait_for(1)
            await api_user.send_accepted(STAYS_QUEUED)
            await settle(api_user)
        async with start() as restarted, following(restarted.url, api_user.access_token, client.last_id) as again:
            await again.wait_for(1)
            await expect_silence(again, 1)
            assert again.events[0].kind == "resync"

    async def test_an_id_from_before_a_start_yields_one_resync(self, start: Start) -> None:
        """The log may have been restored meanwhile, and have given its number again."""
        async with start() as api:
            api_user = await ApiUser.sign_up(api)
            await api_user.send_accepted(STAYS_QUEUED)
            await settle(api_user)
            async with follow(api_user) as client:
                await client.wait_for(1)
        async with start() as restarted, following(restarted.url, api_user.access_token, client.last_id) as again:
            await again.wait_for(1)
            await expect_silence(again, 1)
            assert again.events[0].kind == "resync"


class TestTheEnd:
    async def test_a_stream_needs_a_session(self, api: Api, readonly_user: ApiUser) -> None:
        problem_of(await api.http.get("/api/events"), 401, "not_signed_in")
        for token in ("nonsense", readonly_user.refresh_token):
            problem_of(
                await replace(readonly_user, access_token=token).call("GET", "/api/events"), 401, "not_signed_in"
            )

    async def test_it_ends_with_its_session_alone(self, api: Api, api_user: ApiUser) -> None:
        other = ApiUser.from_response(api, (await sign_in(api, api_user.email)).json())
        async with follow(api_user) as client, follow(other) as remaining:
            await client.wait_for(1)
            await remaining.wait_for(1)
            assert (await api_user.call("DELETE", "/users/sign_out")).status_code == 204
            await client.wait_for_end(within=2)
            await expect_silence(remaining, 1)
            assert not remaining.is_over

    async def test_it_ends_when_the_session_ends_at_another_process(self, start: Start) -> None:
        async with start() as one, start() as other:
            api_user = await ApiUser.sign_up(one)
            async with following(other.url, api_user.access_token) as client:
                await client.wait_for(1)
                await api_user.call("DELETE", "/users/sign_out")
                await client.wait_for_end(within=3)

    async def test_it_ends_when_the_access_token_expires(self, api_user: ApiUser) -> None:
        claims: dict[str, Any] = {**jwt.get_unverified_claims(api_user.access_token), "exp": int(time.time()) + 2}
        token = str(jwt.encode(claims, JWT_SECRET, algorithm="HS256"))
        async with following(api_user.api.url, token) as client:
            await client.wait_for(1)
            await client.wait_for_end(within=2 + KEEP_ALIVE_SECONDS + 3)

    async def test_shutdown_does_not_wait_for_streams(self, start: Start) -> None:
        async with start(DRAIN_SECONDS="0") as api, contextlib.AsyncExitStack() as stack:
            users = [await ApiUser.sign_up(api) for _ in range(10)]
            clients = [await stack.enter_async_context(follow(user)) for user in users for _ in range(MOST_PER_USER)]
            for client in clients:
                await client.wait_for(1)
            assert await api.metric("mysms_event_streams") == 200
            began_at = time.monotonic()
            api.process.send_signal(signal.SIGTERM)
            await api.process.wait_for_exit(within=15)
            assert time.monotonic() - began_at < 10
            for client in clients:
                await client.wait_for_end()


class TestLimits:
    async def test_a_user_may_have_some_streams(self, api_user: ApiUser) -> None:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(MOST_PER_USER):
                await stack.enter_async_context(follow(api_user))
            refused = await api_user.call("GET", "/api/events")
            problem_of(refused, 429, "too_many_streams")
            assert int(refused.headers["Retry-After"]) > 0
        # The streams of clients that have left do not count.

        async def opens() -> bool:
            try:
                async with follow(api_user):
                    return True
            except AssertionError:
                return False

        await eventually(opens, bool, what="a stream")

    async def test_streams_are_counted_but_not_timed_as_requests(self, start: Start) -> None:
        async with start() as api:
            api_user = await ApiUser.sign_up(api)
            async with follow(api_user) as client:
                await client.wait_for(1)
                assert await api.metric("mysms_event_streams") == 1
                await asyncio.sleep(1)
            await eventually(lambda: api.metric("mysms_event_streams"), lambda count: count == 0, what="no stream")
            assert await api.metric("mysms_requests_total", route="/api/events", status="200") == 1
            assert await api.metric("mysms_request_seconds_count", route="/api/events") == 1
            assert await api.metric("mysms_request_seconds_sum", route="/api/events") < 1
            await api.eventually_logs("/api/events")
