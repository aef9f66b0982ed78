"""Fixtures of the message tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from tests.messages.many_messages import ManyMessages
from tests.support.api_user import ApiUser, Json
from tests.support.database import running_database
from tests.support.processes import free_port
from tests.support.servers import Simulator, api_environment, running_api


@pytest.fixture
async def many_messages(tmp_path: Path, simulator: Simulator) -> AsyncIterator[ManyMessages]:
    """A user with a separate database, on a server of its own unless TEST_MONGODB_URI is set."""
    async with running_database(tmp_path) as mongodb, AsyncMongoClient[Json](mongodb.uri) as client:
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=simulator.url)
        async with running_api(tmp_path / "api", environment) as api:
            yield ManyMessages(await ApiUser.sign_up(api), client)
