"""The servers of a test run: started when the first test needs them, ended with the run."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymongo import AsyncMongoClient

from tests.support.person import Person
from tests.support.processes import free_port
from tests.support.servers import (
    Api,
    Mongo,
    Simulator,
    Start,
    api_environment,
    running_api,
    running_mongodb,
    running_simulator,
)


@pytest.fixture(scope="session")
async def mongodb(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    """The server of TEST_MONGODB_URI, with a database of our own that is dropped afterwards; else a process of ours."""
    elsewhere = os.environ.get("TEST_MONGODB_URI")
    if elsewhere:
        name = f"mysms_tests_{secrets.token_hex(6)}"
        yield Mongo(urlsplit(elsewhere)._replace(path=f"/{name}").geturl(), process=None)
        async with AsyncMongoClient[dict[str, object]](elsewhere) as client:
            # Some tests take a database of their own, whose name begins as ours does.
            for each in await client.list_database_names():
                if each.startswith(name):
                    await client.drop_database(each)
    else:
        async with running_mongodb(tmp_path_factory.mktemp("mongodb")) as mongodb:
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
    """The Twilio simulator, without any fault at the start of a test."""
    yield shared_simulator
    await shared_simulator.control.reset_faults()


@pytest.fixture
def api(shared_api: Api) -> Iterator[Api]:
    """The API. The test fails in which it meets an error that it does not handle."""
    shared_api.process.news()
    yield shared_api
    shared_api.require_no_unhandled_error()


@pytest.fixture
async def person(api: Api) -> Person:
    """Somebody who has just signed up."""
    return await Person.sign_up(api)


@pytest.fixture(scope="session")
async def shared_bystander(shared_api: Api) -> Person:
    return await Person.sign_up(shared_api)


@pytest.fixture
async def bystander(api: Api, shared_bystander: Person) -> Person:
    """Somebody for tests in which nothing may change, since everything is refused; signing up takes a while."""
    await shared_bystander.stay_signed_in()
    return shared_bystander


@pytest.fixture
def start(mongodb: Mongo, simulator: Simulator, tmp_path: Path) -> Start:
    """Starts an API on a database of the test's own, so that no other process repairs what the test breaks."""
    uri = mongodb.another(tmp_path.name[-20:])

    def start(**changes: str) -> AbstractAsyncContextManager[Api]:
        port = free_port()
        environment = api_environment(port=port, mongodb_uri=uri, twilio_url=simulator.url, **changes)
        return running_api(tmp_path / str(port), environment)

    return start
