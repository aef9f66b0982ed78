"""A database that refuses: outcomes not recorded, and loops that stop, are seen in the log, the metrics and /ready."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.faults.environment import ApiProcess, World, running_world
from tests.faults.mongo_proxy import Command, Refusal, is_owning
from tests.support.polling import eventually

NUMBER = "+13265550001"
KNOWN = ("queued", "sending", "sent", "delivered")
"""The SID is recorded."""


@pytest.fixture(scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("refused")
    async with running_world(directory, processes=1, name="refused", CONTENT_RETENTION_DAYS="1") as world:
        world.apis[0].may_fail = True
        yield world


@pytest.fixture
async def world(shared_world: World) -> AsyncIterator[World]:
    yield shared_world
    shared_world.apis[0].tap.release()


async def problems(world: World) -> dict[str, str]:
    answer = await world.http.get(f"{world.apis[0].url}/ready")
    found: dict[str, str] = answer.json()["problems"]
    assert (answer.status_code == 200) == (not found)
    return found


def log_of(api: ApiProcess) -> str:
    return api.process.text()


async def test_an_outcome_that_the_database_refuses_is_seen_and_recorded_when_it_does_not_any_more(
    world: World,
) -> None:
    api = world.apis[0]
    refusal = api.tap.refuse(Refusal(is_owning))
    posting = asyncio.create_task(world.post(NUMBER, "Recorded late"))
    found = await eventually(lambda: problems(world), lambda found: "outcomes" in found, what="the problem")
    assert found["outcomes"] == "The outcome of 1 attempts could not be recorded yet (OperationFailure 13)."
    assert "The outcome could not be recorded (OperationFailure 13)" in log_of(api)
    assert await api.metric("mysms_settle_failures_total", error="permanent") >= 1
    api.tap.release()
    await world.eventually((await posting)["_id"], *KNOWN)
    await eventually(lambda: problems(world), lambda found: "outcomes" not in found, what="the end of the problem")
    assert refusal.refused >= 1
    assert len(await world.sids_at_carrier("Recorded late")) == 1


async def test_what_is_refused_until_the_lease_is_over_is_left_to_the_reconciler(world: World) -> None:
    """The world's lease is four seconds long."""
    api = world.apis[0]
    # As a document that is too large for its validator would be: no other error, and no other attempt's.
    api.tap.refuse(Refusal(is_owning, code=121))

    async def abandoned() -> float:
        return await api.metric("mysms_settles_abandoned_total")

    before = await abandoned()
    message = await world.post(NUMBER, "Given up")
    await eventually(abandoned, lambda count: count > before, within=20, what="the end of the attempts to record")
    assert "The outcome is not recorded (OperationFailure 121)" in log_of(api)
    assert "outcomes" not in await problems(world)
    api.tap.release()
    await world.eventually(message["_id"], *KNOWN, within=60)
    assert len(await world.sids_at_carrier("Given up")) == 1


def is_about(command: Command, dispatch: str) -> bool:
    return bool(command["query"].get("dispatch") == dispatch)


LOOPS: dict[str, Callable[[Command], bool]] = {
    "dispatcher": lambda command: command.get("find") == "messages" and command.get("limit") == 16,
    "maintenance": lambda command: command.get("find") == "messages" and command["filter"].get("dispatch") == "claimed",
    "reconciler": lambda command: command.get("findAndModify") == "messages" and is_about(command, "unconfirmed"),
    "status checks": lambda command: command.get("findAndModify") == "messages" and is_about(command, "settled"),
}


@pytest.mark.parametrize("name", LOOPS)
async def test_a_loop_that_the_database_stops_is_seen_and_goes_on_when_it_may(world: World, name: str) -> None:
    api = world.apis[0]
    failures = await api.metric("mysms_task_failures_total", task=name, error="permanent")
    refusal = api.tap.refuse(Refusal(LOOPS[name]))
    found = await eventually(lambda: problems(world), lambda found: name in found, what="the problem")
    assert found[name] == f"The {name} fails (OperationFailure 13) and is started again."
    assert f"The {name} failed, and is started again." in log_of(api)
    assert await api.metric("mysms_task_failures_total", task=name, error="permanent") > failures
    api.tap.release()
    message = await world.post(NUMBER, f"After the {name}")
    await world.eventually(message["_id"], "sent", "delivered", within=30)
    assert refusal.refused >= 1


PERIODIC: dict[str, Callable[[Command], bool]] = {
    "account-deletion": lambda command: command.get("find") == "users" and "deleting" in command["filter"],
    "session-cleanup": lambda command: command.get("find") == "sessions" and "expires_at" in command["filter"],
    "counter-cleanup": lambda command: command.get("find") == "rate_limits",
    "retention": lambda command: command.get("find") == "messages" and "content_removed_at" in command["filter"],
}


async def test_what_is_done_now_and_then_is_seen_when_it_cannot_be_done(world: World) -> None:
    api = world.apis[0]
    await api.kill()
    for matches in PERIODIC.values():
        api.tap.refuse(Refusal(matches))
    await api.start()
    found = await eventually(lambda: problems(world), lambda found: PERIODIC.keys() <= found.keys(), what="problems")
    assert found == {name: f"The {name} fails (OperationFailure 13) and is started again." for name in PERIODIC}
    for name in PERIODIC:
        assert f"The {name} failed, and is started again." in log_of(api)
        assert await api.metric("mysms_task_failures_total", task=name, error="permanent") >= 1


async def test_a_long_refusal_fills_no_log(world: World) -> None:
    api = world.apis[0]
    before = log_of(api).count("The dispatcher failed")
    refusal = api.tap.refuse(Refusal(LOOPS["dispatcher"]))

    async def refused() -> int:
        return refusal.refused

    await eventually(refused, lambda count: count >= 4, within=30, what="some tries")
    assert log_of(api).count("The dispatcher failed") - before < 4
