"""/up and /ready."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from mysms.api import health
from mysms.core.background_task import BackgroundTask
from mysms.core.heartbeat import Heartbeat
from mysms.core.readiness import Check, find_problems
from tests.support.api_user import ApiUser, new_number
from tests.support.polling import eventually
from tests.support.processes import free_port
from tests.support.responses import problem_of
from tests.support.servers import Api, Simulator, Start, api_environment, running_api, running_mongodb


async def test_a_warning_says_when_nobody_receives_messages(start: Start) -> None:
    async with start() as api:
        answer = await api.http.get("/ready")
        assert (answer.status_code, answer.json()["problems"]) == (200, {})
        assert "There is no account yet" in answer.json()["warnings"]["inbound"]
        foreign = await api.http.get("/ready", headers={"X-Forwarded-For": "203.0.113.7"})
        assert foreign.json() == {"status": "ok"}
        user = await ApiUser.sign_up(api)
        assert (await api.http.get("/ready")).json() == {"status": "ok", "problems": {}}
    async with start(INBOUND_FALLBACK_EMAIL="nobody@example.com") as api:
        assert "is not the address of an account" in (await api.http.get("/ready")).json()["warnings"]["inbound"]
    async with start(INBOUND_FALLBACK_EMAIL=user.email) as api:
        assert (await api.http.get("/ready")).json() == {"status": "ok", "problems": {}}


@pytest.mark.usefixtures("readonly_user")
async def test_up_and_ready_respond_with_ok(api: Api) -> None:
    for path, body in {"/up": {"status": "ok"}, "/ready": {"status": "ok", "problems": {}}}.items():
        response = await api.http.get(path)
        assert (response.status_code, response.json()) == (200, body)


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "203.0.113.7"}, {"Host": "sms.example.com"}])
async def test_strangers_learn_only_whether_the_api_is_ready(start: Start, headers: dict[str, str]) -> None:
    async with start(SENDING_ENABLED="off") as api:
        own = await api.http.get("/ready")
        assert (own.status_code, list(own.json()["problems"])) == (503, ["sending"])
        foreign = await api.http.get("/ready", headers=headers)
        assert (foreign.status_code, foreign.json()) == (503, {"status": "unavailable"})


async def test_with_a_token_the_reasons_need_it(start: Start) -> None:
    token = "a-token-for-prometheus"
    async with start(SENDING_ENABLED="off", METRICS_TOKEN=token) as api:
        for wrong in ({}, {"Authorization": f"Bearer {token}x"}):
            assert (await api.http.get("/ready", headers=wrong)).json() == {"status": "unavailable"}
        elsewhere = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.7"}
        assert list((await api.http.get("/ready", headers=elsewhere)).json()["problems"]) == ["sending"]


@pytest.mark.parametrize("path", ["/up", "/ready"])
async def test_head_requests_get_no_body(api: Api, path: str) -> None:
    response = await api.http.head(path)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.timeout(90)
async def test_without_its_database_the_api_is_up_but_not_ready(tmp_path: Path) -> None:
    """It becomes ready again once the database is back, without a restart.

    The database is a development server also if TEST_MONGODB_URI is set, since it is killed.
    """
    unreachable = f"http://127.0.0.1:{free_port()}"
    async with running_mongodb(tmp_path) as mongodb:
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=unreachable)
        async with running_api(tmp_path, environment) as api:
            api_user = await ApiUser.sign_up(api)
            assert mongodb.process is not None
            mongodb.process.kill()

            response, refused = await asyncio.gather(api.http.get("/ready"), api_user.call("GET", "/users"))
            assert response.status_code == 503
            assert response.json() == {"status": "unavailable", "problems": {"database": "MongoDB does not respond."}}
            assert response.elapsed.total_seconds() < refused.elapsed.total_seconds()
            assert (await api.http.get("/up")).status_code == 200
            # No value is better than an outdated one.
            assert "mysms_outbox_pending NaN" in (await api.http.get("/metrics")).text
            problem_of(refused, 503, "database_unavailable")
            assert int(refused.headers["Retry-After"]) > 0

            port = int(mongodb.uri.rpartition(":")[2].partition("/")[0])
            async with running_mongodb(tmp_path, port):
                await eventually(lambda: api.http.get("/ready"), lambda answer: answer.status_code == 200, within=30)
                assert (await api_user.call("GET", "/users")).json()["_id"] == api_user.id


async def test_requests_time_out_when_the_database_hangs(tmp_path: Path, simulator: Simulator) -> None:
    """The database accepts connections and requests but does not respond, like a machine that is out of memory.

    It is a development server also if TEST_MONGODB_URI is set, since it is stopped.
    """
    async with running_mongodb(tmp_path) as mongodb:
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=simulator.url)
        async with running_api(tmp_path / "api", environment) as api:
            api_user, number = await ApiUser.sign_up(api), new_number()
            api.http.timeout = httpx.Timeout(120)
            assert mongodb.process is not None
            mongodb.process.send_signal(signal.SIGSTOP)
            try:
                read, sent = await asyncio.gather(
                    api_user.call("GET", "/api/messages"), api_user.send(number, key="the key")
                )
            finally:
                mongodb.process.send_signal(signal.SIGCONT)
            for refused in (read, sent):
                problem_of(refused, 503, "database_unavailable")
            await eventually(lambda: api.http.get("/ready"), lambda answer: answer.status_code == 200, within=30)
            # The message may have been stored nevertheless: repeating the request does not send it twice.
            message = (await api_user.send(number, key="the key")).json()
            await api_user.eventually(message["_id"], "delivered", within=30)
            assert len(await simulator.accepted(number)) == 1
            assert [row["_id"] for row in await api_user.list()] == [message["_id"]]


async def test_ready_reports_a_provider_that_rejects_the_account(start: Start, simulator: Simulator) -> None:
    await simulator.control.set_fault("unauthorized")
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        await api_user.send(new_number())
        response = await eventually(lambda: api.http.get("/ready"), lambda answer: answer.status_code == 503)
        assert list(response.json()["problems"]) == ["provider"]
        assert await api.metric("mysms_sending_paused") == 1


class StubServices:
    settings = SimpleNamespace(metrics_token=None)

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def find_problems(self) -> dict[str, str]:
        return await find_problems(self._checks)

    async def find_warnings(self) -> dict[str, str]:
        return {}


async def ready_with(checks: Mapping[str, Check]) -> httpx.Response:
    """The response of /ready with these checks."""
    app = FastAPI()
    app.include_router(health.router)

    async def with_services(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"services": StubServices(checks)}}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(with_services), base_url="http://localhost") as http:
        return await http.get("/ready")


async def test_ready_names_a_loop_that_hangs_or_has_ended() -> None:
    now = 100.0
    heartbeat = Heartbeat("dispatcher", 60, lambda: now)
    hangs = BackgroundTask("dispatcher", hang, heartbeat=heartbeat, clock=lambda: now)
    ends = BackgroundTask("reconciler", end)
    hanging = asyncio.create_task(hangs.run())
    await asyncio.sleep(0)
    await ends.run()

    async def dispatcher() -> str | None:
        return hangs.problem

    async def reconciler() -> str | None:
        return ends.problem

    checks = {"dispatcher": dispatcher, "reconciler": reconciler}
    now = 160.0
    assert (await ready_with(checks)).json()["problems"] == {"reconciler": "The reconciler is not running."}
    now = 161.0
    assert (await ready_with(checks)).json() == {
        "status": "unavailable",
        "problems": {
            "dispatcher": "The dispatcher has been stuck for 61 s.",
            "reconciler": "The reconciler is not running.",
        },
    }
    heartbeat.beat()
    assert (await ready_with({"dispatcher": dispatcher})).status_code == 200
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
    assert (await ready_with({"dispatcher": dispatcher})).status_code == 503


async def hang() -> None:
    await asyncio.Event().wait()


async def end() -> None:
    pass
