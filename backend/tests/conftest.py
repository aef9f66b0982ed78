"""The servers of a test run: started on first use, stopped at the end of the run."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.support.api_user import ApiUser
from tests.support.database import chosen_database, mongod_of_the_path, running_database
from tests.support.processes import free_port
from tests.support.servers import (
    Api,
    Mongo,
    Simulator,
    Start,
    api_environment,
    running_api,
    running_simulator,
)

_DATABASE = chosen_database()


def pytest_report_header() -> str:
    return f"database: {_DATABASE}"


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.collectonly:
        servers = contextlib.ExitStack()
        config.add_cleanup(servers.close)
        servers.enter_context(mongod_of_the_path())


@pytest.fixture(scope="session")
async def mongodb(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    """The database of most tests. Some create their own, whose names start with this one."""
    async with running_database(tmp_path_factory.mktemp("mongodb")) as mongodb:
        yield mongodb


@pytest.fixture(scope="session")
async def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    async with running_simulator(tmp_path_factory.mktemp("twilio")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
async def shared_api(
    mongodb: Mongo, shared_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=shared_simulator.url)
    async with running_api(tmp_path_factory.mktemp("api"), environment) as api:
        yield api


@pytest.fixture
async def simulator(shared_simulator: Simulator) -> AsyncIterator[Simulator]:
    """The Twilio simulator. Faults are reset after each test."""
    yield shared_simulator
    await shared_simulator.control.reset_faults()


@pytest.fixture
def api(shared_api: Api) -> Iterator[Api]:
    """The API. A test fails if the API logs an unhandled error during it."""
    shared_api.process.new_output()
    yield shared_api
    shared_api.require_no_unhandled_error()


@pytest.fixture
async def api_user(api: Api) -> ApiUser:
    """A newly signed-up user."""
    return await ApiUser.sign_up(api)


@pytest.fixture(scope="session")
async def shared_readonly_user(shared_api: Api) -> ApiUser:
    return await ApiUser.sign_up(shared_api)


@pytest.fixture
async def readonly_user(api: Api, shared_readonly_user: ApiUser) -> ApiUser:
    """A shared user for tests that change nothing because every request is rejected; signing up is slow."""
    await shared_readonly_user.refresh_tokens()
    return shared_readonly_user


@pytest.fixture
async def start(mongodb: Mongo, simulator: Simulator, tmp_path: Path) -> Start:
    """Starts an API process on the test's own database, so that no other process repairs its data."""
    # It would catch up with what other tests have left in the provider's list.
    await simulator.control.clear_inbound()
    uri = mongodb.other_database(tmp_path.name[-20:])

    def start(**changes: str) -> AbstractAsyncContextManager[Api]:
        port = free_port()
        environment = api_environment(port=port, mongodb_uri=uri, twilio_url=simulator.url, **changes)
        return running_api(tmp_path / str(port), environment)

    return start
