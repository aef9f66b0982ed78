"""Fixtures of the message tests."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymongo import AsyncMongoClient

from tests.faults.mongo_proxy import MongoProxy
from tests.messages.many_messages import ManyMessages
from tests.support.api_user import ApiUser, Json
from tests.support.database import running_database
from tests.support.processes import free_port
from tests.support.servers import Simulator, api_environment, running_api


@pytest.fixture
async def many_messages(tmp_path: Path, simulator: Simulator) -> AsyncIterator[ManyMessages]:
    """A user with a separate database, on a server of its own unless TEST_MONGODB_URI is set."""
    async with running_database(tmp_path) as mongodb, AsyncMongoClient[Json](mongodb.uri) as client:
        address = urlsplit(mongodb.uri)
        proxy = MongoProxy(address.hostname or "127.0.0.1", address.port or 27017)
        await proxy.open()
        environment = api_environment(port=free_port(), mongodb_uri=proxy.uri_of(mongodb.uri), twilio_url=simulator.url)
        async with running_api(tmp_path / "api", environment) as api:
            yield ManyMessages(await ApiUser.sign_up(api), client, proxy)
        await proxy.close()
