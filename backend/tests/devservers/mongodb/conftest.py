import os
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.database import Database

from devservers.mongodb.documents import Document
from tests.devservers.mongodb.process import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The development server, also if TEST_MONGODB_URI is set."""
    with ServerProcess(tmp_path_factory.mktemp("mongodb") / "data.sqlite") as process:
        yield process
        assert process.stop() == 0
        assert "Traceback" not in process.stderr, process.stderr


@pytest.fixture(scope="session")
def uri(request: pytest.FixtureRequest) -> str:
    """A MongoDB-compatible server: TEST_MONGODB_URI, or the development server."""
    own = os.environ.get("TEST_MONGODB_URI")
    if own:
        return own
    process: ServerProcess = request.getfixturevalue("server")
    return process.uri


@pytest.fixture(scope="session")
def client(uri: str) -> Iterator[MongoClient[Document]]:
    with MongoClient[Document](uri, tz_aware=True, serverSelectionTimeoutMS=5000) as client:
        yield client


@pytest.fixture
def database(client: MongoClient[Document]) -> Iterator[Database[Document]]:
    name = f"test_{secrets.token_hex(6)}"
    yield client[name]
    client.drop_database(name)


@pytest.fixture
async def async_database(uri: str) -> AsyncIterator[AsyncDatabase[Document]]:
    async with AsyncMongoClient[Document](uri, tz_aware=True, serverSelectionTimeoutMS=5000) as client:
        name = f"test_{secrets.token_hex(6)}"
        yield client[name]
        await client.drop_database(name)


@pytest.fixture(scope="session")
def own_client(server: ServerProcess) -> Iterator[MongoClient[Document]]:
    """A client of the development server, for tests of its own behaviour."""
    with MongoClient[Document](server.uri, serverSelectionTimeoutMS=5000) as client:
        yield client
