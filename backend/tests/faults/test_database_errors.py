"""Permanent database errors appear in the log, the metrics and /ready: unrecorded outcomes and failing loops."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.faults.environment import ApiProcess, Environment, running_environment
from tests.faults.mongo_proxy import Command, InjectedError, is_sid_recording
from tests.support.polling import eventually

NUMBER = "+13265550001"
KNOWN = ("queued", "sending", "sent", "delivered")
"""Statuses of a message whose SID is recorded."""


@pytest.fixture(scope="module")
async def shared_env(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Environment]:
    directory = tmp_path_factory.mktemp("errors")
    async with running_environment(directory, processes=1, name="database errors", CONTENT_RETENTION_DAYS="1") as env:
        env.apis[0].expects_errors = True
        yield env


@pytest.fixture
async def env(shared_env: Environment) -> AsyncIterator[Environment]:
    yield shared_env
    shared_env.apis[0].mongo_proxy.reset()


async def problems(env: Environment) -> dict[str, str]:
    answer = await env.http.get(f"{env.apis[0].url}/ready")
    found: dict[str, str] = answer.json()["problems"]
    assert (answer.status_code == 200) == (not found)
    return found


def log_of(api: ApiProcess) -> str:
    return api.process.text()


async def test_a_rejected_outcome_is_reported_and_recorded_later(
    env: Environment,
) -> None:
    api = env.apis[0]
    injected = api.mongo_proxy.inject(InjectedError(is_sid_recording))
    posting = asyncio.create_task(env.post(NUMBER, "Recorded late"))
    found = await eventually(lambda: problems(env), lambda found: "outcomes" in found, what="the problem")
    assert found["outcomes"] == "Outcomes that could not be recorded yet: 1 (OperationFailure 13)."
    assert "The outcome could not be recorded (OperationFailure 13)" in log_of(api)
    assert await api.metric("mysms_settle_failures_total", error="permanent") >= 1
    api.mongo_proxy.reset()
    await env.eventually((await posting)["_id"], *KNOWN)
    await eventually(lambda: problems(env), lambda found: "outcomes" not in found, what="the end of the problem")
    assert injected.count >= 1
    assert len(await env.sids_at_provider("Recorded late")) == 1


async def test_an_outcome_rejected_past_the_lease_is_left_to_the_reconciler(env: Environment) -> None:
    """The lease in this environment is four seconds."""
    api = env.apis[0]
    # 121 is DocumentValidationFailure, a permanent error.
    api.mongo_proxy.inject(InjectedError(is_sid_recording, code=121))

    async def abandoned() -> float:
        return await api.metric("mysms_settles_abandoned_total")

    before = await abandoned()
    message = await env.post(NUMBER, "Given up")
    await eventually(abandoned, lambda count: count > before, within=20, what="the end of the attempts to record")
    assert "The outcome was not recorded (OperationFailure 121)" in log_of(api)
    assert "outcomes" not in await problems(env)
    api.mongo_proxy.reset()
    await env.eventually(message["_id"], *KNOWN, within=60)
    assert len(await env.sids_at_provider("Given up")) == 1


def is_about(command: Command, state: str) -> bool:
    return bool(command["query"].get("outbound.state") == state)


LOOPS: dict[str, Callable[[Command], bool]] = {
    "dispatcher": lambda command: command.get("find") == "messages" and command.get("limit") == 16,
    "maintenance": lambda command: (
        command.get("find") == "messages" and command["filter"].get("outbound.state") == "claimed"
    ),
    "reconciler": lambda command: command.get("findAndModify") == "messages" and is_about(command, "unconfirmed"),
    "status checks": lambda command: command.get("findAndModify") == "messages" and is_about(command, "accepted"),
}


@pytest.mark.parametrize("name", LOOPS)
async def test_a_failing_loop_is_reported_and_recovers(env: Environment, name: str) -> None:
    api = env.apis[0]
    failures = await api.metric("mysms_task_failures_total", task=name, error="permanent")
    injected = api.mongo_proxy.inject(InjectedError(LOOPS[name]))
    found = await eventually(lambda: problems(env), lambda found: name in found, what="the problem")
    assert found[name] == f"The {name} keeps failing (OperationFailure 13) and is being restarted."
    assert f"The {name} failed and will be restarted." in log_of(api)
    assert await api.metric("mysms_task_failures_total", task=name, error="permanent") > failures
    api.mongo_proxy.reset()
    message = await env.post(NUMBER, f"After the {name}")
    await env.eventually(message["_id"], "sent", "delivered", within=30)
    assert injected.count >= 1


PERIODIC: dict[str, Callable[[Command], bool]] = {
    "account-deletion": lambda command: command.get("find") == "users" and "deleting" in command["filter"],
    "session-cleanup": lambda command: command.get("find") == "sessions" and "expires_at" in command["filter"],
    "counter-cleanup": lambda command: command.get("find") == "rate_limits",
    "retention": lambda command: command.get("find") == "messages" and "content_removed_at" in command["filter"],
}


async def test_failing_periodic_tasks_are_reported(env: Environment) -> None:
    api = env.apis[0]
    await api.kill_and_wait()
    for matches in PERIODIC.values():
        api.mongo_proxy.inject(InjectedError(matches))
    await api.start()
    found = await eventually(lambda: problems(env), lambda found: PERIODIC.keys() <= found.keys(), what="problems")
    assert found == {
        name: f"The {name} keeps failing (OperationFailure 13) and is being restarted." for name in PERIODIC
    }
    for name in PERIODIC:
        assert f"The {name} failed and will be restarted." in log_of(api)
        assert await api.metric("mysms_task_failures_total", task=name, error="permanent") >= 1


async def test_repeated_failures_are_logged_sparsely(env: Environment) -> None:
    api = env.apis[0]
    before = log_of(api).count("The dispatcher failed")
    injected = api.mongo_proxy.inject(InjectedError(LOOPS["dispatcher"]))

    async def refused() -> int:
        return injected.count

    await eventually(refused, lambda count: count >= 4, within=30, what="some tries")
    assert log_of(api).count("The dispatcher failed") - before < 4
