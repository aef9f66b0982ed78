"""/metrics: content and access control."""

import asyncio

import httpx
import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.polling import eventually
from tests.support.responses import problem_of
from tests.support.servers import Api, Simulator, Start

TOKEN = "a-token-for-prometheus"
COUNTERS = [
    *(
        "mysms_requests_total",
        "mysms_request_seconds_bucket",
        "mysms_sends_total",
        "mysms_time_to_provider_seconds_bucket",
    ),
    *("mysms_duplicate_sends_total", "mysms_event_loop_lag_seconds_bucket", "mysms_outbox_pending"),
    *("mysms_outbox_oldest_age_seconds", "mysms_outbox_unconfirmed", "mysms_sending_paused", "process_open_fds"),
    "mysms_event_streams",
]


async def test_metrics_are_prometheus_text(api: Api, api_user: ApiUser) -> None:
    await api_user.send_accepted(new_number())
    response = await api.http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    for name in COUNTERS:
        assert f"\n{name}" in response.text


async def test_requests_are_counted_by_route_and_never_by_path(api: Api, api_user: ApiUser) -> None:
    name, route = "mysms_requests_total", "/api/messages/{message_id}"
    known = await api.metric(name, method="GET", route=route, status="404")
    other = await api.metric(name, method="GET", route="other", status="404")
    await api_user.call("GET", "/api/messages/0123456789abcdef01234567")
    await api.http.get("/a-path-that-nobody-knows")
    assert await api.metric(name, method="GET", route=route, status="404") == known + 1
    assert await api.metric(name, method="GET", route="other", status="404") == other + 1
    text = (await api.http.get("/metrics")).text
    assert "0123456789abcdef" not in text
    assert "nobody-knows" not in text


async def test_sends_and_the_time_to_the_provider_are_measured(start: Start, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("rate_limited", to=number, times=1)
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        message = (await api_user.send(number)).json()
        await api_user.eventually(message["_id"], "delivered", within=20)
        assert await api.metric("mysms_sends_total", outcome="RetryableFailure") == 1
        assert await api.metric("mysms_sends_total", outcome="Accepted") == 1
        assert await api.metric("mysms_time_to_provider_seconds_count") == 1
        # The first backoff takes at least one second: the time counts from storing, not from the attempt.
        assert await api.metric("mysms_time_to_provider_seconds_bucket", le="0.5") == 0


async def test_pending_and_unconfirmed_messages_are_counted_with_the_oldest_age(
    start: Start, simulator: Simulator
) -> None:
    pending, unconfirmed = new_number(), new_number()
    await simulator.control.set_fault("queue_full", to=pending)
    await simulator.control.set_fault("reset_connection", to=unconfirmed)
    async with start() as api:
        assert await api.metric("mysms_outbox_pending") == await api.metric("mysms_outbox_oldest_age_seconds") == 0
        api_user = await ApiUser.sign_up(api)
        for text in ("one", "two"):
            assert (await api_user.send(pending, text)).json()["status"] == "pending"
        assert (await api_user.send(unconfirmed)).json()["status"] == "unconfirmed"
        assert await api.metric("mysms_outbox_pending") == 2
        assert await api.metric("mysms_outbox_unconfirmed") == 1
        oldest = await api.metric("mysms_outbox_oldest_age_seconds")
        await asyncio.sleep(0.05)
        assert await api.metric("mysms_outbox_oldest_age_seconds") > oldest > 0


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Host": "sms.example.com"},
        {"Via": "1.1 proxy"},
        {"Host": "sms.example.com"},
        {"Host": "127.0.0.1.example.com"},
        {"Host": "127.0.0.1@example.com"},
        {"Host": ""},
    ],
)
async def test_proxied_requests_are_not_from_loopback(api: Api, headers: dict[str, str]) -> None:
    problem_of(await api.http.get("/metrics", headers=headers), 403, "metrics_from_loopback_only")


@pytest.mark.parametrize("forwarded", ["203.0.113.7", "127.0.0.1", "127.0.0.1, 203.0.113.7", "203.0.113.7, 127.0.0.1"])
async def test_requests_through_a_trusted_proxy_are_not_from_loopback(start: Start, forwarded: str) -> None:
    async with start(TRUSTED_PROXIES="127.0.0.1") as api:
        assert (await api.http.get("/metrics")).status_code == 200
        answer = await api.http.get("/metrics", headers={"X-Forwarded-For": forwarded})
        problem_of(answer, 403, "metrics_from_loopback_only")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:9", "LOCALHOST"])
async def test_every_loopback_host_is_accepted(api: Api, host: str) -> None:
    assert (await api.http.get("/metrics", headers={"Host": host})).status_code == 200


async def test_with_a_token_every_request_needs_it(start: Start) -> None:
    async with start(METRICS_TOKEN=TOKEN) as api:
        for given in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}, {"Authorization": "Bearer"}):
            answer = await api.http.get("/metrics", headers=given)
            problem_of(answer, 401, "metrics_token_required")
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        for more in ({}, {"X-Forwarded-For": "203.0.113.7"}, {"Host": "sms.example.com"}):
            headers = {"Authorization": f"Bearer {TOKEN}", **more}
            assert (await api.http.get("/metrics", headers=headers)).status_code == 200
        strange = {b"Authorization": "Bearer ünïcode".encode()}
        problem_of(await api.http.get("/metrics", headers=strange), 401, "metrics_token_required")
        assert TOKEN not in api.process.text()


async def test_the_event_loop_lag_is_measured(api: Api) -> None:
    async def measurements() -> float:
        return await api.metric("mysms_event_loop_lag_seconds_count")

    before = await measurements()
    await eventually(measurements, lambda count: count > before, what="a measurement")


async def test_scrapes_are_counted_like_other_requests(api: Api) -> None:
    async def scrapes() -> float:
        return await api.metric("mysms_requests_total", route="/metrics", status="200")

    assert await scrapes() + 1 == await scrapes()


async def test_metrics_cannot_be_read_across_origins(api: Api) -> None:
    answer: httpx.Response = await api.http.get("/metrics", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
